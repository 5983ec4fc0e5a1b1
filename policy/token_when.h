/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The conditions of an operation token: an object as a rule has behind
 * token_unless, {"/owner": {"eq": "acme"}}. All have to hold; what is absent or
 * cannot be decided does not.
 *
 * Pure; reads what anybody may have written.
 */
#pragma once

#include "policy/json.h"

#define WHEN_MAX 1024

/* 0; 1 and why in @ret if they are no conditions; -ENOMEM. */
int token_when_check(const char *when, size_t len, char ret[static 200]);

/* @arguments of a call of @tool, NULL for none. */
bool token_when_holds(const char *when, size_t len, const char *tool,
	size_t tool_len, const struct json_value *arguments);
