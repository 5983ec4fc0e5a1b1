/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words for what is pinned and how.
 */
#include <string.h>

#include "policy/pins.h"

const char *const pins_mode_words[_PINS_MODE_N] = {
	[PINS_REQUIRE] = "require",
	[PINS_FIRST] = "first",
	[PINS_OFF] = "off",
};

static const struct {
	const char *name, *key;
} kinds[_PIN_N] = {
	[PIN_TOOL] = {"tool", "name"},
	[PIN_PROMPT] = {"prompt", "name"},
	[PIN_RESOURCE] = {"resource", "uri"},
	[PIN_TEMPLATE] = {"template", "uriTemplate"},
	[PIN_INSTRUCTIONS] = {"instructions", NULL},
};

const char *pin_kind_name(enum pin_kind k)
{
	return kinds[k].name;
}

const char *pin_kind_key(enum pin_kind k)
{
	return kinds[k].key;
}

enum pin_kind pin_kind_find(const char *name, size_t len)
{
	for (int k = PIN_NONE + 1; k < _PIN_N; k++)
		if (strlen(kinds[k].name) == len &&
			memcmp(kinds[k].name, name, len) == 0)
			return (enum pin_kind)k;
	return PIN_NONE;
}
