/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stockade itself says to a client, and the canonical form of arguments.
 *
 * Pure. Texts and codes are those of the contract (stockade-audit(5),
 * stockade(1)); no text names a command, an id or a path. Every answer is one
 * line with its newline; what was in @o before stays before it. Whether it
 * fitted is in @o->failed.
 */
#pragma once

#include "policy/message.h"
#include "policy/out.h"

/* JSON-RPC 2.0 section 5.1, and what MCP adds. */
#define ANSWER_PARSE_ERROR (-32700)
#define ANSWER_INVALID_REQUEST (-32600)
#define ANSWER_METHOD_NOT_FOUND (-32601)
#define ANSWER_INVALID_PARAMS (-32602)
#define ANSWER_INTERNAL_ERROR (-32603)
#define ANSWER_UNSUPPORTED_VERSION (-32022) /* modern */
#define ANSWER_URL_ELICITATION (-32042)     /* legacy, of a server's */
#define ANSWER_RESOURCE_NOT_FOUND (-32002)  /* legacy; modern: -32602 */

#define ANSWER_NAME_MAX 256 /* bytes of a client's name that come back */

/*
 * An error answer with newline. @id: its bytes as the client wrote them; NULL
 * gives "id":null in the legacy era (and where the era is not known) and no id
 * in the modern one.
 */
void answer_error(struct out *o, enum message_era era, const char *id,
	size_t id_len, int code, const char *text, size_t text_len);

/*
 * -32602 Unknown tool: NAME / Unknown prompt: NAME. @name is unescaped; it is
 * cut at ANSWER_NAME_MAX between characters, and "…" says so. What a screen
 * would not show as itself is escaped (out_json_string()), not taken away: a
 * client gets back the name that it asked for.
 */
void answer_unknown_tool(struct out *o, enum message_era era, const char *id,
	size_t id_len, const char *name, size_t name_len);
void answer_unknown_prompt(struct out *o, enum message_era era, const char *id,
	size_t id_len, const char *name, size_t name_len);

/* ANSWER_UNSUPPORTED_VERSION with what is supported and what was asked for
 * (unescaped; cut at ANSWER_NAME_MAX). */
void answer_unsupported_version(struct out *o, const char *id, size_t id_len,
	const char *requested, size_t len);

/* A result with isError: true; modern: resultType complete. */
void answer_tool_error(struct out *o, enum message_era era, const char *id,
	size_t id_len, const char *text, size_t text_len);

#define CANONICAL_DEPTH_MAX MESSAGE_DEPTH_MAX

/*
 * The canonical form of a value: no white space, members sorted by their UTF-8
 * bytes after unescaping, strings with the shortest escapes (only what must be
 * escaped is; \uXXXX in lower case), numbers as written. Absent arguments
 * (type JSON_INVALID) give {}.
 *
 * 0; -ENOMEM when @o is over its bound or memory is short; -E2BIG for a value
 * deeper than CANONICAL_DEPTH_MAX, which no accepted message has. Memory beside
 * @o: at most 32 bytes for each member of each object. Time is n log n,
 * whatever the depth.
 */
int canonical_write(struct out *o, const struct json_value *v);
