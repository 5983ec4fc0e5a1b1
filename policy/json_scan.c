/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one pass over a text: a loop over steps with a stack of open
 * containers, so that depth costs memory and never the C stack.
 */
#include <errno.h>
#include <stdlib.h>

#include "policy/json.h"
#include "policy/json_names.h"
#include "policy/json_span.h"
#include "policy/json_string.h"
#include "policy/utf8.h"

#define FRAMES_MIN 32U
#define BYTES_MAX ((size_t)INT32_MAX) /* positions fit 31 bits */
/* Names of all open objects together, in multiples of one object's. */
#define NAMES_FACTOR 4

struct frame {
	struct json_names_scope names;
	bool object;
};

struct json_scanner {
	struct json_limits limits;
	struct json_names names;
	struct frame *frames;
	unsigned n_frames;
};

struct scan {
	struct json_scanner *s;
	const char *text, *end;
	struct json_scan_result *ret;
	unsigned depth;
	enum json_type type; /* of the value scanned last */
	const char *value;   /* where it begins, at depth 1 */
	/* In it: the container that was opened last, the longest so far. */
	const char *inner;
	size_t long_begin, long_end;
	struct json_value name;
	int error;
};

/*
 * Each scan_…() takes what begins at @p and returns what follows it, or NULL
 * after a fault (or, with c->error set, for want of memory).
 */

struct json_scanner *json_scanner_new(const struct json_limits *limits)
{
	struct json_scanner *s = calloc(1, sizeof(*s));
	uint32_t max_names = UINT32_MAX >> 4;

	if (s == NULL)
		return NULL;
	s->limits = *limits;
	if (s->limits.max_bytes > BYTES_MAX)
		s->limits.max_bytes = BYTES_MAX;
	if (limits->max_keys < max_names / NAMES_FACTOR)
		max_names = limits->max_keys * NAMES_FACTOR;
	json_names_init(&s->names, limits->hash_key, max_names);
	return s;
}

void json_scanner_free(struct json_scanner *s)
{
	if (s == NULL)
		return;
	json_names_deinit(&s->names);
	free(s->frames);
	free(s);
}

static const char *scan_fail(
	struct scan *c, enum json_fault fault, const char *at)
{
	c->ret->fault = fault;
	c->ret->offset = (size_t)(at - c->text);
	return NULL;
}

/* A byte that fits nowhere: bad UTF-8 has a name of its own. */
static const char *scan_misfit(struct scan *c, const char *p)
{
	bool utf8 = p == c->end || utf8_sequence(p, (size_t)(c->end - p)) > 0;

	return scan_fail(c, utf8 ? JSON_FAULT_SYNTAX : JSON_FAULT_UTF8, p);
}

static inline bool is_space(char ch)
{
	return ch == ' ' || ch == '\n' || ch == '\r' || ch == '\t';
}

static inline const char *skip_space(const char *p, const char *end)
{
	while (p < end && is_space(*p))
		p++;
	return p;
}

static inline bool is_digit(const char *p, const char *end)
{
	return p < end && (unsigned char)(*p - '0') < 10;
}

static inline const char *skip_digits(const char *p, const char *end)
{
	while (is_digit(p, end))
		p++;
	return p;
}

/* `\uXXXX`; a pair is taken whole. */
static const char *scan_unicode(struct scan *c, const char *p, bool in_name)
{
	const struct json_limits *limits = &c->s->limits;
	int32_t u = json_hex4(p + 2, c->end), low;

	if (u < 0)
		return scan_fail(c, JSON_FAULT_ESCAPE, p);
	if (u == 0 && in_name)
		return scan_fail(c, JSON_FAULT_NUL_NAME, p);
	if (u == 0 && !limits->allow_nul)
		return scan_fail(c, JSON_FAULT_NUL_VALUE, p);
	if (u < 0xd800 || u > 0xdfff)
		return p + 6;
	if (u <= 0xdbff && c->end - p >= 12 && p[6] == '\\' && p[7] == 'u') {
		low = json_hex4(p + 8, c->end);
		if (low >= 0xdc00 && low <= 0xdfff)
			return p + 12;
	}
	/* In a name it stays a fault: mended, two names could become one. */
	if (in_name || !limits->allow_half_surrogate)
		return scan_fail(c, JSON_FAULT_SURROGATE, p);
	if (c->ret->n_half_surrogates++ == 0)
		c->ret->half_surrogate = (size_t)(p - c->text);
	return p + 6;
}

