/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How much a session may do, for `stockade explain`: a part of print.c.
 */
#pragma once

#include <jansson.h>
#include <stdio.h>

#include "plan/plan.h"

/* Nothing where nothing is limited. */
void print_quotas(const struct plan *p, FILE *f);
json_t *json_quotas(const struct plan *p);
