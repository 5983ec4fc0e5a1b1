/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The supervisor: the process that the client started. Spawns all others,
 * keeps deadlines and limits, reads no message, and its end is everybody's.
 */
#pragma once

#include "plan/plan.h"

/*
 * Runs the plan to its end. Returns the exit status: the server's own, 128+N
 * for its signal, or one of err.h's, then with e->text set.
 */
int supervisor_run(const struct plan *p, struct err *e) _must_use_;
