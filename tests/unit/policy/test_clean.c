/* SPDX-License-Identifier: Apache-2.0 */
/* What is taken out of a server's words, what stays, what is refused. */
#include "scanned.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/clean.h"
#include "policy/utf8.h"

#define LINE_MAX 8192
#define ESC "\x1b"
#define RLO "\xe2\x80\xae"
#define LRM "\xe2\x80\x8e"
#define ZWSP "\xe2\x80\x8b"
#define ZWNJ "\xe2\x80\x8c"
#define ZWJ "\xe2\x80\x8d"
#define BOM "\xef\xbb\xbf"
#define VS1 "\xef\xb8\x80"
#define VS16 "\xef\xb8\x8f"
#define VS17 "\xf3\xa0\x84\x80"
#define TAG_A "\xf3\xa0\x81\x81"
#define SHY "\xc2\xad"
#define WOMAN "\xf0\x9f\x91\xa9"
#define SKIN "\xf0\x9f\x8f\xbd"
#define LAPTOP "\xf0\x9f\x92\xbb"
#define HEART "\xe2\x9d\xa4"
#define BEH "\xd8\xa8"
#define KA "\xe0\xa4\x95"
#define VIRAMA "\xe0\xa5\x8d"

/* What the text is (NUL apart), what is left of it, the kind that counts. */
static const struct {
	const char *text, *left;
	enum unseen kind;
	unsigned count;
} texts[] = {
	/* Controls; what a text is laid out with stays. */
	{"a\x01"
	 "b\x7f"
	 "c\b\fd",
		"abcd", UNSEEN_CONTROL, 4},
	{"a\xc2\x80"
	 "b\xc2\x85"
	 "c",
		"abc", UNSEEN_CONTROL, 2},
	{"a\tb\r\nc", "a\tb\r\nc", UNSEEN_CONTROL, 0},
	/* Sequences as a whole. */
	{ESC "[31mred" ESC "[0m", "red", UNSEEN_ANSI, 2},
	{ESC "[38;2;1;2;3mx" ESC "[?25l", "x", UNSEEN_ANSI, 2},
	{"a\xc2\x9b"
	 "31mred",
		"ared", UNSEEN_ANSI, 1},
	{ESC "]0;title\ax" ESC "]8;;http://e" ESC "\\y", "xy", UNSEEN_ANSI, 2},
	{ESC "Pq#0" ESC "\\a" ESC "_b" ESC "\\c" ESC "^d" ESC "\\e" ESC "Xf" ESC
	     "\\g",
		"aceg", UNSEEN_ANSI, 4},
	{"\xc2\x9d"
	 "0;t\xc2\x9cz",
		"z", UNSEEN_ANSI, 1},
	{ESC "(Ba" ESC "7b" ESC "cd", "abd", UNSEEN_ANSI, 3},
	/* Without an end. */
	{"a" ESC, "a", UNSEEN_ANSI, 1},
	{"a" ESC "[", "a", UNSEEN_ANSI, 1},
	{"a" ESC "[31", "a", UNSEEN_ANSI, 1},
	{"a" ESC "[3\nb", "a\nb", UNSEEN_ANSI, 1},
	{"a" ESC "]0;title", "a0;title", UNSEEN_ANSI, 1},
	{"a" ESC "]0;" ESC "[1mb", "a0;b", UNSEEN_ANSI, 2},
	{"a" ESC ESC ESC "[1mb", "ab", UNSEEN_ANSI, 3},
	{"a" ESC "\xc3\xa9", "a\xc3\xa9", UNSEEN_ANSI, 1},
	/* Split by what is not seen it is still one. */
	{ESC ZWSP "[31mx", "x", UNSEEN_ANSI, 1},
	{ESC "[" TAG_A "31" ZWSP "mx", "x", UNSEEN_ANSI, 1},
	{ESC "[3\x01"
	     "1mx",
		"x", UNSEEN_ANSI, 1},
	/* Directions. */
	{"a" RLO "b" LRM "c\xe2\x81\xa6"
	 "d\xe2\x81\xa9\xd8\x9c",
		"abcd", UNSEEN_BIDI, 5},
	/* No width. */
	{"a" ZWSP "b\xe2\x81\xa0"
	 "c" SHY "d" ZWJ "e" ZWNJ "f",
		"abcdef", UNSEEN_ZERO_WIDTH, 5},
	{"a" BOM "b", "ab", UNSEEN_ZERO_WIDTH, 1},
	{BOM "ab" BOM, BOM "ab", UNSEEN_ZERO_WIDTH, 1},
	{ZWSP BOM "ab", "ab", UNSEEN_ZERO_WIDTH, 2},
	/* Joiners that join. */
	{WOMAN ZWJ LAPTOP " " WOMAN SKIN ZWJ LAPTOP " " HEART VS16 ZWJ LAPTOP,
		WOMAN ZWJ LAPTOP " " WOMAN SKIN ZWJ LAPTOP
				 " " HEART VS16 ZWJ LAPTOP,
		UNSEEN_ZERO_WIDTH, 0},
	{BEH ZWNJ BEH ZWJ " " KA VIRAMA ZWJ KA,
		BEH ZWNJ BEH ZWJ " " KA VIRAMA ZWJ KA, UNSEEN_ZERO_WIDTH, 0},
	{BEH ZWNJ ZWNJ BEH, BEH ZWNJ BEH, UNSEEN_ZERO_WIDTH, 1},
	{BEH ZWNJ ZWJ ZWNJ "x", BEH ZWNJ "x", UNSEEN_ZERO_WIDTH, 2},
	{WOMAN ZWJ "x" WOMAN ZWJ, WOMAN "x" WOMAN, UNSEEN_ZERO_WIDTH, 2},
	{WOMAN ZWNJ LAPTOP, WOMAN LAPTOP, UNSEEN_ZERO_WIDTH, 1},
	{"x" ZWJ LAPTOP, "x" LAPTOP, UNSEEN_ZERO_WIDTH, 1},
	/* Tags and variation selectors. */
	{"a" TAG_A TAG_A "b", "ab", UNSEEN_TAG, 2},
	{"a" VS17 "b\xf3\xa0\x87\xaf", "ab", UNSEEN_TAG, 2},
	{HEART VS16 "1" VS16 "\xe2\x83\xa3", HEART VS16 "1" VS16 "\xe2\x83\xa3",
		UNSEEN_TAG, 0},
	{HEART VS16 VS1 VS1 "a" VS1 VS16 " " VS1, HEART VS16 "a ", UNSEEN_TAG,
		5},
	{"a" TAG_A VS1, "a", UNSEEN_TAG, 2},
	{HEART TAG_A VS1 VS1, HEART VS1, UNSEEN_TAG, 2},
	/* Others. */
	{"a\xe3\x85\xa4"
	 "b\xe1\x85\x9f"
	 "c\xef\xbe\xa0"
	 "d\xef\xbf\xb9"
	 "e",
		"abcde", UNSEEN_OTHER, 4},
	/* What is seen. */
	{"\xe2\x80\x9cq\xe2\x80\x9d \xe2\x80\x94 \xe2\x80\xa6 \xe3\x81\x82 "
	 "\xe4\xb8\xad \xef\xbf\xbd \xf0\x9f\x98\x80 \xe2\xa0\x80 \\u202e",
		"\xe2\x80\x9cq\xe2\x80\x9d \xe2\x80\x94 \xe2\x80\xa6 "
		"\xe3\x81\x82 \xe4\xb8\xad \xef\xbf\xbd \xf0\x9f\x98\x80 "
		"\xe2\xa0\x80 \\u202e",
		UNSEEN_OTHER, 0},
};