/* A backslash and what belongs to it. */
static const char *scan_escape(struct scan *c, const char *p, bool in_name)
{
	static const bool plain[256] = {['"'] = true,
		['\\'] = true,
		['/'] = true,
		['b'] = true,
		['f'] = true,
		['n'] = true,
		['r'] = true,
		['t'] = true};

	if (c->end - p < 2)
		return scan_fail(c, JSON_FAULT_SYNTAX, c->end);
	if (plain[(unsigned char)p[1]])
		return p + 2;
	if (p[1] == 'u')
		return scan_unicode(c, p, in_name);
	return scan_fail(c, JSON_FAULT_ESCAPE, p);
}

/* Characters beyond ASCII, as many as follow each other. */
static const char *scan_beyond_ascii(struct scan *c, const char *p)
{
	while (p < c->end && (unsigned char)*p >= 0x80) {
		size_t n = utf8_sequence(p, (size_t)(c->end - p));

		if (n == 0)
			return scan_fail(c, JSON_FAULT_UTF8, p);
		p += n;
	}
	return p;
}

/* What stops a run of plain text inside a string. */
static const char *scan_odd(
	struct scan *c, const char *p, bool in_name, bool *ret_escaped)
{
	if (p == c->end)
		return scan_fail(c, JSON_FAULT_SYNTAX, p);
	if ((unsigned char)*p >= 0x80)
		return scan_beyond_ascii(c, p);
	if (*p != '\\')
		return scan_fail(c, JSON_FAULT_CONTROL, p);
	*ret_escaped = true;
	return scan_escape(c, p, in_name);
}

/* @p is behind the opening quote. */
static inline const char *scan_string(
	struct scan *c, const char *p, bool in_name, bool *ret_escaped)
{
	*ret_escaped = false;
	for (;;) {
		p = json_span_text(p, c->end);
		if (__builtin_expect(p < c->end && *p == '"', 1))
			return p + 1;
		p = scan_odd(c, p, in_name, ret_escaped);
		if (p == NULL)
			return NULL;
	}
}

static const char *scan_number(struct scan *c, const char *p)
{
	const char *end = c->end;

	c->type = JSON_NUMBER;
	p += *p == '-';
	if (!is_digit(p, end))
		return scan_misfit(c, p);
	p = *p == '0' ? p + 1 : skip_digits(p, end);
	if (p < end && *p == '.') {
		if (!is_digit(++p, end))
			return scan_misfit(c, p);
		p = skip_digits(p, end);
	}
	if (p < end && (*p | 0x20) == 'e') {
		p++;
		p += p < end && (*p == '+' || *p == '-');
		if (!is_digit(p, end))
			return scan_misfit(c, p);
		p = skip_digits(p, end);
	}
	return p;
}

static const char *scan_word(
	struct scan *c, const char *p, enum json_type type, const char *word)
{
	for (; *word != '\0'; word++, p++) {
		if (p == c->end || *p != *word)
			return scan_misfit(c, p);
	}
	c->type = type;
	return p;
}

static int frames_grow(struct json_scanner *s)
{
	unsigned n = s->n_frames == 0 ? FRAMES_MIN : s->n_frames * 2;
	void *p;

	if (n > s->limits.max_depth)
		n = s->limits.max_depth;
	p = realloc(s->frames, n * sizeof(*s->frames));
	if (p == NULL)
		return -ENOMEM;
	s->frames = p;
	s->n_frames = n;
	return 0;
}

