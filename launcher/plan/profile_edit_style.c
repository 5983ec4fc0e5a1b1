/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/profile_edit_style.h"

#include <string.h>

#include "plan/profile_layer.h"

#define PIECE(s)               \
	(struct edit_piece)    \
	{                      \
		(s), strlen(s) \
	}

static struct edit_piece piece_of(const char *text, size_t begin, size_t end)
{
	return (struct edit_piece){text + begin, end - begin};
}

static void put(struct out *o, struct edit_piece p)
{
	out_bytes(o, p.bytes, p.len);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool has_newline(struct edit_piece p)
{
	return memchr(p.bytes, '\n', p.len) != NULL;
}

/* Of white space its last line: what is above it are blank lines. */
static struct edit_piece last_line(struct edit_piece p)
{
	const char *lf = memrchr(p.bytes, '\n', p.len);
	size_t from;

	if (!lf)
		return p;
	from = (size_t)(lf - p.bytes);
	if (from > 0 && p.bytes[from - 1] == '\r')
		from--;
	return piece_of(p.bytes, from, p.len);
}

/* The white space that the line of @offset begins with. */
static struct edit_piece indent_at(const char *text, size_t offset)
{
	size_t begin = offset, end;

	while (begin > 0 && text[begin - 1] != '\n')
		begin--;
	for (end = begin; end < offset; end++)
		if (text[end] != ' ' && text[end] != '\t')
			break;
	return piece_of(text, begin, end);
}

static bool first_child(const struct json_value *v, struct json_member *ret)
{
	struct json_iter i = json_iter(v);

	return json_next(&i, ret);
}

/* The white space between the opening bracket and what follows it. */
static struct edit_piece pad_of(const struct json_value *v)
{
	size_t end = v->begin + 1;

	while (is_blank(v->text[end]))
		end++;
	return piece_of(v->text, v->begin + 1, end);
}

static struct edit_piece find_newline(const char *text, size_t len)
{
	const char *lf = memchr(text, '\n', len);

	return lf && lf > text && lf[-1] == '\r' ? PIECE("\r\n") : PIECE("\n");
}

/* By how much the members of the top are further in than its bracket. */
static struct edit_piece find_unit(const struct json_value *top)
{
	struct edit_piece outer = indent_at(top->text, top->begin), inner;
	struct json_member m;

	if (!first_child(top, &m) || !has_newline(pad_of(top)))
		return PIECE("\t");
	inner = indent_at(top->text, m.begin);
	if (inner.len < outer.len)
		return PIECE("");
	return piece_of(inner.bytes, outer.len, inner.len);
}

/* The first comma that is followed by something on its line, else as colons. */
static struct edit_piece find_comma(
	const struct json_value *top, struct edit_piece colon)
{
	struct json_iter i = json_iter(top);
	size_t end = 0;
	struct json_member m;

	while (json_next(&i, &m)) {
		struct edit_piece gap = piece_of(top->text, end, m.begin);

		if (end != 0 && !has_newline(gap))
			return is_blank(gap.bytes[gap.len - 1]) ? PIECE(" ")
								: PIECE("");
		end = m.end;
	}
	return is_blank(colon.bytes[colon.len - 1]) ? PIECE(" ") : PIECE("");
}

static struct edit_piece find_colon(const struct json_value *top)
{
	struct edit_piece p;
	struct json_member m;

	if (!first_child(top, &m))
		return PIECE(": ");
	p = piece_of(top->text, m.name.end, m.value.begin);
	return has_newline(p) ? PIECE(": ") : p;
}

/* The value at a dotted path. */
static bool value_at(const struct json_value *top, const char *path, size_t len,
	struct json_value *ret)
{
	char pointer[128] = "/";

	if (len == 0 || len > sizeof(pointer) - 2)
		return false;
	memcpy(pointer + 1, path, len);
	for (char *p = pointer; *p; p++)
		if (*p == '.')
			*p = '/';
	return json_pointer(top, pointer, ret) == 0;
}

/* A list with entries, to take after: one beside @list before all others. */
static bool find_model(
	const struct json_value *top, const char *list, struct json_value *ret)
{
	size_t object = (size_t)(strrchr(list, '.') - list) + 1;
	struct json_member m;

	for (int beside = 1; beside >= 0; beside--)
		for (size_t i = 0; i < _LIST_N; i++) {
			const char *path = profile_lists[i].name;

			if (i == LIST_SET ||
				(beside && strncmp(path, list, object) != 0))
				continue;
			if (value_at(top, path, strlen(path), ret) &&
				first_child(ret, &m))
				return true;
		}
	return false;
}

/* The innermost object on the way to @list that has members. */
static struct json_value find_object(
	const struct json_value *top, const char *list)
{
	struct json_value v, found = *top;
	struct json_member m;

	for (const char *dot = strchr(list, '.'); dot;
		dot = strchr(dot + 1, '.'))
		if (value_at(top, list, (size_t)(dot - list), &v) &&
			v.type == JSON_OBJECT && first_child(&v, &m))
			found = v;
	return found;
}

void edit_style_find(
	const struct json_value *top, const char *list, struct edit_style *ret)
{
	struct json_value object = find_object(top, list), model;
	struct edit_style s = {
		.newline = find_newline(top->text, top->end),
		.unit = find_unit(top),
		.colon = find_colon(&object),
		.list_pad = PIECE(""),
		.object_pad = pad_of(&object),
	};

	s.comma = find_comma(top, s.colon);
	s.object_lines = has_newline(s.object_pad);
	if (s.object_lines)
		s.object_pad = PIECE("");
	if (find_model(top, list, &model)) {
		s.list_pad = pad_of(&model);
		s.list_lines = has_newline(s.list_pad);
	}
	if (s.list_lines)
		s.list_pad = PIECE("");
	*ret = s;
}

static void slot_after(const struct edit_style *s, const struct json_value *c,
	const struct json_member *last, size_t before, struct edit_slot *ret)
{
	const char *comma = before ? strchr(c->text + before, ',') : NULL;
	struct edit_piece gap;

	*ret = (struct edit_slot){.at = last->end, .before_comma = PIECE("")};
	if (comma) {
		size_t at = (size_t)(comma - c->text);

		ret->before_comma = last_line(piece_of(c->text, before, at));
		gap = piece_of(c->text, at + 1, last->begin);
	} else {
		gap = pad_of(c);
		if (!has_newline(gap))
			gap = s->comma;
	}
	ret->after_comma = last_line(gap);
	ret->lines = has_newline(ret->before_comma) || has_newline(gap);
	ret->indent = indent_at(c->text, last->begin);
}

static void slot_in_empty(const struct edit_style *s,
	const struct json_value *c, struct edit_slot *ret)
{
	struct edit_piece pad = pad_of(c);
	bool lines = c->type == JSON_ARRAY ? s->list_lines : s->object_lines;

	*ret = (struct edit_slot){.at = c->end - 1,
		.opens = true,
		.pad = pad,
		.deeper = 1,
		.indent = indent_at(c->text, c->begin)};
	if (has_newline(pad)) {
		/* The closing bracket has a line of its own: stay before it. */
		ret->at = c->begin + 1;
		ret->indent = indent_at(c->text, c->end - 1);
		ret->lines = true;
	} else if (lines) {
		ret->lines = ret->breaks = true;
	}
	if (ret->lines)
		ret->pad = PIECE("");
}

void edit_slot_find(const struct edit_style *s,
	const struct json_value *container, struct edit_slot *ret)
{
	struct json_iter i = json_iter(container);
	struct json_member m, last = {0};
	size_t before = 0;
	bool any = false;

	while (json_next(&i, &m)) {
		before = any ? last.end : 0;
		last = m;
		any = true;
	}
	if (any)
		slot_after(s, container, &last, before, ret);
	else
		slot_in_empty(s, container, ret);
}

static void put_line(const struct edit_style *s, struct out *o,
	const struct edit_slot *slot, unsigned deeper)
{
	put(o, s->newline);
	put(o, slot->indent);
	while (deeper-- > 0)
		put(o, s->unit);
}

void edit_slot_begin(
	const struct edit_style *s, struct out *o, const struct edit_slot *slot)
{
	if (!slot->opens) {
		put(o, slot->before_comma);
		out_bytes(o, ",", 1);
		put(o, slot->after_comma);
	} else if (slot->lines) {
		put_line(s, o, slot, slot->deeper);
	}
}

void edit_slot_end(
	const struct edit_style *s, struct out *o, const struct edit_slot *slot)
{
	if (slot->breaks)
		put_line(s, o, slot, 0);
	if (slot->opens)
		put(o, slot->pad);
}

void edit_write_name(
	const struct edit_style *s, struct out *o, const char *name)
{
	out_json_string(o, name, strlen(name));
	put(o, s->colon);
}

void edit_write_open(const struct edit_style *s, struct out *o,
	const struct edit_slot *slot, char bracket, bool lines, unsigned depth)
{
	out_bytes(o, &bracket, 1);
	if (lines)
		put_line(s, o, slot, slot->deeper + depth + 1);
	else
		put(o, bracket == '[' ? s->list_pad : s->object_pad);
}

void edit_write_close(const struct edit_style *s, struct out *o,
	const struct edit_slot *slot, char bracket, bool lines, unsigned depth)
{
	if (lines)
		put_line(s, o, slot, slot->deeper + depth);
	else
		put(o, bracket == ']' ? s->list_pad : s->object_pad);
	out_bytes(o, &bracket, 1);
}
