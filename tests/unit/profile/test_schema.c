/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The schema for editors against the loader: the same keys, nothing more
 * permitted, and the built-in profiles against both.
 */
#include "fixture.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "plan/profile_builtin.h"
#include "plan/profile_key.h"
#include "plan/profile_lint.h"

static const char *schema_path, *manual_path;

static json_t *schema_load(void)
{
	json_error_t error;
	json_t *schema = json_load_file(schema_path, 0, &error);

	if (!schema)
		fail_msg("%s:%d: %s", schema_path, error.line, error.text);
	return schema;
}

/* The schema of the object at "/sandbox/env". */
static json_t *schema_at(json_t *schema, const char *path)
{
	while (*path) {
		char name[32];
		size_t n = strcspn(path + 1, "/");

		(void)snprintf(name, sizeof(name), "%.*s", (int)n, path + 1);
		schema = json_object_get(
			json_object_get(schema, "properties"), name);
		path += n + 1;
	}
	assert_true(json_is_object(schema));
	return schema;
}

static const struct profile_key *key_find(
	const struct profile_object_info *o, const char *name)
{
	for (size_t i = 0; i < o->n_keys; i++)
		if (strcmp(o->keys[i].name, name) == 0)
			return &o->keys[i];
	return NULL;
}

static void schema_and_loader_know_the_same_keys(void **state)
{
	json_t *schema = schema_load();
	unsigned seen = 0;

	(void)state;
	for (int id = OBJECT_NONE + 1; id < _OBJECT_N; id++) {
		const struct profile_object_info *o = &profile_objects[id];
		json_t *at = schema_at(schema, o->path);
		json_t *properties = json_object_get(at, "properties");
		const char *name;
		json_t *value;

		assert_true(json_is_false(
			json_object_get(at, "additionalProperties")));
		json_object_foreach(properties, name, value)
		{
			const struct profile_key *k = key_find(o, name);

			if (!k || !k->set)
				fail_msg("%s/%s is not loaded", o->path, name);
			seen++;
		}
		for (size_t i = 0; i < o->n_keys; i++)
			if (o->keys[i].set &&
				!json_object_get(properties, o->keys[i].name))
				fail_msg("%s/%s is not in the schema", o->path,
					o->keys[i].name);
	}
	assert_true(seen > 30);
	json_decref(schema);
}

/* Of what is written as a number: without a unit, cpu and session are only 0.
 */
static void schema_has_the_bounds_of_each_limit(void **state)
{
	json_t *schema = schema_load();
	json_t *limits = json_object_get(
		schema_at(schema, profile_objects[OBJECT_LIMITS].path),
		"properties");

	(void)state;
	for (int id = LIMIT_NONE + 1; id < _LIMIT_N; id++) {
		const struct limit_info *l = &limit_table[id];
		bool zero = l->unit == UNIT_PERCENT || l->unit == UNIT_SECONDS;
		json_t *at = json_object_get(limits, l->name);
		json_t *least = json_object_get(at, "minimum");
		json_t *most = json_object_get(at, "maximum");

		assert_true(json_is_integer(least) && json_is_integer(most));
		assert_true((uint64_t)json_integer_value(least) == l->least);
		assert_true((uint64_t)json_integer_value(most) ==
			    (zero ? 0 : l->most));
	}
	json_decref(schema);
}

/* One "\n.It Cm NAME" or, of a limit, with its default and bounds. */
static void manual_has(const char *manual, const char *line)
{
	if (!strstr(manual, line))
		fail_msg("not in the manual: %s", line);
}

static char *manual_load(void)
{
	FILE *f = fopen(manual_path, "re");
	char *text = calloc(1, 1 << 17);

	assert_non_null(f);
	assert_non_null(text);
	assert_true(fread(text, 1, (1 << 17) - 1, f) > 1000);
	(void)fclose(f);
	return text;
}

static void manual_describes_every_key(void **state)
{
	_free_ char *manual = manual_load();
	char line[256];

	(void)state;
	for (int id = OBJECT_NONE + 1; id < _OBJECT_N; id++)
		for (size_t i = 0; i < profile_objects[id].n_keys; i++) {
			const struct profile_key *k =
				&profile_objects[id].keys[i];

			(void)snprintf(line, sizeof(line), "Cm %s\n", k->name);
			if (k->set && id != OBJECT_LIMITS)
				manual_has(manual, line);
		}
	for (int id = LIMIT_NONE + 1; id < _LIMIT_N; id++) {
		const struct limit_info *l = &limit_table[id];
		char text[3][32];

		limit_write(l->unit, l->fallback, text[0], sizeof(text[0]));
		limit_write(l->unit, l->least, text[1], sizeof(text[1]));
		limit_write(l->unit, l->most, text[2], sizeof(text[2]));
		(void)snprintf(line, sizeof(line),
			"\n.It Cm %s Ta %s Ta %s to %s Ta \"%s\"\n", l->name,
			text[0], text[1], text[2], l->what);
		manual_has(manual, line);
	}
}

