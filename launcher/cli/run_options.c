/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/run_options.h"

#include <string.h>

#define ADD(field)                                                       \
	static int add_##field(                                          \
		void *context, const char *value, struct err *e)         \
	{                                                                \
		struct run_request *q = context;                         \
                                                                         \
		return value[0] ? strv_add(&q->plan.field, value)        \
				: err_say(e, -EINVAL,                    \
					  "an option's value is empty"); \
	}

ADD(ro)
ADD(rw)
ADD(env)
ADD(limits)
ADD(network)
ADD(tools)
ADD(ask)
ADD(deny)
ADD(narrow)

static int set_once(char **field, const char *value, struct err *e)
{
	if (*field)
		return err_say(
			e, -EINVAL, "%s: the option may be given once", value);
	*field = strdup(value);
	return *field ? 0 : -ENOMEM;
}

static int set_profile(void *context, const char *value, struct err *e)
{
	return set_once(
		&((struct run_request *)context)->plan.profile, value, e);
}

static int set_workspace(void *context, const char *value, struct err *e)
{
	return set_once(
		&((struct run_request *)context)->plan.workspace, value, e);
}

#define SET(field)                                               \
	static int set_##field(                                  \
		void *context, const char *value, struct err *e) \
	{                                                        \
		struct run_request *q = context;                 \
                                                                 \
		return set_once(&q->plan.field, value, e);       \
	}

SET(role)
SET(task)
SET(context)
SET(tenant)

static int set_state(void *context, const char *value, struct err *e)
{
	(void)value;
	(void)e;
	((struct run_request *)context)->plan.state = true;
	return 0;
}

static int set_keep_uid(void *context, const char *value, struct err *e)
{
	(void)value;
	(void)e;
	((struct run_request *)context)->plan.keep_uid = true;
	return 0;
}

static int set_observe(void *context, const char *value, struct err *e)
{
	(void)value;
	(void)e;
	((struct run_request *)context)->plan.observe = true;
	return 0;
}

static int set_degraded(void *context, const char *value, struct err *e)
{
	if (strcmp(value, "no-proc") != 0)
		return err_say(e, -EINVAL,
			"--allow-degraded %s: expected no-proc", value);
	((struct run_request *)context)->plan.no_proc = true;
	return 0;
}

const struct option_row run_options[] = {
	{"profile", "NAME", "take this profile (stockade profile list)",
		set_profile, false},
	{"ro", "PATH", "let the server read this file or folder", add_ro,
		false},
	{"rw", "PATH", "let the server write it too", add_rw, false},
	{"env", "NAME[=VALUE]", "pass a variable, or set one", add_env, false},
	{"state", NULL, "keep a private folder from run to run, /state",
		set_state, false},
	{"limit", "NAME=VALUE", "memory=512M, pids=256, session=1h ...",
		add_limits, false},
	{"network", "HOST:PORT", "checked; opens nothing in this version",
		add_network, false},
	{"tool", "PATTERN", "allow these tools, deny all others", add_tools,
		false},
	{"ask", "PATTERN", "allow these once somebody agreed", add_ask, false},
	{"deny", "PATTERN", "deny these tools, whatever allows them", add_deny,
		false},
	{"narrow", "FILE", "permit no more than this policy does", add_narrow,
		false},
	{"role", "NAME", "reader, analyst, executor, admin, or the profile's",
		set_role, false},
	{"task", "NAME", "a task of the profile's: its tools alone", set_task,
		false},
	{"context", "NAME", "a context of the profile's, which narrows it",
		set_context, false},
	{"tenant", "NAME",
		"for whom: a state, a log key and a label of its own",
		set_tenant, false},
	{"observe", NULL,
		"record what policy refuses, and let it pass (weaker)",
		set_observe, false},
	{"workspace", "DIR", "the project's folder, for ${workspace}",
		set_workspace, false},
	{"keep-uid", NULL, "as root: host uid 0 inside (weaker)", set_keep_uid,
		false},
	{"allow-degraded", "RUNG", "no-proc: run without /proc (weaker)",
		set_degraded, false},
};

const size_t n_run_options = ELEMENTS(run_options);
