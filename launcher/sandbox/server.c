/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The server's process between its fork and its exec: one small phase a
 * function.
 */
#include <fcntl.h>
#include <linux/landlock.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/fd.h"
#include "sandbox/confine.h"
#include "sandbox/phase.h"

/*
 * Should: bring loopback up and give the host a name.
 * Mustn't: make any other interface.
 */
int phase_network(struct child *c)
{
	struct ifreq ifr = {.ifr_flags = IFF_UP | IFF_RUNNING};
	_close_ int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)c;
	if (s < 0)
		return -errno;
	(void)strcpy(ifr.ifr_name, "lo");
	if (ioctl(s, SIOCSIFFLAGS, &ifr) < 0 ||
		sethostname("stockade", strlen("stockade")) < 0 ||
		setdomainname("", 0) < 0)
		return -errno;
	return 0;
}

/*
 * Should: enter a second user namespace, so that not even a kernel that gave
 * capabilities back would give them over our mounts and init.
 * Mustn't: map any id but our own.
 */
int phase_userns(struct child *c)
{
	char map[32];
	int r;

	if (unshare(CLONE_NEWUSER) < 0)
		return -errno;
	(void)snprintf(map, sizeof(map), "%d %d 1", INSIDE_ID, INSIDE_ID);
	r = fd_write_knob(c->proc, "self/setgroups", "deny");
	if (r == 0)
		r = fd_write_knob(c->proc, "self/gid_map", map);
	if (r == 0)
		r = fd_write_knob(c->proc, "self/uid_map", map);
	return r;
}

/*
 * Should: stdin, stdout and stderr are our pipes, the folder is the plan's.
 * Mustn't: leave the client's descriptors or a terminal.
 */
int phase_stdio(struct child *c)
{
	if (dup2(c->s->server_in, STDIN_FILENO) < 0 ||
		dup2(c->s->server_out, STDOUT_FILENO) < 0 ||
		dup2(c->s->server_err, STDERR_FILENO) < 0)
		return -errno;
	if (setsid() < 0)
		return -errno;
	if (chdir(c->plan->cwd) < 0)
		return -errno;
	(void)umask(c->umask);
	return 0;
}

struct limit_row {
	int resource;
	uint64_t value;
};

/* Never above what the client has; what it has hard stays hard. */
static int set_limit(const struct limit_row *row)
{
	struct rlimit now, want = {row->value, row->value};
	__rlimit_resource_t resource = (__rlimit_resource_t)row->resource;

	if (setrlimit(resource, &want) == 0)
		return 0;
	if (errno != EPERM)
		return -errno;
	if (getrlimit(resource, &now) < 0)
		return -errno;
	if (now.rlim_max > want.rlim_max)
		return -EPERM;
	want.rlim_max = want.rlim_cur = now.rlim_max;
	return setrlimit(resource, &want) < 0 ? -errno : 0;
}

/*
 * Should: bound what one process may take, in the innermost user namespace,
 * for NPROC counts per namespace.
 * Mustn't: use RLIMIT_AS: runtimes reserve terabytes that they never touch.
 */
int phase_limits(struct child *c)
{
	const uint64_t *l = c->plan->limits;
	const struct limit_row rows[] = {
		/* 1, not 0: with 0 a core handler behind a pipe still gets the
		 * whole dump (core(5)). */
		{RLIMIT_CORE, 1},
		/* Counts thread stacks, so far above what may be resident. */
		{RLIMIT_DATA, l[LIMIT_MEMORY] * 2 + (1ULL << 30)},
		{RLIMIT_NOFILE, l[LIMIT_OPEN_FILES]},
		{RLIMIT_NPROC, l[LIMIT_PIDS]},
		{RLIMIT_FSIZE, l[LIMIT_FILE_SIZE]},
		{RLIMIT_MEMLOCK, 8ULL << 20},
		{RLIMIT_MSGQUEUE, 0},
		/* Counted for the user in the namespaces above too: what his
		 * other programs need for timers is not the server's. */
		{RLIMIT_SIGPENDING, 4096},
		{RLIMIT_NICE, 0},
		{RLIMIT_RTPRIO, 0},
	};

	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		int r = set_limit(&rows[i]);

		if (r < 0)
			return r;
	}
	return 0;
}

/* /etc and /dev are ours whole: one rule each instead of one a file. */
static const struct {
	const char *path;
	bool write, list_only;
} landlock_ours[] = {
	{"/", false, true},
	{"/dev", true, false},
	{"/etc", false, false},
	{"/run", false, true},
};

/* What Landlock is to allow at a mount of the plan. */
static bool landlock_grants_mount(
	const struct plan_mount *m, struct landlock_grant *ret)
{
	*ret = (struct landlock_grant){.fd = -1};
	if (path_inside(m->target, "/dev"))
		return false;
	if (path_inside(m->target, "/etc") && !m->write)
		return false;
	switch (m->kind) {
	case MOUNT_BIND:
	case MOUNT_TMPFS:
		ret->write = m->write;
		ret->exec = !m->noexec;
		return true;
	case MOUNT_PROC:
		ret->write = true;
		return true;
	case MOUNT_NONE:
	case MOUNT_DIR:
	case MOUNT_FILE:
	case MOUNT_LINK:
	case MOUNT_DEVICE:
	case MOUNT_MASK:
	case _MOUNT_N:
		break;
	}
	return false;
}

static int landlock_open(
	const struct child *c, struct landlock_grant *g, size_t *n)
{
	for (size_t i = 0; i < c->plan->n_mounts; i++) {
		const struct plan_mount *m = &c->plan->mounts[i];

		if (!landlock_grants_mount(m, &g[*n]))
			continue;
		/* A protected name inside a grant was made read-only by its
		 * mount; a Landlock rule can only add to the folder's. */
		g[*n].fd = open(m->target, O_PATH | O_CLOEXEC | O_NOFOLLOW);
		if (g[*n].fd < 0)
			return -errno;
		(*n)++;
	}
	for (size_t i = 0; i < ELEMENTS(landlock_ours); i++) {
		g[*n] = (struct landlock_grant){
			.fd = open(landlock_ours[i].path,
				O_PATH | O_CLOEXEC | O_DIRECTORY),
			.write = landlock_ours[i].write,
			.list_only = landlock_ours[i].list_only,
		};
		if (g[*n].fd < 0)
			return -errno;
		(*n)++;
	}
	return 0;
}

/*
 * Should: allow the same as the mounts do, and nothing through a descriptor
 * that leaked.
 * Mustn't: be left out, but where the kernel has none that is fit.
 */
int phase_landlock(struct child *c)
{
	struct landlock_grant *g;
	size_t n = 0;
	int r;

	g = calloc(c->plan->n_mounts + 8, sizeof(*g));
	if (!g)
		return -ENOMEM;
	r = landlock_open(c, g, &n);
	if (r == 0)
		r = confine_landlock(g, n, NULL);
	for (size_t i = 0; i < n; i++)
		(void)close(g[i].fd);
	free(g);
	return r < 0 ? r : 0;
}
