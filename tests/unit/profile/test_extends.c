/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <stdio.h>
#include <string.h>

#include "policy/output_caps.h"

static void lists_join_with_the_bases_first(void **state)
{
	const struct fixture *f = *state;
	_profile_ struct profile *p = NULL;

	fixture_write(f, "user", "base",
		"{\"version\": 1, \"sandbox\": {\"read\": [\"/a\", \"/b\"], "
		"\"network\": [\"a:1\"], \"env\": {\"pass\": [\"A\"]}}, "
		"\"protocol\": {\"tools\": {\"allow\": [\"x\"]}}}");
	fixture_write(f, "user", "child",
		"{\"version\": 1, \"extends\": \"base\", \"sandbox\": "
		"{\"read\": [\"/c\", \"/a\"], \"write\": [\"/d\"], "
		"\"network\": [\"b:1\"], \"env\": {\"pass\": [\"B\", \"A\"]}}, "
		"\"protocol\": {\"tools\": {\"allow\": [\"y\"]}}}");
	p = fixture_load(f, "child");
	assert_list(p->sandbox.read, "/a /b /c");
	assert_list(p->sandbox.write, "/d");
	assert_list(p->sandbox.network, "a:1 b:1");
	assert_list(p->sandbox.env_pass, "A B");
	assert_list(p->protocol.tools.allow, "x y");
	assert_int_equal(strv_len(p->sources), 2);
	assert_non_null(strstr(p->sources[0], "/user/child.json"));
	assert_non_null(strstr(p->sources[1], "/user/base.json"));
}

static void scalars_replace_only_where_they_are_given(void **state)
{
	const struct fixture *f = *state;
	_profile_ struct profile *p = NULL;

	fixture_write(f, "user", "base",
		"{\"version\": 1, \"sandbox\": {\"state\": true, \"git\": "
		"\"write\", \"nested_userns\": true, \"limits\": {\"pids\": 9, "
		"\"memory\": \"1G\"}, \"env\": {\"set\": {\"A\": \"1\", \"B\": "
		"\"2\"}}}, \"protocol\": {\"output\": {\"text\": \"2M\", "
		"\"binary\": \"3M\"}}}");
	fixture_write(f, "user", "child",
		"{\"version\": 1, \"extends\": \"base\", \"sandbox\": "
		"{\"state\": false, \"limits\": {\"pids\": 10}, \"env\": "
		"{\"set\": {\"A\": \"\", \"C\": \"A=3\"}}}, \"protocol\": "
		"{\"output\": {\"text\": \"4M\"}}}");
	p = fixture_load(f, "child");
	assert_false(p->sandbox.state);
	assert_true(p->sandbox.git_write);
	assert_true(p->sandbox.nested_userns);
	assert_true(p->sandbox.limits[LIMIT_PIDS] == 10);
	assert_true(p->sandbox.limits[LIMIT_MEMORY] == 1ULL << 30);
	assert_false(p->sandbox.limit_set[LIMIT_CPU]);
	assert_list(p->sandbox.env_set, "A= B=2 C=A=3");
	assert_true(p->protocol.text_bytes == 4ULL << 20);
	assert_true(p->protocol.binary_bytes == 3ULL << 20);
}

static void what_is_said_of_one_kind_wins_over_what_is_said_of_both(
	void **state)
{
	const struct fixture *f = *state;
	_profile_ struct profile *base = NULL, *p = NULL;

	fixture_write(f, "user", "base",
		"{\"version\": 1, \"protocol\": {\"output\": {\"over\": "
		"\"error\", \"text_over\": \"spill\"}}}");
	fixture_write(f, "user", "child",
		"{\"version\": 1, \"extends\": \"base\", \"protocol\": "
		"{\"output\": {\"over\": \"truncate\"}}}");
	base = fixture_load(f, "base");
	assert_int_equal(profile_text_over(base), OVER_SPILL);
	assert_int_equal(profile_binary_over(base), OVER_ERROR);
	p = fixture_load(f, "child");
	assert_int_equal(profile_text_over(p), OVER_SPILL);
	assert_int_equal(profile_binary_over(p), OVER_TRUNCATE);
}

static void denied_by_a_base_stays_denied(void **state)
{
	const struct fixture *f = *state;
	_profile_ struct profile *p = NULL;

	fixture_write(f, "site", "base",
		"{\"version\": 1, \"protocol\": {\"tools\": {\"deny\": "
		"[\"delete_*\"]}}}");
	fixture_write(f, "user", "child",
		"{\"version\": 1, \"extends\": \"base\", \"protocol\": "
		"{\"tools\": {\"allow\": [\"delete_*\"], \"deny\": []}}}");
	p = fixture_load(f, "child");
	assert_list(p->protocol.tools.deny, "delete_*");
	assert_true(p->protocol.present);
}

static void users_profile_hides_the_sites_and_the_built_in_one(void **state)
{
	const struct fixture *f = *state;
	_profile_ struct profile *builtin = fixture_load(f, "time");
	_profile_ struct profile *site = NULL, *user = NULL;

	assert_string_equal(builtin->sources[0], "builtin:time");
	fixture_write(f, "site", "time",
		"{\"version\": 1, \"sandbox\": {\"read\": [\"/site\"]}}");
	site = fixture_load(f, "time");
	assert_list(site->sandbox.read, "/site");
	fixture_write(f, "user", "time",
		"{\"version\": 1, \"sandbox\": {\"read\": [\"/user\"]}}");
	user = fixture_load(f, "time");
	assert_list(user->sandbox.read, "/user");
	assert_list(user->protocol.tools.allow, "");
}

