/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever key of a profile changes, its difference has a line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "compared.h"
#include "plan/profile_key.h"

/* A value of each key that has an effect, other than what holds without it. */
static const struct {
	const char *path, *value;
} samples[] = {
	{"/sandbox/read", "[\"/srv\"]"},
	{"/sandbox/write", "[\"/srv\"]"},
	{"/sandbox/state", "true"},
	{"/sandbox/git", "\"write\""},
	{"/sandbox/nested_userns", "true"},
	{"/sandbox/network", "[\"a.org:443\"]"},
	{"/sandbox/env/pass", "[\"A\"]"},
	{"/sandbox/env/set", "{\"A\": \"b\"}"},
	{"/sandbox/limits/memory", "\"1G\""},
	{"/sandbox/limits/cpu", "\"50%\""},
	{"/sandbox/limits/pids", "40"},
	{"/sandbox/limits/tmp", "\"16M\""},
	{"/sandbox/limits/tmp_files", "100"},
	{"/sandbox/limits/open_files", "100"},
	{"/sandbox/limits/file_size", "\"16M\""},
	{"/sandbox/limits/session", "\"1h\""},
	{"/sandbox/limits/stderr", "\"2M\""},
	{"/protocol/tools/allow", "[\"a\"]"},
	{"/protocol/tools/ask", "[\"a\"]"},
	{"/protocol/tools/always", "[\"a\"]"},
	{"/protocol/tools/token", "[\"a\"]"},
	{"/protocol/tools/deny", "[\"a\"]"},
	{"/protocol/prompts/allow", "[\"a\"]"},
	{"/protocol/prompts/ask", "[\"a\"]"},
	{"/protocol/prompts/always", "[\"a\"]"},
	{"/protocol/prompts/deny", "[\"a\"]"},
	{"/protocol/resources/allow", "[\"file:///a\"]"},
	{"/protocol/resources/ask", "[\"file:///a\"]"},
	{"/protocol/resources/always", "[\"file:///a\"]"},
	{"/protocol/resources/deny", "[\"file:///a\"]"},
	{"/protocol/methods/sampling/createMessage", "\"allow\""},
	{"/protocol/methods/elicitation/create", "\"allow\""},
	{"/protocol/methods/roots/list", "\"deny\""},
	{"/protocol/rules",
		"[{\"id\": \"own\", \"tools\": [\"a\"], \"deny_if\": "
		"{\"/x\": {\"eq\": 1}}}]"},
	{"/protocol/schemas", "{\"a\": {\"type\": \"object\"}}"},
	{"/protocol/pins", "\"off\""},
	{"/protocol/output/text", "\"2M\""},
	{"/protocol/output/binary", "\"2M\""},
	{"/protocol/output/over", "\"spill\""},
	{"/protocol/output/text_over", "\"spill\""},
	{"/protocol/output/binary_over", "\"spill\""},
	{"/protocol/output/unseen", "\"show\""},
	{"/protocol/output/types", "[\"image/png\"]"},
	{"/approval/hold", "\"2m\""},
	{"/approval/elicitation", "true"},
	{"/approval/by", "\"proof\""},
	{"/protocol/rate", "{\"a\": \"5/min\"}"},
	{"/protocol/concurrent", "4"},
	{"/protocol/calls", "100"},
	{"/protocol/bytes", "\"1M\""},
	{"/protocol/call_timeout", "\"5m\""},
	{"/breaker/unlisted", "3"},
	{"/breaker/action", "\"stop\""},
	{"/breaker", "\"stop\""},
	{"/protocol/classes", "{\"read\": [\"a\"]}"},
	{"/contexts", "{\"a\": {}}"},
	{"/roles", "{\"a\": {\"tools\": [\"b\"]}}"},
	{"/tasks", "{\"a\": {\"tools\": [\"b\"]}}"},
	{"/role", "\"reader\""},
	{"/task", "\"a\""},
	{"/context", "\"a\""},
	{"/tenant", "\"a\""},
};

/* {"version": 1, "sandbox": {"limits": {KEY: VALUE}}} for an object's path. */
static char *only_key(const char *path, const char *key, const char *value)
{
	char *text = NULL;
	size_t len = 0, depth = 0;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(f);
	(void)fputs("{\"version\": 1, ", f);
	while (*path == '/') {
		size_t n = strcspn(++path, "/");

		(void)fprintf(f, "\"%.*s\": {", (int)n, path);
		path += n;
		depth++;
	}
	(void)fprintf(f, "\"%s\": %s}", key, value);
	while (depth--)
		(void)fputc('}', f);
	assert_int_equal(fclose(f), 0);
	return text;
}

static const char *sample_of(const char *path, const char *key)
{
	size_t n = strlen(path);

	for (size_t i = 0; i < ELEMENTS(samples); i++)
		if (strncmp(samples[i].path, path, n) == 0 &&
			samples[i].path[n] == '/' &&
			strcmp(samples[i].path + n + 1, key) == 0)
			return samples[i].value;
	return NULL;
}

/* An object within another, a word for whoever reads the file, or what it is
 * found and made by. */
static bool has_no_effect_itself(const struct profile_key *k)
{
	static const char *const others[] = {
		"version", "$schema", "name", "extends", "packages"};

	for (size_t i = 0; i < ELEMENTS(others); i++)
		if (strcmp(k->name, others[i]) == 0)
			return true;
	return !k->set || strcmp(k->name, "why") == 0 ||
	       strcmp(k->expected, "an object") == 0;
}

static void no_key_changes_without_a_line(void **state)
{
	_profile_ struct profile *none = compared_parse(NONE);
	size_t n = 0;

	(void)state;
	for (size_t o = OBJECT_TOP; o < _OBJECT_N; o++)
		for (size_t i = 0; i < profile_objects[o].n_keys; i++) {
			const struct profile_object_info *in =
				&profile_objects[o];
			const struct profile_key *k = &in->keys[i];
			_profile_ struct profile *p = NULL;
			_free_ char *text = NULL, *lines = NULL;
			const char *value = sample_of(in->path, k->name);

			if (!value && has_no_effect_itself(k))
				continue;
			if (!value)
				fail_msg("%s/%s: no sample", in->path, k->name);
			text = only_key(in->path, k->name, value);
			p = compared_parse(text);
			lines = compared_lines(none, p);
			if (!*lines || strstr(lines, SAME))
				fail_msg("%s: \"%s\"", text, lines);
			n++;
		}
	assert_int_equal(n, ELEMENTS(samples));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_key_changes_without_a_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
