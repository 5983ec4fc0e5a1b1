/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/rework_clean.h"

#include <stdio.h>

#include "base/log.h"
#include "relay/session.h"

enum clean_verdict rework_clean(struct relay *r, const char *line, size_t len,
	struct message *ret, struct clean_stats *stats)
{
	int n;

	out_reset(&r->cleaned);
	n = clean_message(r->caps.unseen, line, len, &r->cleaned, stats);
	if (n == CLEAN_NOTHING)
		return CLEAN_NOTHING;
	/* It is read anew: what was shown may be too long now, or two names
	 * equal. */
	if (n != CLEAN_CHANGED ||
		message_read(r->scanner, DIR_S2C, r->cleaned.data,
			r->cleaned.len, ret) < 0 ||
		ret->verdict != VERDICT_OK) {
		out_reset(&r->cleaned);
		return CLEAN_REFUSED;
	}
	return CLEAN_CHANGED;
}

enum lane_step rework_pass(struct relay *r, struct out *line)
{
	size_t max = line->max;
	struct out was = r->s2c.instead;

	r->s2c.instead = *line;
	r->s2c.instead.max = was.max;
	*line = was;
	line->max = max;
	out_reset(line);
	out_str(&r->s2c.instead, "\n");
	return r->s2c.instead.failed ? LANE_DROP : LANE_INSTEAD;
}

enum lane_step rework_clean_pass(struct relay *r)
{
	return rework_pass(r, &r->cleaned);
}

bool rework_clean_valid(enum shape shape, const struct json_value *result,
	const struct clean_stats *stats)
{
	struct json_value v;

	if (!stats->structured || shape == SHAPE_NONE)
		return true;
	/* No schema asks for that of a failed call. */
	if (result->type == JSON_OBJECT && json_get(result, "isError", &v) &&
		v.type == JSON_TRUE)
		return true;
	return shape == SHAPE_LOOSE && !stats->names;
}

enum lane_step rework_clean_said(
	struct relay *r, enum lane_step step, const struct clean_stats *stats)
{
	struct incident i = {.reason = "in a message of the server's own"};

	if (step != LANE_PASS)
		return step;
	session_note(r, TALLY_UNSEEN, &i);
	rework_clean_tell(r, stats);
	return rework_clean_pass(r);
}

void rework_clean_tell(struct relay *r, const struct clean_stats *stats)
{
	char words[128] = "";
	size_t n = 0;

	for (int i = UNSEEN_NONE + 1; i < _UNSEEN_N; i++)
		if (stats->of[i] && n < sizeof(words))
			n += (size_t)snprintf(words + n, sizeof(words) - n,
				"%s%s", n ? ", " : "", unseen_words[i]);
	if (n == 0 || r->clean_told)
		return;
	r->clean_told = true;
	log_line("the server sends characters that are not seen (%s); they are "
		 "%s, and the log counts them",
		words,
		r->caps.unseen == CLEAN_SHOW ? "made visible" : "taken out");
}