/* @text inside of a string, every character that may be as an escape. */
static size_t put_escaped(char *dst, const char *text)
{
	size_t n = 0;

	while (*text != '\0') {
		size_t k = utf8_sequence(text, strlen(text));
		struct out o = OUT_INIT(64);
		char one[32] = "";

		memcpy(one, text, k);
		if (k > 1 || (unsigned char)one[0] < 0x20 || one[0] == 0x7f) {
			static const unsigned char mask[] = {
				0, 0x7f, 0x1f, 0x0f, 0x07};
			uint32_t cp = (unsigned char)one[0] & mask[k];

			for (size_t i = 1; i < k; i++)
				cp = cp << 6 | ((unsigned char)one[i] & 0x3f);
			if (cp > 0xffff)
				n += (size_t)sprintf(dst + n, "\\u%04X\\u%04x",
					0xd800 + ((cp - 0x10000) >> 10),
					0xdc00 + ((cp - 0x10000) & 0x3ff));
			else
				n += (size_t)sprintf(dst + n, "\\u%04x", cp);
		} else {
			out_json_text(&o, text, 1);
			memcpy(dst + n, o.data, o.len);
			n += o.len;
		}
		out_deinit(&o);
		text += k;
	}
	return n;
}

/* The same raw, as far as JSON lets it. */
static size_t put_raw(char *dst, const char *text)
{
	size_t n = 0;

	for (; *text != '\0'; text++)
		if ((unsigned char)*text < 0x20)
			n += (size_t)sprintf(
				dst + n, "\\u%04x", (unsigned)*text);
		else if (*text == '"' || *text == '\\')
			n += (size_t)sprintf(dst + n, "\\%c", *text);
		else
			dst[n++] = *text;
	return n;
}

