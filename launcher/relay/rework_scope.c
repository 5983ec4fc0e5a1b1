/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/rework_scope.h"

#include "policy/scope.h"
#include "policy/tasks.h"
#include "relay/rework_clean.h"
#include "relay/session.h"

/* Results that have a cacheScope. */
static bool is_cached(enum method m)
{
	static const enum method cached[] = {
		METHOD_DISCOVER,
		METHOD_TOOLS_LIST,
		METHOD_PROMPTS_LIST,
		METHOD_RESOURCES_LIST,
		METHOD_RESOURCES_TEMPLATES_LIST,
		METHOD_RESOURCES_READ,
	};

	for (size_t i = 0; i < ELEMENTS(cached); i++)
		if (cached[i] == m)
			return true;
	return false;
}

/* It has to say so, and what is not said may be taken for public. */
static bool has_to_say(const struct message *m, const struct call *c)
{
	return c->era == ERA_MODERN && m->kind == MESSAGE_RESULT &&
	       result_type(&m->result) == RESULT_COMPLETE;
}

enum lane_step rework_scope(struct relay *r, const struct call *c)
{
	const struct out *line = &r->s2c.instead;
	struct message m;
	int n;

	if (!is_cached(c->method))
		return LANE_INSTEAD;
	if (message_read(r->scanner, DIR_S2C, line->data, line->len - 1, &m) <
			0 ||
		m.verdict != VERDICT_OK)
		return LANE_DROP;
	out_reset(&r->typed);
	n = scope_make_private(line->data, line->len - 1, &m.result,
		has_to_say(&m, c), &r->typed);
	if (n == 1)
		return LANE_INSTEAD;
	return n == 0 ? rework_pass(r, &r->typed) : LANE_DROP;
}
