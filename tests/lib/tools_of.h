/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A policy over names of a single layer, as most tests need it.
 */
#pragma once

#include "policy/tools.h"

static inline struct tools *tools_of(
	char *const *allow, char *const *deny, bool closed)
{
	const struct tools_layer l = {
		.allow = allow,
		.deny = deny,
		.closed = closed,
	};

	return tools_new(&l, 1);
}

static inline struct tools *tools_of_uris(
	char *const *allow, char *const *deny, bool closed)
{
	const struct tools_layer l = {
		.allow = allow,
		.deny = deny,
		.closed = closed,
	};

	return tools_new_for_uris(&l, 1);
}
