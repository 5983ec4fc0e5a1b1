/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the launcher makes outside to be reached for: a folder with a file, a
 * process, sockets of each kind; and what it sees come.
 */
#pragma once

#include <sys/types.h>

#include "base/err.h"
#include "probe/row.h"

struct probe_world {
	char nonce[33];  /* of this run: in the file, the variable, names */
	char folder[64]; /* below /tmp */
	char file[80], socket[80], abstract[64];
	int ports[3];       /* tcp, tcp6 (0: none here), udp */
	int fds[_EFFECT_N]; /* listeners, and the pipe of the process */
	int leak;           /* a descriptor left open for who comes after us */
	pid_t helper;
};

#define PROBE_VARIABLE "STOCKADE_PROBE_CANARY"

/* Zero is none. */
#define PROBE_WORLD_INIT                                            \
	{                                                           \
		.fds = {-1, -1, -1, -1, -1, -1, -1, -1}, .leak = -1 \
	}

/* @exe is our own program. Sets PROBE_VARIABLE in the environment. */
int probe_world_init(
	struct probe_world *w, const char *exe, struct err *e) _must_use_;
void probe_world_deinit(struct probe_world *w);
#define _world_ _cleanup_(probe_world_deinit)

/* Takes what has come since, and marks the rows whose effect it is. What was
 * written is taken away. */
void probe_world_look(struct probe_world *w, struct probe_rows *r);
