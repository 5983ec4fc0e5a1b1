/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "layout.h"
#include "runtime/shebang.h"
#include "runtime/trampoline.h"

static void first_line_is_split_as_the_kernel_does(void **state)
{
	struct shebang b;

	(void)state;
	assert_int_equal(shebang_parse("#! /a/b  -x  y \nz", 17, &b), 0);
	assert_string_equal(b.interp, "/a/b");
	assert_string_equal(b.arg, "-x  y");
	assert_int_equal(shebang_parse("#!/a", 4, &b), 0);
	assert_string_equal(b.interp, "/a");
	assert_string_equal(b.arg, "");
	assert_int_equal(shebang_parse("#x", 2, &b), 1);
	assert_int_equal(shebang_parse("#!  \n", 5, &b), -ENOEXEC);
	assert_int_equal(shebang_parse("#!/a\0b c\n", 9, &b), 0);
	assert_string_equal(b.interp, "/a");
}

static void line_longer_than_the_kernel_reads_is_refused(void **state)
{
	struct layout *l = *state;
	char text[4200];
	struct shebang b;

	memset(text, 'a', sizeof(text));
	memcpy(text, "#!/", 3);
	text[sizeof(text) - 2] = '\n';
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(shebang_parse(text, sizeof(text), &b), -E2BIG);
	layout_script(l, "long", text);
	assert_int_equal(layout_discover(l, "^/long"), EXIT_CANNOT_RUN);
	text[200] = ' ';
	layout_script(l, "long", text);
	assert_int_equal(layout_discover(l, "^/long"), EXIT_CANNOT_RUN);
}

static void env_strings_are_split_as_env_does(void **state)
{
	static const struct {
		const char *arg;
		const char *words;
		int r;
	} cases[] = {
		{"node", "node", 0},
		{"node --x", "node --x", 0}, /* one word, as without -S */
		{"-S node --x", "node --x", 0},
		{"-Snode --x", "node --x", 0},
		{"-vS node", "node", 0},
		{"--split-string=node -a", "node -a", 0},
		{"-S -i A=b -u C node d", "node d", 0},
		{"-S A='b c' node \"d\"", "node d", 0},
		{"-S node a\\_b", "node a b", 0},
		{"-S node # comment", "node", 0},
		{"-S -- node", "node", 0},
		{"-S node ${HOME}", NULL, -ENOTSUP},
		{"-S node 'open", NULL, -EINVAL},
		{"-S node \\", NULL, -EINVAL},
		{"-S A=b", "", 0},
		{"-S", "", 0},
	};

	(void)state;
	for (size_t i = 0; i < ELEMENTS(cases); i++) {
		_strv_ char **words = NULL;

		assert_int_equal(
			shebang_env_words(cases[i].arg, &words), cases[i].r);
		if (cases[i].r == 0)
			assert_words(words, cases[i].words);
	}
}

static void env_line_puts_the_interpreter_first(void **state)
{
	struct layout *l = *state;

	layout_program(l, "v20/bin/node");
	layout_dir(l, "v20/lib/node_modules");
	layout_script(l, "srv/s", "#!/usr/bin/env -S node --no-warnings\n");
	layout_setenv(l, "PATH", "^/v20/bin:/usr/bin");
	assert_int_equal(layout_discover(l, "^/srv/s a"), 0);
	assert_int_equal(l->r->kind, RUNTIME_NODE);
	assert_exe(l, "srv/s");
	assert_words(l->r->argv + 1, "a");
	assert_path_first(l, "v20/bin");
	assert_mounted(l, "v20");
	assert_mounted(l, "srv");
}

