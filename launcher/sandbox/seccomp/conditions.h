/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Build time: the conditions on arguments that a list may name.
 */
#pragma once

#include "node.h"

/* What condition @name asks of @call; NULL if there is none. */
const struct node *condition_find(const char *call, const char *name);
