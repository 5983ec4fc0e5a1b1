/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which keys a policy may have: those of a profile that mean something as a
 * maximum, and a site's own. And which hosts an entry covers.
 */
#include "fixture.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "plan/policy_key.h"
#include "plan/profile_quota.h"

static const char *policy_schema_path, *schema_path;

static int parse(const char *text, bool site, struct site_rules *ret_rules,
	struct profile **ret, struct err *e)
{
	struct site_rules rules = {0};
	struct profile *p = NULL;
	int r = policy_parse(
		"x", "x.json", text, strlen(text), site ? &rules : NULL, &p, e);

	if (ret_rules)
		*ret_rules = rules;
	if (ret && r == 0)
		*ret = p;
	else
		profile_free(p);
	return r;
}

/* {"version": 1, "sandbox": {"env": {"KEY": 0}}} for "/sandbox/env". */
static void nested(const char *path, const char *key, char *dst, size_t size)
{
	size_t used = (size_t)snprintf(dst, size, "{\"version\": 1");
	unsigned depth = 1;

	for (const char *at = path; *at; depth++) {
		size_t n = strcspn(at + 1, "/");

		used += (size_t)snprintf(dst + used, size - used,
			"%s\"%.*s\": {", at == path ? ", " : "", (int)n,
			at + 1);
		at += n + 1;
	}
	used += (size_t)snprintf(
		dst + used, size - used, "%s\"%s\": 0", *path ? "" : ", ", key);
	while (depth--)
		used += (size_t)snprintf(dst + used, size - used, "}");
}

/* With a value that no key has, a permitted key is found and its value is
 * refused, any other is refused by its name. */
static void each_key_of_a_profile_is_a_maximum_or_an_error(void **state)
{
	unsigned permitted = 0, refused = 0;

	(void)state;
	for (int id = OBJECT_NONE + 1; id < _OBJECT_N; id++) {
		const struct profile_object_info *o = &profile_objects[id];

		for (size_t i = 0; i < o->n_keys; i++) {
			bool may = policy_key_permitted(
				(enum profile_object)id, o->keys[i].name);
			struct err e = {0};
			char text[256];

			if (strcmp(o->keys[i].name, "version") == 0)
				continue;
			nested(o->path, o->keys[i].name, text, sizeof(text));
			/* A limit of 0 may be one. */
			if (parse(text, true, NULL, NULL, &e) == 0) {
				assert_true(
					id == OBJECT_LIMITS ||
					o->keys[i].set == profile_set_quota);
				assert_true(may);
			} else if (may) {
				assert_null(strstr(e.text, "means nothing"));
				assert_null(strstr(e.text, "unknown key"));
			} else {
				assert_non_null(
					strstr(e.text, "means nothing in a "
						       "policy"));
			}
			permitted += may;
			refused += !may;
		}
	}
	assert_true(permitted > 30);
	assert_true(refused >= 5);
}

static void keys_that_only_grant_are_refused_by_name(void **state)
{
	static const char *const bad[] = {
		"{\"version\": 1, \"name\": \"x\"}",
		"{\"version\": 1, \"extends\": \"node\"}",
		"{\"version\": 1, \"packages\": []}",
		"{\"version\": 1, \"sandbox\": {\"env\": {\"set\": {}}}}",
		("{\"version\": 1, \"protocol\": {\"output\": {\"over\": "
		 "\"truncate\"}}}"),
	};

	(void)state;
	for (size_t i = 0; i < ELEMENTS(bad); i++) {
		struct err e = {0};

		assert_true(parse(bad[i], true, NULL, NULL, &e) < 0);
		assert_non_null(strstr(e.text, "means nothing in a policy"));
		assert_non_null(strstr(e.text, "x.json:1:"));
	}
}

/* Each alone, with both values, in a site's policy and in another. */
static void site_s_own_keys_are_a_site_s(void **state)
{
	(void)state;
	for (size_t i = 0; i < n_site_keys; i++)
		for (int value = 0; value < 2; value++) {
			struct site_rules rules;
			struct err e = {0};
			bool takes = value == site_keys[i].id;
			char text[128];

			(void)snprintf(text, sizeof(text),
				"{\"version\": 1, \"%s\": %s}",
				site_keys[i].name, value ? "true" : "false");
			assert_true(parse(text, false, NULL, NULL, &e) < 0);
			assert_non_null(strstr(e.text, "unknown key"));
			assert_int_equal(
				parse(text, true, &rules, NULL, &e), 0);
			assert_int_equal(
				rules.require_profile, i == 0 && takes);
			assert_int_equal(rules.no_degraded, i == 1 && takes);
			assert_int_equal(rules.no_keep_uid, i == 2 && takes);
			assert_int_equal(rules.no_observe, i == 3 && takes);
		}
	assert_int_equal(n_site_keys, 4);
}

