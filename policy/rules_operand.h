/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stands behind an operator in a rule. Inside policy/ only.
 */
#pragma once

#include "policy/rules_op.h"

/* What operands are made with, and (why.text not empty) what is wrong with one.
 */
struct op_making {
	const struct rules_places *places;
	struct pattern_fault why;
};

/* 0; 1 it is no operand of that operator; -ENOMEM. */
typedef int op_make_fn(
	struct op *o, const struct json_value *v, struct op_making *making);

op_make_fn op_make_eq;
op_make_fn op_make_in;
op_make_fn op_make_glob;
op_make_fn op_make_regex;
op_make_fn op_make_under;
op_make_fn op_make_host;
op_make_fn op_make_bound; /* min, max */
op_make_fn op_make_max_len;
op_make_fn op_make_type;
op_make_fn op_make_present;
