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
 *   OUTPUT_FREE bytes as written counts as text, so that nothing hides there.
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
 * In initialize and server/discover the text is `instructions`; it is cut,
 * whatever a profile says of what is over. What stands beside it, and answers
 * of other methods, can be as long as output_other_bytes() and not be cut.
 * An error answer (output_cap_error()) loses its `data`, then the end of its
 * message. Lists are capped where they are filtered (tools.h).
 *
 * What else may happen (output_caps.h)
 *   error   nothing of the result goes on
 *   spill   what is cut goes into files first (output_spill.h), and the notes
 *           say where it is
 * The notes come on top of the caps. Every byte outside of what goes stays as
 * it was. In resources/read an item keeps its uri, and a blob becomes a text.
 */
#pragma once

#include "policy/message.h"
#include "policy/out.h"
#include "policy/output_caps.h"

#define OUTPUT_FREE 256
#define OUTPUT_NOTES_MAX 32
#define OUTPUT_MIME_MAX 100 /* bytes of a server's mimeType in a note */

/* What all notes of one result take at most: @out's bound is the line's length
 * and this. */
#define OUTPUT_GROWTH_MAX (128U << 10)

struct output_cut {
	bool cut;
	uint64_t text_seen, binary_seen;
};

enum output_verdict {
	OUTPUT_FITS = 0, /* nothing written: forward the original */
	OUTPUT_CUT,      /* the new line is in @out */
	/* Nothing written; the caller answers in its place with what
	 * output_over_text() says: */
	OUTPUT_WHOLE,  /* it could not be cut and stay valid */
	OUTPUT_FORBID, /* over, and that is to be an error */
};

struct output_spill;

/*
 * @line is a result message for a request of @method, @result its result, a
 * value inside of @line; @spill what was put into files, or NULL. An enum
 * output_verdict; -ENOMEM, also when @out is over its bound; -EINVAL for a
 * @result of another text. @ret is set with each verdict. Linear in @len.
 */
int output_cap(const struct output_caps *caps, enum method method,
	const char *line, size_t len, const struct json_value *result,
	const struct output_spill *spill, struct out *out,
	struct output_cut *ret);

/*
 * The same for an error answer, @error its error. OUTPUT_FITS or OUTPUT_CUT,
 * -ENOMEM, -EINVAL.
 */
int output_cap_error(const struct output_caps *caps, const char *line,
	size_t len, const struct json_value *error, struct out *out,
	struct output_cut *ret);

/* What a client is told in place of the result, as plain text. */
void output_over_text(struct out *out, const struct output_caps *caps,
	enum output_verdict verdict, const struct output_cut *cut,
	const struct output_spill *spill);
