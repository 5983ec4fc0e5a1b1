/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>

#include "base/log.h"
#include "cli/run_options.h"
#include "cli/verb.h"
#include "supervisor/supervisor.h"

static int run_plan(const struct plan *p, struct err *e)
{
	int status;

	/* A client that has closed our stderr misses lines, no more. */
	(void)signal(SIGPIPE, SIG_IGN);
	for (char **n = p->notes; n && *n; n++)
		log_line("%s", *n);
	status = supervisor_run(p, e);
	if (e->text[0])
		(void)log_err(e);
	return status;
}

int verb_run(int argc, char **argv)
{
	const struct verb_info info = {
		.name = "run",
		.usage = "[OPTION...] [--] COMMAND [ARG...]",
		.about = "Run an MCP server in the sandbox, its stream "
			 "policed, every call in the log.",
		.more = "Statuses: the server's own, 128+N for its signal; "
			"124 a limit, 125 refused or\nfailed, 126 cannot "
			"execute, 127 not found. stockade explain shows the\n"
			"plan first.",
		.options = run_options,
		.n_options = n_run_options,
		.command = true,
	};
	struct run_request q = {0};
	_plan_ struct plan *p = NULL;
	struct err e = {0};
	char **command;
	int r = options_parse(&info, argc, argv, &q, &command, &e), status = 0;

	if (r == 0 && !command[0])
		r = err_status(&e, EXIT_REFUSED,
			"run: no command; see stockade run --help");
	if (r == 0)
		r = plan_new(&q.plan, command, &p, &e);
	if (r == 0)
		status = run_plan(p, &e);
	plan_options_deinit(&q.plan);
	return r < 0 ? log_err(&e) : status;
}
