/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/log.h"
#include "cli/run_options.h"
#include "cli/verb.h"
#include "sandbox/cgroup.h"

#define OPTIONS_MAX 32

static int set_json(void *context, const char *value, struct err *e)
{
	(void)value;
	(void)e;
	((struct run_request *)context)->json = true;
	return 0;
}

static int explain(const struct plan *p, bool json)
{
	const char *grades[_LIMIT_N];
	struct cgroup g;
	int r = 0;

	cgroup_init(&g);
	if (cgroup_find(&g) > 0)
		cgroup_deinit(&g); /* none is ours */
	for (int i = 0; i < _LIMIT_N; i++)
		grades[i] = cgroup_grade(&g, p, (enum limit_id)i);
	cgroup_deinit(&g);
	if (json)
		r = plan_print_json(p, grades, stdout);
	else
		plan_print(p, grades, stdout);
	return r;
}

int verb_explain(int argc, char **argv)
{
	struct option_row rows[OPTIONS_MAX] = {
		{"json", NULL, "print the plan as JSON", set_json, false},
	};
	const struct verb_info info = {
		.name = "explain",
		.usage = "[OPTION...] [--] COMMAND [ARG...]",
		.about = "Print what run would do with the same words, and "
			 "why, without running it.",
		.options = rows,
		.n_options = n_run_options + 1,
		.command = true,
	};
	struct run_request q = {.plan.dry = true};
	_plan_ struct plan *p = NULL;
	struct err e = {0};
	char **command;
	int r;

	memcpy(rows + 1, run_options, n_run_options * sizeof(rows[0]));
	r = options_parse(&info, argc, argv, &q, &command, &e);
	if (r == 0 && !command[0])
		r = err_say(&e, -EINVAL,
			"explain: no command; see stockade explain --help");
	if (r < 0)
		e.status = 2;
	/* Nothing was to be executed, so 126 and 127 are run's alone. */
	if (r == 0 && (r = plan_new(&q.plan, command, &p, &e)) < 0)
		e.status = EXIT_REFUSED;
	if (r == 0)
		r = explain(p, q.json);
	plan_options_deinit(&q.plan);
	return r < 0 ? log_err(&e) : 0;
}
