/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/approve_text.h"

#include <stdio.h>
#include <string.h>

#include "policy/utf8.h"

#define CHARACTER_MAX 24 /* bytes that one character is written as */

/* How strings are written. */
enum dress {
	DRESS_JSON = 0,
	DRESS_PLAIN,    /* without quotes around and escapes of quotes */
	DRESS_ARMOURED, /* escapes are escaped once more */
};

static unsigned hex_value(const char *p)
{
	unsigned v = 0;

	for (int i = 0; i < 4; i++) {
		unsigned char c = (unsigned char)p[i];

		v = v * 16 + (c <= '9' ? c - 48U : (c | 0x20U) - 87U);
	}
	return v;
}

/* One code unit that a backslash begins; returns the bytes it takes. */
static size_t decode_escape(const char *p, uint32_t *ret)
{
	static const char names[] = "\"\\/bfnrt";
	static const char values[] = "\"\\/\b\f\n\r\t";
	const char *name = strchr(names, p[1]);

	if (p[1] == 'u') {
		*ret = hex_value(p + 2);
		return 6;
	}
	*ret = name ? (unsigned char)values[name - names] : 0xfffd;
	return 2;
}

static uint32_t decode_utf8(const char *p, size_t n)
{
	static const unsigned char masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	uint32_t cp = (unsigned char)p[0] & masks[n];

	for (size_t i = 1; i < n; i++)
		cp = cp << 6 | ((unsigned char)p[i] & 0x3fU);
	return cp;
}

/* One character of a string's inside; returns the bytes it takes. */
static size_t decode(const char *p, size_t left, uint32_t *ret)
{
	size_t n;

	if (*p == '\\')
		return decode_escape(p, ret);
	n = utf8_sequence(p, left);
	*ret = n ? decode_utf8(p, n) : 0xfffd;
	return n ? n : 1;
}

static const char *short_escape(uint32_t cp)
{
	switch (cp) {
	case '\b':
		return "\\b";
	case '\f':
		return "\\f";
	case '\n':
		return "\\n";
	case '\r':
		return "\\r";
	case '\t':
		return "\\t";
	default:
		return NULL;
	}
}

/* @dst gets the character as JSON spells it, in ASCII. */
static size_t spell(char dst[CHARACTER_MAX], uint32_t cp)
{
	const char *name = short_escape(cp);

	if (name) {
		memcpy(dst, name, 3);
	} else if (cp == '"' || cp == '\\') {
		dst[0] = '\\';
		dst[1] = (char)cp;
		dst[2] = '\0';
	} else if (cp >= 0x20 && cp < 0x7f) {
		dst[0] = (char)cp;
		dst[1] = '\0';
	} else if (cp < 0x10000) {
		(void)snprintf(dst, CHARACTER_MAX, "\\u%04x", (unsigned)cp);
	} else {
		(void)snprintf(dst, CHARACTER_MAX, "\\u%04x\\u%04x",
			(unsigned)(0xd800 + ((cp - 0x10000) >> 10)),
			(unsigned)(0xdc00 + ((cp - 0x10000) & 0x3ff)));
	}
	return strlen(dst);
}

static size_t spell_as(char dst[CHARACTER_MAX], uint32_t cp, enum dress dress)
{
	char plain[CHARACTER_MAX];
	size_t n, k = 0;

	if (dress == DRESS_PLAIN && cp == '"') {
		dst[0] = '"';
		return 1;
	}
	n = spell(plain, cp);
	if (dress != DRESS_ARMOURED || cp == '"') {
		memcpy(dst, plain, n);
		return n;
	}
	for (size_t i = 0; i < n; i++) {
		if (plain[i] == '\\')
			dst[k++] = '\\';
		dst[k++] = plain[i];
	}
	return k;
}

/* A place in a text that is being written, with the column it is at. */
struct pen {
	struct out *o;
	size_t column;
	size_t width; /* 0: one line */
	size_t most;  /* bytes; 0: no bound */
	enum dress dress;
	bool airy; /* a blank behind colons and commas */
};

