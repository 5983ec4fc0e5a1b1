/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which types of content a result may carry: images, audio, blobs, and texts of
 * resources that have a type. What the type is, only the server says.
 *
 * Pure. What is not permitted gives way to a text that says so; all else stays
 * as it was, to the byte. Plain text and links are no such content, nor is
 * structuredContent.
 *
 *   image, audio   permitted with a mimeType of the list and a `data` that is
 *                  strict base64 (base64.h); so is any item of a type that is
 *                  not known here and has `data` or `blob`
 *   resource       the same for its `blob`; a text without a mimeType passes
 *   contents       of resources/read: as an embedded resource; its uri stays
 *
 * A mimeType is its essence: letters of either case are one, and what follows a
 * semicolon is not looked at. What is not of the form TYPE/SUBTYPE is of no
 * type, and neither is what is no string.
 */
#pragma once

#include "policy/message.h"
#include "policy/out.h"
#include "policy/output_caps.h"

/* Whether every list has @mime, a server's or none (JSON_INVALID). */
bool output_type_permitted(
	const struct output_types *t, const struct json_value *mime);

/*
 * @line is a result message for a request of @method, @result its result, a
 * value inside of @line. 0: nothing written, forward the original; 1: the new
 * line is in @out; -ENOMEM, also when @out is over its bound. Linear in @len.
 */
int output_types_cut(const struct output_types *t, enum method method,
	const char *line, size_t len, const struct json_value *result,
	struct out *out);
