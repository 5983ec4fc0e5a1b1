/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a session is declared to be, in what `stockade explain` shows.
 *
 * Part of printing a plan.
 */
#pragma once

#include <jansson.h>

#include "plan/plan.h"

/* Role, task, context, tenant and how long that holds; nothing of none. */
void print_declared(const struct plan *p, FILE *f);
/* What they leave of the tools. */
void print_roles(const struct plan *p, FILE *f);
/* NULL: out of memory. */
json_t *json_declared(const struct plan *p);
json_t *json_role_lists(const struct role_lists *r);
