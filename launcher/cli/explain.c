/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/log.h"
#include "cli/run_options.h"
#include "cli/verb.h"

#define OPTIONS_MAX 32

static int set_json(void *context, const char *value, struct err *e)
{
	(void)value;
	(void)e;
	((struct run_request *)context)->json = true;
	return 0;
}

int verb_explain(int argc, char **argv)
{
	struct option_row rows[OPTIONS_MAX] = {
		{"json", NULL, "print the plan as JSON", set_json, false},
	};
	const struct verb_info info = {
		.name = "explain",
		.usage = "[OPTION…] [--] COMMAND [ARG…]",
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
		r = err_status(&e, EXIT_REFUSED,
			"explain: no command; stockade explain [OPTION…] [--] "
			"COMMAND [ARG…]");
	if (r == 0)
		r = plan_new(&q.plan, command, &p, &e);
	if (r == 0 && q.json)
		r = plan_print_json(p, stdout);
	else if (r == 0)
		plan_print(p, stdout);
	plan_options_deinit(&q.plan);
	return r < 0 ? log_err(&e) : 0;
}
