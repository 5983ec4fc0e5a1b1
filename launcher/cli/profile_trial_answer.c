/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/profile_trial_answer.h"

#include <errno.h>
#include <string.h>

#include "policy/answer.h"
#include "policy/clean.h"
#include "policy/output.h"
#include "policy/output_types.h"
#include "policy/wishes_cut.h"

/* A character may be shown as ten. */
#define LINE_MAX_BYTES ((size_t)10 * MESSAGE_LINE_MAX)

#define REFUSED "The server's answer was not valid or not permitted."

struct judging {
	const struct trial_answer *a;
	const char *line; /* the server's, or one of .made */
	size_t len;
	struct message m; /* of .line */
	struct out made[3];
	struct out *told;
	const char **rules;
	const char *decision;
};

static void name(struct judging *j, const char *key)
{
	size_t n = 0;

	while (j->rules[n])
		n++;
	if (n < TRIAL_ANSWER_RULES_MAX)
		j->rules[n] = key;
}

/* Nothing of it goes on. */
static void deny(struct judging *j, const char *text, size_t len)
{
	const struct message *c = j->a->call;
	const char *id = c->id.text + c->id.begin;
	size_t id_len = c->id.end - c->id.begin;

	j->decision = "deny";
	out_reset(j->told);
	if (c->method == METHOD_TOOLS_CALL)
		answer_tool_error(j->told, c->era, id, id_len, text, len);
	else
		answer_error(j->told, c->era, id, id_len, ANSWER_INTERNAL_ERROR,
			text, len);
}

static void refuse(struct judging *j)
{
	deny(j, REFUSED, strlen(REFUSED));
}

/* What was made goes on in its place; it is read anew, as by the relay. */
static int take(struct judging *j, const struct out *made, const char *key)
{
	int r;

	name(j, key);
	j->line = made->data;
	j->len = made->len;
	j->decision = "cut";
	r = message_read(j->a->scanner, DIR_S2C, j->line, j->len, &j->m);
	if (r == 0 && j->m.verdict != VERDICT_OK)
		refuse(j);
	return r;
}

static int cut_types(struct judging *j)
{
	int n;

	if (j->a->caps->types.n == 0)
		return 0;
	n = output_types_cut(&j->a->caps->types, j->a->call->method, j->line,
		j->len, &j->m.result, &j->made[0]);
	return n == 1 ? take(j, &j->made[0], "protocol.output.types") : n;
}

static int clean(struct judging *j)
{
	static const char key[] = "protocol.output.unseen";
	struct clean_stats stats;
	int n;

	if (!clean_may_change(j->a->caps->unseen, j->line, j->len))
		return 0;
	n = clean_message(
		j->a->caps->unseen, j->line, j->len, &j->made[1], &stats);
	if (n == CLEAN_CHANGED)
		return take(j, &j->made[1], key);
	if (n == CLEAN_REFUSED) {
		name(j, key);
		refuse(j);
	}
	return n < 0 ? n : 0;
}

/* No answer of the legacy era asks. */
static int look_at_wishes(struct judging *j)
{
	enum wish is = wishes_permit_result(j->a->wishes, &j->m.result);
	bool denied = is == WISH_DENY ||
		      (is == WISH_ASK && j->a->call->era != ERA_MODERN);

	if (is != WISH_ALLOW)
		name(j, "protocol.methods");
	if (denied || message_result_confused(&j->m.result))
		refuse(j);
	else if (is == WISH_ASK)
		j->decision = "ask";
	return 0;
}

static void name_caps(struct judging *j, const struct output_cut *cut)
{
	if (cut->text_seen > j->a->caps->text_bytes)
		name(j, "protocol.output.text");
	if (cut->binary_seen > j->a->caps->binary_bytes)
		name(j, "protocol.output.binary");
}

static void tell(struct judging *j, const char *line, size_t len)
{
	out_bytes(j->told, line, len);
	out_str(j->told, "\n");
}

static int cap(struct judging *j)
{
	struct output_cut cut = {0};
	struct out text = OUT_INIT(4096);
	int n;

	n = output_cap(j->a->caps, j->a->call->method, j->line, j->len,
		&j->m.result, NULL, &j->made[2], &cut);
	if (n < 0)
		return n;
	name_caps(j, &cut);
	if (n == OUTPUT_CUT) {
		j->decision = "cut";
		tell(j, j->made[2].data, j->made[2].len);
	} else if (n != OUTPUT_FITS) {
		output_over_text(
			&text, j->a->caps, (enum output_verdict)n, &cut, NULL);
		deny(j, text.failed ? REFUSED : text.data,
			text.failed ? strlen(REFUSED) : text.len);
		out_deinit(&text);
	} else if (j->decision && strcmp(j->decision, "cut") == 0) {
		tell(j, j->line, j->len);
	}
	return 0;
}

static int judge(struct judging *j)
{
	static int (*const steps[])(struct judging * j) = {
		cut_types, clean, look_at_wishes, cap};
	int r = message_read(j->a->scanner, DIR_S2C, j->line, j->len, &j->m);

	if (r == 0 &&
		(j->m.verdict != VERDICT_OK || j->m.kind != MESSAGE_RESULT))
		refuse(j);
	for (size_t i = 0; r == 0 && i < sizeof(steps) / sizeof(*steps); i++)
		if (!j->decision || strcmp(j->decision, "deny") != 0)
			r = steps[i](j);
	return r;
}

int trial_answer_judge(const struct trial_answer *a, const char *line,
	size_t len, struct out *o,
	const char *ret_rules[TRIAL_ANSWER_RULES_MAX + 1],
	const char **ret_decision)
{
	struct judging j = {
		.a = a,
		.line = line,
		.len = len,
		.made = {OUT_INIT(LINE_MAX_BYTES), OUT_INIT(LINE_MAX_BYTES),
			OUT_INIT(LINE_MAX_BYTES)},
		.told = o,
		.rules = ret_rules,
	};
	int r = judge(&j);

	for (size_t i = 0; i < sizeof(j.made) / sizeof(*j.made); i++)
		out_deinit(&j.made[i]);
	*ret_decision = j.decision;
	return r;
}
