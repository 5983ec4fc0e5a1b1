/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words in place of what was cut. Inside policy/output*.c only.
 *
 * Pure. Each writes the inside of a JSON string.
 */
#pragma once

#include "policy/output_item.h"
#include "policy/output_spill.h"

/* The file of that kind, or NULL. */
const struct output_file *note_file(
	const struct output_spill *s, enum output_file_kind kind, unsigned nth);

/* "; all of it, N bytes with SHA-256 HEX, is in PATH", or that it is lost,
 * where it was meant to be kept; nothing where @over is not to spill. */
void note_where(
	struct out *o, enum output_over over, const struct output_file *file);

void note_cut(struct out *o, uint64_t shown, uint64_t total,
	enum output_over over, const struct output_file *file);

/* Why content is left out, whatever its size. */
enum note_why { NOTE_TYPE = 0, NOTE_BASE64, _NOTE_WHY_N };

/* @item's .holder and .size; NULL stands for all that come after it. */
void note_refused(struct out *o, const struct item *item, enum note_why why);

/* @item of the server's; NULL stands for all that come after it. */
void note_left_out(struct out *o, const struct item *item, uint64_t limit,
	enum output_over over, const struct output_file *file);
