/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the relay found of a server's definitions is kept: each time a file of
 * its own in the store of that server and profile (base/pin_batch.h), whole or
 * not there. Nothing here understands a definition; what is accepted, somebody
 * has accepted.
 *
 * Keeper's process; one a session.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define PIN_ACCEPTED_MAX 16 /* the relay has no more questions open */

/* What somebody said yes to, till the relay hands it over. */
struct pin_yes {
	uint64_t question; /* 0: free */
	int shown;         /* the sealed memfd */
};

struct pin_folder {
	int fd; /* -1: nothing is kept */
	const char *session;
	uint32_t sequence; /* of the next file */
	unsigned part;     /* of this session */
	bool failed;       /* said */
	struct pin_yes yes[PIN_ACCEPTED_MAX];
	size_t n_yes; /* so far */
};

void pin_folder_init(struct pin_folder *f);

/* @name of the folder, NULL for none; made if it is not there. */
int pin_folder_open(struct pin_folder *f, const char *name, const char *session,
	uint32_t sequence, struct err *e) _must_use_;
void pin_folder_deinit(struct pin_folder *f);

/* Somebody has accepted what @shown, taken over, ends with. */
void pin_folder_yes(struct pin_folder *f, uint64_t question, int shown);

/*
 * Takes what a sealed @fd has. Only for the sake of a @question that was
 * answered with yes it may accept, once, and what was shown alone. -EPROTO for
 * what a relay may not say.
 */
int pin_folder_add(struct pin_folder *f, int fd, uint64_t question) _must_use_;
