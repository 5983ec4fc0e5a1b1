/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Caps on what a result may carry: text and binary content counted apart.
 *
 * Pure. What is over is truncated so that the message stays valid JSON, cut
 * between characters, and whole images, audio and blobs are replaced by text.
 *
 * What counts
 *   text    the unescaped bytes of the text items (content, messages,
 *           contents, embedded resources); links, structuredContent, items and
 *           shapes that are not known, by their bytes as written
 *   binary  the base64 characters of image, audio and blob
 *   Of an item's other members, and of the result's, what is over
 *   OUTPUT_FREE bytes as written counts with it, so that nothing hides there.
 *
 * What goes
 *   text    Items are kept in order while they fit. The first that does not is
 *           cut, with "[stockade: cut here, N of M bytes shown]" behind what
 *           is left of it (a link is replaced by that); text and links after
 *           it are taken out, M has counted them.
 *   binary  Each that does not fit into what is left gives way to
 *           "[stockade: image/png of N bytes left out, over the limit of M]";
 *           from the OUTPUT_NOTES_MAX-th on, they are taken out.
 *   structuredContent and unknown shapes are kept whole or not at all: where
 *           they alone are over the cap, it could not be cut (but for an
 *           isError result, whose structuredContent no schema asks for: it is
 *           taken out).
 * The notes come on top of the caps. Every byte outside of what goes stays as
 * it was. In resources/read an item keeps its uri, and a blob becomes a text.
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

#define OUTPUT_FREE 256
#define OUTPUT_NOTES_MAX 32
#define OUTPUT_MIME_MAX 100 /* bytes of a server's mimeType in a note */

/* What all notes of one result take at most: @out's bound is the line's length
 * and this. */
#define OUTPUT_GROWTH_MAX 16384

struct output_cut {
	bool cut;
	uint64_t text_seen, binary_seen;
};

/*
 * @line is a result message for a request of @method (tools/call, prompts/get,
 * resources/read, tasks/result; others are never capped here), @result its
 * result, a value inside of @line. 0 within the caps (nothing written); 1 cut:
 * the new line is in @out; 2 it could not be cut and stay valid
 * (structuredContent of an output schema, unknown shape): nothing written, the
 * caller answers with an isError result; -ENOMEM, also when @out is over its
 * bound; -EINVAL for a @result of another text. @ret is set with 0, 1 and 2.
 * Linear in @len.
 */
int output_cap(const struct output_caps *caps, enum method method,
	const char *line, size_t len, const struct json_value *result,
	struct out *out, struct output_cut *ret);
