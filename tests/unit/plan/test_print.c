/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plan of a known folder, word for word as tests/golden/plan has it. What
 * differs from host to host is left out: the system's own folders and files.
 *
 * usage: test_plan_print FOLDER [--write]; the latter writes them anew.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "fixture.h"

static bool differs_by_host(const char *line)
{
	static const char *const words[] = {"# programs and libraries",
		"# the host's, read-only", "# a device", "  runtime ",
		"  uid "};

	for (size_t i = 0; i < ELEMENTS(words); i++)
		if (strstr(line, words[i]))
			return true;
	return false;
}

/* Copies @line with @from as @to. */
static void put_line(
	FILE *out, const char *line, const char *from, const char *to)
{
	const char *hit;

	while ((hit = strstr(line, from))) {
		(void)fwrite(line, 1, (size_t)(hit - line), out);
		(void)fputs(to, out);
		line = hit + strlen(from);
	}
	(void)fputs(line, out);
	(void)fputc('\n', out);
}

/* The private folder's name ends with a hash of what depends on the host. */
static void hide_hash(char *text)
{
	static const char head[] = "/state/static-";
	char *hash = strstr(text, head);

	if (hash && strlen(hash) > sizeof(head) + 16)
		memset(hash + strlen(head), 'h', 16);
}

static char *normalised(const struct fixture *f, char *text)
{
	char *out = NULL, *save = NULL;
	size_t len = 0;
	FILE *stream = open_memstream(&out, &len);

	assert_non_null(stream);
	for (char *line = strtok_r(text, "\n", &save); line;
		line = strtok_r(NULL, "\n", &save))
		if (!differs_by_host(line))
			put_line(stream, line, f->root, "@ROOT@");
	assert_int_equal(fclose(stream), 0);
	hide_hash(out);
	return out;
}

static char *printed(const struct fixture *f, const struct plan *p)
{
	const char *grades[_LIMIT_N];
	_free_ char *text = NULL;
	size_t len = 0;
	FILE *stream = open_memstream(&text, &len);

	assert_non_null(stream);
	for (int i = 0; i < _LIMIT_N; i++)
		grades[i] = "hard";
	plan_print(p, grades, stream);
	assert_int_equal(fclose(stream), 0);
	return normalised(f, text);
}

static const char *golden; /* set once by main() */
static bool write_anew;

static void compare(const char *name, const char *text)
{
	_free_ char *expected = NULL;
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/%s.txt", golden, name);
	if (write_anew) {
		FILE *file = fopen(path, "we");

		assert_non_null(file);
		assert_true(fputs(text, file) >= 0);
		assert_int_equal(fclose(file), 0);
		return;
	}
	assert_int_equal(fd_read_file(-1, path, 1 << 20, &expected, NULL), 0);
	assert_string_equal(text, expected);
}

static struct plan *plan_of(const struct plan_options *o, const char *arg)
{
	char *argv[] = {(char[]){"/bin/true"}, strdup(arg), NULL};
	struct plan *p = NULL;
	struct err e = {0};

	if (plan_new(o, argv, &p, &e) < 0)
		fail_msg("%s", e.text);
	free(argv[1]);
	free(p->user);
	p->user = strdup("user");
	return p;
}

static void a_bare_command(void **state)
{
	const struct fixture *f = *state;
	const struct plan_options o = {.dry = true};
	struct plan *p = plan_of(&o, fixture_path(f, "home/project"));
	_free_ char *text = printed(f, p);

	compare("bare", text);
	plan_free(p);
}

static void grants_limits_and_tools(void **state)
{
	const struct fixture *f = *state;
	struct plan_options o = {.dry = true, .state = true};
	_free_ char *text = NULL;
	struct plan *p;

	fixture_folder(f, "home/project/.git");
	fixture_file(f, "home/project/.envrc");
	fixture_socket(f, "home/project/agent.sock");
	fixture_folder(f, "data");
	assert_int_equal(setenv("TOKEN", "s3cr3t", 1), 0);
	assert_int_equal(strv_add(&o.rw, f->project), 0);
	assert_int_equal(strv_add(&o.ro, fixture_path(f, "data")), 0);
	assert_int_equal(strv_add(&o.env, "TOKEN"), 0);
	assert_int_equal(strv_add(&o.limits, "memory=64M"), 0);
	assert_int_equal(strv_add(&o.network, "api.example.org:443"), 0);
	assert_int_equal(strv_add(&o.tools, "read_*"), 0);
	assert_int_equal(strv_add(&o.deny, "read_secret"), 0);
	p = plan_of(&o, "x");
	text = printed(f, p);
	/* Names of variables alone: a value may be a secret. */
	assert_null(strstr(text, "s3cr3t"));
	compare("grants", text);
	plan_free(p);
	plan_options_deinit(&o);
}

static int setup(void **state)
{
	/* The client's environment would stand among what is kept back. */
	(void)clearenv();
	if (setenv("PATH", "/usr/bin:/bin", 1) < 0)
		return -1;
	return fixture_setup(state);
}

#define FIXTURE(test) \
	cmocka_unit_test_setup_teardown(test, setup, fixture_teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		FIXTURE(a_bare_command),
		FIXTURE(grants_limits_and_tools),
	};

	if (argc < 2)
		return 2;
	golden = argv[1];
	write_anew = argc > 2 && strcmp(argv[2], "--write") == 0;
	/* clearenv() takes the variable that says so. */
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
