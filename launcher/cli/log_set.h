/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many sessions as one stream in the order of time, for `stockade log`.
 *
 * A file is open only from its first record's time to its last: as many at once
 * as sessions ran side by side, however many there are.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "cli/log_stream.h"

struct log_set {
	int dir;
	const char *session; /* beginning of the sessions wanted, or NULL */
	uint64_t until_us;   /* no session that starts later is opened */
	bool follow;         /* what is running stays open at its end */
	struct log_pending *pending; /* not opened yet, the latest first */
	size_t n_pending, size_pending;
	struct log_stream **streams;
	size_t n, size;
	struct log_stream *last; /* whose record was handed out */
};

/* @dir (not O_PATH) stays the caller's. */
void log_set_init(struct log_set *s, int dir);
void log_set_deinit(struct log_set *s);

/* Takes in all files of the folder. */
int log_set_scan(struct log_set *s, struct err *e) _must_use_;

/* Takes in one file that is new. What is no log, or was not asked for, is fine.
 */
int log_set_add(struct log_set *s, const char *file, struct err *e) _must_use_;

/* Looks for more at the end of the files that are still open. */
int log_set_refresh(struct log_set *s, struct err *e) _must_use_;

/* 1 with the stream whose ->line is next; 0 when there is none now. */
int log_set_next(struct log_set *s, const struct log_stream **ret,
	struct err *e) _must_use_;
