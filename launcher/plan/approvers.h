/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds out whose tokens count: /etc/stockade/approvers, where root has made
 * one, and then nobody else's; else the user's own list. Read once, before
 * anything starts, and frozen.
 */
#pragma once

#include "base/approvers.h"
#include "plan/plan.h"

/*
 * @at: where the site's lies; NULL for the real place. 0, with no key where
 * there is no list; <0 with e->text: one that is there and cannot be used is
 * nobody's leave to take the other one.
 */
int approvers_load(const struct site_place *at, struct approvers *ret,
	struct err *e) _must_use_;

/* The user's alone, for who adds to it. 1: there is none. */
int approvers_load_user(struct approvers *ret, struct err *e) _must_use_;

/* Fills p->approvers, where a call may need a token. */
int plan_approvers(
	struct plan *p, const struct plan_options *o, struct err *e) _must_use_;
