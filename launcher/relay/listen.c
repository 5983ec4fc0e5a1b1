/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/listen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NAME_BYTES_MAX 4096 /* of one; as of what a policy can name */

struct listen {
	bool acknowledged;
	bool tools, prompts, resources; /* their list_changed */
	struct listen_names uris, tasks;
};

static bool is(const struct listen_name *n, const char *bytes, size_t len)
{
	return n->len == len && memcmp(n->bytes, bytes, len) == 0;
}

/* What it says unescaped; 0 if it is no string, empty, or too long. */
static size_t copy(
	const struct json_value *name, char bytes[static NAME_BYTES_MAX])
{
	size_t len = name->type == JSON_STRING
			     ? json_string_copy(name, bytes, NAME_BYTES_MAX)
			     : 0;

	return len <= NAME_BYTES_MAX ? len : 0;
}

int listen_add(struct listen_names *l, const struct json_value *name)
{
	char bytes[NAME_BYTES_MAX];
	size_t len = copy(name, bytes);
	struct listen_name *n;

	for (n = l->first; n; n = n->next)
		if (is(n, bytes, len))
			return 1;
	if (len == 0 || l->n == LISTEN_URIS_MAX ||
		l->bytes + len > LISTEN_BYTES_MAX)
		return -E2BIG;
	n = calloc(1, sizeof(*n) + len);
	if (!n)
		return -ENOMEM;
	memcpy(n->bytes, bytes, len);
	n->len = len;
	n->next = l->first;
	l->first = n;
	l->n++;
	l->bytes += len;
	return 0;
}

void listen_drop(struct listen_names *l, const struct json_value *name)
{
	char bytes[NAME_BYTES_MAX];
	size_t len = copy(name, bytes);
	struct listen_name **at, *n;

	for (at = &l->first; *at; at = &(*at)->next) {
		n = *at;
		if (!is(n, bytes, len))
			continue;
		*at = n->next;
		l->n--;
		l->bytes -= n->len;
		free(n);
		return;
	}
}

void listen_clear(struct listen_names *l)
{
	struct listen_name *n;

	while ((n = l->first)) {
		l->first = n->next;
		free(n);
	}
	*l = (struct listen_names){0};
}

bool listen_has(const struct listen_names *l, const struct json_value *name)
{
	char bytes[NAME_BYTES_MAX];
	size_t len = copy(name, bytes);

	for (const struct listen_name *n = l->first; n; n = n->next)
		if (is(n, bytes, len))
			return true;
	return false;
}

static bool is_name_end(char c)
{
	return c == '/' || c == '?' || c == '#';
}

/* "The URI might be a sub-resource of the one that the client subscribed to":
 * what goes on behind it at a place where a name may end. */
bool listen_has_uri(const struct listen_names *l, const struct json_value *uri)
{
	char bytes[NAME_BYTES_MAX];
	size_t len = copy(uri, bytes);

	for (const struct listen_name *n = l->first; n; n = n->next)
		if (is(n, bytes, len) ||
			(len > n->len && memcmp(n->bytes, bytes, n->len) == 0 &&
				(n->bytes[n->len - 1] == '/' ||
					is_name_end(bytes[n->len]))))
			return true;
	return false;
}

bool listen_has_room(
	const struct listen_names *l, const struct json_value *name)
{
	char bytes[NAME_BYTES_MAX];
	size_t len = copy(name, bytes);

	return listen_has(l, name) ||
	       (len > 0 && l->n < LISTEN_URIS_MAX &&
		       l->bytes + len <= LISTEN_BYTES_MAX);
}

static int read_names(const struct json_value *from, const char *member,
	struct listen_names *to)
{
	struct json_value list;
	struct json_iter i;
	struct json_member one;
	int n = 0;

	if (!json_get(from, member, &list))
		return 0;
	if (list.type != JSON_ARRAY)
		return -EINVAL;
	i = json_iter(&list);
	while (n >= 0 && json_next(&i, &one))
		n = one.value.type == JSON_STRING ? listen_add(to, &one.value)
						  : -EINVAL;
	return n < 0 ? n : 0;
}

static int read_flag(
	const struct json_value *from, const char *member, bool *ret)
{
	struct json_value v;

	if (!json_get(from, member, &v))
		return 0;
	*ret = v.type == JSON_TRUE;
	return v.type == JSON_TRUE || v.type == JSON_FALSE ? 0 : -EINVAL;
}

static int read_all(const struct json_value *from, struct listen *l)
{
	int n = read_flag(from, "toolsListChanged", &l->tools);

	if (n == 0)
		n = read_flag(from, "promptsListChanged", &l->prompts);
	if (n == 0)
		n = read_flag(from, "resourcesListChanged", &l->resources);
	if (n == 0)
		n = read_names(from, "resourceSubscriptions", &l->uris);
	if (n == 0)
		n = read_names(from, "taskIds", &l->tasks);
	return n;
}

int listen_new(const struct message *m, struct listen **ret)
{
	struct json_value notifications = {.type = JSON_INVALID};
	struct listen *l;
	int n = 0;

	*ret = NULL;
	if (m->method != METHOD_SUBSCRIPTIONS_LISTEN)
		return 0;
	if (m->params.type != JSON_OBJECT ||
		(json_get(&m->params, "notifications", &notifications) &&
			notifications.type != JSON_OBJECT))
		return -EINVAL;
	l = calloc(1, sizeof(*l));
	if (!l)
		return -ENOMEM;
	if (notifications.type == JSON_OBJECT)
		n = read_all(&notifications, l);
	if (n < 0)
		listen_free(l);
	else
		*ret = l;
	return n;
}

void listen_free(struct listen *l)
{
	if (!l)
		return;
	listen_clear(&l->uris);
	listen_clear(&l->tasks);
	free(l);
}

static bool names(const struct listen_names *l, const struct message *m,
	const char *member,
	bool (*has)(const struct listen_names *l, const struct json_value *v))
{
	struct json_value v;

	return m->params.type == JSON_OBJECT &&
	       json_get(&m->params, member, &v) && has(l, &v);
}

bool listen_hears(const struct listen *l, enum method list_changed)
{
	if (!l->acknowledged)
		return false;
	return (list_changed == METHOD_N_TOOLS_LIST_CHANGED && l->tools) ||
	       (list_changed == METHOD_N_PROMPTS_LIST_CHANGED && l->prompts) ||
	       (list_changed == METHOD_N_RESOURCES_LIST_CHANGED &&
		       l->resources);
}

const char *listen_refuses(const struct listen *l, const struct message *m)
{
	bool asked = false;

	if (m->method == METHOD_N_SUBSCRIPTIONS_ACKNOWLEDGED)
		return l->acknowledged ? "acknowledged twice" : NULL;
	if (!l->acknowledged)
		return "a subscription that is not acknowledged";
	if (listen_hears(l, m->method))
		asked = true;
	if (m->method == METHOD_N_RESOURCES_UPDATED)
		asked = names(&l->uris, m, "uri", listen_has_uri);
	if (m->method == METHOD_N_TASKS)
		asked = names(&l->tasks, m, "taskId", listen_has);
	return asked ? NULL : "not subscribed to";
}

void listen_passed(struct listen *l, const struct message *m)
{
	if (m->method == METHOD_N_SUBSCRIPTIONS_ACKNOWLEDGED)
		l->acknowledged = true;
}
