/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keeper of fuzz_desk.c with everybody around it, and what has to come of
 * what they say.
 */
#pragma once

#include "keeper/state.h"

#define CLIENTS 24
#define IDS 16
#define LOOKS 64
#define SAID 8
#define SESSION "fedcba98765432100123456789abcdef"

struct brief { /* of an answer */
	uint64_t id;
	uint32_t answer, any, text_len;
	char text[APPROVAL_REASON_MAX];
};

struct client {
	int fd; /* -1: closed */
	bool deaf;
	bool fine; /* may be shown something */
	bool attached, raw;
	enum approval_channel channel;
	struct brief said[SAID]; /* answers of one that only says what it may */
	unsigned n_said;
	bool taken; /* its answer counts: it is to be told so */
};

struct look {
	uint64_t cookie;
	unsigned client;
	bool answers;
};

struct expected { /* of a question */
	bool asked, answered;
	struct brief answer;
};

struct world {
	struct keeper *k;
	char home[64];
	int relay, supervisor; /* our ends */
	int rest[3];           /* write ends of what the keeper reads */
	int sealed, open;      /* memfds */
	bool stuffed;          /* the relay does not read */
	struct client clients[CLIENTS];
	unsigned n_clients;
	struct look looks[LOOKS];
	size_t n_looks;
	struct expected expected[IDS];
	struct ipc_parcel parcel;
};

/* Ends the run if not. */
void require(bool ok);

void world_make(struct world *w);
void world_end(struct world *w);

/* As it was when it was new, but for the log. */
void settle(struct world *w);

/* One of the keeper's, and of all who listen to it; compares. */
void turn(struct world *w);

void relay_reads(struct world *w);

/* Who waits for that look; NULL: nobody. */
struct approver *looked_at(struct world *w, uint64_t cookie);
