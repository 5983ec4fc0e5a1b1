/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one file of a store says, told to the table of pins.
 */
#include <string.h>

#include "base/sha256.h"
#include "plan/pin_store.h"
#include "policy/json.h"

#define DEPTH_MAX 128

/* What the pinned thing is called: by what it says itself. */
static int name_of(enum pin_kind kind, const struct json_value *def,
	char name[PINS_NAME_MAX], size_t *ret_len)
{
	const char *key = pin_kind_key(kind);
	struct json_value v;

	*ret_len = 0;
	if (!key)
		return def->type == JSON_STRING || def->type == JSON_NULL
			       ? 0
			       : -EBADMSG;
	if (def->type != JSON_OBJECT || !json_get(def, key, &v) ||
		v.type != JSON_STRING)
		return -EBADMSG;
	*ret_len = json_string_copy(&v, name, PINS_NAME_MAX);
	return *ret_len > PINS_NAME_MAX ? -EBADMSG : 0;
}

static int apply_definition(struct pins *pins, const struct pin_line *l,
	enum pin_kind kind, const struct json_value *def)
{
	char name[PINS_NAME_MAX];
	uint8_t hash[32];
	size_t len;
	int r = name_of(kind, def, name, &len);

	if (r < 0)
		return r;
	sha256(name, len, hash);
	if (memcmp(hash, l->name_hash, sizeof(hash)) != 0)
		return -EBADMSG;
	switch (l->event) {
	case PIN_EVENT_FIRST:
		return pins_first(pins, kind, name, len, l->json, l->json_len);
	case PIN_EVENT_WAITING:
		return pins_wait(pins, kind, name, len, l->json, l->json_len);
	case PIN_EVENT_ACCEPTED:
		return pins_accept(pins, kind, name, len, l->json, l->json_len);
	case PIN_EVENT_KNOWN:
	case PIN_EVENT_RENAMED:
	case PIN_EVENT_RETIRED:
	case PIN_EVENT_NONE:
	case _PIN_EVENT_N:
		break;
	}
	return -EBADMSG;
}

/* A name that stands by itself; @l is about it, if @about. */
static int take_name(const struct pin_line *l, const struct json_value *v,
	bool about, char name[PINS_NAME_MAX], size_t *ret_len)
{
	uint8_t hash[32];

	if (v->type != JSON_STRING)
		return -EBADMSG;
	*ret_len = json_string_copy(v, name, PINS_NAME_MAX);
	if (*ret_len > PINS_NAME_MAX)
		return -EBADMSG;
	sha256(name, *ret_len, hash);
	return about && memcmp(hash, l->name_hash, sizeof(hash)) != 0 ? -EBADMSG
								      : 0;
}

static int apply_rename(struct pins *pins, const struct pin_line *l,
	enum pin_kind kind, const struct json_value *def)
{
	char name[PINS_NAME_MAX], old[PINS_NAME_MAX];
	size_t len, old_len = 0;
	struct json_iter i;
	struct json_member m;
	bool is_none;
	int r;

	if (def->type != JSON_ARRAY)
		return -EBADMSG;
	i = json_iter(def);
	r = json_next(&i, &m) ? take_name(l, &m.value, true, name, &len)
			      : -EBADMSG;
	if (r < 0)
		return r;
	if (!json_next(&i, &m))
		return -EBADMSG;
	is_none = m.value.type == JSON_NULL;
	if (!is_none)
		r = take_name(l, &m.value, false, old, &old_len);
	if (r < 0 || json_next(&i, &m))
		return -EBADMSG;
	pins_renamed(pins, kind, name, len, is_none ? NULL : old, old_len);
	return 0;
}

static int apply_retired(struct pins *pins, const struct pin_line *l,
	enum pin_kind kind, const struct json_value *def)
{
	char name[PINS_NAME_MAX];
	size_t len;
	int r = take_name(l, def, true, name, &len);

	return r == 0 ? pins_retire(pins, kind, name, len) : r;
}

static int apply(
	struct pins *pins, struct json_scanner *s, const struct pin_line *l)
{
	enum pin_kind kind = pin_kind_find(l->kind, l->kind_len);
	struct json_scan_result scan;
	struct json_value def;
	int r;

	if (kind == PIN_NONE)
		return -EBADMSG;
	if (l->event == PIN_EVENT_KNOWN)
		return pins_know(pins, kind, l->name_hash);
	r = json_scan(s, l->json, l->json_len, &scan);
	if (r != 0)
		return r < 0 ? r : -EBADMSG;
	def = json_top(l->json, &scan);
	if (l->event == PIN_EVENT_RENAMED)
		return apply_rename(pins, l, kind, &def);
	if (l->event == PIN_EVENT_RETIRED)
		return apply_retired(pins, l, kind, &def);
	return apply_definition(pins, l, kind, &def);
}

int pin_batch_apply(struct pin_batch b, struct pins *pins)
{
	const struct json_limits limits = {
		.max_bytes = PIN_BATCH_MAX,
		.max_depth = DEPTH_MAX,
		.max_keys = 65536,
		.allow_nul = true,
		.allow_half_surrogate = true,
	};
	struct json_scanner *s = json_scanner_new(&limits);
	struct pin_line l;
	int r = s ? 0 : -ENOMEM;

	while (r == 0 && pin_batch_next(&b, &l))
		r = apply(pins, s, &l);
	json_scanner_free(s);
	return r;
}
