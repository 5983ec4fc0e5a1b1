/* SPDX-License-Identifier: Apache-2.0 */
/* The text of a profile with one entry more: byte for byte. */
#include "fixture.h"

#include <stdio.h>
#include <string.h>

#include "plan/profile_edit.h"

#define ALWAYS "protocol/tools/always"
#define NL "\n"
#define CR "\r\n"

struct row {
	const char *list, *entry, *before, *after;
};

static const struct row rows[] = {
	/* Lists on one line. */
	{ALWAYS, "b",
		"{\"version\": 1, \"protocol\": {\"tools\": {\"always\": "
		"[\"a\"]}}}",
		"{\"version\": 1, \"protocol\": {\"tools\": {\"always\": "
		"[\"a\", \"b\"]}}}"},
	{ALWAYS, "c",
		"{\"version\": 1, \"protocol\": {\"tools\": {\"always\": "
		"[\"a\",\"b\"]}}}",
		"{\"version\": 1, \"protocol\": {\"tools\": {\"always\": "
		"[\"a\",\"b\",\"c\"]}}}"},
	{ALWAYS, "b",
		"{\"version\":1,\"protocol\":{\"tools\":{\"always\":[\"a\"]}}}",
		"{\"version\":1,\"protocol\":{\"tools\":{\"always\":[\"a\","
		"\"b\"]}}}"},
	{ALWAYS, "b",
		"{ \"version\": 1, \"protocol\": { \"tools\": { \"always\": [ "
		"\"a\" ] } } }",
		"{ \"version\": 1, \"protocol\": { \"tools\": { \"always\": [ "
		"\"a\", \"b\" ] } } }"},
	{ALWAYS, "c",
		"{\"version\": 1, \"protocol\": {\"tools\": {\"always\": "
		"[\"a\" , \"b\"]}}}",
		"{\"version\": 1, \"protocol\": {\"tools\": {\"always\": "
		"[\"a\" , \"b\" , \"c\"]}}}"},
	{ALWAYS, "a",
		"{\"version\": 1, \"protocol\": {\"tools\": {\"always\": []}}}",
		"{\"version\": 1, \"protocol\": {\"tools\": {\"always\": "
		"[\"a\"]}}}"},
	{ALWAYS, "a",
		"{\"version\": 1, \"protocol\": {\"tools\": {\"always\": [ "
		"]}}}",
		"{\"version\": 1, \"protocol\": {\"tools\": {\"always\": [ "
		"\"a\" ]}}}"},
	/* What is not there yet, on one line. */
	{ALWAYS, "b",
		"{\"version\": 1, \"protocol\": {\"tools\": {\"ask\": "
		"[\"b\"]}}}",
		"{\"version\": 1, \"protocol\": {\"tools\": {\"ask\": [\"b\"], "
		"\"always\": [\"b\"]}}}"},
	{ALWAYS, "b",
		"{\"version\":1,\"protocol\":{\"tools\":{\"ask\":[\"b\"]}}}",
		"{\"version\":1,\"protocol\":{\"tools\":{\"ask\":[\"b\"],"
		"\"always\":[\"b\"]}}}"},
	{ALWAYS, "b",
		"{ \"version\": 1, \"protocol\": { \"tools\": { \"ask\": [ "
		"\"b\" ] } } }",
		"{ \"version\": 1, \"protocol\": { \"tools\": { \"ask\": [ "
		"\"b\" ], \"always\": [ \"b\" ] } } }"},
	{ALWAYS, "b", "{\"version\": 1, \"protocol\": {\"tools\": {}}}",
		"{\"version\": 1, \"protocol\": {\"tools\": {\"always\": "
		"[\"b\"]}}}"},
	{ALWAYS, "b", "{\"version\": 1, \"protocol\": {}}",
		"{\"version\": 1, \"protocol\": {\"tools\": {\"always\": "
		"[\"b\"]}}}"},
	{ALWAYS, "b", "{\"version\":1}",
		"{\"version\":1,\"protocol\":{\"tools\":{\"always\":[\"b\"]}}"
		"}"},
	{ALWAYS, "b", " {\"version\" : 1} ",
		" {\"version\" : 1, \"protocol\" : {\"tools\" : {\"always\" : "
		"[\"b\"]}}} "},
	/* Lists of lines, with tabs. */
	{ALWAYS, "b",
		"{" NL "\t\"version\": 1," NL "\t\"protocol\": {" NL
		"\t\t\"tools\": {" NL "\t\t\t\"always\": [" NL
		"\t\t\t\t\"a\"" NL "\t\t\t]" NL "\t\t}" NL "\t}" NL "}" NL,
		"{" NL "\t\"version\": 1," NL "\t\"protocol\": {" NL
		"\t\t\"tools\": {" NL "\t\t\t\"always\": [" NL
		"\t\t\t\t\"a\"," NL "\t\t\t\t\"b\"" NL "\t\t\t]" NL "\t\t}" NL
		"\t}" NL "}" NL},
	{ALWAYS, "b",
		"{" NL "\t\"version\": 1," NL "\t\"protocol\": {" NL
		"\t\t\"tools\": {" NL "\t\t\t\"always\": [" NL
		"\t\t\t\t\"x\"," NL NL "\t\t\t\t\"a\"" NL NL "\t\t\t]" NL
		"\t\t}" NL "\t}" NL "}",
		"{" NL "\t\"version\": 1," NL "\t\"protocol\": {" NL
		"\t\t\"tools\": {" NL "\t\t\t\"always\": [" NL
		"\t\t\t\t\"x\"," NL NL "\t\t\t\t\"a\"," NL "\t\t\t\t\"b\"" NL NL
		"\t\t\t]" NL "\t\t}" NL "\t}" NL "}"},
	{ALWAYS, "b",
		"{" NL "\t\"version\": 1," NL "\t\"protocol\": {" NL
		"\t\t\"tools\": {" NL "\t\t\t\"ask\": [" NL "\t\t\t\t\"b\"" NL
		"\t\t\t]," NL "\t\t\t\"why\": \"note\"" NL "\t\t}" NL "\t}" NL
		"}" NL,
		"{" NL "\t\"version\": 1," NL "\t\"protocol\": {" NL
		"\t\t\"tools\": {" NL "\t\t\t\"ask\": [" NL "\t\t\t\t\"b\"" NL
		"\t\t\t]," NL "\t\t\t\"why\": \"note\"," NL
		"\t\t\t\"always\": [" NL "\t\t\t\t\"b\"" NL "\t\t\t]" NL
		"\t\t}" NL "\t}" NL "}" NL},
	/* A list on one line beside it is followed. */
	{ALWAYS, "b",
		"{" NL "\t\"version\": 1," NL "\t\"protocol\": {" NL
		"\t\t\"tools\": {" NL "\t\t\t\"ask\": [\"b\"]" NL "\t\t}" NL
		"\t}" NL "}" NL,
		"{" NL "\t\"version\": 1," NL "\t\"protocol\": {" NL
		"\t\t\"tools\": {" NL "\t\t\t\"ask\": [\"b\"]," NL
		"\t\t\t\"always\": [\"b\"]" NL "\t\t}" NL "\t}" NL "}" NL},
	/* Nothing but the version, or what is extended. */
	{ALWAYS, "b", "{" NL "\t\"version\": 1" NL "}" NL,
		"{" NL "\t\"version\": 1," NL "\t\"protocol\": {" NL
		"\t\t\"tools\": {" NL "\t\t\t\"always\": [\"b\"]" NL "\t\t}" NL
		"\t}" NL "}" NL},
	/* Two blanks; four. */
	{ALWAYS, "b", "{" NL "  \"version\": 1" NL "}" NL,
		"{" NL "  \"version\": 1," NL "  \"protocol\": {" NL
		"    \"tools\": {" NL "      \"always\": [\"b\"]" NL "    }" NL
		"  }" NL "}" NL},
	{ALWAYS, "b",
		"{" NL "    \"version\": 1," NL "    \"sandbox\": {" NL
		"        \"read\": [" NL "            \"/srv\"" NL
		"        ]" NL "    }" NL "}" NL,
		"{" NL "    \"version\": 1," NL "    \"sandbox\": {" NL
		"        \"read\": [" NL "            \"/srv\"" NL
		"        ]" NL "    }," NL "    \"protocol\": {" NL
		"        \"tools\": {" NL "            \"always\": [" NL
		"                \"b\"" NL "            ]" NL "        }" NL
		"    }" NL "}" NL},
	/* No indentation at all. */
	{ALWAYS, "b", "{" NL "\"version\": 1" NL "}",
		"{" NL "\"version\": 1," NL "\"protocol\": {" NL
		"\"tools\": {" NL "\"always\": [\"b\"]" NL "}" NL "}" NL "}"},
	/* The whole text is indented. */
	{ALWAYS, "b", "  {" NL "    \"version\": 1" NL "  }" NL,
		"  {" NL "    \"version\": 1," NL "    \"protocol\": {" NL
		"      \"tools\": {" NL "        \"always\": [\"b\"]" NL
		"      }" NL "    }" NL "  }" NL},
	/* Lines that end as in DOS. */
	{ALWAYS, "b",
		"{" CR "\t\"version\": 1," CR "\t\"protocol\": {" CR
		"\t\t\"tools\": {" CR "\t\t\t\"ask\": [" CR "\t\t\t\t\"b\"" CR
		"\t\t\t]" CR "\t\t}" CR "\t}" CR "}" CR,
		"{" CR "\t\"version\": 1," CR "\t\"protocol\": {" CR
		"\t\t\"tools\": {" CR "\t\t\t\"ask\": [" CR "\t\t\t\t\"b\"" CR
		"\t\t\t]," CR "\t\t\t\"always\": [" CR "\t\t\t\t\"b\"" CR
		"\t\t\t]" CR "\t\t}" CR "\t}" CR "}" CR},
	{ALWAYS, "b", "{" CR "\t\"version\": 1" CR "}",
		"{" CR "\t\"version\": 1," CR "\t\"protocol\": {" CR
		"\t\t\"tools\": {" CR "\t\t\t\"always\": [\"b\"]" CR "\t\t}" CR
		"\t}" CR "}"},
	{ALWAYS, "b",
		"{\"version\": 1, \"protocol\": {\"tools\": {\"always\": "
		"[" CR "\"a\"" CR "]}}}",
		"{\"version\": 1, \"protocol\": {\"tools\": {\"always\": "
		"[" CR "\"a\"," CR "\"b\"" CR "]}}}"},
	/* Empty ones, in lines of their own and not. */
	{ALWAYS, "b",
		"{" NL "\t\"version\": 1," NL "\t\"protocol\": {" NL
		"\t\t\"tools\": {" NL "\t\t\t\"always\": [" NL "\t\t\t]" NL
		"\t\t}" NL "\t}" NL "}",
		"{" NL "\t\"version\": 1," NL "\t\"protocol\": {" NL
		"\t\t\"tools\": {" NL "\t\t\t\"always\": [" NL
		"\t\t\t\t\"b\"" NL "\t\t\t]" NL "\t\t}" NL "\t}" NL "}"},
	{ALWAYS, "b",
		"{" NL "\t\"version\": 1," NL "\t\"protocol\": {" NL
		"\t\t\"tools\": {}" NL "\t}" NL "}",
		"{" NL "\t\"version\": 1," NL "\t\"protocol\": {" NL
		"\t\t\"tools\": {" NL "\t\t\t\"always\": [\"b\"]" NL "\t\t}" NL
		"\t}" NL "}"},
	{ALWAYS, "b",
		"{" NL "\t\"version\": 1," NL "\t\"protocol\": {" NL "\t}" NL
		"}",
		"{" NL "\t\"version\": 1," NL "\t\"protocol\": {" NL
		"\t\t\"tools\": {" NL "\t\t\t\"always\": [\"b\"]" NL "\t\t}" NL
		"\t}" NL "}"},
	{ALWAYS, "b",
		"{" NL "\t\"version\": 1," NL
		"\t\"protocol\": {\"tools\": {\"ask\": [\"b\"], \"always\": "
		"[]}}" NL "}",
		"{" NL "\t\"version\": 1," NL
		"\t\"protocol\": {\"tools\": {\"ask\": [\"b\"], \"always\": "
		"[\"b\"]}}" NL "}"},
	{ALWAYS, "b",
		"{" NL "\t\"version\": 1," NL
		"\t\"protocol\": {\"tools\": {\"ask\": [\"b\"]}}" NL "}",
		"{" NL "\t\"version\": 1," NL
		"\t\"protocol\": {\"tools\": {\"ask\": [\"b\"], \"always\": "
		"[\"b\"]}}" NL "}"},
	/* Commas first; several on a line. */
	{ALWAYS, "c",
		"{\"version\": 1, \"protocol\": {\"tools\": {\"always\": "
		"[ \"a\"" NL "  , \"b\"" NL "  ]}}}",
		"{\"version\": 1, \"protocol\": {\"tools\": {\"always\": "
		"[ \"a\"" NL "  , \"b\"" NL "  , \"c\"" NL "  ]}}}"},
	{ALWAYS, "d",
		"{\"version\": 1, \"protocol\": {\"tools\": {\"always\": [" NL
		"\t\"a\", \"b\"," NL "\t\"c\"" NL "]}}}",
		"{\"version\": 1, \"protocol\": {\"tools\": {\"always\": [" NL
		"\t\"a\", \"b\"," NL "\t\"c\"," NL "\t\"d\"" NL "]}}}"},
	{ALWAYS, "d",
		"{\"version\": 1, \"protocol\": {\"tools\": {\"always\": [" NL
		"\t\"a\"," NL "\t\"b\", \"c\"]}}}",
		"{\"version\": 1, \"protocol\": {\"tools\": {\"always\": [" NL
		"\t\"a\"," NL "\t\"b\", \"c\", \"d\"]}}}"},
	/* Order and notes stay; the list stands before what follows it. */
	{ALWAYS, "b",
		"{\"protocol\": {\"tools\": {\"always\": [\"a\"], \"why\": "
		"\"],\"}, \"why\": \"}\"}, \"why\": \"\\u007b\", \"version\": "
		"1}",
		"{\"protocol\": {\"tools\": {\"always\": [\"a\", \"b\"], "
		"\"why\": \"],\"}, \"why\": \"}\"}, \"why\": \"\\u007b\", "
		"\"version\": 1}"},
	/* A key with an escape in it is that key. */
	{ALWAYS, "b",
		"{\"version\": 1, \"proto\\u0063ol\": {\"t\\u006fols\": "
		"{\"\\u0061lways\": [\"a\"]}}}",
		"{\"version\": 1, \"proto\\u0063ol\": {\"t\\u006fols\": "
		"{\"\\u0061lways\": [\"a\", \"b\"]}}}"},
	/* What needs an escape gets one; letters of other scripts do not. */
	{ALWAYS, "a\"\\\n\x01\x7f",
		"{\"version\": 1, \"protocol\": {\"tools\": {\"always\": []}}}",
		"{\"version\": 1, \"protocol\": {\"tools\": {\"always\": "
		"[\"a\\\"\\\\\\n\\u0001\\u007f\"]}}}"},
	{ALWAYS, "gr\xc3\xbc\xc3\x9f \xf0\x9f\x90\x9f",
		"{\"version\": 1, \"protocol\": {\"tools\": {\"always\": []}}}",
		"{\"version\": 1, \"protocol\": {\"tools\": {\"always\": "
		"[\"gr\xc3\xbc\xc3\x9f \xf0\x9f\x90\x9f\"]}}}"},
	/* Other lists. */
	{"protocol/prompts/always", "p",
		"{\"version\": 1, \"protocol\": {\"tools\": {\"always\": "
		"[\"a\"]}}}",
		"{\"version\": 1, \"protocol\": {\"tools\": {\"always\": "
		"[\"a\"]}, \"prompts\": {\"always\": [\"p\"]}}}"},
	{"protocol/resources/always", "file:///a", "{\"version\": 1}",
		"{\"version\": 1, \"protocol\": {\"resources\": {\"always\": "
		"[\"file:///a\"]}}}"},
	{"protocol/tools/allow", "get_*",
		"{\"version\": 1, \"protocol\": {\"tools\": {\"deny\": "
		"[\"x\"]}}}",
		"{\"version\": 1, \"protocol\": {\"tools\": {\"deny\": "
		"[\"x\"], \"allow\": [\"get_*\"]}}}"},
	{"protocol/tools/deny", "x",
		"{\"version\": 1, \"protocol\": {\"tools\": {\"deny\": "
		"[\"a\"]}}}",
		"{\"version\": 1, \"protocol\": {\"tools\": {\"deny\": "
		"[\"a\", \"x\"]}}}"},
	{"sandbox/write", "/srv/x",
		"{\"version\": 1, \"sandbox\": {\"read\": [\"/srv\"]}}",
		"{\"version\": 1, \"sandbox\": {\"read\": [\"/srv\"], "
		"\"write\": [\"/srv/x\"]}}"},
	{"sandbox/env/pass", "A",
		"{\"version\": 1, \"sandbox\": {\"env\": {\"set\": {\"B\": "
		"\"[\"}}}}",
		"{\"version\": 1, \"sandbox\": {\"env\": {\"set\": {\"B\": "
		"\"[\"}, \"pass\": [\"A\"]}}}"},
	{"sandbox.network", "a.org:443", "{\"version\": 1}",
		"{\"version\": 1, \"sandbox\": {\"network\": "
		"[\"a.org:443\"]}}"},
};

