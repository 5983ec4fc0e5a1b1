/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keys of a profile: one table an object, which parses them, names what
 * was expected, and is compared with the JSON Schema by a test.
 */
#pragma once

#include "plan/profile_layer.h"

struct json_value;

enum profile_object {
	OBJECT_NONE = 0,
	OBJECT_TOP,
	OBJECT_SANDBOX,
	OBJECT_ENV,
	OBJECT_LIMITS,
	OBJECT_PROTOCOL,
	OBJECT_TOOLS,
	OBJECT_OUTPUT,
	OBJECT_METHODS,
	OBJECT_PROMPTS,
	OBJECT_RESOURCES,
	OBJECT_APPROVAL,
	OBJECT_BREAKER,
	_OBJECT_N
};

struct profile_key;

struct site_rules;

/* What is being parsed. */
struct profile_parse {
	const char *file;
	const char *text;
	struct profile_layer *layer;
	bool narrows;            /* a policy: only keys that can take away */
	struct site_rules *site; /* where its own keys go; NULL: it has none */
	struct err *e;
};

typedef int profile_key_fn(struct profile_parse *ps,
	const struct profile_key *k, const struct json_value *v);

struct profile_key {
	const char *name;
	const char *expected; /* for a value of the wrong type */
	profile_key_fn *set;  /* NULL: a later version's, not enforced here */
	/* of each string of a list, or NULL */
	int (*check)(const char *text, struct err *e);
	size_t field; /* offset in struct profile of what is set */
	size_t given; /* offset of the bool that says so */
	int id;       /* enum profile_object or limit_id */
};

struct profile_object_info {
	const char *path; /* "/sandbox/env", "" for the top */
	const struct profile_key *keys;
	size_t n_keys;
};

extern const struct profile_object_info profile_objects[_OBJECT_N];

/* Fills e with "FILE:LINE:COLUMN: …" for the byte at @offset; -EINVAL. */
int profile_fail(struct profile_parse *ps, size_t offset, const char *fmt, ...)
	_printf_(3, 4);

/* profile_layer_parse() with all that @ps says. */
int profile_text_parse(struct profile_parse *ps, const char *name, size_t len,
	struct profile_layer **ret) _must_use_;

/* Walks one object by its table. */
int profile_object_parse(struct profile_parse *ps, enum profile_object object,
	const struct json_value *v) _must_use_;

/*
 * A string of at most @max bytes, which the caller frees. @k names it in
 * messages.
 */
int profile_string(struct profile_parse *ps, const struct profile_key *k,
	const struct json_value *v, size_t max, char **ret) _must_use_;

/* A list of strings, each of which passes k->check; added to @list once. */
int profile_strings(struct profile_parse *ps, const struct profile_key *k,
	const struct json_value *v, char ***list) _must_use_;

/* As profile_string(), and passes k->check. */
int profile_checked(struct profile_parse *ps, const struct profile_key *k,
	const struct json_value *v, char **ret) _must_use_;

/* A quantity within @l's bounds: a string with its unit, or a number without.
 */
int profile_quantity(struct profile_parse *ps, const struct profile_key *k,
	const struct json_value *v, const struct limit_info *l,
	uint64_t *ret) _must_use_;

/* One of @words; *@ret is its index, and stays if it is none. */
int profile_word(struct profile_parse *ps, const struct profile_key *k,
	const struct json_value *v, const char *const *words, uint64_t n_words,
	uint64_t *ret) _must_use_;

/* `"KEY" is a number; expected …` */
int profile_fail_type(struct profile_parse *ps, const struct profile_key *k,
	const struct json_value *v);

/* limit_parse() for what is a limit but not of the sandbox. */
int limit_parse_as(const struct limit_info *l, const char *text, uint64_t *ret,
	struct err *e) _must_use_;

/* What each kind of string may be (profile_value.c). */
int profile_check_read(const char *path, struct err *e);
int profile_check_write(const char *path, struct err *e);
int profile_check_variable(const char *name, struct err *e);
int profile_check_setting(const char *value, struct err *e);
int profile_check_pattern(const char *pattern, struct err *e);
int profile_check_type(const char *type, struct err *e);
int profile_check_name(const char *name, struct err *e);
int profile_check_package(const char *name, struct err *e);
