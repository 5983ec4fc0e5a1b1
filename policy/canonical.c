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
#include "policy/sort.h"

struct member {
	uint32_t name, name_len; /* between the quotes */
	uint32_t value;
};

struct canonical {
	struct out *out;
	const char *text;
	size_t end;
	struct member *members;
	uint32_t *next; /* of the same object, or SORT_END */
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

static int grow(struct canonical *c)
{
	size_t size = c->size > 0 ? c->size * 2 : 16;
	struct member *members;
	uint32_t *next;

	members = reallocarray(c->members, size, sizeof(*members));
	if (members == NULL)
		return -ENOMEM;
	c->members = members;
	next = reallocarray(c->next, size, sizeof(*next));
	if (next == NULL)
		return -ENOMEM;
	c->next = next;
	c->size = size;
	return 0;
}

static int add_member(struct canonical *c, struct level *l, struct member m)
{
	int r = c->n == c->size ? grow(c) : 0;

	if (r < 0)
		return r;
	if (l->last != SORT_END)
		c->next[l->last] = (uint32_t)c->n;
	l->last = (uint32_t)c->n;
	c->members[c->n] = m;
	c->next[c->n++] = SORT_END;
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
				.last = SORT_END};
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

static int member_compare(const void *canonical, uint32_t a, uint32_t b)
{
	const struct canonical *c = canonical;
	const struct member *x = &c->members[a], *y = &c->members[b];

	return chars_compare(
		c->text + x->name, x->name_len, c->text + y->name, y->name_len);
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
	uint32_t m = SORT_END;
	int r = 0;

	out_str(c->out, "{");
	at->pos = skip_blank(c, at->pos + 1);
	if (at->member < c->n && c->text[at->pos] == '"')
		m = sort_chain(
			c->next, (uint32_t)at->member, member_compare, c);
	while (r == 0 && m != SORT_END) {
		r = write_member(c, m, at);
		m = c->next[m];
		if (m != SORT_END)
			out_str(c->out, ",");
	}
	out_str(c->out, "}");
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
	free(c.next);
	return r == 0 && o->failed ? -ENOMEM : r;
}
