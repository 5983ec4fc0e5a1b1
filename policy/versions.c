/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/versions.h"

#include <errno.h>

#include "policy/answer.h"
#include "policy/scope.h"
#include "policy/splice.h"

#define META_VERSION "io.modelcontextprotocol/protocolVersion"
#define META_CAPABILITIES "io.modelcontextprotocol/clientCapabilities"

static const struct {
	const char *version;
	enum message_era era;
} versions[] = {
	{"2024-11-05", ERA_LEGACY},
	{"2025-03-26", ERA_LEGACY},
	{"2025-06-18", ERA_LEGACY},
	{VERSION_LEGACY, ERA_LEGACY},
	{VERSION_MODERN, ERA_MODERN},
};

enum message_era version_era(const struct json_value *version)
{
	if (version->type != JSON_STRING)
		return ERA_NONE;
	for (size_t i = 0; i < sizeof(versions) / sizeof(*versions); i++)
		if (json_string_eq(version, versions[i].version))
			return versions[i].era;
	return ERA_NONE;
}

static int modern_fault(const struct message *m, struct json_value *ret_version)
{
	struct json_value version, capabilities;

	if (!json_get(&m->meta, META_VERSION, &version) ||
		version.type != JSON_STRING ||
		!json_get(&m->meta, META_CAPABILITIES, &capabilities) ||
		capabilities.type != JSON_OBJECT)
		return ANSWER_INVALID_PARAMS;
	*ret_version = version;
	return version_era(&version) == ERA_MODERN ? 0
						   : ANSWER_UNSUPPORTED_VERSION;
}

int version_fault(const struct message *m, struct json_value *ret_version)
{
	struct json_value v;

	if (m->era == ERA_MODERN)
		return modern_fault(m, ret_version);
	if (m->method != METHOD_INITIALIZE || m->params.type != JSON_OBJECT ||
		!json_get(&m->params, "protocolVersion", &v) ||
		v.type == JSON_STRING)
		return 0;
	return ANSWER_INVALID_PARAMS;
}

bool version_agreed(const struct json_value *result)
{
	struct json_value v;

	return result->type == JSON_OBJECT &&
	       (!json_get(result, "protocolVersion", &v) ||
		       version_era(&v) == ERA_LEGACY);
}

/* Writes the list where @s is given. Returns how many stay and go. */
static void cut_list(const struct json_value *list, struct splice *s,
	size_t *ret_kept, size_t *ret_cut)
{
	struct json_iter i = json_iter(list);
	struct splice_list l = {0};
	struct json_member m;

	*ret_kept = *ret_cut = 0;
	while (json_next(&i, &m)) {
		bool keep = version_era(&m.value) != ERA_NONE;

		(*(keep ? ret_kept : ret_cut))++;
		if (s && keep)
			splice_list_keep(&l, &m);
		else if (s)
			splice_list_drop(s, &l, &m);
	}
}

int version_cut(const char *line, size_t len, const struct json_value *result,
	struct out *out)
{
	struct splice s = {.out = out, .text = line, .len = len};
	struct json_value list;
	struct json_member m;
	struct json_iter i;
	size_t kept, cut;

	if (result->type != JSON_OBJECT || result->text != line)
		return -EINVAL;
	if (!json_get(result, "supportedVersions", &list))
		return 1;
	if (list.type != JSON_ARRAY)
		return -EINVAL;
	cut_list(&list, NULL, &kept, &cut);
	if (cut == 0 || kept == 0)
		return cut == 0 ? 1 : 2;
	i = json_iter(result);
	while (json_next(&i, &m))
		if (json_string_eq(&m.name, "supportedVersions"))
			cut_list(&m.value, &s, &kept, &cut);
		else if (json_string_eq(&m.name, "cacheScope"))
			scope_write_private(&s, &m.value);
	splice_finish(&s);
	return out->failed ? -ENOMEM : 0;
}
