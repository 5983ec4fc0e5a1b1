/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "cli/verb.h"

const struct verb all_verbs[] = {
	{"run", verb_run, "run an MCP server in the sandbox"},
	{"explain", verb_explain, "print the plan of a run"},
	{"approve", verb_approve, "answer what servers wait for"},
	{"log", verb_log, "read the audit log"},
	{"verify", verb_verify, "check the audit log for tampering"},
	{"why", verb_why, "why a call was denied, and what would allow it"},
	{"status", verb_status, "show the sessions that run"},
	{"stop", verb_stop, "end sessions"},
	{"pin", verb_pin, "what servers say of their tools, and what changed"},
	{"profile", verb_profile, "list, show and check profiles"},
	{"token", verb_token, "permit single calls, with a key of your own"},
	{"doctor", verb_doctor, "what this kernel and user can do"},
	{"version", verb_version, "print the version"},
	{"help", verb_help, "print this"},
};

const size_t n_all_verbs = ELEMENTS(all_verbs);

int verb_help(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "--help") != 0) {
		for (size_t i = 0; i < n_all_verbs; i++)
			if (strcmp(argv[1], all_verbs[i].name) == 0) {
				char name[] = "help", option[] = "--help";
				char *args[] = {name, option, NULL};

				return all_verbs[i].main == verb_help
					       ? verb_help(1, args)
					       : all_verbs[i].main(2, args);
			}
		log_line("help: %s: unknown verb", argv[1]);
		return 2;
	}
	(void)puts("usage: stockade VERB [OPTION...] [OPERAND...]\n"
		   "Puts a sandbox and a policy in front of a local MCP "
		   "server.\n");
	for (size_t i = 0; i < n_all_verbs; i++)
		(void)printf(
			"  %-10s%s\n", all_verbs[i].name, all_verbs[i].about);
	(void)puts("\nstockade VERB --help says more; the manual is "
		   "stockade(1).");
	return 0;
}
