/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `stockade explain` says of that which narrows the plan.
 */
#pragma once

#include <jansson.h>

#include "plan/plan.h"

void print_narrowings(const struct plan *p, FILE *f);
/* Rules about arguments as values; NULL: out of memory. */
json_t *json_rules(char *const *rules);
/* [{"label", "file", "took": [...], "tools": {...}, ...}] */
json_t *json_narrowings(const struct plan *p);