static void missing_interpreter_is_named(void **state)
{
	struct layout *l = *state;

	layout_script(l, "a", "#!/usr/bin/env no-such-interpreter\n");
	layout_script(l, "b", "#!/nowhere/python\n");
	layout_script(l, "c", "#!/usr/bin/env -S ${X} y\n");
	assert_int_equal(layout_discover(l, "^/a"), EXIT_NOT_FOUND);
	assert_non_null(strstr(l->e.text, "no-such-interpreter"));
	assert_int_equal(layout_discover(l, "^/b"), EXIT_NOT_FOUND);
	assert_non_null(strstr(l->e.text, "/nowhere/python"));
	assert_int_equal(layout_discover(l, "^/c"), EXIT_CANNOT_RUN);
}

static void loops_of_interpreters_end(void **state)
{
	struct layout *l = *state;

	layout_script(l, "a", "#!^/b\n");
	layout_script(l, "b", "#!^/a\n");
	layout_script(l, "self", "#!^/self\n");
	assert_int_equal(layout_discover(l, "^/a"), EXIT_CANNOT_RUN);
	assert_non_null(strstr(l->e.text, "without end"));
	assert_int_equal(layout_discover(l, "^/self"), EXIT_CANNOT_RUN);
}

static void text_without_first_line_is_for_the_shell(void **state)
{
	struct layout *l = *state;

	layout_script(l, "srv/s", "echo hello\n");
	assert_int_equal(layout_discover(l, "^/srv/s a b"), 0);
	assert_exe(l, "/bin/sh");
	assert_int_equal(l->r->kind, RUNTIME_OTHER);
	assert_string_equal(l->r->argv[2], "a");
	assert_non_null(strstr(l->r->argv[1], "/srv/s"));
	assert_mounted(l, "srv/s");
}

static void trampolines_name_their_interpreter(void **state)
{
	static const struct {
		const char *text;
		enum trampoline_kind kind;
		const char *path;
	} cases[] = {
		{"#!/bin/sh\n'''exec' '/a b/python' \"$0\" \"$@\"\n' '''\n",
			TRAMPOLINE_PYTHON, "/a b/python"},
		{"#!/bin/sh\n'''exec' /a/python -E \"$0\" \"$@\"\n' '''\n",
			TRAMPOLINE_PYTHON, "/a/python"},
		{"#!/bin/sh\n'''exec' \"$(dirname -- \"$(realpath -- "
		 "\"$0\")\")\"/'python' \"$0\" \"$@\"\n' '''\n",
			TRAMPOLINE_PYTHON, "/f/python"},
		{"#!/bin/sh\nbasedir=$(dirname \"$x\")\n"
		 "if [ -x \"$basedir/node\" ]; then\n"
		 "exec \"$basedir/node\"  \"$basedir/g/cli.js\" \"$@\"\n",
			TRAMPOLINE_TARGET, "/f/g/cli.js"},
		{"#!/bin/sh\necho '''exec'\n", TRAMPOLINE_NONE, NULL},
		{"#!/bin/sh\n'''exec' 'open\n", TRAMPOLINE_NONE, NULL},
		{"#!/bin/sh\n'''exec' \"$(dirname \n", TRAMPOLINE_NONE, NULL},
		{"", TRAMPOLINE_NONE, NULL},
	};

	(void)state;
	for (size_t i = 0; i < ELEMENTS(cases); i++) {
		enum trampoline_kind kind = TRAMPOLINE_NONE;
		_free_ char *path = NULL;

		assert_int_equal(
			trampoline_read(cases[i].text, "/f", &kind, &path), 0);
		assert_int_equal(kind, cases[i].kind);
		if (cases[i].path)
			assert_string_equal(path, cases[i].path);
		else
			assert_null(path);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_line_is_split_as_the_kernel_does),
		LAYOUT_TEST(line_longer_than_the_kernel_reads_is_refused),
		cmocka_unit_test(env_strings_are_split_as_env_does),
		LAYOUT_TEST(env_line_puts_the_interpreter_first),
		LAYOUT_TEST(missing_interpreter_is_named),
		LAYOUT_TEST(loops_of_interpreters_end),
		LAYOUT_TEST(text_without_first_line_is_for_the_shell),
		cmocka_unit_test(trampolines_name_their_interpreter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
