/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/pages.h"

static const enum method lists[PAGES_LISTS] = {
	METHOD_TOOLS_LIST,
	METHOD_PROMPTS_LIST,
	METHOD_RESOURCES_LIST,
	METHOD_RESOURCES_TEMPLATES_LIST,
	METHOD_TASKS_LIST,
};

void pages_init(struct pages *p)
{
	*p = (struct pages){0};
	mark_key_make(&p->key);
}

/* PAGES_LISTS for what is no list. */
static unsigned list_of(const struct message *m)
{
	unsigned i = 0;

	while (i < PAGES_LISTS && lists[i] != m->method)
		i++;
	return i;
}

static bool cursor_of(const struct message *m, struct json_value *ret)
{
	return m->params.type == JSON_OBJECT &&
	       json_get(&m->params, "cursor", ret);
}

bool pages_are_over(const struct pages *p, const struct message *m)
{
	unsigned i = list_of(m);
	struct json_value cursor;

	return i < PAGES_LISTS && p->n[i] >= PAGES_MAX && cursor_of(m, &cursor);
}

bool pages_ask(struct pages *p, const struct message *m, struct mark *ret)
{
	unsigned i = list_of(m);
	struct json_value cursor;

	if (i == PAGES_LISTS)
		return false;
	if (!cursor_of(m, &cursor)) {
		p->n[i] = 0;
		return false;
	}
	p->n[i]++;
	return mark_make(&p->key, &cursor, ret);
}

bool pages_go_round(const struct pages *p, const struct mark *cursor,
	const struct json_value *result)
{
	struct json_value next;
	struct mark mark;

	return result->type == JSON_OBJECT &&
	       json_get(result, "nextCursor", &next) &&
	       mark_make(&p->key, &next, &mark) && mark_equal(&mark, cursor);
}
