/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The questions that are open, as a table or as lines of JSON.
 */
#pragma once

#include "cli/approve_queue.h"

/* To stdout. */
int list_print(struct waiting *const *all, size_t n, bool json,
	struct err *e) _must_use_;
