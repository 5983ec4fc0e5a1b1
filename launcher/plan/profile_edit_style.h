/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a JSON text is laid out, and where in it one more child goes. Inside
 * plan/profile_edit*.c only; pure.
 */
#pragma once

#include "policy/json.h"
#include "policy/out.h"

#define EDIT_DEPTH_MAX 8 /* containers that are made inside each other */

/* A piece of the text, or of a constant. */
struct edit_piece {
	const char *bytes;
	size_t len;
};

struct edit_style {
	struct edit_piece newline;  /* "\n" or "\r\n" */
	struct edit_piece unit;     /* of indentation */
	struct edit_piece colon;    /* with what is around it: ": " */
	struct edit_piece comma;    /* behind one on the same line: " " or "" */
	struct edit_piece list_pad; /* inside the brackets of one line */
	struct edit_piece object_pad;
	bool list_lines;   /* each entry of a list on a line of its own */
	bool object_lines; /* each member of an object */
};

/* @list: the path of the list that is added to, "protocol.tools.always"; what
 * stands beside it is followed first. */
void edit_style_find(
	const struct json_value *top, const char *list, struct edit_style *ret);

struct edit_slot {
	size_t at;                      /* of the text */
	bool lines;                     /* the child begins a line */
	bool opens;                     /* there is no other child yet */
	bool breaks;                    /* a line ends behind the child too */
	struct edit_piece before_comma; /* white space */
	struct edit_piece after_comma;
	struct edit_piece indent; /* of the child's line … */
	unsigned deeper;          /* … and so many units */
	struct edit_piece pad;    /* behind the child */
};

void edit_slot_find(const struct edit_style *s,
	const struct json_value *container, struct edit_slot *ret);

/* What goes before and behind the child. */
void edit_slot_begin(const struct edit_style *s, struct out *o,
	const struct edit_slot *slot);
void edit_slot_end(const struct edit_style *s, struct out *o,
	const struct edit_slot *slot);

/* Of a child, @depth containers deep in it. */
void edit_write_name(
	const struct edit_style *s, struct out *o, const char *name);
void edit_write_open(const struct edit_style *s, struct out *o,
	const struct edit_slot *slot, char bracket, bool lines, unsigned depth);
void edit_write_close(const struct edit_style *s, struct out *o,
	const struct edit_slot *slot, char bracket, bool lines, unsigned depth);