static struct profile_text text_of(const char *s)
{
	struct profile_text t = {strdup(s), strlen(s)};

	assert_non_null(t.bytes);
	return t;
}

static void each_shape_keeps_every_other_byte(void **state)
{
	(void)state;
	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		const struct row *w = &rows[i];
		_text_ struct profile_text before = text_of(w->before);
		_text_ struct profile_text after = {0}, again = {0};
		struct err e = {0};
		int r = profile_edit_text(
			"x", "x.json", &before, w->list, w->entry, &after, &e);

		if (r != 0)
			fail_msg("%zu: %d %s", i, r, e.text);
		if (strcmp(after.bytes, w->after) != 0 ||
			after.len != strlen(w->after))
			fail_msg("%zu:\n%s\nand not\n%s", i, after.bytes,
				w->after);
		assert_int_equal(profile_edit_text("x", "x.json", &after,
					 w->list, w->entry, &again, &e),
			1);
		assert_null(again.bytes);
	}
}

static void an_entry_that_is_there_in_other_spelling_is_there(void **state)
{
	_text_ struct profile_text before = text_of(
		"{\"version\": 1, \"protocol\": {\"tools\": {\"always\": "
		"[\"x\", \"\\u0061\"]}}}");
	_text_ struct profile_text after = {0};
	struct err e = {0};

	(void)state;
	assert_int_equal(profile_edit_text("x", "x.json", &before, ALWAYS, "a",
				 &after, &e),
		1);
	assert_null(after.bytes);
}