static void own_keys_of_a_site_stand_at_the_top_only(void **state)
{
	struct err e = {0};

	(void)state;
	assert_true(parse("{\"version\": 1, \"sandbox\": {\"keep_uid\": "
			  "false}}",
			    true, NULL, NULL, &e) < 0);
	assert_non_null(strstr(e.text, ":1:28: unknown key \"keep_uid\""));
}

static void empty_list_differs_from_none(void **state)
{
	_profile_ struct profile *none = NULL, *empty = NULL;
	struct err e = {0};

	(void)state;
	assert_int_equal(
		parse("{\"version\": 1, \"sandbox\": {}, \"protocol\": "
		      "{\"tools\": {}}}",
			false, NULL, &none, &e),
		0);
	assert_int_equal(
		parse("{\"version\": 1, \"sandbox\": {\"read\": [], "
		      "\"write\": [], \"network\": [], \"env\": {\"pass\": "
		      "[]}}, \"protocol\": {\"tools\": {\"allow\": []}}}",
			false, NULL, &empty, &e),
		0);
	assert_false(none->sandbox.read_given || none->sandbox.write_given ||
		     none->sandbox.network_given || none->sandbox.pass_given ||
		     none->protocol.tools.allow_given);
	assert_true(empty->sandbox.read_given && empty->sandbox.write_given &&
		    empty->sandbox.network_given && empty->sandbox.pass_given &&
		    empty->protocol.tools.allow_given);
}

static void entry_covers_what_lies_in_it(void **state)
{
	static const struct {
		const char *entry, *grant;
		bool covers;
	} rows[] = {
		{"a.org:443", "a.org:443", true},
		{"a.org:443", "A.ORG:443", true},
		{"a.org:443", "a.org:80", false},
		{"a.org:443", "b.a.org:443", false},
		{"a.org:443", "*.a.org:443", false},
		{"*.a.org:443", "b.a.org:443", true},
		{"*.a.org:443", "c.b.A.org:443", true},
		{"*.a.org:443", "*.a.org:443", true},
		{"*.a.org:443", "*.b.a.org:443", true},
		{"*.a.org:443", "a.org:443", false},
		{"*.a.org:443", "xa.org:443", false},
		{"*.b.a.org:443", "*.a.org:443", false},
		{"10.0.0.0/8:1", "10.0.0.0/8:1", true},
		{"10.0.0.0/8:1", "10.1.0.0/16:1", true},
		{"10.0.0.0/8:1", "10.255.255.255:1", true},
		{"10.0.0.0/8:1", "11.0.0.0:1", false},
		{"10.0.0.0/8:1", "10.1.0.0/16:2", false},
		{"10.0.0.0/8:1", "0.0.0.0/0:1", false},
		{"10.1.0.0/16:1", "10.0.0.0/8:1", false},
		{"0.0.0.0/0:1", "192.0.2.1:1", true},
		{"0.0.0.0/0:1", "[::]/0:1", false},
		{"0.0.0.0/0:1", "a.org:1", false},
		{"10.0.0.1:1", "10.0.0.1:1", true},
		{"10.0.0.1:1", "10.0.0.0/31:1", false},
		{"[2001:db8::]/32:1", "[2001:db8:1::]/48:1", true},
		{"[2001:db8::]/32:1", "[2001:db8::1]:1", true},
		{"[2001:db8::]/32:1", "[2001:db9::1]:1", false},
		{"[2001:db8::1]:1", "[2001:db8:0:0:0:0:0:1]:1", true},
		{"[::]/0:1", "10.0.0.1:1", false},
		{"[::ffff:0.0.0.0]/96:1", "10.0.0.1:1", false},
	};

	(void)state;
	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		assert_int_equal(network_grant_check(rows[i].entry, NULL), 0);
		assert_int_equal(network_grant_check(rows[i].grant, NULL), 0);
		if (network_grant_covers(rows[i].entry, rows[i].grant) !=
			rows[i].covers)
			fail_msg("%s and %s", rows[i].entry, rows[i].grant);
	}
}

