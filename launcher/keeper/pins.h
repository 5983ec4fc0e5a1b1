/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the relay found of a server's definitions is kept: each time a file of
 * its own in the store of that server and profile (base/pin_batch.h), whole or
 * not there. Nothing here reads a definition, and nothing accepts one.
 *
 * Keeper's process; one a session.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct pin_folder {
	int fd; /* -1: nothing is kept */
	const char *session;
	uint32_t sequence; /* of the next file */
	unsigned part;     /* of this session */
	bool failed;       /* said */
};

/* @name of the folder, NULL for none; made if it is not there. */
int pin_folder_open(struct pin_folder *f, const char *name, const char *session,
	uint32_t sequence, struct err *e) _must_use_;
void pin_folder_deinit(struct pin_folder *f);

/* Takes what a sealed @fd has. -EPROTO for what a relay may not say. */
int pin_folder_add(struct pin_folder *f, int fd) _must_use_;
