/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The operators of a rule: what their operand may be, and whether a value
 * satisfies it. Inside policy/ only.
 *
 * Pure; operands are made with the rules and frozen.
 */
#pragma once

#include "policy/decimal.h"
#include "policy/pattern.h"
#include "policy/rules.h"
#include "policy/truth.h"

struct operand {
	enum json_type type; /* of a scalar; true and false are JSON_TRUE */
	bool boolean;
	char *text; /* of a string; the bytes are its own */
	struct decimal number;
	struct pattern *pattern; /* of a regex, whose text this is */
};

struct op_info;

struct op {
	const struct op_info *info; /* NULL: none */
	struct operand *operands;
	size_t n;
	uint64_t size;  /* max_len */
	unsigned types; /* type: bits of enum json_type, and OP_INTEGER */
};

/* A type of its own only here. */
#define OP_INTEGER (JSON_OBJECT + 1)

void op_deinit(struct op *o);

struct op_fault {
	const char *expected;     /* NULL: there is no such operator */
	struct pattern_fault why; /* its text is empty, or says more */
};

/*
 * Makes the operator @name of @value. 0; 1 and *ret: it is no operand of it;
 * -ENOMEM. @o is to be deinited in any case.
 */
int op_make(struct op *o, const struct json_value *name,
	const struct json_value *value, const struct rules_places *places,
	struct op_fault *ret);

/* Whether it asks if there is a value, and not what it is. */
bool op_is_present(const struct op *o);
bool op_wants_present(const struct op *o);
/* Has a pattern that is slow (pattern.h). */
bool op_is_slow(const struct op *o);

/*
 * What deciding needs. However many values and operands there are, all rules
 * together take OP_STEPS: what is left then is undecided.
 */
#define OP_STEPS ((uint64_t)8 << 20)
#define OP_STEP_BYTES 256 /* of a value that is passed over */

struct op_work {
	char *scratch; /* RULES_TEXT_MAX bytes */
	struct pattern_work *patterns;
	uint64_t steps_left;
};

void op_work_begin(struct op_work *w);
/* Pays for a look at @v, done @times; false: there is nothing left. */
bool op_work_spend(
	struct op_work *w, const struct json_value *v, uint64_t times);

enum truth op_holds(
	const struct op *o, const struct json_value *v, struct op_work *work);