static void manual_names_every_built_in_profile(void **state)
{
	_free_ char *manual = manual_load();
	const char *from = strstr(manual, "\n.Sh BUILT-IN PROFILES");

	(void)state;
	assert_non_null(from);
	for (size_t i = 0; i < builtin_profiles_n; i++) {
		const char *name = builtin_profiles[i].name;
		const char *at = strstr(from, name);

		while (at && strchr(" \n", at[strlen(name)]) == NULL)
			at = strstr(at + 1, name);
		if (!at)
			fail_msg("not in the manual: %s", name);
	}
}

static void key_tables_agree_with_the_limits(void **state)
{
	const struct profile_object_info *o = &profile_objects[OBJECT_LIMITS];

	(void)state;
	for (size_t i = 0; i < o->n_keys; i++)
		if (strcmp(o->keys[i].name, "why") != 0)
			assert_string_equal(o->keys[i].name,
				limit_table[o->keys[i].id].name);
	for (int id = LIMIT_NONE + 1; id < _LIMIT_N; id++)
		assert_non_null(key_find(o, limit_table[id].name));
}

static void no_key_is_there_twice(void **state)
{
	(void)state;
	for (int id = OBJECT_NONE + 1; id < _OBJECT_N; id++) {
		const struct profile_object_info *o = &profile_objects[id];

		for (size_t i = 0; i < o->n_keys; i++)
			assert_ptr_equal(
				key_find(o, o->keys[i].name), &o->keys[i]);
	}
}

/* Whether @object or any object in it says "why". */
static bool says_why(json_t *object)
{
	const char *name;
	json_t *value;

	if (json_is_string(json_object_get(object, "why")))
		return true;
	json_object_foreach(object, name, value)
	{
		if (json_is_object(value) && says_why(value))
			return true;
	}
	return false;
}

static void every_grant_of_a_built_in_profile_says_why(void **state)
{
	(void)state;
	for (size_t i = 0; i < builtin_profiles_n; i++) {
		const struct builtin_profile *b = &builtin_profiles[i];
		json_t *top = json_loadb(b->text, b->len, 0, NULL);
		json_t *sandbox = json_object_get(top, "sandbox");
		json_t *protocol = json_object_get(top, "protocol");

		assert_non_null(top);
		assert_true(json_is_string(json_object_get(top, "why")));
		assert_string_equal(
			json_string_value(json_object_get(top, "$schema")),
			"schema.json");
		if (sandbox && !says_why(sandbox))
			fail_msg("%s: the sandbox has no why", b->name);
		if (protocol && !says_why(protocol))
			fail_msg("%s: the protocol has no why", b->name);
		json_decref(top);
	}
}

/* A pattern would allow what a later version of the server adds. */
static void built_in_profiles_name_each_tool_and_no_user_grant(void **state)
{
	const struct fixture *f = *state;

	for (size_t i = 0; i < builtin_profiles_n; i++) {
		_profile_ struct profile *p =
			fixture_load(f, builtin_profiles[i].name);
		_findings_ struct lint_findings found = {0};

		for (char **v = p->protocol.tools.allow; v && *v; v++)
			assert_null(strpbrk(*v, "*?"));
		assert_int_equal(strv_len(p->sandbox.network), 0);
		assert_int_equal(strv_len(p->sandbox.env_pass), 0);
		assert_false(p->sandbox.nested_userns);
		assert_int_equal(profile_lint(p, NULL, &found), 0);
		assert_int_equal(found.n, 0);
		for (char **v = p->sandbox.read; p->base && v && *v; v++)
			assert_true(**v == '/');
		if (p->base)
			assert_int_equal(strv_len(p->sandbox.write), 0);
	}
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(schema_and_loader_know_the_same_keys),
		TEST(schema_has_the_bounds_of_each_limit),
		TEST(manual_describes_every_key),
		TEST(manual_names_every_built_in_profile),
		TEST(key_tables_agree_with_the_limits),
		TEST(no_key_is_there_twice),
		TEST(every_grant_of_a_built_in_profile_says_why),
		TEST(built_in_profiles_name_each_tool_and_no_user_grant),
	};

	schema_path = argc > 1 ? argv[1] : "schema.json";
	manual_path = argc > 2 ? argv[2] : "stockade-profile.5";
	return cmocka_run_group_tests(tests, NULL, NULL);
}