static int cleaned(enum clean_policy policy, const char *line, size_t len,
	struct out *o, struct clean_stats *stats)
{
	struct json_value v;
	int r;

	out_reset(o);
	assert_true(scans(line, len, &v));
	r = clean_message(policy, line, len, o, stats);
	if (!clean_may_change(policy, line, len))
		assert_int_equal(r, CLEAN_NOTHING);
	if (r == CLEAN_NOTHING)
		assert_int_equal(o->len, 0);
	return r;
}

/* Text that is left, unescaped, is @left behind @pad letters. */
static void assert_left(
	const char *line, size_t len, size_t pad, const char *left)
{
	struct json_value v = scanned(line, len, "/result/content/0/text");
	char text[LINE_MAX];
	size_t n = json_string_copy(&v, text, sizeof(text));

	assert_int_equal(n, pad + strlen(left));
	assert_memory_equal(text + pad, left, strlen(left));
}

static void check_text(size_t i, size_t pad, bool raw)
{
	char line[LINE_MAX];
	struct out o = OUT_INIT(LINE_MAX), again = OUT_INIT(LINE_MAX);
	struct clean_stats stats;
	size_t n = (size_t)sprintf(line,
		"{\"id\":1,\"result\":{\"content\":[{\"text\":\"%.*s", (int)pad,
		"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
		"xxxxxxxxxxxxxxxxxxx");
	int r;

	n += raw ? put_raw(line + n, texts[i].text)
		 : put_escaped(line + n, texts[i].text);
	n += (size_t)sprintf(line + n, "\"}],\"n\":1.10}}");
	r = cleaned(CLEAN_STRIP, line, n, &o, &stats);
	if (texts[i].count == 0) {
		assert_int_equal(r, CLEAN_NOTHING);
	} else {
		assert_int_equal(r, CLEAN_CHANGED);
		assert_left(o.data, o.len, pad, texts[i].left);
		assert_int_equal(cleaned(CLEAN_STRIP, o.data, o.len, &again,
					 &(struct clean_stats){0}),
			CLEAN_NOTHING);
	}
	assert_int_equal(stats.of[texts[i].kind], texts[i].count);
	assert_int_equal(
		cleaned(CLEAN_PASS, line, n, &again, &stats), CLEAN_NOTHING);
	out_deinit(&o);
	out_deinit(&again);
}

static void each_kind_goes_and_nothing_else(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		/* A mark of the byte order counts only at the beginning. */
		size_t pads = strncmp(texts[i].text, BOM, 3) == 0 ? 1 : 70;

		for (size_t pad = 0; pad < pads; pad++) {
			check_text(i, pad, true);
			check_text(i, pad, false);
		}
	}
}

