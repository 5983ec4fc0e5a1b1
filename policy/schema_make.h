/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stands behind a keyword in a schema. Inside policy/ only.
 */
#pragma once

#include "policy/schema_node.h"

struct schema_parse {
	struct schema *s;
	size_t depth;
	/* What a make function found; else the keyword says what it expects. */
	struct pattern_fault why;
	struct schema_fault *fault;
	bool refused; /* the fault is filled */
};

/* One more node for @v. 0; 1: refused; -ENOMEM. */
int schema_parse_node(struct schema_parse *p, const struct json_value *v,
	struct schema_node **ret);

schema_make_fn schema_make_type;
schema_make_fn schema_make_enum;
schema_make_fn schema_make_const;
schema_make_fn schema_make_nodes; /* allOf, anyOf, oneOf */
schema_make_fn schema_make_not;
schema_make_fn schema_make_number;
schema_make_fn schema_make_multiple;
schema_make_fn schema_make_size;
schema_make_fn schema_make_bool;
schema_make_fn schema_make_pattern;
schema_make_fn schema_make_items;
schema_make_fn schema_make_prefix;
schema_make_fn schema_make_properties;
schema_make_fn schema_make_patterns;
schema_make_fn schema_make_additional;
schema_make_fn schema_make_required;
