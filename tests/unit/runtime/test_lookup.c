/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "layout.h"

static void planted_node_in_node_modules_bin_is_passed_over(void **state)
{
	struct layout *l = *state;

	layout_program(l, "outside/node_modules/.bin/node");
	layout_program(l, "tools/bin/node");
	layout_setenv(
		l, "PATH", "^/outside/node_modules/.bin:^/tools/bin:/usr/bin");
	assert_int_equal(layout_discover(l, "node --version"), 0);
	assert_exe(l, "tools/bin/node");
	assert_noted(l, "^/outside/node_modules/.bin");
}

static void planted_program_in_workspace_is_passed_over(void **state)
{
	struct layout *l = *state;

	layout_program(l, "ws/deep/bin/node");
	layout_program(l, "tools/bin/node");
	layout_link(l, "innocent", "^/ws/deep/bin");
	layout_setenv(
		l, "PATH", "^/ws/deep/bin:^/innocent:^/tools/bin:/usr/bin");
	assert_int_equal(layout_discover(l, "node"), 0);
	assert_exe(l, "tools/bin/node");
	assert_noted(l, "^/ws/deep/bin");
	assert_noted(l, "^/innocent");
	assert_not_reachable(l, "ws/deep/bin/node");
}

static void relative_and_empty_path_entries_are_passed_over(void **state)
{
	struct layout *l = *state;

	layout_program(l, "ws/node");
	layout_program(l, "ws/bin/node");
	layout_program(l, "tools/bin/node");
	layout_setenv(l, "PATH", ":bin:./bin:.:^/tools/bin");
	assert_int_equal(layout_discover(l, "node"), 0);
	assert_exe(l, "tools/bin/node");
	assert_noted(l, "the folder is relative");
}

static void planted_interpreter_of_env_line_is_passed_over(void **state)
{
	struct layout *l = *state;

	layout_program(l, "ws/node_modules/.bin/node");
	layout_program(l, "tools/bin/node");
	layout_script(l, "srv/server.js", "#!/usr/bin/env node\n");
	layout_setenv(l, "PATH", "^/ws/node_modules/.bin:^/tools/bin");
	assert_int_equal(layout_discover(l, "^/srv/server.js"), 0);
	assert_exe(l, "srv/server.js");
	assert_path_first(l, "tools/bin");
	assert_noted(l, "^/ws/node_modules/.bin");
}

static void path_that_the_user_wrote_is_taken(void **state)
{
	struct layout *l = *state;

	layout_program(l, "ws/node_modules/.bin/node");
	assert_int_equal(layout_discover(l, "./node_modules/.bin/node x"), 0);
	assert_exe(l, "ws/node_modules/.bin/node");
	assert_words(l->r->argv, "./node_modules/.bin/node x");
	assert_string_equal(l->r->argv_absolute[0], l->r->exe);
}

static void only_planted_program_is_not_found(void **state)
{
	struct layout *l = *state;

	layout_program(l, "ws/bin/only-here");
	layout_setenv(l, "PATH", "^/ws/bin:/usr/bin");
	assert_int_equal(layout_discover(l, "only-here"), EXIT_NOT_FOUND);
	assert_non_null(strstr(l->e.text, "only-here"));
	assert_non_null(strstr(l->e.text, "/ws/bin"));
}

static void what_cannot_run_says_why(void **state)
{
	struct layout *l = *state;

	layout_dir(l, "tools/bin/folder");
	layout_file(l, "tools/bin/plain", "text");
	layout_link(l, "tools/a", "b");
	layout_link(l, "tools/b", "a");
	layout_setenv(l, "PATH", "^/tools/bin");
	assert_int_equal(layout_discover(l, "nothing"), EXIT_NOT_FOUND);
	assert_int_equal(layout_discover(l, "plain"), EXIT_CANNOT_RUN);
	assert_int_equal(layout_discover(l, "folder"), EXIT_NOT_FOUND);
	assert_int_equal(layout_discover(l, "^/nothing"), EXIT_NOT_FOUND);
	assert_int_equal(
		layout_discover(l, "^/tools/bin/folder"), EXIT_CANNOT_RUN);
	assert_int_equal(
		layout_discover(l, "^/tools/bin/plain"), EXIT_CANNOT_RUN);
	assert_int_equal(layout_discover(l, "^/tools/a"), EXIT_CANNOT_RUN);
	assert_int_equal(layout_discover(l, "/dev/null"), EXIT_CANNOT_RUN);
}

static void fifo_is_not_waited_for(void **state)
{
	struct layout *l = *state;
	_free_ char *path = layout_text(l, "^/fifo");

	assert_int_equal(mkfifo(path, 0777), 0);
	assert_int_equal(layout_discover(l, "^/fifo"), EXIT_CANNOT_RUN);
	layout_dir(l, "proj");
	_free_ char *manifest = layout_text(l, "^/proj/package.json");
	assert_int_equal(mkfifo(manifest, 0777), 0);
	layout_script(l, "proj/server", "#!/bin/sh\n");
	assert_int_equal(layout_discover(l, "^/proj/server"), 0);
}

static void symlinks_that_the_user_wrote_become_links(void **state)
{
	struct layout *l = *state;

	layout_program(l, "data/tool");
	layout_link(l, "home/proj", "../data");
	layout_link(l, "home/.local/bin/tool", "../../proj/tool");
	assert_int_equal(layout_discover(l, "^/home/.local/bin/tool"), 0);
	assert_exe(l, "home/.local/bin/tool");
	assert_mounted(l, "data/tool");
	assert_linked(l, "home/.local/bin/tool", "^/home/proj/tool");
	assert_linked(l, "home/proj", "^/data");
}

static void distribution_needs_no_mount(void **state)
{
	struct layout *l = *state;

	assert_int_equal(layout_discover(l, "sh -c true"), 0);
	assert_int_equal(l->r->n_mounts, 0);
	assert_null(l->r->links);
	assert_int_equal(l->r->kind, RUNTIME_OTHER);
	assert_int_equal(layout_discover(l, "true"), 0);
	assert_int_equal(l->r->kind, RUNTIME_STATIC);
	assert_int_equal(l->r->n_mounts, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LAYOUT_TEST(planted_node_in_node_modules_bin_is_passed_over),
		LAYOUT_TEST(planted_program_in_workspace_is_passed_over),
		LAYOUT_TEST(relative_and_empty_path_entries_are_passed_over),
		LAYOUT_TEST(planted_interpreter_of_env_line_is_passed_over),
		LAYOUT_TEST(path_that_the_user_wrote_is_taken),
		LAYOUT_TEST(only_planted_program_is_not_found),
		LAYOUT_TEST(what_cannot_run_says_why),
		LAYOUT_TEST(fifo_is_not_waited_for),
		LAYOUT_TEST(symlinks_that_the_user_wrote_become_links),
		LAYOUT_TEST(distribution_needs_no_mount),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
