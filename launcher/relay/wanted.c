/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/wanted.h"

void wanted_init(struct wanted *w)
{
	w->n = w->next = 0;
	mark_key_make(&w->key);
}

void wanted_subject(const struct wanted *w, const struct message *m,
	const struct json_value *name, struct mark *ret)
{
	struct mark parts[2] = {0};

	(void)mark_make(&w->key, &m->method_name, &parts[0]);
	(void)mark_make(&w->key, name, &parts[1]);
	mark_join(&w->key, parts, 2, ret);
}

void wanted_state(const struct wanted *w, const struct mark *subject,
	const struct json_value *from, struct mark *ret)
{
	struct mark parts[2] = {*subject};
	struct json_value v;

	if (json_get(from, "requestState", &v))
		(void)mark_make(&w->key, &v, &parts[1]);
	mark_join(&w->key, parts, 2, ret);
}

static bool has(const struct wanted *w, const struct mark *state,
	const struct mark *key)
{
	for (unsigned i = 0; i < w->n; i++)
		if (mark_equal(&w->keys[i].state, state) &&
			mark_equal(&w->keys[i].key, key))
			return true;
	return false;
}

static bool requests_of(const struct json_value *result, struct json_iter *ret)
{
	struct json_value v;

	if (result->type != JSON_OBJECT ||
		!json_get(result, "inputRequests", &v) || v.type != JSON_OBJECT)
		return false;
	*ret = json_iter(&v);
	return true;
}

bool wanted_fits(const struct json_value *result)
{
	struct json_member m;
	struct json_iter i;
	unsigned n = 0;

	if (!requests_of(result, &i))
		return true;
	while (json_next(&i, &m))
		if (++n > WANTED_KEYS_MAX)
			return false;
	return true;
}

void wanted_note(struct wanted *w, const struct mark *subject,
	const struct json_value *result)
{
	struct mark state, key;
	struct json_member m;
	struct json_iter i;

	if (!requests_of(result, &i))
		return;
	wanted_state(w, subject, result, &state);
	while (json_next(&i, &m)) {
		if (!mark_make(&w->key, &m.name, &key) || has(w, &state, &key))
			continue;
		w->keys[w->next].state = state;
		w->keys[w->next].key = key;
		w->next = (w->next + 1) % WANTED_MAX;
		w->n += w->n < WANTED_MAX;
	}
}

void wanted_look(const struct wanted *w, const struct mark *subject,
	const struct message *m, struct wanted_here *ret)
{
	ret->w = w;
	wanted_state(w, subject, &m->params, &ret->state);
}

bool wanted_has(const void *ctx, const struct json_value *key)
{
	const struct wanted_here *here = ctx;
	struct mark mark;

	return mark_make(&here->w->key, key, &mark) &&
	       has(here->w, &here->state, &mark);
}
