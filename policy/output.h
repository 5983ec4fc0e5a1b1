/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Caps on what a result may carry: text and binary content counted apart.
 *
 * Pure. What is over is truncated so that the message stays valid JSON, cut
 * between characters, and whole images, audio and blobs are replaced by text.
 */
#pragma once

#include "policy/message.h"
#include "policy/out.h"

struct output_caps {
	uint64_t text_bytes;   /* unescaped text of one result; default 1 MiB */
	uint64_t binary_bytes; /* base64 characters; default 6 MiB */
};

#define OUTPUT_TEXT_DEFAULT (1ULL << 20)
#define OUTPUT_BINARY_DEFAULT (6ULL << 20)

struct output_cut {
	bool cut;
	uint64_t text_seen, binary_seen;
};

/*
 * @line is a result message for a request of @method (tools/call, prompts/get,
 * resources/read; others are never capped here). 0 within the caps (nothing
 * written); 1 cut: the new line is in @out; 2 it could not be cut and stay
 * valid (structuredContent of an output schema, unknown shape): the caller
 * answers with an isError result; -ENOMEM.
 */
int output_cap(const struct output_caps *caps, enum method method,
	const char *line, size_t len, const struct json_value *result,
	struct out *out, struct output_cut *ret);
