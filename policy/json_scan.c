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

enum step {
	STEP_VALUE = 1,
	STEP_FIRST_ELEMENT, /* a value or `]` */
	STEP_FIRST_NAME,    /* a name or `}` */
	STEP_NAME,
	STEP_AFTER, /* a value has ended */
	STEP_DONE,
	STEP_FAILED,
};

struct scan {
	struct json_scanner *s;
	const char *text, *end;
	const char *p;
	unsigned depth;
	enum json_type type; /* of the value scanned last */
	const char *value;   /* where it begins, at depth 1 */
	struct json_value name;
	struct json_scan_result *ret;
	int error;
};

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

static enum step scan_fail(
	struct scan *c, enum json_fault fault, const char *at)
{
	c->ret->fault = fault;
	c->ret->offset = (size_t)(at - c->text);
	return STEP_FAILED;
}

/* A byte that fits nowhere: bad UTF-8 has a name of its own. */
static enum step scan_fail_here(struct scan *c)
{
	if (c->p < c->end && utf8_sequence(c->p, (size_t)(c->end - c->p)) == 0)
		return scan_fail(c, JSON_FAULT_UTF8, c->p);
	return scan_fail(c, JSON_FAULT_SYNTAX, c->p);
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

/*
 * `\uXXXX` at @p. A pair is taken whole. NULL after a fault.
 */
static const char *scan_unicode(struct scan *c, const char *p, bool in_name)
{
	const struct json_limits *limits = &c->s->limits;
	int32_t u = json_hex4(p + 2, c->end), low;

	if (u < 0) {
		scan_fail(c, JSON_FAULT_ESCAPE, p);
		return NULL;
	}
	if (u == 0 && (in_name || !limits->allow_nul)) {
		scan_fail(c,
			in_name ? JSON_FAULT_NUL_NAME : JSON_FAULT_NUL_VALUE,
			p);
		return NULL;
	}
	if (u < 0xd800 || u > 0xdfff)
		return p + 6;
	if (u <= 0xdbff && c->end - p >= 12 && p[6] == '\\' && p[7] == 'u') {
		low = json_hex4(p + 8, c->end);
		if (low >= 0xdc00 && low <= 0xdfff)
			return p + 12;
	}
	/* In a name it stays a fault: mended, two names could become one. */
	if (in_name || !limits->allow_half_surrogate) {
		scan_fail(c, JSON_FAULT_SURROGATE, p);
		return NULL;
	}
	if (c->ret->n_half_surrogates++ == 0)
		c->ret->half_surrogate = (size_t)(p - c->text);
	return p + 6;
}

/* A backslash at @p. Returns what follows the escape, NULL after a fault. */
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

	if (c->end - p < 2) {
		scan_fail(c, JSON_FAULT_SYNTAX, c->end);
		return NULL;
	}
	if (plain[(unsigned char)p[1]])
		return p + 2;
	if (p[1] == 'u')
		return scan_unicode(c, p, in_name);
	scan_fail(c, JSON_FAULT_ESCAPE, p);
	return NULL;
}

/* Characters beyond ASCII at @p, as many as follow each other. */
static const char *scan_beyond_ascii(struct scan *c, const char *p)
{
	while (p < c->end && (unsigned char)*p >= 0x80) {
		size_t n = utf8_sequence(p, (size_t)(c->end - p));

		if (n == 0) {
			scan_fail(c, JSON_FAULT_UTF8, p);
			return NULL;
		}
		p += n;
	}
	return p;
}

/* c->p is on the opening quote. False after a fault. */
static inline bool scan_string(struct scan *c, bool in_name, bool *ret_escaped)
{
	const char *p = c->p + 1;

	*ret_escaped = false;
	while (p != NULL) {
		p = json_span_text(p, c->end);
		if (p == c->end) {
			scan_fail(c, JSON_FAULT_SYNTAX, p);
			return false;
		}
		if (*p == '"') {
			c->p = p + 1;
			return true;
		}
		if (*p == '\\') {
			*ret_escaped = true;
			p = scan_escape(c, p, in_name);
		} else if ((unsigned char)*p >= 0x80) {
			p = scan_beyond_ascii(c, p);
		} else {
			scan_fail(c, JSON_FAULT_CONTROL, p);
			return false;
		}
	}
	return false;
}