static void what_cannot_be_added_is_refused_and_says_why(void **state)
{
	static const struct {
		const char *list, *entry, *text, *with;
	} bad[] = {
		{ALWAYS, "get_*", "{\"version\": 1}", "is a pattern"},
		{ALWAYS, "", "{\"version\": 1}", "0 bytes"},
		{ALWAYS, "a\xff", "{\"version\": 1}", "cannot be added"},
		{"protocol/tools", "a", "{\"version\": 1}", "no list"},
		{"protocol/tools/alway", "a", "{\"version\": 1}", "no list"},
		{"protocol/tools/always/", "a", "{\"version\": 1}", "no list"},
		{"sandbox/env/set", "A=b", "{\"version\": 1}", "no list"},
		{"packages", "a", "{\"version\": 1}", "no list"},
		{"sandbox/write", "relative", "{\"version\": 1}", "no path"},
		{"sandbox/write", "~/", "{\"version\": 1}", "home folder"},
		{ALWAYS, "a", "{\"version\": 2}", "x.json:1:13: "},
		{ALWAYS, "a", "{\"version\": 1,}", "x.json:1:15: "},
		{ALWAYS, "a", "", "x.json:1:1: "},
		{ALWAYS, "a", "[1]", "expected an object"},
		{ALWAYS, "a", "{\"version\": 1, \"protocol\": []}",
			"x.json:1:28: "},
		{ALWAYS, "a",
			"{\"version\": 1, \"protocol\": {\"tools\": "
			"{\"always\": \"a\"}}}",
			"expected a list of names"},
	};

	(void)state;
	for (size_t i = 0; i < ELEMENTS(bad); i++) {
		_text_ struct profile_text before = text_of(bad[i].text);
		_text_ struct profile_text after = {0};
		struct err e = {0};

		assert_int_equal(profile_edit_text("x", "x.json", &before,
					 bad[i].list, bad[i].entry, &after, &e),
			-EINVAL);
		assert_null(after.bytes);
		if (!strstr(e.text, bad[i].with))
			fail_msg("%zu: %s", i, e.text);
	}
}

