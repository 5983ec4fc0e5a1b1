/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/cgroup.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/digits.h"
#include "base/fd.h"

#define PREFIX "stockade-"

void cgroup_init(struct cgroup *g)
{
	*g = (struct cgroup){.parent_fd = -1, .fd = -1, .events_fd = -1};
}

void cgroup_deinit(struct cgroup *g)
{
	fd_close(&g->events_fd);
	fd_close(&g->fd);
	fd_close(&g->parent_fd);
}

/* Where cgroup2 is mounted: mountinfo(5) line "… MOUNTPOINT … - cgroup2 …". */
static int find_mount(char dst[PATH_MAX])
{
	_free_ char *text = NULL;
	int r = fd_read_file(-1, "/proc/self/mountinfo", 1U << 20, &text, NULL);

	if (r < 0)
		return r;
	for (char *save = NULL, *line = strtok_r(text, "\n", &save); line;
		line = strtok_r(NULL, "\n", &save)) {
		char root[PATH_MAX];

		if (!strstr(line, " - cgroup2 "))
			continue;
		/* A mount of a part of the hierarchy would need its root taken
		 * off our path; none is made by a system of its own. */
		if (sscanf(line, "%*d %*d %*s %4095s %4095s", root, dst) == 2 &&
			strcmp(root, "/") == 0)
			return 0;
	}
	return -ENOENT;
}

/* proc(5): the line "0::/path" is the version 2 hierarchy. */
static int own_path(char dst[PATH_MAX])
{
	_free_ char *text = NULL;
	char *line;
	int r = fd_read_file(-1, "/proc/self/cgroup", 65536, &text, NULL);

	if (r < 0)
		return r;
	line = strncmp(text, "0::", 3) == 0 ? text : strstr(text, "\n0::");
	if (!line)
		return -ENOENT;
	line = strchr(line, '/');
	if (!line)
		return -ENOENT;
	line[strcspn(line, "\n")] = '\0';
	if (strlen(line) >= PATH_MAX || strstr(line, "/.."))
		return -ENOENT;
	memcpy(dst, line, strlen(line) + 1);
	return 0;
}

static bool has_word(int folder, const char *file, const char *word)
{
	_free_ char *text = NULL;
	size_t n = strlen(word);

	if (fd_read_file(folder, file, 4096, &text, NULL) < 0)
		return false;
	for (const char *s = text; (s = strstr(s, word)); s += n)
		if ((s == text || s[-1] == ' ') &&
			(s[n] == ' ' || s[n] == '\n' || s[n] == '\0'))
			return true;
	return false;
}

/* On for children of @folder, or switched on now. */
static bool controller_on(int folder, const char *name)
{
	char text[32];

	if (has_word(folder, "cgroup.subtree_control", name))
		return true;
	if (!has_word(folder, "cgroup.controllers", name))
		return false;
	(void)snprintf(text, sizeof(text), "+%s", name);
	return fd_write_knob(folder, "cgroup.subtree_control", text) == 0;
}

/* "stockade-SESSION-PID" whose supervisor is gone: an empty one is removed,
 * one with processes in it refuses that by itself. */
static void sweep(int folder)
{
	int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	while (d && (entry = readdir(d))) {
		const char *dash = strrchr(entry->d_name, '-');
		long pid = dash ? strtol(dash + 1, NULL, 10) : 0;

		if (strncmp(entry->d_name, PREFIX, strlen(PREFIX)) != 0 ||
			pid <= 0 || pid > INT_MAX)
			continue;
		if (kill((pid_t)pid, 0) < 0 && errno == ESRCH)
			(void)unlinkat(folder, entry->d_name, AT_REMOVEDIR);
	}
	if (d)
		(void)closedir(d);
	else
		cleanup_close(&fd);
}

/*
 * By the folder's mode, too: what a capability lets us make, the keeper, which
 * has none, could not remove. Nobody may write to the root of the hierarchy.
 */
static bool is_ours(int folder)
{
	struct stat st;

	return fstat(folder, &st) == 0 && st.st_uid == geteuid() &&
	       (st.st_mode & S_IWUSR) &&
	       faccessat(folder, "cgroup.procs", W_OK, AT_EACCESS) == 0;
}

/*
 * Below the root of the hierarchy (which alone has no type) controllers are
 * for groups without processes: memory refuses others, and pids and cpu turn
 * them threaded, so that no group below them takes a process any more.
 */
static bool holds_processes(int folder)
{
	_free_ char *text = NULL;

	if (faccessat(folder, "cgroup.type", F_OK, 0) < 0)
		return false;
	return fd_read_file(folder, "cgroup.procs", 1U << 20, &text, NULL) <
		       0 ||
	       text[0] != '\0';
}

/* Opens @path if a group with a memory or pids limit can be made in it. */
static int open_parent(const char *path, struct cgroup *g)
{
	_close_ int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (!is_ours(fd))
		return -EACCES;
	if (holds_processes(fd))
		return -EBUSY;
	g->memory = controller_on(fd, "memory");
	g->pids = controller_on(fd, "pids");
	g->cpu = controller_on(fd, "cpu");
	if (!g->memory && !g->pids)
		return -ENODEV;
	g->parent_fd = take_fd(&fd);
	return 0;
}

