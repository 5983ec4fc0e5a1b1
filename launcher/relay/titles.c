/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/titles.h"

#include <string.h>

#include "policy/utf8.h"

/* Unescaped, terminated, cut between characters; what has a NUL is none. */
static size_t take(const struct json_value *v, char *dst, size_t size)
{
	size_t n = json_string_copy(v, dst, size - 1), end = 0, step;

	if (n > size - 1)
		n = size - 1;
	while (end < n && (step = utf8_sequence(dst + end, n - end)) > 0)
		end += step;
	dst[end] = '\0';
	return strlen(dst) == end ? end : 0;
}

static size_t find(const struct titles *s, const char *name, size_t len)
{
	for (size_t i = 0; i < TITLES_MAX; i++)
		if (strlen(s->all[i].name) == len &&
			memcmp(s->all[i].name, name, len) == 0)
			return i;
	return TITLES_MAX;
}

/* `title`, or what 2025-03-26 had: `annotations.title`. */
static bool title_of(const struct json_value *tool, struct json_value *ret)
{
	struct json_value annotations;

	if (json_get(tool, "title", ret) && ret->type == JSON_STRING)
		return true;
	return json_get(tool, "annotations", &annotations) &&
	       annotations.type == JSON_OBJECT &&
	       json_get(&annotations, "title", ret) && ret->type == JSON_STRING;
}

static void note_one(
	struct titles *s, const struct tools *t, const struct json_value *tool)
{
	char name[TITLE_NAME_MAX + 1], text[TITLE_MAX + 1];
	struct json_value v, title;
	struct tool_verdict verdict;
	size_t len, at;

	if (tool->type != JSON_OBJECT || !json_get(tool, "name", &v) ||
		v.type != JSON_STRING || !title_of(tool, &title))
		return;
	len = json_string_copy(&v, name, sizeof(name));
	if (len == 0 || len > TITLE_NAME_MAX || memchr(name, 0, len))
		return;
	tools_decide(t, name, len, &verdict);
	if (verdict.decision != DECISION_ASK ||
		take(&title, text, sizeof(text)) == 0)
		return;
	at = find(s, name, len);
	if (at == TITLES_MAX)
		at = s->next++ % TITLES_MAX;
	memcpy(s->all[at].name, name, len);
	s->all[at].name[len] = '\0';
	memcpy(s->all[at].title, text, sizeof(text));
}

void titles_note(struct titles *s, const struct tools *t,
	const struct json_value *result)
{
	struct json_value list;
	struct json_member m;
	struct json_iter i;

	if (!tools_may_ask(t) || result->type != JSON_OBJECT ||
		!json_get(result, "tools", &list) || list.type != JSON_ARRAY)
		return;
	i = json_iter(&list);
	while (json_next(&i, &m))
		note_one(s, t, &m.value);
}

const char *titles_find(const struct titles *s, const char *name, size_t len)
{
	size_t at = len ? find(s, name, len) : TITLES_MAX;

	return at < TITLES_MAX ? s->all[at].title : "";
}