/* Whole messages: strip, and what is left of it; NULL: refused. */
static const struct {
	const char *line, *left;
} lines[] = {
	/* Names of members are shown. */
	{"{\"result\":{\"structuredContent\":{\"a" ZWSP "\":\"b" ZWSP "\"}}}",
		"{\"result\":{\"structuredContent\":{\"a<U+200B>\":\"b\"}}}"},
	{"{\"result\":{\"_meta\":{\"\\udb40\\udc41x\":[\"" TAG_A "\"]}}}",
		"{\"result\":{\"_meta\":{\"<U+E0041>x\":[\"\"]}}}"},
	/* Everything else stays byte for byte. */
	{" { \"result\" : { \"x\" : 1.0e0 , \"y\" : \"\\u0041\\/" ZWSP
	 "\" } } ",
		" { \"result\" : { \"x\" : 1.0e0 , \"y\" : \"\\u0041\\/\" } "
		"} "},
	/* Errors, notifications, requests. */
	{"{\"error\":{\"message\":\"\\u001b[31mno\",\"data\":[\"" RLO "\"]}}",
		"{\"error\":{\"message\":\"no\",\"data\":[\"\"]}}"},
	{"{\"method\":\"m\",\"params\":{\"data\":{\"x\":\"" RLO "\"}}}",
		"{\"method\":\"m\",\"params\":{\"data\":{\"x\":\"\"}}}"},
	{"{\"method\":\"m\",\"params\":{\"url\":\"http://a" RLO "\"}}", NULL},
	{"{\"method\":\"m\",\"params\":{\"messages\":[{\"content\":{\"text\":"
	 "\"" RLO "\"}}]}}",
		"{\"method\":\"m\",\"params\":{\"messages\":[{\"content\":{"
		"\"text\":\"\"}}]}}"},
	/* What goes back is not touched. */
	{"{\"id\":\"" ZWSP "\",\"result\":{\"nextCursor\":\"" ZWSP
	 "\",\"x\":\"" ZWSP "\"}}",
		"{\"id\":\"" ZWSP "\",\"result\":{\"nextCursor\":\"" ZWSP
		"\",\"x\":\"\"}}"},
	/* What is looked up by is not changed. */
	{"{\"result\":{\"tools\":[{\"name\":\"a" ZWSP "\"}]}}", NULL},
	{"{\"result\":{\"tools\":[{\"name\":\"" BOM "a\"}]}}", NULL},
	{"{\"result\":{\"prompts\":[{\"name\":\"a\",\"arguments\":[{\"name\":"
	 "\"" ZWSP "\"}]}]}}",
		NULL},
	{"{\"result\":{\"contents\":[{\"uri\":\"a" RLO "\"}]}}", NULL},
	{"{\"result\":{\"content\":[{\"data\":\"AAA" ZWSP "A\"}]}}", NULL},
	{"{\"result\":{\"content\":[{\"resource\":{\"blob\":\"" ZWSP "A\"}}]}}",
		NULL},
	/* Schemas. */
	{"{\"result\":{\"tools\":[{\"name\":\"a\",\"inputSchema\":{"
	 "\"description\":\"" ZWSP
	 "x\",\"properties\":{\"p\":{\"title\":\"" ZWSP "\"}}}}]}}",
		"{\"result\":{\"tools\":[{\"name\":\"a\",\"inputSchema\":{"
		"\"description\":\"x\",\"properties\":{\"p\":{\"title\":\"\"}}}"
		"}]}}"},
	{"{\"result\":{\"tools\":[{\"name\":\"a\",\"inputSchema\":{"
	 "\"properties\":{\"p" ZWSP "\":{}}}}]}}",
		NULL},
	{"{\"result\":{\"tools\":[{\"inputSchema\":{\"properties\":{\"p\":{"
	 "\"enum\":[\"" ZWSP "\"]}}}}]}}",
		NULL},
	{"{\"result\":{\"tools\":[{\"inputSchema\":{\"items\":{\"default\":{"
	 "\"" ZWSP "\":1}}}}]}}",
		NULL},
	/* A property may be called as a keyword is. */
	{"{\"result\":{\"tools\":[{\"inputSchema\":{\"properties\":{\"enum\":{"
	 "\"description\":\"" ZWSP "\"}}}}]}}",
		"{\"result\":{\"tools\":[{\"inputSchema\":{\"properties\":{"
		"\"enum\":{\"description\":\"\"}}}}]}}"},
};

