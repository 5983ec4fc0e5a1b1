/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the supervisor does for the sandbox in the host's own namespaces.
 */
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/fd.h"
#include "sandbox/phase.h"

void sandbox_init(struct sandbox *s, const struct plan *plan)
{
	*s = (struct sandbox){
		.plan = plan,
		.init_fd = -1,
		.server_fd = -1,
		.liveness_fd = -1,
		.server_in = -1,
		.server_out = -1,
		.server_err = -1,
	};
}

void sandbox_deinit(struct sandbox *s)
{
	for (size_t i = 0; s->trees && i < s->plan->n_mounts; i++)
		fd_close(&s->trees[i]);
	free(s->trees);
	s->trees = NULL;
	strv_free(s->notes);
	s->notes = NULL;
	fd_close(&s->init_fd);
	fd_close(&s->server_fd);
	fd_close(&s->liveness_fd);
	fd_close(&s->server_in);
	fd_close(&s->server_out);
	fd_close(&s->server_err);
}

/* A folder of stockade's own goes to the server by its owner. */
static int give_away(const struct plan *p, const struct plan_mount *m)
{
	if (m->uid == p->uid && m->gid == p->gid)
		return 0;
	if (fchownat(AT_FDCWD, m->source, p->uid, p->gid, AT_SYMLINK_NOFOLLOW) <
		0)
		return -errno;
	return 0;
}

static int map_tree(struct sandbox *s, struct idmap *map,
	const struct plan_mount *m, int tree, struct err *e)
{
	int r;

	if (!m->grant)
		return 0;
	if (m->own) {
		r = give_away(s->plan, m);
		return r < 0 ? err_set(e, r, "giving %s to the server",
				       m->source)
			     : 0;
	}
	r = idmap_apply(map, tree, m->uid, m->gid);
	if (r == 0)
		return 0;
	if (r < 0)
		return err_set(e, r, "mapping the owner of %s", m->source);
	if (m->write)
		return err_say(e, -EOPNOTSUPP,
			"cannot grant %s for writing as root: its filesystem "
			"(or one mounted in it) cannot map ids; use a folder "
			"on another filesystem, start as an ordinary user, or "
			"--keep-uid (weaker, see stockade(1))",
			m->source);
	if (strv_addf(&s->notes,
		    "%s: this filesystem cannot map ids; the server reads "
		    "there only what everybody may read",
		    m->source) < 0)
		return err_set(e, -ENOMEM, "preparing");
	return 0;
}

static int prepare_one(
	struct sandbox *s, struct idmap *map, size_t i, struct err *e)
{
	const struct plan_mount *m = &s->plan->mounts[i];
	int r;

	if (m->kind != MOUNT_BIND && m->kind != MOUNT_DEVICE)
		return 0;
	r = source_clone(m, &s->trees[i]);
	if (r == -ESTALE)
		return err_say(e, r,
			"%s was replaced while stockade started; start again",
			m->source);
	if (r < 0)
		return err_set(e, r, "cloning the mount of %s", m->source);
	if (s->plan->keep_uid)
		return 0;
	return map_tree(s, map, m, s->trees[i], e);
}

int sandbox_prepare(struct sandbox *s, struct err *e)
{
	struct idmap *map;
	int r = 0;

	s->trees = calloc(s->plan->n_mounts + 1, sizeof(*s->trees));
	if (!s->trees)
		return err_set(e, -ENOMEM, "preparing");
	for (size_t i = 0; i < s->plan->n_mounts; i++)
		s->trees[i] = -1;
	if (!s->plan->root)
		return 0;
	map = idmap_new(s->plan->uid, s->plan->gid);
	if (!map)
		return err_set(e, -ENOMEM, "preparing");
	for (size_t i = 0; r == 0 && i < s->plan->n_mounts; i++)
		r = prepare_one(s, map, i, e);
	idmap_free(map);
	return r;
}

pid_t sandbox_clone(int *ret_pidfd, struct err *e)
{
	int pidfd = -1;
	struct clone_args args = {
		/* The network's takes longest, so the child makes it, while we
		 * write its id maps and start the keeper. */
		.flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID |
			 CLONE_NEWIPC | CLONE_NEWUTS | CLONE_PIDFD,
		.pidfd = (uint64_t)(uintptr_t)&pidfd,
		.exit_signal = SIGCHLD,
	};
	long pid = syscall(SYS_clone3, &args, sizeof(args));

	if (pid < 0)
		return (pid_t)err_set(e, -errno,
			"cannot make the sandbox's namespaces (stockade doctor "
			"says what this system lacks)");
	if (pid > 0)
		*ret_pidfd = pidfd;
	return (pid_t)pid;
}

static int write_proc(pid_t pid, const char *name, const char *text)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	return fd_write_knob(-1, path, text);
}

int sandbox_map_ids(const struct plan *p, pid_t child, struct err *e)
{
	char text[64];
	int r = 0;

	/* Without privilege a gid map is taken only after setgroups is off
	 * (user_namespaces(7)); root's child drops its groups itself. */
	if (!p->root)
		r = write_proc(child, "setgroups", "deny");
	if (r == 0) {
		(void)snprintf(
			text, sizeof(text), "%d %u 1", INSIDE_ID, p->gid);
		r = write_proc(child, "gid_map", text);
	}
	if (r == 0) {
		(void)snprintf(
			text, sizeof(text), "%d %u 1", INSIDE_ID, p->uid);
		r = write_proc(child, "uid_map", text);
	}
	if (r < 0)
		return err_set(e, r,
			"cannot map the server's ids (stockade doctor says "
			"what this system lacks)");
	return 0;
}

int sandbox_oom_score(pid_t child, struct err *e)
{
	_free_ char *text = NULL;
	char score[32];
	long value;
	int r = fd_read_file(-1, "/proc/self/oom_score_adj", 64, &text, NULL);

	if (r == 0) {
		value = strtol(text, NULL, 10) + 500;
		(void)snprintf(score, sizeof(score), "%ld",
			value > 1000 ? 1000 : value);
		r = write_proc(child, "oom_score_adj", score);
	}
	return r < 0 ? err_set(e, r, "setting the sandbox's oom_score_adj") : 0;
}
