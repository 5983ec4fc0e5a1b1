/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "fixture.h"

static struct plan *plan_with(const char *env, const char *limit,
	const char *workspace, const char *argument)
{
	struct plan_options o = {.dry = true};
	char *argv[] = {(char[]){"/bin/true"},
		argument ? strdup(argument) : NULL, NULL};
	struct plan *p = NULL;
	struct err e = {0};

	if (env)
		assert_int_equal(strv_add(&o.env, env), 0);
	if (limit)
		assert_int_equal(strv_add(&o.limits, limit), 0);
	if (workspace)
		o.workspace = strdup(workspace);
	if (plan_new(&o, argv, &p, &e) < 0)
		(void)printf("# %s\n", e.text);
	plan_options_deinit(&o);
	free(argv[1]);
	return p;
}

static bool noted(const struct plan *p, const char *text)
{
	for (char **n = p->notes; n && *n; n++)
		if (strstr(*n, text))
			return true;
	return false;
}

static void nothing_passes_unasked(void **state)
{
	struct plan *p;

	(void)state;
	assert_int_equal(setenv("AWS_SECRET_ACCESS_KEY", "x", 1), 0);
	assert_int_equal(setenv("LC_ALL", "C.UTF-8", 1), 0);
	p = plan_with(NULL, NULL, NULL, NULL);
	assert_non_null(p);
	assert_null(strv_env(p->env, "AWS_SECRET_ACCESS_KEY"));
	assert_string_equal(strv_env(p->env, "LC_ALL"), "C.UTF-8");
	assert_string_equal(strv_env(p->env, "TERM"), "dumb");
	assert_true(strv_contains(p->kept_back, "AWS_SECRET_ACCESS_KEY"));
	assert_true(noted(p, "were kept back"));
	plan_free(p);
}

static void a_name_passes_the_value_and_a_pair_sets_one(void **state)
{
	struct plan *p;

	(void)state;
	assert_int_equal(setenv("GH_HOST", "example", 1), 0);
	p = plan_with("GH_HOST", NULL, NULL, NULL);
	assert_string_equal(strv_env(p->env, "GH_HOST"), "example");
	plan_free(p);
	p = plan_with("GH_HOST=other", NULL, NULL, NULL);
	assert_string_equal(strv_env(p->env, "GH_HOST"), "other");
	plan_free(p);
}

static void the_client_s_message_socket_never_passes(void **state)
{
	struct plan *p;

	(void)state;
	assert_int_equal(setenv("CLAUDE_CODE_MESSAGING_TOKEN", "secret", 1), 0);
	p = plan_with("CLAUDE_CODE_MESSAGING_TOKEN", NULL, NULL, NULL);
	assert_null(strv_env(p->env, "CLAUDE_CODE_MESSAGING_TOKEN"));
	assert_true(noted(p, "never passed"));
	plan_free(p);
	p = plan_with("CLAUDE_CODE_MESSAGING_TOKEN=x", NULL, NULL, NULL);
	assert_null(strv_env(p->env, "CLAUDE_CODE_MESSAGING_TOKEN"));
	plan_free(p);
}

static void an_argument_that_is_not_granted_gets_its_option(void **state)
{
	const struct fixture *f = *state;
	char expected[256];
	struct plan *p;

	fixture_folder(f, "data");
	(void)snprintf(expected, sizeof(expected), "--rw %s to let it write",
		fixture_path(f, "data"));
	p = plan_with(NULL, NULL, NULL, fixture_path(f, "data"));
	assert_true(noted(p, expected));
	plan_free(p);
	p = plan_with(NULL, NULL, NULL, "/usr/share");
	assert_false(noted(p, "/usr/share is not granted"));
	plan_free(p);
}

static void paths_inside_of_words_get_their_option(void **state)
{
	static const char *const around[][2] = {{"--db=sqlite:///", ""},
		{"cd ", " && x"}, {"--from=", ":name"}, {"", ":name"},
		{"['", "']"}};
	const struct fixture *f = *state;
	char word[512], expected[256], variable[512];
	const char *path;
	struct plan *p;

	fixture_folder(f, "data");
	path = fixture_path(f, "data");
	(void)snprintf(expected, sizeof(expected), "--ro %s to let", path);
	for (size_t i = 0; i < sizeof(around) / sizeof(around[0]); i++) {
		(void)snprintf(word, sizeof(word), "%s%s%s", around[i][0], path,
			around[i][1]);
		p = plan_with(NULL, NULL, NULL, word);
		assert_true(noted(p, expected));
		plan_free(p);
	}
	(void)snprintf(variable, sizeof(variable), "DB=%s", path);
	p = plan_with(variable, NULL, NULL, NULL);
	assert_true(noted(p, expected));
	plan_free(p);
	p = plan_with(NULL, NULL, NULL, "--db=sqlite:////usr/share /");
	assert_false(noted(p, "to let it read"));
	plan_free(p);
}

static void no_option_is_named_that_is_refused(void **state)
{
	const struct fixture *f = *state;
	struct plan *p;

	assert_int_equal(chdir("/"), 0);
	p = plan_with(NULL, NULL, NULL, NULL);
	assert_true(noted(p, "the working folder / is not granted"));
	assert_false(noted(p, "--ro / "));
	plan_free(p);
	assert_int_equal(chdir(f->home), 0);
	p = plan_with(NULL, NULL, NULL, NULL);
	assert_true(noted(p, "grants it, --rw FOLDER one in it"));
	plan_free(p);
}

static void home_is_no_workspace(void **state)
{
	const struct fixture *f = *state;
	struct plan *p;

	assert_null(plan_with(NULL, NULL, f->home, NULL));
	assert_null(plan_with(NULL, NULL, "/", NULL));
	p = plan_with(NULL, NULL, f->project, NULL);
	assert_non_null(p->workspace);
	assert_string_equal(p->workspace, f->project);
	plan_free(p);
	assert_int_equal(chdir(f->home), 0);
	p = plan_with(NULL, NULL, NULL, NULL);
	assert_null(p->workspace);
	plan_free(p);
}

static void limits_are_set_by_name(void **state)
{
	struct plan *p;

	(void)state;
	p = plan_with(NULL, "memory=64M", NULL, NULL);
	assert_int_equal(p->limits[LIMIT_MEMORY], 64U << 20);
	plan_free(p);
	assert_null(plan_with(NULL, "memory", NULL, NULL));
	assert_null(plan_with(NULL, "memory=lots", NULL, NULL));
	assert_null(plan_with(NULL, "nonsense=1", NULL, NULL));
}

static void the_inner_path_has_nothing_of_the_client_s(void **state)
{
	struct plan *p;

	(void)state;
	p = plan_with(NULL, NULL, NULL, NULL);
	assert_null(strstr(strv_env(p->env, "PATH"), "/tmp"));
	assert_non_null(strstr(strv_env(p->env, "PATH"), "/usr/bin"));
	plan_free(p);
}

#define FIXTURE(test) \
	cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE(nothing_passes_unasked),
		FIXTURE(a_name_passes_the_value_and_a_pair_sets_one),
		FIXTURE(the_client_s_message_socket_never_passes),
		FIXTURE(an_argument_that_is_not_granted_gets_its_option),
		FIXTURE(paths_inside_of_words_get_their_option),
		FIXTURE(no_option_is_named_that_is_refused),
		FIXTURE(home_is_no_workspace),
		FIXTURE(limits_are_set_by_name),
		FIXTURE(the_inner_path_has_nothing_of_the_client_s),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
