/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An audit record on its way to the keeper: typed fields, not text.
 *
 * Relay and supervisor build a record and write it with one write into their
 * own pipe; only the keeper turns it into a line of the log (JSON, ASCII), so
 * that a hijacked writer can lie about a call but forge no other record. The
 * encoding is native-endian: both ends are forks of one process.
 *
 *   header { u32 len (all of it), u16 type, u16 n_fields, u32 cost, u32 zero,
 *            u64 real_us, u64 mono_us }
 *   field  { u16 id, u16 flags, u32 len, len bytes }
 *
 * cost is an upper bound of the bytes that the line will take; the writer has
 * paid it from its credit before the write, the keeper checks it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/cleanup.h"

#define RECORD_MAX 24576      /* encoded bytes of one record */
#define RECORD_LINE_MAX 32768 /* bytes of one line of the log */
#define RECORD_VALUE_MAX 4096 /* text above is cut, with length and hash */
#define RECORD_OVERHEAD 512   /* v, seq, time, mono, session, hash, braces */

enum record_type {
	RECORD_NONE = 0,
	RECORD_SESSION_START,
	RECORD_SESSION_END,
	RECORD_CALL,
	RECORD_RESULT,
	RECORD_LIMIT_HIT,
	RECORD_PROTOCOL_REFUSED,
	RECORD_ANOMALY,
	RECORD_CHECKPOINT,
	RECORD_APPROVAL_ASKED,
	RECORD_APPROVAL_ANSWERED,
	RECORD_POLICY_CHANGED,
	RECORD_PIN_FIRST,
	RECORD_PIN_CHANGED,
	RECORD_PIN_ACCEPTED,
	RECORD_TOKEN_MINTED,
	RECORD_TOKEN_SPENT,
	RECORD_TOKEN_REFUSED,
	RECORD_TOKEN_REVOKED,
	_RECORD_N
};

/* How a field's bytes are read. */
enum field_kind {
	KIND_NONE = 0,
	KIND_U64,   /* 8 bytes */
	KIND_TEXT,  /* any bytes; written as a JSON string, escaped */
	KIND_HASH,  /* 32 bytes, SHA-256 of public things; written as hex */
	KIND_KEYED, /* 32 bytes, SHA-256; the keeper applies its key to it */
	KIND_PAIR,  /* NAME=VALUE, becomes a member of an object; repeated */
	KIND_ITEM,  /* text, becomes an element of an array; repeated */
	KIND_COUNT, /* NAME=N, the same with a number */
	KIND_BOOL,  /* 8 bytes, 0 or 1; put as u64, written as true or false */
};

/*
 * Fields by the names of formats.md section 7; X(id, group, key, kind). A group
 * makes a nested object: X(CLIENT_EXE, "client", "exe") is client.exe. For
 * KIND_PAIR and KIND_ITEM the key names the object or array.
 */
