/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a server may put before the person, where policy lets it ask: a form,
 * or a page to open, which is at an https: URL whose host all readers agree on.
 * Pure.
 */
#pragma once

#include "policy/json.h"

/* The params of elicitation/create. */
bool page_params_valid(const struct json_value *params);

/* An error -32042 of the 2025-11-25 protocol: a list of pages to open first.
 * False if one of them is none, or there is no list. */
bool page_error_valid(const struct json_value *error);

/* One after the other what such an error lists; false at the end. */
struct json_iter page_error_iter(const struct json_value *error);
