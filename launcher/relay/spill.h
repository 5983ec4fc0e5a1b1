/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is cut out of a result goes into files, where the profile has it so.
 *
 * The keeper opens them, this process writes. While it is asked, the answer
 * waits at the front of its lane; what does not come in time, or cannot be
 * written, is cut without a file, and the note says so. One result at a time.
 */
#pragma once

#include "base/ipc.h"
#include "base/spill.h"
#include "policy/message.h"
#include "policy/output_spill.h"
#include "relay/pending.h"

#define SPILL_WAIT_US 1000000U  /* for the keeper */
#define SPILL_WRITE_US 2000000U /* for the disk, all files of one result */

struct spill {
	uint64_t call; /* whose result it is; 0: none */
	bool done;     /* the files are as they will be */
	uint64_t since_us;
	size_t n_open; /* of the keeper's answers */
	int fds[OUTPUT_FILES_MAX];
	struct output_spill files;
};

struct relay;

void spill_init(struct spill *s);
void spill_deinit(struct spill *s);

/* True while the answer to @c has to wait; false when what can be kept of it
 * is in files, or nothing has to be. */
bool spill_result(struct relay *r, const struct message *m, const char *line,
	const struct call *c);

/* The files of that call's result; NULL if there are none. */
const struct output_spill *spill_files(const struct spill *s, uint64_t call);

/* The answer has gone, or goes nowhere. */
void spill_forget(struct relay *r);

/* An answer of the keeper's; takes its descriptor. */
void spill_opened(struct relay *r, struct ipc_parcel *p);

/* Whether an answer waits for files, and whether it need not wait longer. */
bool spill_waits(const struct spill *s);
bool spill_due(const struct relay *r);