static void places_decide(void **state)
{
	struct out o = OUT_INIT(LINE_MAX);
	struct clean_stats stats;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		int r = cleaned(CLEAN_STRIP, lines[i].line,
			strlen(lines[i].line), &o, &stats);

		assert_int_equal(
			r, lines[i].left ? CLEAN_CHANGED : CLEAN_REFUSED);
		if (lines[i].left)
			assert_out(&o, lines[i].left);
	}
	out_deinit(&o);
}

static void shown_it_stands_where_it_was(void **state)
{
	static const char line[] =
		"{\"result\":{\"x\":\"a" RLO "\\u001b[1mb" TAG_A ZWSP "\"}}";
	struct out o = OUT_INIT(LINE_MAX), small = OUT_INIT(sizeof(line));
	struct clean_stats stats;

	(void)state;
	assert_int_equal(
		cleaned(CLEAN_SHOW, line, sizeof(line) - 1, &o, &stats),
		CLEAN_CHANGED);
	assert_out(&o, "{\"result\":{\"x\":\"a<U+202E><U+001B>[1mb<U+E0041>"
		       "<U+200B>\"}}");
	assert_int_equal(clean_message(CLEAN_SHOW, line, sizeof(line) - 1,
				 &small, &stats),
		-ENOMEM);
	out_deinit(&o);
	out_deinit(&small);
}

static void structured_content_is_told_apart(void **state)
{
	static const struct {
		const char *line;
		bool structured, names;
	} rows[] = {
		{"{\"result\":{\"content\":[{\"text\":\"" ZWSP "\"}]}}", false,
			false},
		{"{\"result\":{\"structuredContent\":[\"" ZWSP "\"]}}", true,
			false},
		{"{\"result\":{\"structuredContent\":{\"" ZWSP "\":1}}}", true,
			true},
	};
	struct out o = OUT_INIT(LINE_MAX);
	struct clean_stats stats;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(cleaned(CLEAN_STRIP, rows[i].line,
					 strlen(rows[i].line), &o, &stats),
			CLEAN_CHANGED);
		assert_int_equal(stats.structured, rows[i].structured);
		assert_int_equal(stats.names, rows[i].names);
	}
	out_deinit(&o);
}

static void schemas_that_bind_text_are_known(void **state)
{
	static const struct {
		const char *schema;
		bool binds;
	} rows[] = {
		{"{\"type\":\"object\",\"properties\":{\"a\":{\"type\":"
		 "\"string\",\"title\":\"A\"}},\"required\":[\"a\"]}",
			false},
		{"{\"properties\":{\"a\":{\"pattern\":\"^a\"}}}", true},
		{"{\"properties\":{\"a\":{\"\\u0065num\":[]}}}", true},
		{"{\"anyOf\":[{\"const\":1}]}", true},
		{"{\"$ref\":\"http://elsewhere\"}", true},
		{"{\"$ref\" : {}}", true},
		/* What it refers to is here. */
		{"{\"$ref\":\"#/$defs/a\",\"$defs\":{\"a\":{\"type\":"
		 "\"string\"}}}",
			false},
		{"{\"$ref\":\"#/$defs/a\",\"$defs\":{\"a\":{\"pattern\":"
		 "\"a\"}}}",
			true},
		/* Names and values that are no keywords. */
		{"{\"properties\":{\"format\":{},\"pattern\":{\"type\":"
		 "\"string\"},\"enum\":true},\"required\":[\"format\","
		 "\"const\"],\"title\":\"if\",\"uniqueItems\":false}",
			false},
		{"{\"properties\":{\"format\":{\"format\" :\n\"uri\"}}}", true},
		{"{\"items\":{\"uniqueItems\":true}}", true},
		{"{\"maxLength\":3}", true},
		{"true", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct json_value v =
			scanned(rows[i].schema, strlen(rows[i].schema), "");

		assert_int_equal(clean_schema_binds(&v), rows[i].binds);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_goes_and_nothing_else),
		cmocka_unit_test(places_decide),
		cmocka_unit_test(shown_it_stands_where_it_was),
		cmocka_unit_test(structured_content_is_told_apart),
		cmocka_unit_test(schemas_that_bind_text_are_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
