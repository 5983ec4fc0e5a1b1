/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/output_item.h"

#include "policy/chars.h"
#include "policy/output.h"

static const struct {
	enum method method;
	struct list_info info;
} lists[] = {
	{METHOD_TOOLS_CALL, {LIST_CONTENT, "content", NULL, true}},
	{METHOD_TASKS_RESULT, {LIST_CONTENT, "content", NULL, true}},
	/* In the modern era a task's state brings its result along. */
	{METHOD_TASKS_GET, {LIST_CONTENT, "content", "result", true}},
	{METHOD_PROMPTS_GET, {LIST_MESSAGES, "messages", NULL, false}},
	{METHOD_RESOURCES_READ, {LIST_RESOURCES, "contents", NULL, false}},
	{METHOD_INITIALIZE, {LIST_STRING, "instructions", NULL, false}},
	{METHOD_DISCOVER, {LIST_STRING, "instructions", NULL, false}},
};

struct list_info item_list(enum method m)
{
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		if (lists[i].method == m)
			return lists[i].info;
	}
	return (struct list_info){.list = LIST_NONE};
}

bool item_takes(uint64_t *left, const struct item *item)
{
	if (item->size > *left)
		return false;
	*left -= item->size;
	return true;
}

/* The member @name, whole; its value's type is JSON_INVALID without one. */
static struct json_member find(
	const struct json_value *object, const char *name)
{
	struct json_iter i = json_iter(object);
	struct json_member m;

	while (json_next(&i, &m)) {
		if (json_string_eq(&m.name, name))
			return m;
	}
	return (struct json_member){0};
}

/* An object's @name as the payload of an item. */
static bool payload(struct item *item, const struct json_value *holder,
	const char *name, enum item_kind kind)
{
	item->payload = find(holder, name);
	if (item->payload.value.type != JSON_STRING)
		return false;
	item->holder = *holder;
	item->kind = kind;
	return true;
}

/* Resource contents are either text or a blob; what is both is neither. */
static bool resource_payload(struct item *item, const struct json_value *v)
{
	if (v->type != JSON_OBJECT)
		return false;
	if (find(v, "blob").value.type == JSON_INVALID)
		return payload(item, v, "text", ITEM_TEXT);
	return find(v, "text").value.type == JSON_INVALID &&
	       payload(item, v, "blob", ITEM_BINARY);
}

static bool content_text(struct item *item)
{
	return payload(item, &item->content, "text", ITEM_TEXT);
}

static bool content_binary(struct item *item)
{
	return payload(item, &item->content, "data", ITEM_BINARY);
}

static bool content_resource(struct item *item)
{
	struct json_value resource;

	return json_get(&item->content, "resource", &resource) &&
	       resource_payload(item, &resource);
}

static bool content_link(struct item *item)
{
	item->kind = ITEM_LINK;
	return true;
}

static const struct {
	const char *type;
	bool (*read)(struct item *item);
} content_types[] = {
	{"text", content_text},
	{"image", content_binary},
	{"audio", content_binary},
	{"resource", content_resource},
	{"resource_link", content_link},
};

static void content_read(struct item *item)
{
	size_t n = sizeof(content_types) / sizeof(content_types[0]);
	struct json_value type;

	if (item->content.type != JSON_OBJECT ||
		!json_get(&item->content, "type", &type) ||
		type.type != JSON_STRING)
		return;
	for (size_t i = 0; i < n; i++) {
		if (!json_string_eq(&type, content_types[i].type))
			continue;
		if (!content_types[i].read(item))
			item->kind = ITEM_OTHER;
		return;
	}
}

static uint64_t above_free(uint64_t bytes)
{
	return bytes > OUTPUT_FREE ? bytes - OUTPUT_FREE : 0;
}

static void item_count(struct item *item)
{
	uint64_t raw = item_raw(&item->element.value);

	item->rest = raw;
	if (item->kind == ITEM_OTHER || item->kind == ITEM_LINK)
		return;
	item->size = chars_count(&item->payload.value);
	item->rest = above_free(raw - item_raw(&item->payload.value));
}

/* Finds the content item; false if there is none, or it is no content item. */
static bool find_content(enum list_kind list, struct item *item)
{
	const struct json_value *element = &item->element.value;

	if (list == LIST_CONTENT)
		return true;
	return list == LIST_MESSAGES && element->type == JSON_OBJECT &&
	       json_get(element, "content", &item->content);
}

void item_read(enum list_kind list, const struct json_member *element,
	struct item *ret)
{
	struct item item = {.element = *element, .content = element->value};

	if (list == LIST_RESOURCES)
		(void)resource_payload(&item, &item.content);
	else if (find_content(list, &item))
		content_read(&item);
	item_count(&item);
	*ret = item;
}