/* An opening bracket, and the white space behind it. */
static const char *scan_open(struct scan *c, const char *p)
{
	struct json_scanner *s = c->s;

	if (c->depth == s->limits.max_depth)
		return scan_fail(c, JSON_FAULT_DEPTH, p);
	if (c->depth == s->n_frames) {
		c->error = frames_grow(s);
		if (c->error < 0)
			return NULL;
	}
	if (c->depth == 2)
		c->inner = p;
	s->frames[c->depth++] = (struct frame){
		.names = json_names_open(&s->names), .object = *p == '{'};
	return skip_space(p + 1, c->end);
}

/* @p is behind a container that is a member of one at depth 1. */
static void scan_keep_longest(struct scan *c, const char *p)
{
	size_t begin = (size_t)(c->inner - c->text);
	size_t end = (size_t)(p - c->text);

	if (end - begin > c->long_end - c->long_begin) {
		c->long_begin = begin;
		c->long_end = end;
	}
}

static const char *scan_close(struct scan *c, const char *p)
{
	struct frame *f = &c->s->frames[--c->depth];

	if (c->depth == 2)
		scan_keep_longest(c, p + 1);
	if (f->object)
		json_names_close(&c->s->names, &f->names);
	c->type = f->object ? JSON_OBJECT : JSON_ARRAY;
	return p + 1;
}

/* Counts and remembers the name text[begin..end), quotes included. */
static enum json_fault name_fault(
	struct scan *c, size_t begin, size_t end, bool escaped)
{
	struct json_scanner *s = c->s;
	struct json_names_scope *names = &s->frames[c->depth - 1].names;

	if (json_names_count(&s->names, names) >= s->limits.max_keys)
		return JSON_FAULT_KEYS;
	switch (json_names_add(&s->names, names, c->text,
		(size_t)(c->end - c->text), begin + 1, end - begin - 2,
		escaped)) {
	case 0:
		return JSON_FAULT_NONE;
	case 1:
		return JSON_FAULT_DUPLICATE;
	case 2:
		return JSON_FAULT_KEYS;
	default:
		c->error = -ENOMEM;
		return JSON_FAULT_NONE;
	}
}

/* A name and its colon. */
static inline const char *scan_name(struct scan *c, const char *p)
{
	size_t begin = (size_t)(p - c->text), end;
	enum json_fault fault;
	bool escaped;

	if (p == c->end || *p != '"')
		return scan_misfit(c, p);
	p = scan_string(c, p + 1, true, &escaped);
	if (p == NULL)
		return NULL;
	end = (size_t)(p - c->text);
	fault = name_fault(c, begin, end, escaped);
	if (fault != JSON_FAULT_NONE)
		return scan_fail(c, fault, c->text + begin);
	if (c->error < 0)
		return NULL;
	if (c->depth == 1)
		c->name = json_value_of(c->text, begin, end, JSON_STRING);
	p = skip_space(p, c->end);
	if (p == c->end || *p != ':')
		return scan_misfit(c, p);
	return p + 1;
}

static const char *scan_scalar(struct scan *c, const char *p)
{
	switch (*p) {
	case 't':
		return scan_word(c, p, JSON_TRUE, "true");
	case 'f':
		return scan_word(c, p, JSON_FALSE, "false");
	case 'n':
		return scan_word(c, p, JSON_NULL, "null");
	default:
		if (*p == '-' || is_digit(p, c->end))
			return scan_number(c, p);
		return scan_misfit(c, p);
	}
}

