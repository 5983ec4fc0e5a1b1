/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `always`: what it writes to the profile of the session, shown first.
 */
#pragma once

#include "cli/approve_link.h"
#include "plan/profile_edit.h"

struct always {
	struct profile_store store;
	struct profile_edit edit;
	bool writes;   /* else the profile says so already */
	char *preview; /* for a terminal; NULL unless .writes */
};

/* 0; 1 with e->text: there is no profile that could say so; <0 with e->text. */
int always_prepare(
	const struct waiting *w, struct always *ret, struct err *e) _must_use_;

/* Writes it, and fills in what the answer has to tell. */
int always_write(
	const struct always *a, struct verdict *v, struct err *e) _must_use_;

void always_deinit(struct always *a);
#define _always_ _cleanup_(always_deinit)