static json_t *json_of(const char *path)
{
	json_error_t error;
	json_t *j = json_load_file(path, 0, &error);

	if (!j)
		fail_msg("%s:%d: %s", path, error.line, error.text);
	return j;
}

/* What lies at "/a/b". */
static json_t *at_path(json_t *j, const char *path)
{
	while (j && *path) {
		char name[64];
		size_t n = strcspn(path + 1, "/");

		(void)snprintf(name, sizeof(name), "%.*s", (int)n, path + 1);
		j = json_object_get(j, name);
		path += n + 1;
	}
	return j;
}

/* Follows a reference into the profile's schema. */
static json_t *followed(json_t *profile, json_t *j)
{
	static const char prefix[] = "schema.json#";
	const char *ref = json_string_value(json_object_get(j, "$ref"));

	if (!ref)
		return j;
	/* Within the profile's schema, references are to itself. */
	if (ref[0] != '#')
		assert_int_equal(strncmp(ref, prefix, strlen(prefix)), 0);
	j = at_path(profile, strchr(ref, '#') + 1);
	if (!j)
		fail_msg("%s leads nowhere", ref);
	return j;
}

static json_t *object_at(json_t *policy, json_t *profile, const char *path)
{
	json_t *j = policy;

	while (*path) {
		char name[64];
		size_t n = strcspn(path + 1, "/");

		(void)snprintf(name, sizeof(name), "/properties/%.*s", (int)n,
			path + 1);
		j = at_path(j, name);
		if (!j)
			return NULL;
		j = followed(profile, j);
		path += n + 1;
	}
	return j;
}

static bool is_site_key(const char *name)
{
	for (size_t i = 0; i < n_site_keys; i++)
		if (strcmp(site_keys[i].name, name) == 0)
			return true;
	return false;
}

/* All that @o may have is in the schema, and nothing else. */
static void check_object(enum profile_object id, json_t *at, json_t *profile)
{
	const struct profile_object_info *o = &profile_objects[id];
	json_t *properties = json_object_get(at, "properties"), *value;
	size_t may = id == OBJECT_TOP ? n_site_keys : 0;
	const char *name;

	assert_true(json_is_false(json_object_get(at, "additionalProperties")));
	json_object_foreach(properties, name, value)
	{
		assert_non_null(followed(profile, value));
		if (!policy_key_permitted(id, name) &&
			!(id == OBJECT_TOP && is_site_key(name)))
			fail_msg("%s/%s is not loaded", o->path, name);
	}
	for (size_t i = 0; i < o->n_keys; i++)
		may += policy_key_permitted(id, o->keys[i].name);
	assert_int_equal(json_object_size(properties), may);
}

static void schema_and_loader_know_the_same_keys(void **state)
{
	json_t *policy = json_of(policy_schema_path);
	json_t *profile = json_of(schema_path);
	unsigned seen = 0;

	(void)state;
	for (int id = OBJECT_NONE + 1; id < _OBJECT_N; id++) {
		const struct profile_object_info *o = &profile_objects[id];
		json_t *at = object_at(policy, profile, o->path);
		bool any = false;

		for (size_t i = 0; i < o->n_keys; i++)
			any |= policy_key_permitted(
				(enum profile_object)id, o->keys[i].name);
		assert_int_equal(at != NULL, any);
		if (at)
			check_object((enum profile_object)id, at, profile);
		seen += any;
	}
	assert_true(seen >= 10);
	json_decref(policy);
	json_decref(profile);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			each_key_of_a_profile_is_a_maximum_or_an_error),
		cmocka_unit_test(keys_that_only_grant_are_refused_by_name),
		cmocka_unit_test(site_s_own_keys_are_a_site_s),
		cmocka_unit_test(own_keys_of_a_site_stand_at_the_top_only),
		cmocka_unit_test(empty_list_differs_from_none),
		cmocka_unit_test(schema_and_loader_know_the_same_keys),
		cmocka_unit_test(entry_covers_what_lies_in_it),
	};

	policy_schema_path = argc > 1 ? argv[1] : "policy.schema.json";
	schema_path = argc > 2 ? argv[2] : "schema.json";
	return cmocka_run_group_tests(tests, NULL, NULL);
}
