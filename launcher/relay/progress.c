/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/progress.h"

#include <stdio.h>
#include <stdlib.h>

#include "policy/decimal.h"

void progress_init(struct progress *p)
{
	*p = (struct progress){0};
	mark_key_make(&p->key);
}

enum progress_wish progress_wish(
	const struct message *m, struct json_value *ret)
{
	if (m->meta.type != JSON_OBJECT ||
		!json_get(&m->meta, "progressToken", ret))
		return PROGRESS_NONE;
	return message_id_valid(ret) ? PROGRESS_WANTED : PROGRESS_BAD;
}

struct progress_token *progress_add(
	struct progress *p, const struct json_value *token)
{
	struct progress_token *t = calloc(1, sizeof(*t)), **slot;

	if (!t || !mark_make(&p->key, token, &t->mark)) {
		free(t);
		return NULL;
	}
	slot = &p->slots[t->mark.bytes[0]];
	t->chain = *slot;
	*slot = t;
	return t;
}

void progress_remove(struct progress *p, struct progress_token *t)
{
	struct progress_token **at;

	if (!t)
		return;
	for (at = &p->slots[t->mark.bytes[0]]; *at; at = &(*at)->chain)
		if (*at == t) {
			*at = t->chain;
			break;
		}
	free(t);
}

/* Two requests may have given the same one. */
static const struct progress_token *find(
	const struct progress *p, const struct json_value *token)
{
	const struct progress_token *t;
	struct mark mark;

	if (!mark_make(&p->key, token, &mark))
		return NULL;
	for (t = p->slots[mark.bytes[0]]; t; t = t->chain)
		if (!t->idle && mark_equal(&t->mark, &mark))
			return t;
	return NULL;
}

/* What cannot be compared is far from where we count. */
static bool goes_back(
	const struct progress_token *t, const struct json_value *progress)
{
	struct json_value floor = {.type = JSON_NUMBER};
	struct decimal a, b;
	char text[24];

	floor.text = text;
	floor.end = (size_t)snprintf(
		text, sizeof(text), "%lld", (long long)t->floor);
	return decimal_read(progress, &a) && decimal_read(&floor, &b) &&
	       decimal_compare(&a, &b) <= 0;
}

static bool is_kind(
	const struct message *m, const char *name, enum json_type type)
{
	struct json_value v;

	return !json_get(&m->params, name, &v) || v.type == type;
}

const char *progress_refuses(const struct progress *p, const struct message *m)
{
	const struct progress_token *t;
	struct json_value token, progress;

	if (m->params.type != JSON_OBJECT ||
		!json_get(&m->params, "progressToken", &token) ||
		!json_get(&m->params, "progress", &progress) ||
		progress.type != JSON_NUMBER ||
		!is_kind(m, "total", JSON_NUMBER) ||
		!is_kind(m, "message", JSON_STRING))
		return "malformed progress";
	t = find(p, &token);
	if (!t)
		return "progress of no request";
	return t->begun && goes_back(t, &progress) ? "progress that goes back"
						   : NULL;
}
