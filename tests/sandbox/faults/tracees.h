/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The processes of one run of stockade under ptrace(2): who they are, and
 * where in its own sequence of system calls each one is.
 *
 * Processes run side by side, so there is no order between them; a process's
 * own sequence is what it is. A call is named by process, system call, place
 * and how often that process has been there before:
 *
 *   keeper openat:3f2.1a80.0 2
 *
 * The place is the low part of the instruction pointer, the depth of the stack
 * and, where one system call is many, the argument that says which: no memory
 * of the tracee is read, for an ordinary user may not read that of one which is
 * not dumpable.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>
#include <sys/user.h>

#define TRACEES_MAX 64
#define PLACES_MAX 2048
#define NAME_MAX_TRACEE 16

struct place {
	long nr;
	uint64_t site;
	unsigned n;
};

struct tracee {
	pid_t pid;
	char name[NAME_MAX_TRACEE];
	bool alive, in_call, server;
	unsigned holders, forks; /* children by kind */
	uint64_t stack;          /* pointer when the program began */
	uint64_t loader, loader_end;
	bool libc_begins; /* no loader: until the program's data are sealed */
	/* The call that is being made. */
	long nr;
	uint64_t site;
	unsigned occurrence;
	bool fails, loads; /* loads: made before the program is there */
	struct user_regs_struct regs;
	size_t n_places;
	struct place places[PLACES_MAX];
};

struct tracees {
	struct tracee *all[TRACEES_MAX];
	size_t n;
	pid_t early[TRACEES_MAX]; /* stopped before the parent told of them */
	size_t n_early;
};

struct tracee *tracees_find(struct tracees *t, pid_t pid);
struct tracee *tracees_named(struct tracees *t, const char *name);
struct tracee *tracees_add(struct tracees *t, pid_t pid, const char *name);
/* A child of @parent, which is stopped in the call that made it. */
struct tracee *tracees_born(
	struct tracees *t, struct tracee *parent, pid_t pid);
size_t tracees_alive(const struct tracees *t);

/* Takes down where the program that was just executed begins, and its loader.
 */
void tracee_begin(struct tracee *p);
/* Takes down which call a tracee that stopped at its entry makes. */
void tracee_enter(struct tracee *p);
/* Name of the call and its place, as "openat:3f2.1a80.0". */
void tracee_place(const struct tracee *p, char ret[64]);
