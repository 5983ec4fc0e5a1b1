/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The records of one session, one after the other, for `stockade log`. A result
 * says only the number of its call; the stream remembers what that was.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "keeper/audit_entry.h"
#include "keeper/audit_reader.h"
#include "keeper/audit_roster.h"

/* What is kept of a call until its result comes. */
struct log_call {
	uint64_t number; /* 0: none */
	char decision[12], name[64];
	bool inward; /* from the server to the client */
};

/* Calls that are remembered; the result of an older one stands alone. */
#define LOG_CALLS 256

struct log_stream {
	struct audit_reader reader;
	char file[AUDIT_NAME_LEN + 1];
	char session[SESSION_HEX + 1];
	char server[512];  /* whole: args_hash binds it */
	char purpose[128]; /* of a log of something else than a server; or "" */
	bool open, ended;

	/* The record that is next, while ->is. */
	bool is;
	struct audit_line line;
	struct audit_entry entry;    /* ->root NULL: could not be read */
	const char *type;            /* "" then */
	uint64_t time_us;            /* never goes back inside a session */
	const struct log_call *call; /* of a call or its result, or NULL */
	struct log_call calls[LOG_CALLS];
};

/* 0; 1 if the file is not there (any more); -errno. */
int log_stream_open(
	struct log_stream *s, int dirfd, const char *file) _must_use_;
void log_stream_close(struct log_stream *s);

/* Reads on; s->is tells whether there is a record. 0 or -errno. */
int log_stream_next(struct log_stream *s) _must_use_;
