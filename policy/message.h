/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One line of the stream as a JSON-RPC 2.0 message of MCP: what kind, which
 * method, which era, and whether it may pass as far as its form goes.
 *
 * Pure. Form only: what a policy says of the tool is tools.h.
 */
#pragma once

#include "policy/json.h"

#define MESSAGE_LINE_MAX (8U << 20)
#define MESSAGE_DEPTH_MAX 128
#define MESSAGE_KEYS_MAX 65536
#define META_SUBSCRIPTION "io.modelcontextprotocol/subscriptionId"
#define MESSAGE_ID_MAX 256 /* bytes as written, quotes included */

enum message_dir {
	DIR_NONE = 0,
	DIR_C2S, /* client to server */
	DIR_S2C,
};

enum message_kind {
	MESSAGE_NONE = 0,
	MESSAGE_REQUEST,
	MESSAGE_NOTIFICATION,
	MESSAGE_RESULT,
	MESSAGE_ERROR,
};

enum message_era {
	ERA_NONE = 0,
	ERA_LEGACY, /* up to 2025-11-25 */
	ERA_MODERN, /* 2026-07-28: params._meta names its protocol version */
};

/* Known methods; the table in method.c has direction, kind and era of each. */
enum method {
	METHOD_UNKNOWN = 0,
	METHOD_INITIALIZE,
	METHOD_DISCOVER,
	METHOD_PING,
	METHOD_TOOLS_LIST,
	METHOD_TOOLS_CALL,
	METHOD_RESOURCES_LIST,
	METHOD_RESOURCES_TEMPLATES_LIST,
	METHOD_RESOURCES_READ,
	METHOD_RESOURCES_SUBSCRIBE,
	METHOD_RESOURCES_UNSUBSCRIBE,
	METHOD_SUBSCRIPTIONS_LISTEN,
	METHOD_PROMPTS_LIST,
	METHOD_PROMPTS_GET,
	METHOD_COMPLETION_COMPLETE,
	METHOD_LOGGING_SET_LEVEL,
	METHOD_TASKS_GET,
	METHOD_TASKS_RESULT,
	METHOD_TASKS_LIST,
	METHOD_TASKS_CANCEL,
	METHOD_TASKS_UPDATE,
	METHOD_SAMPLING_CREATE_MESSAGE,
	METHOD_ELICITATION_CREATE,
	METHOD_ROOTS_LIST,
	METHOD_N_INITIALIZED,
	METHOD_N_CANCELLED,
	METHOD_N_PROGRESS,
	METHOD_N_MESSAGE,
	METHOD_N_TOOLS_LIST_CHANGED,
	METHOD_N_PROMPTS_LIST_CHANGED,
	METHOD_N_RESOURCES_LIST_CHANGED,
	METHOD_N_RESOURCES_UPDATED,
	METHOD_N_ROOTS_LIST_CHANGED,
	METHOD_N_SUBSCRIPTIONS_ACKNOWLEDGED,
	METHOD_N_ELICITATION_COMPLETE,
	METHOD_N_TASKS_STATUS,
	METHOD_N_TASKS,
	_METHOD_N
};

/* METHOD_UNKNOWN for what the table lacks. Exact, after unescaping. */
enum method method_find(const struct json_value *name);
const char *method_name(enum method m);

/*
 * Whether the method is known in this direction, of this kind (request or
 * notification), in this era; ERA_NONE (a notification does not tell) asks for
 * either.
 */
bool method_permitted(enum method m, enum message_dir dir,
	enum message_kind kind, enum message_era era);

/* Whether @v is an id, or a progress token, that every reader takes for the
 * same: a string or an integer within the bounds of message_read(). */
bool message_id_valid(const struct json_value *v);

enum message_verdict {
	VERDICT_NONE = 0,
	VERDICT_OK,
	VERDICT_EMPTY,   /* white space only: skip without a word */
	VERDICT_REFUSED, /* .code, .reason; answer if it is a request of the
			    client's, drop if it is of the server's */
};

struct message {
	enum message_verdict verdict;
	int code;           /* JSON-RPC error code when refused */
	const char *reason; /* fixed phrase, no foreign bytes */
	size_t offset;      /* of the fault */
	/*
	 * Refused, but .id is unambiguous: answer with it. Look at .kind first:
	 * the id of a request is its sender's, that of an answer (RESULT,
	 * ERROR) belongs to whoever asked. When the text itself is at fault
	 * (-32700, depth, duplicates, …), .id and .kind are what its brackets
	 * and quotes say, all else is absent.
	 */
	bool id_usable;

	enum message_kind kind; /* when refused: as far as it can be told */
	enum message_dir dir;
	/* Of requests; of notifications only MODERN is ever told, else NONE. */
	enum message_era era;
	enum method method;
	/* Absent members have type JSON_INVALID. meta: params._meta. */
	struct json_value top, id, method_name, params, result, error, meta;
	size_t n_half_surrogates; /* s2c: mend before forwarding */
};

/*
 * A scanner with the limits of messages, good for both directions; @key as in
 * struct json_limits, random. NULL when out of memory.
 */
struct json_scanner *message_scanner_new(const uint64_t key[2]);

/*
 * Reads one line (without its LF; a CR before it counts as white space) with a
 * scanner from message_scanner_new(). Never fails but for memory (-ENOMEM): a
 * bad line is a verdict. Refused is what readers take in different ways:
 * - any member of the envelope but jsonrpc, id, method, params, result, error;
 * - in the envelope, in params, or in what policy reads of a completion's ref
 *   and of what is listened to, a name that some reader takes for one of the
 *   protocol's, because it differs only by case (Go's folds two characters
 *   beyond ASCII too);
 * - an id that is neither a string (at most 256 bytes as written, no NUL, no
 *   half surrogate) nor an integer of at most 53 bits; 1.0, 1e0 and -0 are not;
 * - an answer without id, or with null; params that are no object, null too;
 * - a result that is neither an object nor null (MCP has objects only; SDKs
 * drop others without a word);
 * - an error without integer code or string message, or with more than data;
 * - half a surrogate pair from the client; from the server it is counted.
 * A response's era is the caller's to know (that of its request).
 */
int message_read(struct json_scanner *s, enum message_dir dir, const char *text,
	size_t len, struct message *ret);

/*
 * Whether a member of a result, or of what a server asks for (an entry of
 * inputRequests, its params, an elicitation), differs only by case from one
 * that the protocol has there: some reader takes it for that one.
 */
bool message_result_confused(const struct json_value *result);
bool message_wish_confused(const struct json_value *wish);

/*
 * For a line that is over the limit and was not kept: feed its bytes as they
 * pass, the LF not; message_id_seek_end() gives the bytes of the top-level
 * "id", wherever it stands (SDK servers write it last), if it is the only one,
 * a good one, and the line one object as far as brackets and quotes tell. The
 * inside of values is not checked. Constant memory. After the end, the next
 * line can be fed.
 */
struct message_id_seek;
struct message_id_seek *message_id_seek_new(void);
void message_id_seek_free(struct message_id_seek *s);
void message_id_seek_feed(
	struct message_id_seek *s, const char *bytes, size_t len);
/* @ret_id lives until the next feed. */
bool message_id_seek_end(
	struct message_id_seek *s, const char **ret_id, size_t *ret_len);
/* After the end, until the next feed: whose id it is. That of a REQUEST is its
 * sender's, an answer's (RESULT, ERROR) belongs to whoever asked; NONE if the
 * line is neither. */
enum message_kind message_id_seek_kind(const struct message_id_seek *s);