static void put(struct pen *p, const char *bytes, size_t n)
{
	out_bytes(p->o, bytes, n);
	p->column += n;
}

static bool is_full(const struct pen *p)
{
	return p->o->failed || (p->most && p->o->len >= p->most);
}

#define INDENT_MOST                                              \
	32 /* deeper structure is not moved further to the right \
	    */

static void new_line(struct pen *p, size_t depth)
{
	static const char blanks[INDENT_MOST + 5] =
		"                                    ";
	size_t n = 2 * depth < INDENT_MOST ? 2 * depth : INDENT_MOST;

	out_bytes(p->o, "\n", 1);
	p->column = 0;
	put(p, blanks, n);
}

static void put_string(
	struct pen *p, const char *text, size_t begin, size_t end, size_t depth)
{
	bool breaks = p->width && p->column + (end - begin) > p->width;
	bool quotes = p->dress != DRESS_PLAIN;
	char spelled[CHARACTER_MAX];

	if (quotes)
		put(p, "\"", 1);
	for (size_t i = begin + 1; i < end - 1 && !is_full(p);) {
		uint32_t cp;

		i += decode(text + i, end - 1 - i, &cp);
		put(p, spelled, spell_as(spelled, cp, p->dress));
		if (cp != '\n' || !breaks || i >= end - 1)
			continue;
		put(p, "\"", 1);
		new_line(p, depth + 2);
		put(p, "\"", 1);
	}
	if (quotes)
		put(p, "\"", 1);
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static size_t string_end(const char *text, size_t at, size_t end)
{
	for (at++; at < end && text[at] != '"'; at++)
		if (text[at] == '\\')
			at++;
	return at + 1;
}

/* Behind a number or a word. */
static size_t word_end(const char *text, size_t at, size_t end)
{
	while (at < end && !is_space(text[at]) && !strchr(",]}", text[at]))
		at++;
	return at;
}

/* The value at @at on one line. Returns where it ends, or where it was cut. */
static size_t put_value(struct pen *p, const char *text, size_t at, size_t end)
{
	size_t depth = 0;

	while (at < end && !is_full(p)) {
		char c = text[at];

		if (is_space(c)) {
			at++;
			continue;
		}
		if (c == '"') {
			size_t stop = string_end(text, at, end);

			put_string(p, text, at, stop, 0);
			at = stop;
		} else if (strchr("{}[],:", c)) {
			put(p, &c, 1);
			at++;
			depth += c == '{' || c == '[';
			depth -= c == '}' || c == ']';
			if (c == ',' || c == ':') {
				if (p->airy)
					put(p, " ", 1);
				continue;
			}
		} else {
			size_t stop = word_end(text, at, end);

			put(p, text + at, stop - at);
			at = stop;
		}
		if (depth == 0)
			break;
	}
	return at;
}

void text_compact(struct out *o, const struct json_value *v)
{
	struct pen p = {.o = o};

	(void)put_value(&p, v->text, v->begin, v->end);
}

void text_armoured(struct out *o, const struct json_value *v)
{
	struct pen p = {.o = o, .dress = DRESS_ARMOURED};

	(void)put_value(&p, v->text, v->begin, v->end);
}

void text_plain(struct out *o, const struct json_value *string)
{
	struct pen p = {.o = o, .dress = DRESS_PLAIN};

	if (string->type == JSON_STRING)
		put_string(&p, string->text, string->begin, string->end, 0);
}

void text_brief(struct out *o, const struct json_value *v, size_t max)
{
	struct pen p = {.o = o, .most = o->len + (max > 3 ? max - 3 : 1)};
	size_t at = put_value(&p, v->text, v->begin, v->end);

	if (at < v->end || o->len > p.most + 3)
		o->len = p.most < o->len ? p.most : o->len;
	if (at < v->end || o->len == p.most)
		out_str(o, "...");
}

void text_bytes(struct out *o, const char *text, size_t len)
{
	char spelled[CHARACTER_MAX];

	for (size_t i = 0; i < len;) {
		size_t n = utf8_sequence(text + i, len - i);

		if (n == 0)
			(void)snprintf(spelled, sizeof(spelled), "\\x%02x",
				(unsigned)(unsigned char)text[i]);
		if (n == 0)
			out_str(o, spelled);
		else
			out_bytes(o, spelled,
				spell_as(spelled, decode_utf8(text + i, n),
					DRESS_PLAIN));
		i += n ? n : 1;
	}
}

void text_quote(struct out *o, const char *text, size_t len)
{
	char spelled[CHARACTER_MAX];

	out_str(o, "\"");
	for (size_t i = 0; i < len;) {
		size_t n = utf8_sequence(text + i, len - i);
		uint32_t cp = n ? decode_utf8(text + i, n) : 0xfffd;

		out_bytes(o, spelled, spell(spelled, cp));
		i += n ? n : 1;
	}
	out_str(o, "\"");
}

#define LOOK_MOST 1024 /* bytes that are looked ahead for a short value */

/* The value at @at, if it fits on the line that is being written. */
static bool put_short(
	struct pen *p, const char *text, size_t *at, size_t end, size_t extra)
{
	size_t room =
		p->column + extra < p->width ? p->width - p->column - extra : 0;
	size_t before = p->o->len,
	       stop = end - *at < LOOK_MOST ? end : *at + LOOK_MOST;
	struct pen line = {.o = p->o, .most = before + room + 1, .airy = true};
	size_t reached;

