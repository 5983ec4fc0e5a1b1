/* SPDX-License-Identifier: Apache-2.0 */
#include "equal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "base/fd.h"
#include "plan/plan.h"

static void put(struct equal *q, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void put(struct equal *q, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	if (q->n < EQUAL_WORDS && vasprintf(&q->argv[q->n], format, list) >= 0)
		q->n++;
	va_end(list);
}

static int put_file(struct equal *q, const struct plan_mount *m)
{
	int fd = memfd_create("content", 0);

	if (fd < 0 || q->n_files == EQUAL_FILES ||
		fd_write_all(fd, m->content, strlen(m->content)) < 0)
		return -ENFILE;
	q->files[q->n_files++] = fd;
	put(q, "--ro-bind-data");
	put(q, "%d", fd);
	put(q, "%s", m->target);
	return 0;
}

/* As launcher/sandbox/proc.c; what hides a file is /dev/null here. */
static void shut_proc(struct equal *q)
{
	static const char *const read_only[] = {
		"bus", "fs", "irq", "sys", "sysrq-trigger"};
	static const char *const hidden[] = {"config.gz", "kallsyms", "kcore",
		"key-users", "keys", "latency_stats", "sched_debug",
		"timer_list", "timer_stats"};
	char path[64];

	for (size_t i = 0; i < ELEMENTS(read_only); i++) {
		(void)snprintf(path, sizeof(path), "/proc/%s", read_only[i]);
		if (access(path, F_OK) < 0)
			continue;
		put(q, "--ro-bind");
		put(q, "%s", path);
		put(q, "%s", path);
	}
	for (size_t i = 0; i < ELEMENTS(hidden); i++) {
		(void)snprintf(path, sizeof(path), "/proc/%s", hidden[i]);
		if (access(path, F_OK) < 0)
			continue;
		put(q, "--ro-bind");
		put(q, "/dev/null");
		put(q, "%s", path);
	}
}

static int put_mount(struct equal *q, const struct plan_mount *m)
{
	switch (m->kind) {
	case MOUNT_LINK:
		put(q, "--symlink");
		put(q, "%s", m->content);
		break;
	case MOUNT_FILE:
		return put_file(q, m);
	case MOUNT_TMPFS:
		put(q, "--size");
		put(q, "%llu", (unsigned long long)m->size);
		put(q, "--tmpfs");
		break;
	case MOUNT_BIND:
		put(q, m->write ? "--bind" : "--ro-bind");
		put(q, "%s", m->source);
		break;
	case MOUNT_DEVICE:
		put(q, "--dev-bind");
		put(q, "%s", m->source);
		break;
	case MOUNT_PROC:
		put(q, "--proc");
		put(q, "%s", m->target);
		shut_proc(q);
		return 0;
	case MOUNT_DIR:
		put(q, "--dir");
		break;
	case MOUNT_MASK:
	case MOUNT_NONE:
	case _MOUNT_N:
		return 0;
	}
	put(q, "%s", m->target);
	return 0;
}

static void put_environment(struct equal *q, const struct plan *p)
{
	put(q, "--clearenv");
	for (char **v = p->env; *v; v++) {
		const char *equals = strchr(*v, '=');

		put(q, "--setenv");
		put(q, "%.*s", (int)(equals - *v), *v);
		put(q, "%s", equals + 1);
	}
}

static int put_all(struct equal *q, const struct plan *p, int filter)
{
	static const char *const fixed[] = {"bwrap", "--unshare-all",
		"--die-with-parent", "--new-session", "--uid", "1000", "--gid",
		"1000", "--cap-drop", "ALL", "--hostname", "stockade"};
	int r = 0;

	for (size_t i = 0; i < ELEMENTS(fixed); i++)
		put(q, "%s", fixed[i]);
	for (size_t i = 0; r == 0 && i < p->n_mounts; i++)
		r = put_mount(q, &p->mounts[i]);
	put_environment(q, p);
	put(q, "--chdir");
	put(q, "%s", p->cwd);
	put(q, "--remount-ro");
	put(q, "/");
	put(q, "--seccomp");
	put(q, "%d", filter);
	put(q, "%s", p->exe);
	return q->n == EQUAL_WORDS ? -E2BIG : r;
}

int equal_make(struct equal *q, const char *program, int filter, struct err *e)
{
	const struct plan_options options = {.dry = true};
	char name[4096];
	char *argv[] = {name, NULL};
	_plan_ struct plan *p = NULL;
	int r;

	*q = (struct equal){.n = 0};
	(void)snprintf(name, sizeof(name), "%s", program);
	r = plan_new(&options, argv, &p, e);
	if (r < 0)
		return r;
	r = put_all(q, p, filter);
	q->argv[q->n] = NULL;
	return r < 0 ? err_set(e, r, "bubblewrap's command line") : 0;
}

void equal_rewind(const struct equal *q)
{
	for (size_t i = 0; i < q->n_files; i++)
		(void)lseek(q->files[i], 0, SEEK_SET);
}