static enum step scan_number(struct scan *c)
{
	const char *p = c->p, *end = c->end;

	c->type = JSON_NUMBER;
	p += *p == '-';
	c->p = p;
	if (!is_digit(p, end))
		return scan_fail_here(c);
	p = *p == '0' ? p + 1 : skip_digits(p, end);
	if (p < end && *p == '.') {
		c->p = ++p;
		if (!is_digit(p, end))
			return scan_fail_here(c);
		p = skip_digits(p, end);
	}
	if (p < end && (*p | 0x20) == 'e') {
		p++;
		p += p < end && (*p == '+' || *p == '-');
		c->p = p;
		if (!is_digit(p, end))
			return scan_fail_here(c);
		p = skip_digits(p, end);
	}
	c->p = p;
	return STEP_AFTER;
}

static enum step scan_word(
	struct scan *c, enum json_type type, const char *word, size_t len)
{
	size_t i = 0;

	while (i < len && c->p < c->end && *c->p == word[i]) {
		c->p++;
		i++;
	}
	c->type = type;
	return i == len ? STEP_AFTER : scan_fail_here(c);
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

static enum step scan_open(struct scan *c, bool object)
{
	struct json_scanner *s = c->s;

	if (c->depth == s->limits.max_depth)
		return scan_fail(c, JSON_FAULT_DEPTH, c->p);
	if (c->depth == s->n_frames) {
		c->error = frames_grow(s);
		if (c->error < 0)
			return STEP_FAILED;
	}
	s->frames[c->depth++] = (struct frame){
		.names = json_names_open(&s->names), .object = object};
	c->p++;
	return object ? STEP_FIRST_NAME : STEP_FIRST_ELEMENT;
}

static enum step scan_close(struct scan *c)
{
	struct frame *f = &c->s->frames[--c->depth];

	if (f->object)
		json_names_close(&c->s->names, &f->names);
	c->type = f->object ? JSON_OBJECT : JSON_ARRAY;
	c->p++;
	return STEP_AFTER;
}

static enum step scan_value(struct scan *c)
{
	bool escaped;

	if (c->p == c->end)
		return scan_fail_here(c);
	if (c->depth == 1)
		c->value = c->p;
	switch (*c->p) {
	case '"':
		if (!scan_string(c, false, &escaped))
			return STEP_FAILED;
		c->type = JSON_STRING;
		return STEP_AFTER;
	case '{':
		return scan_open(c, true);
	case '[':
		return scan_open(c, false);
	case 't':
		return scan_word(c, JSON_TRUE, "true", 4);
	case 'f':
		return scan_word(c, JSON_FALSE, "false", 5);
	case 'n':
		return scan_word(c, JSON_NULL, "null", 4);
	default:
		if (*c->p == '-' || is_digit(c->p, c->end))
			return scan_number(c);
		return scan_fail_here(c);
	}
}

static enum step scan_first_element(struct scan *c)
{
	if (c->p < c->end && *c->p == ']')
		return scan_close(c);
	return scan_value(c);
}

/* Counts and remembers the name at @begin; the limits are the object's. */
static enum step scan_name_add(struct scan *c, const char *begin, bool escaped)
{
	struct json_scanner *s = c->s;
	struct frame *f = &s->frames[c->depth - 1];
	int r = 2;

	if (json_names_count(&s->names, &f->names) < s->limits.max_keys)
		r = json_names_add(&s->names, &f->names, c->text,
			(size_t)(begin + 1 - c->text),
			(size_t)(c->p - begin - 2), escaped);
	if (r < 0)
		c->error = r;
	if (r == 0)
		return STEP_VALUE;
	if (r > 0)
		scan_fail(c, r == 1 ? JSON_FAULT_DUPLICATE : JSON_FAULT_KEYS,
			begin);
	return STEP_FAILED;
}

static enum step scan_name(struct scan *c)
{
	const char *begin = c->p;
	enum step step;
	bool escaped;

