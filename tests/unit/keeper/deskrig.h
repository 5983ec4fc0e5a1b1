/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A keeper in this process, so that what it has is seen and can be taken away:
 * the test is relay, supervisor and every approver of it. Each of these fails
 * the test if it cannot do its part.
 */
#pragma once

#include "keeper/state.h"

#define S1 "00000000000000000000000000000001"

extern struct desk_fixture {
	struct keeper *k;
	int relay, supervisor, pipes[3];
	struct ipc_parcel heard;
	struct approval_word word;
} f;

int desk_set_up(void **state);
int desk_tear_down(void **state);

/* The keeper takes what has come, and does what is due. */
void turn(void);
/* A descriptor with the words of a call, as the relay hands it over. */
int shown(bool sealed);
/* The relay asks, with such a descriptor. */
void ask_with(uint64_t id, int fd);
void ask(uint64_t id);
/* The relay's socket is full, so it hears nothing. */
void fill_relay(void);
/* Connects; sends f.word; is looked at by the supervisor. */
int come(void);
void say(int fd);
void found(enum approval_fault fault);
/* All of it for one with nothing against it. */
int attach(enum approval_channel channel);
void answer(int fd, uint64_t id, enum approval_answer what);
/* The next DONE to that approver; -1 if there is none. */
int status(int fd);
/* The next answer that the relay gets; 0 if there is none. */
uint64_t delivered(uint64_t id);