/* Down to the first scalar or empty container in a value. */
static const char *scan_down(struct scan *c, const char *p)
{
	bool escaped;

	while (p != NULL) {
		p = skip_space(p, c->end);
		if (p == c->end)
			return scan_misfit(c, p);
		if (c->depth == 1) {
			c->value = p;
			c->long_begin = c->long_end = 0;
		}
		if (*p == '"') {
			c->type = JSON_STRING;
			return scan_string(c, p + 1, false, &escaped);
		}
		if (*p == '{') {
			p = scan_open(c, p);
			if (p != NULL && p < c->end && *p == '}')
				return scan_close(c, p);
			p = p == NULL ? NULL : scan_name(c, p);
		} else if (*p == '[') {
			p = scan_open(c, p);
			if (p != NULL && p < c->end && *p == ']')
				return scan_close(c, p);
		} else {
			return scan_scalar(c, p);
		}
	}
	return NULL;
}

/* A member of the top object has ended at @p. */
static void scan_keep_member(struct scan *c, const char *p)
{
	struct json_scan_result *ret = c->ret;
	size_t begin = (size_t)(c->value - c->text);
	size_t end = (size_t)(p - c->text);

	if (ret->n_members < JSON_TOP_MEMBERS)
		ret->members[ret->n_members] = (struct json_member){
			.name = c->name,
			.value = {c->text, begin, end, c->type,
				(uint32_t)c->long_begin, (uint32_t)c->long_end},
			.begin = c->name.begin,
			.end = end};
	ret->n_members++;
}

/* A value has ended: up and on to the next one, or to the end of the top. */
static const char *scan_up(struct scan *c, const char *p)
{
	while (p != NULL && c->depth > 0) {
		bool object = c->s->frames[c->depth - 1].object;

		if (c->depth == 1 && object)
			scan_keep_member(c, p);
		p = skip_space(p, c->end);
		if (p == c->end)
			return scan_misfit(c, p);
		if (*p == ',' && object)
			return scan_name(c, skip_space(p + 1, c->end));
		if (*p == ',')
			return p + 1;
		if (*p != (object ? '}' : ']'))
			return scan_misfit(c, p);
		p = scan_close(c, p);
	}
	return p;
}

static const char *scan_all(struct scan *c, const char *p)
{
	do {
		p = scan_down(c, p);
		p = scan_up(c, p);
	} while (p != NULL && c->depth > 0);
	return p;
}

/* What is wrong with a text before its first value, which begins at @p. */
static enum json_fault prefix_fault(const struct scan *c, const char *p)
{
	if ((size_t)(c->end - c->text) > c->s->limits.max_bytes)
		return JSON_FAULT_SIZE;
	if (c->end - c->text >= 3 && memcmp(c->text, "\xef\xbb\xbf", 3) == 0)
		return JSON_FAULT_BOM;
	return p == c->end ? JSON_FAULT_EMPTY : JSON_FAULT_NONE;
}

static const char *scan_text(struct scan *c)
{
	const char *p = skip_space(c->text, c->end);
	enum json_fault fault = prefix_fault(c, p);

	if (fault == JSON_FAULT_SIZE)
		return scan_fail(c, fault, c->text + c->s->limits.max_bytes);
	if (fault != JSON_FAULT_NONE)
		return scan_fail(
			c, fault, fault == JSON_FAULT_BOM ? c->text : p);
	c->ret->begin = (size_t)(p - c->text);
	p = scan_all(c, p);
	if (p == NULL)
		return NULL;
	c->ret->type = c->type;
	c->ret->end = (size_t)(p - c->text);
	p = skip_space(p, c->end);
	return p == c->end ? p : scan_fail(c, JSON_FAULT_TRAILING, p);
}

int json_scan(struct json_scanner *s, const char *text, size_t len,
	struct json_scan_result *ret)
{
	struct json_scan_result result = {0};
	struct scan c = {
		.s = s, .text = text, .end = text + len, .ret = &result};

	json_names_reset(&s->names);
	if (scan_text(&c) == NULL && c.error < 0)
		return c.error;
	*ret = result;
	return result.fault == JSON_FAULT_NONE ? 0 : 1;
}
