/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Another program in the place of a plan's server, with all the rest as it is.
 */
#pragma once

#include "plan/plan.h"

/* @exe is canonical; *argv is taken over. 0 or -errno, nothing changed. */
int plan_stand_in(struct plan *p, const char *exe, char ***argv) _must_use_;
