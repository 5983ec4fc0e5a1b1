/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/elicited.h"

void elicited_init(struct elicited *e)
{
	*e = (struct elicited){0};
	mark_key_make(&e->key);
}

void elicited_note(struct elicited *e, const struct json_value *params)
{
	struct json_value id;

	if (params->type != JSON_OBJECT ||
		!json_get(params, "elicitationId", &id) ||
		id.type != JSON_STRING ||
		!mark_make(&e->key, &id, &e->marks[e->next]))
		return;
	e->live[e->next] = true;
	e->next = (e->next + 1) % ELICITED_MAX;
}

bool elicited_take(struct elicited *e, const struct json_value *id)
{
	struct mark mark;

	if (id->type != JSON_STRING || !mark_make(&e->key, id, &mark))
		return false;
	for (unsigned i = 0; i < ELICITED_MAX; i++)
		if (e->live[i] && mark_equal(&e->marks[i], &mark)) {
			e->live[i] = false;
			return true;
		}
	return false;
}
