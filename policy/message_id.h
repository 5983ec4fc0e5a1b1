/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ids, and the search for one in a line that cannot be read as a whole.
 * Inside policy/ only.
 */
#pragma once

#include "policy/message.h"

#define NAME_KNOWN_MAX 32

enum name_match {
	NAME_OTHER = 0,
	NAME_EXACT,
	NAME_CONFUSED, /* not the same, but some reader takes it for that */
};

struct name_known {
	const char *name;
	unsigned len; /* below NAME_KNOWN_MAX */
};
#define NAME_KNOWN(s)               \
	{                           \
		(s), sizeof(s) - 1, \
	}

/* Which of @known @name is, or passes for. */
enum name_match message_name_match(const struct json_value *name,
	const struct name_known *known, unsigned n_known, unsigned *ret);

/* Whether inside of a member of params that policy reads a name passes for
 * another one. */
bool message_member_confused(const struct json_member *member);

#define SEEK_NAME_MAX 36 /* "method" with each character as \uXXXX */
#define SEEK_DEPTH_MAX 1024

enum seek_state {
	SEEK_BEFORE = 0, /* the object is still to begin */
	SEEK_FIRST_NAME,
	SEEK_NAME,
	SEEK_IN_NAME,
	SEEK_COLON,
	SEEK_VALUE,
	SEEK_IN_STRING,    /* the value is a string */
	SEEK_IN_SCALAR,    /* a number or a word */
	SEEK_IN_CONTAINER, /* between tokens of an array or object */
	SEEK_IN_INNER,     /* in a string in there */
	SEEK_AFTER,
	SEEK_END,   /* the object has ended */
	SEEK_FAULT, /* no answer from this line */
};

struct id_seek {
	enum seek_state state;
	bool escape; /* the last byte was a backslash in a string */
	bool in_id;  /* the value at hand is that of "id" */
	bool has_method, has_result, has_error;
	unsigned n_ids;
	unsigned depth;              /* inside a value */
	bool object[SEEK_DEPTH_MAX]; /* of the open containers: which */
	size_t fed;                  /* bytes of the line so far */
	size_t id_begin;             /* where in the line */
	size_t name_len, id_len;     /* may exceed the arrays: too long */
	char name[SEEK_NAME_MAX];
	char id[MESSAGE_ID_MAX];
};

void id_seek_init(struct id_seek *s);
void id_seek_feed(struct id_seek *s, const char *bytes, size_t len);
/*
 * Whether the line was one object with one id, whose bytes are then .id and lie
 * at .id_begin of the line. They are checked with @scanner, whose limits allow
 * for them. 0 yes, 1 no, -ENOMEM.
 */
int id_seek_end(const struct id_seek *s, struct json_scanner *scanner);
enum message_kind id_seek_kind(const struct id_seek *s);