	if (c->p == c->end || *c->p != '"')
		return scan_fail_here(c);
	if (!scan_string(c, true, &escaped))
		return STEP_FAILED;
	step = scan_name_add(c, begin, escaped);
	if (step == STEP_FAILED)
		return step;
	if (c->depth == 1)
		c->name = (struct json_value){.text = c->text,
			.begin = (size_t)(begin - c->text),
			.end = (size_t)(c->p - c->text),
			.type = JSON_STRING};
	c->p = skip_space(c->p, c->end);
	if (c->p == c->end || *c->p != ':')
		return scan_fail_here(c);
	c->p++;
	return STEP_VALUE;
}

static enum step scan_first_name(struct scan *c)
{
	if (c->p < c->end && *c->p == '}')
		return scan_close(c);
	return scan_name(c);
}

/* A member of the top object has ended at c->p. */
static void scan_keep_member(struct scan *c)
{
	struct json_scan_result *ret = c->ret;

	if (ret->n_members < JSON_TOP_MEMBERS)
		ret->members[ret->n_members] =
			(struct json_member){.name = c->name,
				.value = {.text = c->text,
					.begin = (size_t)(c->value - c->text),
					.end = (size_t)(c->p - c->text),
					.type = c->type},
				.begin = c->name.begin,
				.end = (size_t)(c->p - c->text)};
	ret->n_members++;
}

static enum step scan_after(struct scan *c)
{
	bool object;

	if (c->depth == 0)
		return STEP_DONE;
	object = c->s->frames[c->depth - 1].object;
	if (c->depth == 1 && object)
		scan_keep_member(c);
	c->p = skip_space(c->p, c->end);
	if (c->p == c->end)
		return scan_fail_here(c);
	if (*c->p == ',') {
		c->p++;
		return object ? STEP_NAME : STEP_VALUE;
	}
	if (*c->p == (object ? '}' : ']'))
		return scan_close(c);
	return scan_fail_here(c);
}

static void scan_run(struct scan *c)
{
	enum step step = STEP_VALUE;

	for (;;) {
		switch (step) {
		case STEP_VALUE:
			c->p = skip_space(c->p, c->end);
			step = scan_value(c);
			break;
		case STEP_FIRST_ELEMENT:
			c->p = skip_space(c->p, c->end);
			step = scan_first_element(c);
			break;
		case STEP_FIRST_NAME:
			c->p = skip_space(c->p, c->end);
			step = scan_first_name(c);
			break;
		case STEP_NAME:
			c->p = skip_space(c->p, c->end);
			step = scan_name(c);
			break;
		case STEP_AFTER:
			step = scan_after(c);
			break;
		case STEP_DONE:
		case STEP_FAILED:
			return;
		}
	}
}

/* What is wrong with a text before its first value. */
static enum json_fault scan_prefix(struct scan *c)
{
	if ((size_t)(c->end - c->text) > c->s->limits.max_bytes) {
		c->p = c->text + c->s->limits.max_bytes;
		return JSON_FAULT_SIZE;
	}
	if (c->end - c->text >= 3 && memcmp(c->text, "\xef\xbb\xbf", 3) == 0)
		return JSON_FAULT_BOM;
	c->p = skip_space(c->p, c->end);
	return c->p == c->end ? JSON_FAULT_EMPTY : JSON_FAULT_NONE;
}

int json_scan(struct json_scanner *s, const char *text, size_t len,
	struct json_scan_result *ret)
{
	struct json_scan_result result = {0};
	struct scan c = {.s = s,
		.text = text,
		.end = text + len,
		.p = text,
		.ret = &result};
	enum json_fault fault = scan_prefix(&c);

	json_names_reset(&s->names);
	if (fault != JSON_FAULT_NONE) {
		scan_fail(&c, fault, c.p);
	} else {
		result.begin = (size_t)(c.p - text);
		scan_run(&c);
		if (c.error < 0)
			return c.error;
	}
	if (result.fault == JSON_FAULT_NONE) {
		result.type = c.type;
		result.end = (size_t)(c.p - text);
		c.p = skip_space(c.p, c.end);
		if (c.p < c.end)
			scan_fail(&c, JSON_FAULT_TRAILING, c.p);
	}
	*ret = result;
	return result.fault == JSON_FAULT_NONE ? 0 : 1;
}
