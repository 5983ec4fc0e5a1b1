/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/shapes.h"

#include <sodium.h>
#include <string.h>

#include "policy/clean.h"
#include "policy/tools.h"

void shapes_init(struct shapes *s)
{
	randombytes_buf(s->key, sizeof(s->key));
}

/* 0 for a name that no tool has. */
static uint64_t hash_bytes(const struct shapes *s, const char *name, size_t len)
{
	unsigned char h[crypto_shorthash_BYTES];
	uint64_t hash;

	if (len == 0 || len > TOOL_NAME_MAX)
		return 0;
	(void)crypto_shorthash(h, (const unsigned char *)name, len, s->key);
	memcpy(&hash, h, sizeof(hash));
	return hash | 1;
}

static uint64_t hash_of(const struct shapes *s, const struct json_value *name)
{
	char bytes[TOOL_NAME_MAX];

	if (name->type != JSON_STRING)
		return 0;
	return hash_bytes(
		s, bytes, json_string_copy(name, bytes, sizeof(bytes)));
}

static enum shape shape_of(const struct json_value *tool)
{
	struct json_value schema;

	if (!json_get(tool, "outputSchema", &schema) ||
		schema.type == JSON_NULL)
		return SHAPE_NONE;
	return clean_schema_binds(&schema) ? SHAPE_STRICT : SHAPE_LOOSE;
}

static size_t slot_of(uint64_t hash, size_t i)
{
	return ((hash >> 1) + i) % SHAPES_SLOTS;
}

/* Where the name is, else a free slot, else the one that gives way. */
static void put(struct shapes *s, uint64_t hash, enum shape shape)
{
	size_t slot = slot_of(hash, 0);

	for (size_t i = 0; i < SHAPES_PROBES; i++) {
		uint64_t name = s->slots[slot_of(hash, i)].name;

		if (name == 0 || name == hash) {
			slot = slot_of(hash, i);
			break;
		}
	}
	s->slots[slot].name = hash;
	s->slots[slot].shape = shape;
}

void shapes_note(struct shapes *s, const struct json_value *result)
{
	struct json_value list, name;
	struct json_member m;
	struct json_iter i;
	uint64_t hash;

	if (result->type != JSON_OBJECT || !json_get(result, "tools", &list) ||
		list.type != JSON_ARRAY)
		return;
	i = json_iter(&list);
	while (json_next(&i, &m)) {
		if (m.value.type != JSON_OBJECT ||
			!json_get(&m.value, "name", &name))
			continue;
		hash = hash_of(s, &name);
		if (hash)
			put(s, hash, shape_of(&m.value));
	}
}

static enum shape find(const struct shapes *s, uint64_t hash)
{
	for (size_t i = 0; hash && i < SHAPES_PROBES; i++) {
		size_t slot = slot_of(hash, i);

		if (s->slots[slot].name == hash)
			return s->slots[slot].shape;
	}
	return SHAPE_UNKNOWN;
}

enum shape shapes_find(const struct shapes *s, const struct json_value *name)
{
	return find(s, hash_of(s, name));
}

enum shape shapes_find_bytes(
	const struct shapes *s, const char *name, size_t len)
{
	return find(s, hash_bytes(s, name, len));
}
