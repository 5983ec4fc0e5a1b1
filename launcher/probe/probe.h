/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tries to get out of the sandbox of a plan, from inside: our own program takes
 * the server's place, with all that a server has around it.
 *
 * The launcher's process; starts the supervisor in a child.
 */
#pragma once

#include "probe/row.h"

/*
 * Our own program's path, the command of a plan that has none.
 */
char *probe_program(struct err *e) _must_use_;

/*
 * @plan_new makes the plan once what is to be reached is there, for it reads
 * the environment: 0 or <0 with @e. Rows are judged. 0, or <0 with e->text:
 * it could not be tried, or what is tried proves nothing here.
 */
typedef int probe_plan_fn(void *context, struct plan **ret, struct err *e);
int probe_run(probe_plan_fn *plan, void *context, struct probe_rows *ret,
	struct err *e) _must_use_;
