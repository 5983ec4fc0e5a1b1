/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a running keeper knows; shared by its own files only.
 *
 * Space is given out in this order, and never twice:
 *
 *   room of the file = lines not yet written + credit of the relay
 *                    + SUPERVISOR_ROOM + OWN_ROOM + rest
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/ipc.h"
#include "keeper/chain.h"
#include "keeper/desk.h"
#include "keeper/file.h"
#include "keeper/keeper.h"
#include "keeper/key.h"
#include "keeper/ledger.h"
#include "keeper/line.h"
#include "keeper/pins.h"
#include "keeper/source.h"
#include "keeper/spill.h"
#include "keeper/token_desk.h"

#define OWN_ROOM ((uint64_t)8 * 1024) /* anomalies, checkpoint, session.end */
#define SUPERVISOR_ROOM \
	((uint64_t)56 * 1024)         /* its records, and a session.end */
#define WINDOW ((uint64_t)160 * 1024) /* credit that the relay may hold */

#define CHECKPOINT_RECORDS 1000
#define CHECKPOINT_US (60 * 1000000ULL)

/* While there is no space, or somebody holds the ledger. */
#define RETRY_MS 250

enum { SOURCE_RELAY, SOURCE_SUPERVISOR, _SOURCE_N };

struct keeper {
	struct keeper_config c;
	char file_name[64];
	char *folder; /* path of the audit folder, for messages */
	struct audit_key *key;
	struct audit_file file;
	struct ledger ledger;
	struct chain chain;
	struct line_context line;
	struct buf out; /* sealed lines that are not in the file yet */
	struct source sources[_SOURCE_N];
	uint64_t credit; /* granted to the relay and not spent */
	uint64_t calls;  /* call records of the relay */

	bool starved;          /* the filesystem gave less than was asked */
	bool said;             /* the person at the terminal knows */
	bool waits[_SOURCE_N]; /* a record of that writer waits for room */
	int error;             /* of the last write that failed, else 0 */
	bool ledger_due;       /* a checkpoint waits for the ledger's lock */
	uint64_t checked_us;   /* when and at how many records the last */
	uint64_t checked;      /* checkpoint was made */

	bool clock_known;        /* the next is of the last look at it */
	int64_t clock_offset_us; /* time of day less time since boot */
	uint64_t clock_told_us;  /* when a step was recorded */

	struct spill_folder spill;
	struct pin_folder pins;
	bool supervisor_dead;
	uint64_t deadline_us; /* end then, whoever is still writing; 0: no */

	struct token_desk *tokens; /* NULL: no call needs one */
	struct desk *desk;         /* NULL: nothing is ever asked */
	bool relay_heard;          /* its socket is listened to */
	bool supervisor_heard;
	struct ipc_parcel parcel; /* scratch */

	struct record own;        /* scratch for records of our own */
	uint8_t held[RECORD_MAX]; /* session.end, until all else is in */
	size_t held_len;
};

/* keeper_open.c */

/* @k is all zeroes. Nothing is open yet, and no descriptor of @c's is ours. */
void keeper_init(struct keeper *k, const struct keeper_config *c);

/* The name of the file, and the folder that it goes into. */
int keeper_prepare(struct keeper *k, int *ret_dir, struct err *e) _must_use_;

/* Files, key, ledger, and the first line in both. <0 with e->text, and then no
 * file is left. */
int keeper_open(struct keeper *k, int dir, struct record *start,
	struct err *e) _must_use_;

/* keeper.c: the caller of keeper_new() keeps its descriptors when it fails. */
void keeper_disown(struct keeper *k);

/* keeper_log.c: into the log. */

/* Room that may still be promised when @keep of it has to stay. */
uint64_t keeper_room(const struct keeper *k, uint64_t keep);

/* Turns a record into a sealed line in k->out, with its type's side effects. */
int keeper_add(struct keeper *k, const struct record_view *v) _must_use_;

/* The same for k->own, which record_init() began. */
int keeper_add_own(struct keeper *k) _must_use_;

/*
 * The same, and into the file at once. What could not be written is as if it
 * had never been, so that the log does not get later what was given up. -errno.
 */
int keeper_write_own(struct keeper *k) _must_use_;

/* Writes k->out. Remembers and, once, says what went wrong. */
void keeper_flush(struct keeper *k);

/* Reserves ahead and tells the relay how much it may spend. */
void keeper_grant(struct keeper *k);

/* A checkpoint, if one is due, in the file and in the ledger. */
void keeper_checkpoint(struct keeper *k);

/* keeper_clock.c */

/* Remembers where the clocks stand. */
void keeper_clock_begin(struct keeper *k);

/* Records that the time of day was set since the last look at it. */
void keeper_clock(struct keeper *k);

/* keeper_drain.c: out of the pipes. */

/* Takes in what the writers have sent; the bytes that there were. */
size_t keeper_drain(struct keeper *k);

/* keeper_ipc.c: takes in what relay and supervisor say beside records. */
void keeper_hear(struct keeper *k);

/* keeper_end.c */

/* The line of the end, in the ledger. */
int keeper_end_ledger(struct keeper *k) _must_use_;

/* The last record, the ledger, the cgroup; tells the supervisor. */
int keeper_finish(struct keeper *k, struct err *e) _must_use_;
