/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A pager of our own, for what somebody is to decide about: a program that the
 * environment names would have the last word on what is seen, and may run
 * others. Nothing can be answered in it.
 */
#pragma once

#include "cli/approve_answer.h"
#include "policy/out.h"

/*
 * Shows @text until it is left; taken over. Ends early when a->shown is gone.
 * 0; 1 when it fits on one screen, which is not touched then; @text is left as
 * it is; <0 with e->text. N > 128: a signal of N - 128 came.
 */
int pager_show(struct approver *a, struct out *text, struct err *e) _must_use_;
