/* SPDX-License-Identifier: Apache-2.0 */
/*
 * doctor: limits, stockade's own folders, and settings of the machine.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/account.h"
#include "base/fd.h"
#include "base/folders.h"
#include "cli/doctor.h"
#include "plan/plan.h"
#include "sandbox/cgroup.h"

static int enter_and_leave(const struct cgroup *g, struct err *e)
{
	int status = 0, r;
	int pipes[2];
	char byte;
	pid_t pid;

	if (pipe2(pipes, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid == 0) {
		(void)close(pipes[1]);
		_exit(read(pipes[0], &byte, 1) == 0 ? 0 : 1);
	}
	r = pid < 0 ? -errno : cgroup_enter(g, pid, e);
	(void)close(pipes[1]);
	(void)close(pipes[0]);
	if (pid > 0)
		(void)waitpid(pid, &status, 0);
	return r;
}

/* Made, entered and removed as a run does it. */
static void probe_cgroup(const struct doctor_check *c, struct finding *f)
{
	char session[] = "doctor";
	struct plan plan = {.session = session};
	struct err e = {0};
	struct cgroup g;
	int r;

	(void)c;
	for (int i = LIMIT_NONE + 1; i < _LIMIT_N; i++)
		plan.limits[i] = limit_table[i].fallback;
	cgroup_init(&g);
	r = cgroup_make(&plan, &g, &e);
	if (r == 0)
		r = enter_and_leave(&g, &e);
	if (r < 0)
		finding_fails(f, NULL, "%s", e.text);
	else if (r == 0)
		finding_ok(f, "kept by a cgroup:%s%s%s",
			g.memory ? " memory" : "", g.pids ? " processes" : "",
			g.cpu ? " CPU" : "");
	else
		finding_weaker(f,
			"start the client with\n"
			"systemd-run --user --scope -p Delegate=yes CLIENT",
			"no cgroup (version 2) here is ours: memory is "
			"sampled, processes counted by rlimit, CPU not "
			"limited");
	if (g.fd >= 0)
		cgroup_remove(&g);
	cgroup_deinit(&g);
}

static void state_advice(struct finding *f)
{
	_free_ char *path = NULL;

	if (folder_path(FOLDER_STATE, &path, NULL) < 0)
		return;
	(void)snprintf(f->fix, sizeof(f->fix),
		"make %s a folder of your own that nobody else may write "
		"(chmod 0700), on a disk with room",
		path);
}

static int try_file(int folder, bool *ret_reserves)
{
	char name[64];
	_close_ int fd = -1;
	int r;

	(void)snprintf(name, sizeof(name), ".doctor-%d", (int)getpid());
	fd = openat(folder, name,
		O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	*ret_reserves = fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 1 << 20) == 0;
	r = !*ret_reserves && errno != EOPNOTSUPP ? -errno : 0;
	if (r == 0)
		r = fd_write_all(fd, "x", 1);
	if (r == 0 && fdatasync(fd) < 0)
		r = -errno;
	(void)unlinkat(folder, name, 0);
	return r;
}

static void probe_state(const struct doctor_check *c, struct finding *f)
{
	_free_ char *path = NULL;
	_close_ int folder = -1;
	struct err e = {0};
	bool reserves = false;
	int r = folder_path(FOLDER_STATE, &path, &e);

	(void)c;
	if (r == 0)
		r = folder_open(FOLDER_STATE, "", true, &folder, &e);
	if (r == 0) {
		r = try_file(folder, &reserves);
		if (r < 0)
			(void)err_set(&e, r, "write in %s", path);
	}
	if (r < 0) {
		finding_fails(f, NULL, "%s", e.text);
		state_advice(f);
	} else if (!reserves)
		finding_weaker(f, "a state folder on ext4, xfs, btrfs or tmpfs",
			"%s: no space can be reserved here, so each record is "
			"waited for",
			path);
	else
		finding_ok(f, "%s", path);
}

static void probe_runtime(const struct doctor_check *c, struct finding *f)
{
	_free_ char *path = NULL;
	_close_ int folder = -1;
	struct err e = {0};
	int r = folder_path(FOLDER_RUNTIME, &path, &e);

	(void)c;
	if (r == 0)
		r = folder_open(FOLDER_RUNTIME, "", true, &folder, &e);
	if (r < 0)
		finding_fails(f, NULL, "%s", e.text);
	else
		finding_ok(f, "%s", path);
}

