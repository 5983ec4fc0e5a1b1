/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two passes. The first notes where the members of all objects are, in the
 * order of the text; the second writes, the members of each object sorted. So
 * no byte is looked at once for each object that it is in, and depth costs
 * nothing.
 */
#include <errno.h>
#include <stdlib.h>

#include "policy/answer.h"
#include "policy/chars.h"
#include "policy/json_string.h"

#define NO_MEMBER UINT32_MAX

struct member {
	uint32_t name, name_len; /* between the quotes */
	uint32_t value;
	uint32_t next; /* of the same object, or NO_MEMBER */
};

struct canonical {
	struct out *out;
	const char *text;
	size_t end;
	struct member *members;
	size_t n, size;
};

/* A value that is about to be written: where it is, and which member is the
 * first inside of it if it has any. */
struct cursor {
	size_t pos;
	size_t member;
};

static size_t skip_blank(const struct canonical *c, size_t pos)
{
	while (pos < c->end &&
		(c->text[pos] == ' ' || c->text[pos] == '\t' ||
			c->text[pos] == '\r' || c->text[pos] == '\n'))
		pos++;
	return pos;
}

/* @pos is behind the opening quote; returns that of the closing one. */
static size_t find_quote(const struct canonical *c, size_t pos)
{
	while (pos < c->end && c->text[pos] != '"')
		pos += c->text[pos] == '\\' ? 2 : 1;
	return pos < c->end ? pos : c->end;
}

/* First pass: an open container. */
struct level {
	bool object, at_name;
	uint32_t last; /* its member read last */
};

static int add_member(struct canonical *c, struct level *l, struct member m)
{
	if (c->n == c->size) {
		size_t size = c->size > 0 ? c->size * 2 : 16;
		struct member *grown =
			reallocarray(c->members, size, sizeof(*grown));

		if (grown == NULL)
			return -ENOMEM;
		c->members = grown;
		c->size = size;
	}
	if (l->last != NO_MEMBER)
		c->members[l->last].next = (uint32_t)c->n;
	l->last = (uint32_t)c->n;
	c->members[c->n++] = m;
	return 0;
}

/* @pos is on the quote of a string; moved behind it, or to the value if the
 * string is a name. */
static int index_string(struct canonical *c, struct level *l, size_t *pos)
{
	size_t begin = *pos + 1, quote = find_quote(c, begin);

	*pos = quote + 1;
	if (!l->at_name)
		return 0;
	l->at_name = false;
	*pos = skip_blank(c, skip_blank(c, *pos) + 1); /* the colon */
	return add_member(c, l,
		(struct member){
			.name = (uint32_t)begin,
			.name_len = (uint32_t)(quote - begin),
			.value = (uint32_t)*pos,
			.next = NO_MEMBER,
		});
}

static int index_members(struct canonical *c, size_t pos)
{
	struct level levels[CANONICAL_DEPTH_MAX + 1] = {0};
	struct level *l = levels;
	int r = 0;

	while (r == 0 && pos < c->end) {
		char b = c->text[pos];

		if (b == '"') {
			r = index_string(c, l, &pos);
			continue;
		}
		if (b == '{' || b == '[') {
			if (l == levels + CANONICAL_DEPTH_MAX)
				return -E2BIG;
			*++l = (struct level){.object = b == '{',
				.at_name = b == '{',
				.last = NO_MEMBER};
		} else if ((b == '}' || b == ']') && l > levels) {
			l--;
		} else if (b == ',') {
			l->at_name = l->object;
		}
		pos++;
	}
	return r;
}

static int write_value(struct canonical *c, struct cursor *at);

/* What an escape stood for is written as it is unless it must be escaped. */
static void write_run(struct out *o, const char *run, size_t n)
{
	char escape[CHARS_ESCAPE_MAX];
	unsigned char b = (unsigned char)run[0];

	if (n == 1 && (b < 0x20 || b == '"' || b == '\\'))
		out_bytes(o, escape, chars_escape(b, escape));
	else
		out_bytes(o, run, n);
}

static void write_string(struct out *o, const char *inside, size_t len)
{
	struct json_runs runs = json_runs(inside, len);
	const char *run;
	size_t n;

	out_str(o, "\"");
	while (json_runs_next(&runs, &run, &n))
		write_run(o, run, n);
	out_str(o, "\"");
}