#define RECORD_FIELDS(X)                                    \
	X(VERSION, NULL, "version", KIND_TEXT)              \
	X(UID, NULL, "uid", KIND_U64)                       \
	X(EXE, NULL, "exe", KIND_TEXT)                      \
	X(PID, NULL, "pid", KIND_U64)                       \
	X(CLIENT_EXE, "client", "exe", KIND_TEXT)           \
	X(CLIENT_PID, "client", "pid", KIND_U64)            \
	X(CLIENT_NAME, "client", "name", KIND_TEXT)         \
	X(CLIENT_VERSION, "client", "version", KIND_TEXT)   \
	X(CLIENT_SESSION, "client", "session", KIND_TEXT)   \
	X(CLIENT_PURPOSE, "client", "purpose", KIND_TEXT)   \
	X(SERVER_NAME, "server", "name", KIND_TEXT)         \
	X(SERVER_EXE, "server", "exe", KIND_TEXT)           \
	X(SERVER_ARGC, "server", "argc", KIND_U64)          \
	X(SERVER_ARGV, "server", "argv_hash", KIND_KEYED)   \
	X(SERVER_VERSION, "server", "version", KIND_TEXT)   \
	X(PROFILE_NAME, "profile", "name", KIND_TEXT)       \
	X(PROFILE_DIGEST, "profile", "digest", KIND_HASH)   \
	X(PROFILE_SOURCE, "profile", "sources", KIND_ITEM)  \
	X(ROLE, NULL, "role", KIND_TEXT)                    \
	X(TASK, NULL, "task", KIND_TEXT)                    \
	X(CONTEXT, NULL, "context", KIND_TEXT)              \
	X(EXPIRES, NULL, "expires", KIND_U64)               \
	X(LIMITS, NULL, "limits", KIND_PAIR)                \
	X(DEGRADED, NULL, "degraded", KIND_ITEM)            \
	X(KERNEL, NULL, "kernel", KIND_TEXT)                \
	X(CLOCK_SYNCED, NULL, "clock_synced", KIND_BOOL)    \
	X(KEY_ID, NULL, "key_id", KIND_TEXT)                \
	X(PREVIOUS, NULL, "previous", KIND_TEXT)            \
	X(STATUS, NULL, "status", KIND_U64)                 \
	X(SIGNAL, NULL, "signal", KIND_U64)                 \
	X(CAUSE, NULL, "cause", KIND_TEXT)                  \
	X(TOTAL_CALLS, "totals", "calls", KIND_U64)         \
	X(TOTAL_REFUSED, "totals", "refused", KIND_U64)     \
	X(TOTAL_ERRORS, "totals", "errors", KIND_U64)       \
	X(TOTAL_BYTES_IN, "totals", "bytes_in", KIND_U64)   \
	X(TOTAL_BYTES_OUT, "totals", "bytes_out", KIND_U64) \
	X(CALL, NULL, "call", KIND_U64)                     \
	X(DIR, NULL, "dir", KIND_TEXT)                      \
	X(RPC_ID, NULL, "rpc_id", KIND_TEXT)                \
	X(ERA, NULL, "era", KIND_TEXT)                      \
	X(METHOD, NULL, "method", KIND_TEXT)                \
	X(TOOL, NULL, "tool", KIND_TEXT)                    \
	X(PROMPT, NULL, "prompt", KIND_TEXT)                \
	X(ORIGIN, NULL, "origin", KIND_U64)                 \
	X(URI, NULL, "uri", KIND_TEXT)                      \
	X(CLIENT_CALL, NULL, "client_call", KIND_TEXT)      \
	X(TRACE, NULL, "trace", KIND_TEXT)                  \
	X(ARGS_HASH, NULL, "args_hash", KIND_KEYED)         \
	X(ARGS_BYTES, NULL, "args_bytes", KIND_U64)         \
	X(DECISION, NULL, "decision", KIND_TEXT)            \
	X(LISTED, NULL, "listed", KIND_BOOL)                \
	X(OBSERVED, NULL, "observed", KIND_BOOL)            \
	X(RULES, NULL, "rules", KIND_ITEM)                  \
	X(REASON, NULL, "reason", KIND_TEXT)                \
	X(OUTCOME, NULL, "outcome", KIND_TEXT)              \
	X(CODE, NULL, "code", KIND_TEXT)                    \
	X(RESULT_HASH, NULL, "result_hash", KIND_KEYED)     \
	X(RESULT_BYTES, NULL, "result_bytes", KIND_U64)     \
	X(SENT_BYTES, NULL, "sent_bytes", KIND_U64)         \
	X(MS, NULL, "ms", KIND_U64)                         \
	X(CUT, NULL, "cut", KIND_BOOL)                      \
	X(SPILL, NULL, "spill", KIND_ITEM)                  \
	X(STRIPPED, NULL, "stripped", KIND_COUNT)           \
	X(APPROVAL, NULL, "approval", KIND_U64)             \
	X(ANSWER, NULL, "answer", KIND_TEXT)                \
	X(SCOPE, NULL, "scope", KIND_TEXT)                  \
	X(BY_UID, "by", "uid", KIND_U64)                    \
	X(BY_PID, "by", "pid", KIND_U64)                    \
	X(BY_EXE, "by", "exe", KIND_TEXT)                   \
	X(BY_TTY, "by", "tty", KIND_TEXT)                   \
	X(BY_ANCESTRY, "by", "ancestry", KIND_TEXT)         \
	X(CHANNEL, NULL, "channel", KIND_TEXT)              \
	X(WAITED_MS, NULL, "waited_ms", KIND_U64)           \
	X(TOKEN, NULL, "token", KIND_TEXT)                  \
	X(ONLY_SESSION, NULL, "only_session", KIND_TEXT)    \
	X(USES, NULL, "uses", KIND_U64)                     \
	X(TOKEN_EXPIRES, NULL, "expires", KIND_TEXT)        \
	X(APPROVERS, NULL, "approvers", KIND_ITEM)          \
	X(OLD, NULL, "old", KIND_HASH)                      \
	X(NEW, NULL, "new", KIND_HASH)                      \
	X(NAME, NULL, "name", KIND_TEXT)                    \
	X(FIELDS, NULL, "fields", KIND_ITEM)                \
	X(LIMIT, NULL, "limit", KIND_TEXT)                  \
	X(VALUE, NULL, "value", KIND_U64)                   \
	X(GRADE, NULL, "grade", KIND_TEXT)                  \
	X(OFFSET, NULL, "offset", KIND_U64)                 \
	X(BYTES, NULL, "bytes", KIND_U64)                   \
	X(LINE_HASH, NULL, "line_hash", KIND_KEYED)         \
	X(KIND, NULL, "kind", KIND_TEXT)                    \
	X(COUNT, NULL, "count", KIND_U64)                   \
	X(ACTION, NULL, "action", KIND_TEXT)                \
	X(DETAIL, NULL, "detail", KIND_TEXT)                \
	X(RECORDS, NULL, "records", KIND_U64)               \
	X(HEAD, NULL, "head", KIND_HASH)