/* "{"version": 1, … "always": ["t0", …]}" with @n entries and a note that
 * makes it @len bytes long. */
static struct profile_text text_with(size_t n, size_t len)
{
	struct profile_text t = {NULL, 0};
	FILE *f = open_memstream(&t.bytes, &t.len);

	assert_non_null(f);
	(void)fputs("{\"version\": 1, \"protocol\": {\"tools\": "
		    "{\"always\": [",
		f);
	for (size_t i = 0; i < n; i++)
		(void)fprintf(f, "%s\"t%zu\"", i ? "," : "", i);
	(void)fputs("]}}}", f);
	for (long at = ftell(f); at < (long)len; at++)
		(void)fputc(' ', f);
	assert_int_equal(fclose(f), 0);
	return t;
}

static void the_bounds_of_a_profile_are_kept(void **state)
{
	static const struct {
		size_t n, len;
		int r;
	} cases[] = {
		{PROFILE_MAX_ITEMS - 1, 0, 0},
		{PROFILE_MAX_ITEMS, 0, -EINVAL},
		{1, PROFILE_MAX_BYTES - 5, 0},
		{1, PROFILE_MAX_BYTES - 4, -EFBIG},
		{1, PROFILE_MAX_BYTES, -EFBIG},
		{1, PROFILE_MAX_BYTES + 1, -EINVAL},
	};

	(void)state;
	for (size_t i = 0; i < ELEMENTS(cases); i++) {
		_text_ struct profile_text before =
			text_with(cases[i].n, cases[i].len);
		_text_ struct profile_text after = {0};
		struct err e = {0};

		assert_int_equal(profile_edit_text("x", "x.json", &before,
					 ALWAYS, "b", &after, &e),
			cases[i].r);
		assert_int_equal(after.bytes != NULL, cases[i].r == 0);
		assert_int_equal(e.text[0] != '\0', cases[i].r < 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_shape_keeps_every_other_byte),
		cmocka_unit_test(
			an_entry_that_is_there_in_other_spelling_is_there),
		cmocka_unit_test(what_cannot_be_added_is_refused_and_says_why),
		cmocka_unit_test(the_bounds_of_a_profile_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
