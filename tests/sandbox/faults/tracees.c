/* SPDX-License-Identifier: Apache-2.0 */
#include "tracees.h"

#include <sched.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <unistd.h>

struct tracee *tracees_find(struct tracees *t, pid_t pid)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->all[i]->pid == pid && t->all[i]->alive)
			return t->all[i];
	return NULL;
}

struct tracee *tracees_named(struct tracees *t, const char *name)
{
	for (size_t i = 0; i < t->n; i++)
		if (strcmp(t->all[i]->name, name) == 0)
			return t->all[i];
	return NULL;
}

struct tracee *tracees_add(struct tracees *t, pid_t pid, const char *name)
{
	struct tracee *p = calloc(1, sizeof(*p));

	if (!p || t->n == TRACEES_MAX) {
		(void)fprintf(stderr, "fault: too many processes\n");
		exit(2);
	}
	p->pid = pid;
	p->alive = true;
	(void)snprintf(p->name, sizeof(p->name), "%s", name);
	t->all[t->n++] = p;
	return p;
}

/*
 * Who a child is shows in who made it, how, and in which order: the supervisor
 * makes the relay, holders of id maps (a user namespace and nothing else), init
 * (clone3), the keeper; init makes the server's process.
 */
static void name_child(struct tracee *parent, char name[NAME_MAX_TRACEE])
{
	static const char *const forked[] = {"relay", "keeper"};
	struct user_regs_struct regs = {0};

	(void)snprintf(name, NAME_MAX_TRACEE, "other");
	(void)ptrace(PTRACE_GETREGS, parent->pid, NULL, &regs);
	if (strcmp(parent->name, "init") == 0)
		(void)snprintf(name, NAME_MAX_TRACEE, "server");
	if (strcmp(parent->name, "supervisor") != 0)
		return;
	if (regs.orig_rax == SYS_clone3)
		(void)snprintf(name, NAME_MAX_TRACEE, "init");
	else if (regs.orig_rax == SYS_clone && (regs.rdi & CLONE_NEWUSER))
		(void)snprintf(
			name, NAME_MAX_TRACEE, "holder%u", parent->holders++);
	else if (parent->forks < 2)
		(void)snprintf(
			name, NAME_MAX_TRACEE, "%s", forked[parent->forks++]);
}

struct tracee *tracees_born(struct tracees *t, struct tracee *parent, pid_t pid)
{
	char name[NAME_MAX_TRACEE];
	struct tracee *p;

	name_child(parent, name);
	p = tracees_add(t, pid, name);
	p->stack = parent->stack;
	p->loader = parent->loader;
	p->loader_end = parent->loader_end;
	return p;
}

size_t tracees_alive(const struct tracees *t)
{
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++)
		n += t->all[i]->alive;
	return n;
}

/* Calls that are many in one, and which argument tells. */
static const struct {
	long nr;
	unsigned argument;
} many[] = {
	{SYS_prctl, 0},
	{SYS_fcntl, 1},
	{SYS_ioctl, 1},
	{SYS_fsconfig, 1},
	{SYS_prlimit64, 1},
	{SYS_capget, 0},
};

static uint64_t selector(const struct user_regs_struct *r)
{
	for (size_t i = 0; i < sizeof(many) / sizeof(*many); i++)
		if ((long)r->orig_rax == many[i].nr)
			return many[i].nr == SYS_capget ? 0
			       : many[i].argument == 0  ? r->rdi
							: r->rsi;
	return 0;
}

/* One line of maps, proc(5): FROM-TO … FILE. */
struct mapping {
	unsigned long from, to;
	char file[256];
};

static bool mapping_read(FILE *f, struct mapping *ret)
{
	char line[512], *end, *file;

	if (!f || !fgets(line, sizeof(line), f))
		return false;
	line[strcspn(line, "\n")] = '\0';
	ret->from = strtoul(line, &end, 16);
	ret->to = strtoul(end + 1, &end, 16);
	file = strchr(end, '/');
	(void)snprintf(ret->file, sizeof(ret->file), "%s", file ? file : "");
	return true;
}

/* Whether @file is the program itself, which then needs no loader. */
static bool is_program(const struct tracee *p, const char *file)
{
	char path[64], exe[256];
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%d/exe", p->pid);
	n = readlink(path, exe, sizeof(exe) - 1);
	if (n < 0)
		return false;
	exe[n] = '\0';
	return strcmp(exe, file) == 0;
}

/* A program that is linked dynamically begins in its loader: the file that is
 * mapped there. */
void tracee_begin(struct tracee *p)
{
	struct mapping m, loader = {0};
	char path[64];
	FILE *f;

	(void)ptrace(PTRACE_GETREGS, p->pid, NULL, &p->regs);
	p->stack = p->regs.rsp;
	p->n_places = 0;
	p->loader = p->loader_end = 0;
	(void)snprintf(path, sizeof(path), "/proc/%d/maps", p->pid);
	f = fopen(path, "re");
	while (mapping_read(f, &m))
		if (m.from <= p->regs.rip && p->regs.rip < m.to)
			loader = m;
	p->libc_begins = is_program(p, loader.file);
	if (p->libc_begins)
		loader.file[0] = '\0';
	if (f)
		rewind(f);
	while (mapping_read(f, &m)) {
		if (loader.file[0] == '\0' || strcmp(m.file, loader.file) != 0)
			continue;
		p->loader = p->loader ? p->loader : m.from;
		p->loader_end = m.to;
	}
	if (f)
		(void)fclose(f);
}

void tracee_enter(struct tracee *p)
{
	(void)ptrace(PTRACE_GETREGS, p->pid, NULL, &p->regs);
	p->nr = (long)p->regs.orig_rax;
	p->loads = p->libc_begins ||
		   (p->regs.rip >= p->loader && p->regs.rip < p->loader_end);
	/* The last that libc does in a static program, before any code of it
	 * runs: what was relocated becomes read-only. */
	if (p->nr == SYS_mprotect)
		p->libc_begins = false;
	p->site = (p->regs.rip & 0xfff) << 48 |
		  ((p->stack - p->regs.rsp) & 0xffffffff) << 16 |
		  (selector(&p->regs) & 0xffff);
	for (size_t i = 0; i < p->n_places; i++)
		if (p->places[i].nr == p->nr && p->places[i].site == p->site) {
			p->occurrence = ++p->places[i].n;
			return;
		}
	p->occurrence = 1;
	if (p->n_places < PLACES_MAX)
		p->places[p->n_places++] = (struct place){p->nr, p->site, 1};
}

void tracee_place(const struct tracee *p, char ret[64])
{
	char *name =
		seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, (int)p->nr);

	(void)snprintf(ret, 64, "%s:%x.%x.%x", name ? name : "?",
		(unsigned)(p->site >> 48), (unsigned)(p->site >> 16),
		(unsigned)(p->site & 0xffff));
	free(name);
}