enum record_field {
	FIELD_NONE = 0,
#define X(id, group, key, kind) FIELD_##id,
	RECORD_FIELDS(X)
#undef X
		_FIELD_N
};

struct record_field_info {
	const char *group, *key;
	enum field_kind kind;
};

/* The row of a field, or NULL. */
const struct record_field_info *record_field_info(enum record_field id);

/* A record being built. About 24 KiB: keep one a process, not on a stack. */
struct record {
	uint8_t bytes[RECORD_MAX];
	size_t len;
	uint32_t cost;
	int failed; /* -errno of the first put that did not fit, else 0 */
};

/* Starts over; stamps both clocks. */
void record_init(struct record *r, enum record_type type);

/*
 * Each put checks the kind and remembers failure in r->failed; a record that
 * failed is never sent. Text above RECORD_VALUE_MAX is cut at a UTF-8 boundary
 * and the flag, full length and SHA-256 travel with it.
 */
void record_put_u64(struct record *r, enum record_field id, uint64_t value);
void record_put_text(
	struct record *r, enum record_field id, const char *text, size_t len);
void record_put_str(struct record *r, enum record_field id, const char *text);
void record_put_hash(
	struct record *r, enum record_field id, const uint8_t hash[32]);
/* SHA-256 of @bytes; NULL: nothing is put. */
void record_put_hash_of(
	struct record *r, enum record_field id, const void *bytes, size_t len);

/*
 * Finishes the header and views the record in place, as a reader would see it:
 * for who writes a record without a pipe. r->failed or 0.
 */
struct record_view;
int record_finish(struct record *r, struct record_view *ret) _must_use_;

/*
 * Finishes the header and writes to a pipe of one's own, O_NONBLOCK, waiting
 * up to @timeout_ms for room. 0; -ETIMEDOUT if nothing of it went out;
 * -EPIPE and all else: the channel is lost for good.
 */
int record_send(struct record *r, int fd, unsigned timeout_ms) _must_use_;

/* Reading side (keeper). */
struct record_view {
	enum record_type type;
	uint32_t cost;
	uint64_t real_us, mono_us;
	const uint8_t *fields;
	size_t fields_len;
	unsigned n_fields;
};

struct field_view {
	enum record_field id;
	bool cut; /* text is a prefix of something of full_len bytes */
	uint64_t full_len;
	const uint8_t *full_hash; /* 32 bytes when cut */
	const uint8_t *data;
	size_t len;
};

/*
 * Checks the record at the front of @bytes as a whole: lengths, known ids,
 * kinds. Returns its length (> 0), 0 if more bytes are needed, -EPROTO.
 */
ssize_t record_parse(
	const uint8_t *bytes, size_t len, struct record_view *ret) _must_use_;

/* Walks the fields of a checked record; false at the end. Start with *pos 0. */
bool record_next(
	const struct record_view *v, size_t *pos, struct field_view *ret);
