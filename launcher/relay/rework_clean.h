/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What nobody sees is taken out of what the server says, before anything else
 * looks at it.
 *
 * Relay's process; lives for one line. r->cleaned has the new one.
 */
#pragma once

#include "policy/clean.h"
#include "policy/message.h"
#include "relay/lane.h"
#include "relay/pending.h"

struct relay;

/*
 * CLEAN_NOTHING; CLEAN_CHANGED: the new line, without a newline, is in
 * r->cleaned, and *ret is read from it; CLEAN_REFUSED.
 */
enum clean_verdict rework_clean(struct relay *r, const char *line, size_t len,
	struct message *ret, struct clean_stats *stats);

/* r->cleaned, or @line, becomes the line that goes on. */
enum lane_step rework_pass(struct relay *r, struct out *line);
enum lane_step rework_clean_pass(struct relay *r);

/* Whether @result of a tool with that @shape may carry structuredContent that
 * was changed so. */
bool rework_clean_valid(enum shape shape, const struct json_value *result,
	const struct clean_stats *stats);

/* A request or a notification of the server's: r->cleaned or the original goes
 * on, if @step says so. */
enum lane_step rework_clean_said(
	struct relay *r, enum lane_step step, const struct clean_stats *stats);

/* Says once, on standard error, that it has happened. */
void rework_clean_tell(struct relay *r, const struct clean_stats *stats);
