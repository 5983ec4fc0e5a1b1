/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files that the relay writes what is cut out of results to:
 * STATE/spill/SESSION/NAME, 0600 in folders of 0700, kept for SPILL_KEPT_DAYS.
 *
 * The folder is made, and what is too old is removed, before the keeper shuts
 * itself in; from then on it makes and removes files there, and opens none
 * that exists. An empty folder goes with its session; what a killed one leaves
 * goes at a later start. Keeper only.
 */
#pragma once

#include "base/err.h"
#include "base/ipc.h"
#include "base/spill.h"

#define SPILL_KEPT_DAYS 7
/* No file is begun beyond: of one session, and of all sessions that were there
 * when it started. */
#define SPILL_SESSION_BYTES (256ULL << 20)
#define SPILL_SESSION_FILES 1000
#define SPILL_USER_BYTES (1ULL << 30)

struct spill_folder {
	int parent; /* STATE/spill, O_PATH; -1: nothing is ever kept */
	int folder; /* STATE/spill/SESSION, locked while we live */
	char *path;
	const char *session;
	uint64_t bytes, files; /* of this session */
	uint64_t others;       /* bytes of those before */
	struct spill_open {
		int fd; /* -1: a free row */
		uint64_t call, file;
	} open[SPILL_FILES_MAX]; /* that the relay has not finished */
};

void spill_folder_init(struct spill_folder *s);
void spill_folder_deinit(struct spill_folder *s);

/*
 * Removes what is too old, of all sessions, some thousands of files at most;
 * with @wanted makes the folder of @session, which must outlive @s. What fails
 * is said on stderr and no error: then nothing is kept, and the client told so.
 */
void spill_folder_open(
	struct spill_folder *s, const char *session, bool wanted);

/* IPC_SPILL: makes a file and answers with it. IPC_SPILL_DONE: it is written,
 * or of no use and removed. 0; -EPROTO for a file that cannot be meant. */
int spill_begin(
	struct spill_folder *s, int relay_fd, struct ipc_parcel *p) _must_use_;
int spill_done(struct spill_folder *s, uint64_t call, uint64_t file) _must_use_;

/* What was not finished, and a folder without files, is removed. */
void spill_end(struct spill_folder *s);
