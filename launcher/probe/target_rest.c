/* SPDX-License-Identifier: Apache-2.0 */
/* Processes, variables, and the kernel's interfaces. */
#include <stdio.h>
#include <string.h>

#include "base/strv.h"
#include "probe/target.h"

static struct probe_row *add(const struct target *t, const char *area,
	char *what, char *act, bool bare)
{
	struct probe_row *w = probe_row_add(t->rows, area, what, act);

	if (w)
		w->bare = bare;
	return w;
}

static int add_pid(const struct target *t, const char *what, const char *act,
	pid_t pid, bool must)
{
	struct probe_row *w = add(t, "processes",
		probe_text("%s, process %d", what, (int)pid),
		probe_text("%s:%d", act, (int)pid), must);

	if (!w)
		return -ENOMEM;
	w->must = must;
	if (strcmp(act, "signal") == 0) {
		w->kind = ROW_EFFECT;
		w->effect = EFFECT_SIGNAL;
	}
	return 0;
}

static int add_proc(const struct target *t, const char *what, const char *path)
{
	return add(t, "processes", probe_text("%s, %s", what, path),
		       probe_text("read:%s", path), false)
		       ? 0
		       : -ENOMEM;
}

int target_processes(const struct target *t)
{
	pid_t pid = t->world->helper;
	int r = add_pid(
		t, "read the variables of another", "environ", pid, true);

	if (r == 0)
		r = add_pid(t, "signal another", "signal", pid, true);
	if (r == 0)
		r = add_pid(t, "hold another", "pidfd", pid, true);
	if (r == 0)
		r = add_pid(t, "trace another", "ptrace", pid, false);
	if (r == 0)
		r = add_pid(
			t, "read the memory of another", "memory", pid, false);
	if (r == 0)
		r = add_proc(t, "read pid 1's variables", "/proc/1/environ");
	if (r == 0)
		r = add_proc(t, "see pid 1's root", "/proc/1/root");
	if (r == 0)
		r = add_proc(t, "read pid 1's memory", "/proc/1/mem");
	if (r == 0)
		r = add(t, "processes", strdup("find a descriptor left open"),
			    strdup("descriptors:"), true)
			    ? 0
			    : -ENOMEM;
	if (r == 0)
		t->rows->v[t->rows->n - 1].must = true;
	return r;
}

/* NAME of "NAME" and "NAME=VALUE". */
static int add_given(const struct target *t, const char *text, const char *why)
{
	int n = (int)strcspn(text, "=");
	struct probe_row *w = add(t, "environment",
		probe_text("read the variable %.*s", n, text),
		probe_text("env:%.*s", n, text), true);

	if (!w)
		return -ENOMEM;
	w->granted = probe_text("granted: %s", why);
	return w->granted ? 0 : -ENOMEM;
}

/* All that was kept back, in one row: there may be a hundred. */
static char *kept_back(const struct plan *p, size_t *ret_n)
{
	char *text = NULL;
	size_t len = 0, n = 0;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		return NULL;
	(void)fputs("env:", f);
	for (char **v = p->kept_back; v && *v; v++) {
		if (strcmp(*v, PROBE_VARIABLE) == 0 || strchr(*v, ','))
			continue;
		(void)fprintf(f, "%s%s", n++ ? "," : "", *v);
	}
	*ret_n = n;
	return fclose(f) == 0 ? text : NULL;
}

int target_environment(const struct target *t)
{
	const struct profile *profile = t->plan->profile;
	size_t n = 0;
	char *all = kept_back(t->plan, &n);
	struct probe_row *w = add(t, "environment",
		probe_text("read any of %zu variables of the caller", n), all,
		false);
	int r = 0;

	if (w)
		w = add(t, "environment",
			strdup("read a variable made for this"),
			strdup("env:" PROBE_VARIABLE), true);
	if (!w)
		return -ENOMEM;
	w->must = true;
	for (char **v = profile->sandbox.env_pass; r == 0 && v && *v; v++)
		r = add_given(t, *v, "profile");
	for (char **v = t->plan->variables; r == 0 && v && *v; v++)
		r = add_given(t, *v, "option --env");
	return r;
}

static int add_device(const struct target *t, const char *path)
{
	return add(t, "kernel", probe_text("open %s", path),
		       probe_text("open:%s", path), false)
		       ? 0
		       : -ENOMEM;
}

int target_kernel(const struct target *t)
{
	static const char *const devices[] = {"/dev/mem", "/dev/kmsg",
		"/dev/sda", "/dev/nvme0n1", "/dev/vda", "/dev/kvm", "/dev/fuse",
		"/dev/net/tun", "/dev/uinput", "/dev/dri/card0",
		"/proc/sysrq-trigger", "/proc/sys/kernel/core_pattern",
		"/proc/sys/kernel/modprobe", "/proc/sys/vm/drop_caches",
		"/proc/sys/fs/binfmt_misc/register", "/sys/power/state"};
	bool nested = t->plan->profile->sandbox.nested_userns;
	int r = 0;

	for (size_t i = 0; r == 0 && i < n_kernel_rows; i++) {
		const struct kernel_row *k = &kernel_rows[i];
		struct probe_row *w = add(t, "kernel", strdup(k->what),
			probe_text("kernel:%s", k->name), false);

		if (!w)
			return -ENOMEM;
		if (nested && strcmp(k->name, "userns") == 0)
			w->granted = strdup("granted: nested_userns");
	}
	for (size_t i = 0; r == 0 && i < ELEMENTS(devices); i++)
		r = add_device(t, devices[i]);
	return r;
}