static int write_scalar(struct canonical *c, struct cursor *at)
{
	size_t begin = at->pos, end = begin;

	if (c->text[begin] == '"') {
		end = find_quote(c, begin + 1);
		write_string(c->out, c->text + begin + 1, end - begin - 1);
		at->pos = end + 1;
		return 0;
	}
	while (end < c->end && skip_blank(c, end) == end &&
		c->text[end] != ',' && c->text[end] != ']' &&
		c->text[end] != '}')
		end++;
	out_bytes(c->out, c->text + begin, end - begin);
	at->pos = end;
	return 0;
}

static int write_array(struct canonical *c, struct cursor *at)
{
	int r = 0;

	out_str(c->out, "[");
	at->pos = skip_blank(c, at->pos + 1);
	while (r == 0 && at->pos < c->end && c->text[at->pos] != ']') {
		if (c->text[at->pos] == ',') {
			out_str(c->out, ",");
			at->pos = skip_blank(c, at->pos + 1);
		}
		r = write_value(c, at);
		at->pos = skip_blank(c, at->pos);
	}
	out_str(c->out, "]");
	at->pos++;
	return r;
}

static int order_compare(const void *a, const void *b, void *canonical)
{
	const struct canonical *c = canonical;
	const struct member *x = &c->members[*(const uint32_t *)a];
	const struct member *y = &c->members[*(const uint32_t *)b];

	return chars_compare(
		c->text + x->name, x->name_len, c->text + y->name, y->name_len);
}

/* The members of an object from @first on, sorted: *ret is allocated. */
static int order_members(
	struct canonical *c, size_t first, uint32_t **ret, size_t *ret_n)
{
	uint32_t *order, m;
	size_t n = 0, i = 0;

	if (c->members == NULL || first >= c->n)
		return 0;
	for (m = (uint32_t)first; m != NO_MEMBER; m = c->members[m].next)
		n++;
	order = calloc(n, sizeof(*order));
	if (order == NULL)
		return -ENOMEM;
	for (m = (uint32_t)first; m != NO_MEMBER; m = c->members[m].next)
		order[i++] = m;
	qsort_r(order, n, sizeof(*order), order_compare, c);
	*ret = order;
	*ret_n = n;
	return 0;
}

/* Moves @at behind the member that is last in the text. */
static int write_member(struct canonical *c, uint32_t index, struct cursor *at)
{
	const struct member *m = &c->members[index];
	struct cursor value = {.pos = m->value, .member = (size_t)index + 1};
	int r;

	write_string(c->out, c->text + m->name, m->name_len);
	out_str(c->out, ":");
	r = write_value(c, &value);
	if (value.pos > at->pos)
		*at = value;
	return r;
}

static int write_object(struct canonical *c, struct cursor *at)
{
	uint32_t *order = NULL;
	size_t n = 0;
	int r = 0;

	at->pos = skip_blank(c, at->pos + 1);
	if (at->pos < c->end && c->text[at->pos] == '"')
		r = order_members(c, at->member, &order, &n);
	out_str(c->out, "{");
	for (size_t i = 0; r == 0 && i < n; i++) {
		if (i > 0)
			out_str(c->out, ",");
		r = write_member(c, order[i], at);
	}
	out_str(c->out, "}");
	free(order);
	at->pos = skip_blank(c, at->pos) + 1;
	return r;
}

/* Recursion: not deeper than CANONICAL_DEPTH_MAX, the first pass has seen to
 * it. */
static int write_value(struct canonical *c, struct cursor *at)
{
	if (c->text[at->pos] == '{')
		return write_object(c, at);
	if (c->text[at->pos] == '[')
		return write_array(c, at);
	return write_scalar(c, at);
}

int canonical_write(struct out *o, const struct json_value *v)
{
	struct canonical c = {.out = o, .text = v->text, .end = v->end};
	struct cursor at = {.pos = v->begin};
	int r;

	if (v->type == JSON_INVALID) {
		out_str(o, "{}");
		return o->failed ? -ENOMEM : 0;
	}
	if (v->begin >= v->end || v->end > UINT32_MAX)
		return -E2BIG;
	r = index_members(&c, v->begin);
	if (r == 0)
		r = write_value(&c, &at);
	free(c.members);
	return r == 0 && o->failed ? -ENOMEM : r;
}