/* HOME decides where the log lies; clients pass it on, su and sudo may not. */
static void probe_home(const struct doctor_check *c, struct finding *f)
{
	const char *home = getenv("HOME");
	_account_ struct account who = {0};
	bool known = account_find(geteuid(), &who) == 0;

	(void)c;
	if (!home || home[0] != '/')
		finding_fails(f, "set HOME to your home folder",
			"HOME is not an absolute path");
	else if (known && strcmp(who.home, home) != 0)
		finding_weaker(f,
			"set HOME to what the user database says, in the "
			"client's entry too",
			"HOME is %s, the user database says %s: profiles and "
			"logs may be in two places",
			home, who.home);
	else
		finding_ok(f, "%s", home);
}

static void probe_xdg(const struct doctor_check *c, struct finding *f)
{
	static const char *const names[] = {
		"XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"};
	char set[128] = "";
	size_t used = 0;

	(void)c;
	for (size_t i = 0; i < ELEMENTS(names); i++)
		if (getenv(names[i]))
			used += (size_t)snprintf(set + used, sizeof(set) - used,
				"%s%s", used ? " " : "", names[i]);
	if (used)
		finding_weaker(f,
			"put them into the server's entry of the client's "
			"configuration (\"env\")",
			"set here: %s; many clients do not pass them on, and "
			"stockade would look elsewhere",
			set);
	else
		finding_ok(f, "none is set");
}

static void probe_core(const struct doctor_check *c, struct finding *f)
{
	_free_ char *text = NULL;
	int r = fd_read_file(
		AT_FDCWD, "/proc/sys/kernel/core_pattern", 4096, &text, NULL);

	(void)c;
	if (r < 0) {
		finding_weaker(f, NULL, "core_pattern cannot be read: %s",
			strerror(-r));
		return;
	}
	text[strcspn(text, "\n")] = '\0';
	/* RLIMIT_CORE 0 would still feed a handler, 1 does not. */
	finding_ok(f, "%s; a server's core limit of 1 byte keeps it out",
		text[0] == '|' ? "a handler behind a pipe" : "a file");
}

/* Settings that matter only where they say no: the checks above tell. */
static void probe_sysctls(const struct doctor_check *c, struct finding *f)
{
	long clones =
		doctor_sysctl("/proc/sys/kernel/unprivileged_userns_clone");
	long apparmor = doctor_sysctl("/proc/sys/kernel/"
				      "apparmor_restrict_unprivileged_userns");
	long most = doctor_sysctl("/proc/sys/user/max_user_namespaces");

	(void)c;
	if (most == 0)
		finding_fails(f, "sysctl -w user.max_user_namespaces=16384",
			"user.max_user_namespaces is 0");
	else if (clones == 0 && geteuid() != 0)
		finding_fails(f, "sysctl -w kernel.unprivileged_userns_clone=1",
			"kernel.unprivileged_userns_clone is 0");
	else if (apparmor > 0)
		finding_ok(f, "AppArmor restricts user namespaces: a profile "
			      "for stockade lets them through, if those above "
			      "work");
	else
		finding_ok(f, "nothing stands against user namespaces");
}

static bool in_path(const char *name)
{
	const char *path = getenv("PATH");
	size_t n;

	for (; path && *path; path += n + (path[n] == ':')) {
		char file[4096];

		n = strcspn(path, ":");
		(void)snprintf(
			file, sizeof(file), "%.*s/%s", (int)n, path, name);
		if (n && access(file, X_OK) == 0)
			return true;
	}
	return false;
}

static void probe_interpreters(const struct doctor_check *c, struct finding *f)
{
	static const struct {
		const char *name, *package;
	} rows[] = {{"node", "nodejs"}, {"python3", "python3"}};
	char found[64] = "", fix[128] = "";

	(void)c;
	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		char *to = in_path(rows[i].name) ? found : fix;
		size_t size = to == found ? sizeof(found) : sizeof(fix);
		size_t used = strlen(to);

		(void)snprintf(to + used, size - used, "%s%s", used ? ", " : "",
			to == found ? rows[i].name : rows[i].package);
	}
	if (fix[0])
		finding_weaker(f, NULL,
			"in PATH: %s; servers of the other "
			"kind would not be found",
			found[0] ? found : "none");
	else
		finding_ok(f, "in PATH: %s", found);
	if (fix[0])
		(void)snprintf(f->fix, sizeof(f->fix), "package: %s", fix);
}

static const struct doctor_check checks[] = {
	{"sysctls", "settings", probe_sysctls, 0},
	{"cgroup", "limits", probe_cgroup, 0},
	{"core", "core dumps", probe_core, 0},
	{"home", "HOME", probe_home, 0},
	{"state", "state folder", probe_state, 0},
	{"runtime", "folder for sockets", probe_runtime, 0},
	{"xdg", "XDG_*", probe_xdg, 0},
	{"interpreters", "interpreters", probe_interpreters, 0},
};

const struct doctor_checks doctor_host = {checks, ELEMENTS(checks)};
