/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sessions that run now, as their logs tell: of one user, wherever they
 * were started. A log is a running session's while its keeper holds the lock.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "keeper/audit_roster.h"

struct running {
	char session[SESSION_HEX + 1];
	/* What the log says; cut, and to be escaped. */
	char server[64], profile[64], client[256], exe[4096];
	char role[80], task[80], context[80], tenant[80]; /* "": none */
	uint64_t since_us, calls, denied;
	/*
	 * The supervisor. A log may come from another pid namespace, and
	 * numbers are used again: pidfd is -1 where the process of that number
	 * is not the program that the log names, or not ours.
	 */
	uint64_t pid;
	int pidfd;
};

struct sessions {
	struct running *all; /* the oldest first */
	size_t n;
};

/* 0, also when there is none; or <0 with e->text. */
int sessions_read(struct sessions *ret, struct err *e) _must_use_;
void sessions_deinit(struct sessions *s);
#define _sessions_ _cleanup_(sessions_deinit)
