/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is kept of a server's definitions: the form of one file of the store.
 *
 * The store of a server and profile is a folder of such files. Each is written
 * once, whole, by one keeper or by `stockade pin`, and never changed: several
 * sessions side by side add files and overwrite nothing. Read in the order of
 * their names, the events in them say what holds.
 *
 *   stockade pins 1 PROFILE SERVER
 *   EVENT KIND NAME-HASH HASH DEFINITION
 *   …
 *   end SHA-256
 *
 * SHA-256 is over all before it, HASH over DEFINITION (canonical JSON, of which
 * nothing here understands a byte). Text only, no files; any process.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

#define PIN_BATCH_MAX ((size_t)24 << 20)
/* And the one that takes the place of all: a full table (policy/pins.h), with
 * what a line adds to a definition. */
#define PIN_FILE_MAX ((size_t)40 << 20)
#define PIN_FILES_MAX 512
/* Of a session, besides those of what was accepted in it. */
#define PIN_PARTS_MAX 64
#define PIN_HASH_HEX 64
/* Before the definition that somebody is asked to accept: the last member of
 * what is shown. */
#define PIN_BATCH_SHOWN "\"new\":"
/* Of a file's name: "00000007-0123456789abcdef-01.pins". */
#define PIN_NAME_SIZE 48

enum pin_event {
	PIN_EVENT_NONE = 0,
	PIN_EVENT_FIRST,    /* shown before anything was accepted */
	PIN_EVENT_WAITING,  /* differs, or is new: somebody has to look */
	PIN_EVENT_KNOWN,    /* the whole list was seen, for NAME-HASH's kind
			       of client */
	PIN_EVENT_ACCEPTED, /* by somebody */
	PIN_EVENT_RENAMED,  /* what waits was called otherwise: DEFINITION is
			       ["new","old"], or ["new",null] if not so */
	PIN_EVENT_RETIRED,  /* with that, what it was: DEFINITION is a name */
	_PIN_EVENT_N
};

const char *pin_event_name(enum pin_event e);

struct pin_line {
	enum pin_event event;
	const char *kind; /* a word */
	size_t kind_len;
	uint8_t name_hash[32], hash[32];
	const char *json;
	size_t json_len;
};

/* One text, being read. */
struct pin_batch {
	const char *text;
	size_t pos, end; /* of the events */
	const char *profile, *server;
	size_t profile_len, server_len; /* escaped */
};

/*
 * Checks all of it: form, hashes, end. 0; -EBADMSG if it is whole but was
 * edited, or is none of ours; -ENODATA if its end is missing.
 */
int pin_batch_open(
	const char *text, size_t len, struct pin_batch *ret) _must_use_;
/*
 * What is left of one whose end is missing: its whole lines, each of which
 * holds by itself. .profile is NULL where not even the first is there. -EBADMSG
 * if it was not merely cut.
 */
int pin_batch_salvage(
	const char *text, size_t len, struct pin_batch *ret) _must_use_;
/* The next event; false at the end. Only of what was opened. */
bool pin_batch_next(struct pin_batch *b, struct pin_line *ret);

/* Writes one: begin, then events, then end. -ENOMEM, -ENOBUFS. */
int pin_batch_begin(
	struct buf *b, const char *profile, const char *server) _must_use_;
int pin_batch_add(struct buf *b, enum pin_event e, const char *kind,
	const uint8_t name_hash[32], const char *json, size_t len) _must_use_;
int pin_batch_end(struct buf *b) _must_use_;
/* Takes back what was begun, if nothing was added. */
bool pin_batch_empty(const struct buf *b);

/* "0000000N-SESSION-M.pins", or false if @name is none. */
void pin_file_name(char dst[PIN_NAME_SIZE], uint32_t sequence,
	const char *session, unsigned part);
bool pin_file_parse(const char *name, uint32_t *ret_sequence);
