/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program that is asked one question: started, fed, listened to, and ended
 * with all that it started in its process group.
 */
#pragma once

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "cli/approve_contract.h"
#include "policy/out.h"

#define PROGRAM_FDS 3

struct program {
	pid_t pid;
	int pidfd, in, out; /* -1: none, closed, at its end */
	struct out input;   /* what it gets */
	size_t fed;
	char text[CONTRACT_OUTPUT_MAX + 1];
	size_t len;
	bool overrun, told, ended;
	uint64_t kill_ms; /* when it is killed, after it was told to end */
	int wait_status;
};

/* Whether it could be started at all: 0 or <0 with e->text. */
int program_check(const char *path, struct err *e) _must_use_;

/* Takes over @input. 0 or -errno, also of exec(2). */
int program_start(struct program *p, const char *path, const char *question,
	struct out *input) _must_use_;
void program_deinit(struct program *p);
/* As program_stop(), and waits for that moment. */
void program_finish(struct program *p);

size_t program_fds(const struct program *p, struct pollfd *ret);
/* Feeds, listens, looks whether it has ended. */
void program_step(struct program *p);
/* Asks it to end; it is killed a moment later. */
void program_stop(struct program *p);
/* When program_step() is to be called though nothing happened; 0: never. */
uint64_t program_due_ms(const struct program *p);

void program_result(const struct program *p, struct program_end *ret);