	if (room == 0)
		return false;
	if (extra)
		out_str(p->o, " ");
	reached = put_value(&line, text, *at, stop);
	if (p->o->failed || (reached >= stop && stop < end) ||
		p->o->len > before + room) {
		p->o->len = before;
		return false;
	}
	p->column += p->o->len - before;
	*at = reached;
	return true;
}

#define DEPTH_MOST 256

/* Containers that are open; bit: it is an array. */
struct nest {
	size_t depth;
	bool array[DEPTH_MOST];
};

static size_t skip_space(const char *text, size_t at, size_t end)
{
	while (at < end && is_space(text[at]))
		at++;
	return at;
}

static size_t open_container(
	struct pen *p, struct nest *n, const char *text, size_t at, size_t end)
{
	if (put_short(p, text, &at, end, 0))
		return at;
	put(p, text + at, 1);
	n->array[n->depth++ % DEPTH_MOST] = text[at] == '[';
	at = skip_space(text, at + 1, end);
	new_line(p, n->depth);
	return at;
}

/* Elements of an array stand beside each other as long as they fit. */
static size_t put_comma(
	struct pen *p, struct nest *n, const char *text, size_t at, size_t end)
{
	put(p, ",", 1);
	at = skip_space(text, at + 1, end);
	if (n->depth && n->array[(n->depth - 1) % DEPTH_MOST] &&
		put_short(p, text, &at, end, 1))
		return at;
	new_line(p, n->depth);
	return at;
}

static size_t put_structure(struct pen *p, const struct json_value *v)
{
	const char *text = v->text;
	size_t at = v->begin, end = v->end, stop;
	struct nest n = {0};

	while (at < end && !is_full(p)) {
		switch (text[at]) {
		case '{':
		case '[':
			at = open_container(p, &n, text, at, end);
			break;
		case '}':
		case ']':
			n.depth--;
			new_line(p, n.depth);
			put(p, text + at++, 1);
			break;
		case ',':
			at = put_comma(p, &n, text, at, end);
			break;
		case ':':
			put(p, ": ", 2);
			at++;
			break;
		case '"':
			stop = string_end(text, at, end);
			put_string(p, text, at, stop, n.depth);
			at = stop;
			break;
		default:
			stop = word_end(text, at, end);
			put(p, text + at, stop - at);
			at = stop;
		}
		at = skip_space(text, at, end);
	}
	return at;
}

void text_pretty(struct out *o, const struct json_value *v, size_t width)
{
	struct pen p = {.o = o, .width = width};

	(void)put_structure(&p, v);
}

bool text_pretty_head(
	struct out *o, const struct json_value *v, size_t width, size_t max)
{
	struct pen p = {.o = o, .width = width, .most = o->len + max};

	return put_structure(&p, v) < v->end || o->len >= p.most;
}