/* Our own group, then the one above: a group with processes in it may not
 * have children with controllers, but its neighbour may. */
static int find_parent(struct cgroup *g)
{
	char mount[PATH_MAX], own[PATH_MAX], path[PATH_MAX * 2];
	int r = find_mount(mount);

	if (r == 0)
		r = own_path(own);
	if (r < 0)
		return r;
	(void)snprintf(path, sizeof(path), "%s%s", mount, own);
	r = open_parent(path, g);
	if (r == 0 || strcmp(own, "/") == 0)
		return r;
	*strrchr(path, '/') = '\0';
	return strlen(path) < strlen(mount) ? r : open_parent(path, g);
}

static int set_number(int fd, const char *file, uint64_t value)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	return fd_write_knob(fd, file, text);
}

static int set_limits(const struct plan *p, struct cgroup *g)
{
	char text[64];
	int r = 0;

	if (g->memory) {
		r = set_number(g->fd, "memory.max", p->limits[LIMIT_MEMORY]);
		if (r == 0)
			r = set_number(g->fd, "memory.swap.max", 0);
		if (r == -ENOENT)
			r = 0; /* no swap accounting: nothing to swap to */
		if (r == 0)
			r = set_number(g->fd, "memory.oom.group", 1);
	}
	/* init and the server's process before its exec count too. */
	if (r == 0 && g->pids)
		r = set_number(g->fd, "pids.max", p->limits[LIMIT_PIDS] + 2);
	if (r == 0 && g->cpu && p->limits[LIMIT_CPU]) {
		(void)snprintf(text, sizeof(text), "%llu 100000",
			(unsigned long long)p->limits[LIMIT_CPU] * 1000);
		r = fd_write_knob(g->fd, "cpu.max", text);
	}
	return r;
}

int cgroup_find(struct cgroup *g)
{
	return find_parent(g) < 0 ? 1 : 0;
}

const char *cgroup_grade(
	const struct cgroup *g, const struct plan *p, enum limit_id id)
{
	switch (id) {
	case LIMIT_MEMORY:
		return g->memory ? "hard" : p->no_proc ? "none" : "sampled";
	case LIMIT_CPU:
		return g->cpu && p->limits[id] ? "hard" : "none";
	case LIMIT_PIDS:
		/* RLIMIT_NPROC does not count host uid 0. */
		return g->pids || p->uid != 0 ? "hard" : "none";
	case LIMIT_SESSION:
		return p->limits[id] ? "hard" : "none";
	case LIMIT_TMP:
	case LIMIT_TMP_FILES:
	case LIMIT_OPEN_FILES:
	case LIMIT_FILE_SIZE:
	case LIMIT_STDERR:
		return "hard";
	case LIMIT_NONE:
	case _LIMIT_N:
		break;
	}
	return "none";
}

int cgroup_make(const struct plan *p, struct cgroup *g, struct err *e)
{
	int r = find_parent(g);

	if (r < 0)
		return 1;
	sweep(g->parent_fd);
	(void)snprintf(g->name, sizeof(g->name), PREFIX "%s-%d", p->session,
		(int)getpid());
	if (mkdirat(g->parent_fd, g->name, 0755) < 0) {
		fd_close(&g->parent_fd);
		g->memory = g->pids = g->cpu = false;
		return 1;
	}
	g->fd = openat(
		g->parent_fd, g->name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	r = g->fd < 0 ? -errno : set_limits(p, g);
	if (r == 0 && g->memory) {
		g->events_fd =
			openat(g->fd, "memory.events", O_RDONLY | O_CLOEXEC);
		r = g->events_fd < 0 ? -errno : 0;
	}
	if (r < 0) {
		cgroup_remove(g);
		return err_set(
			e, r, "setting the limits of cgroup %s", g->name);
	}
	return 0;
}

int cgroup_enter(const struct cgroup *g, pid_t pid, struct err *e)
{
	int r;

	if (g->fd < 0)
		return 0;
	r = set_number(g->fd, "cgroup.procs", (uint64_t)pid);
	return r < 0 ? err_set(e, r, "moving the sandbox into its cgroup") : 0;
}

void cgroup_remove(struct cgroup *g)
{
	if (g->parent_fd >= 0)
		(void)unlinkat(g->parent_fd, g->name, AT_REMOVEDIR);
}

bool cgroup_oom_killed(const struct cgroup *g)
{
	uint64_t n = 0;
	char text[512];
	const char *row;
	ssize_t len;

	if (g->events_fd < 0)
		return false;
	len = pread(g->events_fd, text, sizeof(text) - 1, 0);
	if (len <= 0)
		return false;
	text[len] = '\0';
	row = strstr(text, "oom_kill ");
	if (!row)
		return false;
	row += strlen("oom_kill ");
	return digits_take(&row, 19, &n) && n > 0;
}
