/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a rule is made of, shared by who reads them and who decides. Inside
 * policy/ only.
 */
#pragma once

#include "policy/rules_index.h"
#include "policy/rules_op.h"
#include "policy/schema.h"

struct token {
	char *text; /* unescaped (RFC 6901 section 4) */
	size_t len;
	bool star; /* `*`: each element or member */
};

struct condition {
	char *pointer; /* as written */
	struct token tokens[RULES_TOKENS_MAX];
	size_t n_tokens;
	struct op *ops;
	size_t n_ops;
};

struct rule {
	char *name;     /* "site:rule:ID" */
	const char *id; /* inside of it */
	char *message;  /* or NULL */
	char **tools;   /* patterns, NULL-terminated */
	enum decision effect;
	bool unless;
	bool off; /* the session's role is excepted */
	struct condition *conditions;
	size_t n_conditions;
};

/* What the arguments of the tools of a pattern have to be. */
struct rules_schema {
	char *name;       /* "site:schema:PATTERN" */
	const char *id;   /* inside of it */
	const char *glob; /* inside of it */
	struct schema *schema;
};

struct rules {
	struct rule *all;
	size_t n;
	struct rules_index *index; /* NULL: there are none */
	struct op_work work;
	struct rules_schema *schemas;
	size_t n_schemas;
	struct schema_work *schema_work;      /* NULL: there are no schemas */
	char pointer[SCHEMA_POINTER_MAX + 1]; /* of the last verdict */
};

void rule_deinit(struct rule *r);

void rules_schema_deinit(struct rules_schema *s);

/* "site:" "rule:" "own"; @label may be NULL. NULL: out of memory. */
char *rules_label(const char *label, const char *kind, const char *id);

/*
 * Whether the condition holds. @every: of the elements that a `*` stands for
 * all have to, else one.
 */
enum truth condition_holds(const struct condition *c,
	const struct json_value *arguments, bool every, struct op_work *work);
