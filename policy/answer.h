/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stockade itself says to a client, and the canonical form of arguments.
 *
 * Pure. Texts and codes are those of the contract (stockade-audit(5),
 * stockade(1)); no text names a command, an id or a path.
 */
#pragma once

#include "policy/message.h"
#include "policy/out.h"

/*
 * An error answer with newline. @id: its bytes as the client wrote them; NULL
 * gives "id":null in the legacy era and no id in the modern one.
 */
void answer_error(struct out *o, enum message_era era, const char *id,
	size_t id_len, int code, const char *text, size_t text_len);

/* -32602 Unknown tool: NAME / Unknown prompt: NAME. */
void answer_unknown_tool(struct out *o, enum message_era era, const char *id,
	size_t id_len, const char *name, size_t name_len);

/* A result with isError: true; modern: resultType complete. */
void answer_tool_error(struct out *o, enum message_era era, const char *id,
	size_t id_len, const char *text, size_t text_len);

/*
 * The canonical form of a value: no white space, members sorted by their UTF-8
 * bytes after unescaping, strings with the shortest escapes, numbers as
 * written. Absent arguments (type JSON_INVALID) give {}. Bounded memory:
 * -ENOMEM when @out is over its bound.
 */
int canonical_write(struct out *o, const struct json_value *v);
