/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `cacheScope` of a result of the modern era: whether others may be given what
 * one client got. What was changed by a policy is for its client alone.
 *
 * Pure.
 */
#pragma once

#include "policy/json.h"
#include "policy/out.h"
#include "policy/splice.h"

/* @scope, a value of the spliced text, becomes "private". */
void scope_write_private(struct splice *s, const struct json_value *scope);

/*
 * Writes @line with the cacheScope of @result, a value inside of it, as
 * "private"; where there is none, with one if @add. 0; 1 if nothing has to
 * change (nothing written); -ENOMEM.
 */
int scope_make_private(const char *line, size_t len,
	const struct json_value *result, bool add, struct out *out);
