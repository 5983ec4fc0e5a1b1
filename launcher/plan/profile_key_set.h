/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the keys of a profile do: each sets one field of the layer that is being
 * parsed, or fails with the place. And what the tables are written with.
 *
 * Any process before it forks.
 */
#pragma once

#include <stddef.h>

#include "plan/profile_key.h"

profile_key_fn profile_set_list;
profile_key_fn profile_set_packages;
profile_key_fn profile_set_bool;
profile_key_fn profile_set_object;
profile_key_fn profile_set_why;
profile_key_fn profile_set_version;
profile_key_fn profile_set_name;
profile_key_fn profile_set_extends;
profile_key_fn profile_set_git;
profile_key_fn profile_set_by;
profile_key_fn profile_set_limit;
profile_key_fn profile_set_cap;
profile_key_fn profile_set_hold;
profile_key_fn profile_set_over;
profile_key_fn profile_set_unseen;
profile_key_fn profile_set_method;
profile_key_fn profile_set_roots;
profile_key_fn profile_set_pins;
profile_key_fn profile_set_variables;

#define FIELD(f) offsetof(struct profile, f)
#define WHY(object)                                              \
	{                                                        \
		.name = "why", .expected = "a note in a string", \
		.set = profile_set_why, .id = (object)           \
	}
#define LATER(key)            \
	{                     \
		.name = (key) \
	}