static void profile_may_extend_the_one_that_it_hides(void **state)
{
	const struct fixture *f = *state;
	_profile_ struct profile *p = NULL;

	fixture_write(f, "site", "time",
		"{\"version\": 1, \"extends\": \"time\", \"sandbox\": "
		"{\"read\": [\"/site\"]}}");
	fixture_write(f, "user", "time",
		"{\"version\": 1, \"extends\": \"time\", \"sandbox\": "
		"{\"read\": [\"/user\"]}}");
	p = fixture_load(f, "time");
	assert_list(p->sandbox.read, "/site /user");
	assert_list(p->protocol.tools.allow, "convert_time get_current_time");
	assert_int_equal(strv_len(p->sources), 5);
	assert_string_equal(p->sources[2], "builtin:time");
}

static void profile_that_hides_nothing_cannot_extend_itself(void **state)
{
	const struct fixture *f = *state;

	fixture_write(f, "user", "me", "{\"version\": 1, \"extends\": \"me\"}");
	fixture_load_fails(f, "me",
		"/user/me.json:1:27: extends \"me\": there is no such "
		"profile; expected");
}

static void cycles_are_refused(void **state)
{
	const struct fixture *f = *state;

	fixture_write(f, "user", "a", "{\"version\": 1,\n \"extends\": \"b\"}");
	fixture_write(f, "site", "b", "{\"version\": 1,\n \"extends\": \"a\"}");
	fixture_load_fails(f, "a", "/site/b.json:2:13: extends \"a\": it ext");
	fixture_load_fails(f, "b", "/user/a.json:2:13: extends \"b\": it ext");
}

static void chain_of_eight_is_read_and_of_nine_refused(void **state)
{
	const struct fixture *f = *state;
	_profile_ struct profile *p = NULL;
	char name[8], text[128];

	for (int i = 1; i <= 9; i++) {
		(void)snprintf(name, sizeof(name), "p%d", i);
		(void)snprintf(text, sizeof(text),
			i == 9 ? "{\"version\": 1}"
			       : "{\"version\": 1, \"extends\": \"p%d\", "
				 "\"sandbox\": {\"read\": [\"/%d\"]}}",
			i + 1, i);
		fixture_write(f, "user", name, text);
	}
	p = fixture_load(f, "p2");
	assert_list(p->sandbox.read, "/8 /7 /6 /5 /4 /3 /2");
	fixture_load_fails(f, "p1", "the chain is too long");
}

static void missing_base_is_refused_with_its_place(void **state)
{
	const struct fixture *f = *state;

	fixture_write(f, "user", "me",
		"{\n  \"version\": 1,\n  \"extends\": \"nowhere\"\n}");
	fixture_load_fails(
		f, "me", "/user/me.json:3:14: extends \"nowhere\": there is");
}

static void error_in_a_base_names_the_bases_file(void **state)
{
	const struct fixture *f = *state;

	fixture_write(f, "site", "base", "{\"version\": 1, \"rules\": 1}");
	fixture_write(
		f, "user", "me", "{\"version\": 1, \"extends\": \"base\"}");
	fixture_load_fails(f, "me", "/site/base.json:1:16: unknown key");
}

static void joined_lists_are_bounded(void **state)
{
	const struct fixture *f = *state;
	char *text = NULL;
	size_t len = 0;

	for (int child = 0; child < 2; child++) {
		FILE *s = open_memstream(&text, &len);

		assert_non_null(s);
		(void)fprintf(s,
			"{\"version\": 1, %s \"sandbox\": {\"read\": [",
			child ? "\"extends\": \"base\"," : "");
		for (int i = 0; i < 3000; i++)
			(void)fprintf(
				s, "%s\"/%d/%d\"", i ? "," : "", child, i);
		(void)fputs("]}}", s);
		(void)fclose(s);
		fixture_write(f, "user", child ? "me" : "base", text);
		free(text);
	}
	fixture_load_fails(f, "me", "sandbox.read has more than 4096");
}

static void only_untouched_built_in_bases_are_no_policy(void **state)
{
	static const struct {
		const char *name;
		bool base;
	} rows[] = {{"default", true}, {"node", true}, {"python", true},
		{"static", true}, {"browser", true}, {"filesystem", false},
		{"memory", false}, {"everything", false},
		{"sequential-thinking", false}, {"git", false},
		{"time", false}};
	const struct fixture *f = *state;
	_profile_ struct profile *changed = NULL, *above = NULL;

	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		_profile_ struct profile *p = fixture_load(f, rows[i].name);

		assert_int_equal(p->base, rows[i].base);
		assert_int_equal(p->protocol.present, !rows[i].base);
	}
	fixture_write(
		f, "user", "node", "{\"version\": 1, \"extends\": \"node\"}");
	changed = fixture_load(f, "node");
	assert_false(changed->base);
	above = fixture_load(f, "browser");
	assert_false(above->base);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(lists_join_with_the_bases_first),
		TEST(scalars_replace_only_where_they_are_given),
		TEST(what_is_said_of_one_kind_wins_over_what_is_said_of_both),
		TEST(denied_by_a_base_stays_denied),
		TEST(users_profile_hides_the_sites_and_the_built_in_one),
		TEST(profile_may_extend_the_one_that_it_hides),
		TEST(profile_that_hides_nothing_cannot_extend_itself),
		TEST(cycles_are_refused),
		TEST(chain_of_eight_is_read_and_of_nine_refused),
		TEST(missing_base_is_refused_with_its_place),
		TEST(error_in_a_base_names_the_bases_file),
		TEST(joined_lists_are_bounded),
		TEST(only_untouched_built_in_bases_are_no_policy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
