/* SPDX-License-Identifier: Apache-2.0 */
#include "keeper/audit_entry.h"

#include <jansson.h>
#include <string.h>
#include <time.h>

#include "base/digits.h"

bool audit_entry_parse(struct audit_entry *ret, const char *text, size_t len)
{
	json_t *root = json_loadb(
		text, len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);

	if (!json_is_object(root)) {
		json_decref(root);
		return false;
	}
	ret->root = root;
	return true;
}

void audit_entry_deinit(struct audit_entry *e)
{
	json_decref(e->root);
	e->root = NULL;
}

static const json_t *entry_find(const struct audit_entry *e, const char *name)
{
	const char *dot = strchr(name, '.');
	char outer[32];
	size_t n;

	if (!dot)
		return json_object_get(e->root, name);
	n = (size_t)(dot - name);
	if (n >= sizeof(outer))
		return NULL;
	memcpy(outer, name, n);
	outer[n] = '\0';
	return json_object_get(json_object_get(e->root, outer), dot + 1);
}

const char *audit_entry_text(const struct audit_entry *e, const char *name)
{
	return json_string_value(entry_find(e, name));
}

bool audit_entry_number(
	const struct audit_entry *e, const char *name, uint64_t *ret)
{
	const json_t *value = entry_find(e, name);

	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return false;
	*ret = (uint64_t)json_integer_value(value);
	return true;
}

uint64_t audit_entry_time(const struct audit_entry *e)
{
	static const char after[] = "--T::.Z";
	const char *p = audit_entry_text(e, "time");
	uint64_t part[sizeof(after) - 1];
	struct tm tm;
	time_t t;

	for (size_t i = 0; i < ELEMENTS(part); i++)
		if (!p || !digits_take_until(&p, 6, after[i], &part[i]))
			return 0;
	if (*p)
		return 0;
	memset(&tm, 0, sizeof(tm));
	tm.tm_year = (int)part[0] - 1900;
	tm.tm_mon = (int)part[1] - 1;
	tm.tm_mday = (int)part[2];
	tm.tm_hour = (int)part[3];
	tm.tm_min = (int)part[4];
	tm.tm_sec = (int)part[5];
	t = timegm(&tm);
	return t < 0 ? 0 : (uint64_t)t * 1000000 + part[6];
}
