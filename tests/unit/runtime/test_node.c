/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "layout.h"

#define VERSION "home/.nvm/versions/node/v20.1.0"

static void make_node(struct layout *l)
{
	layout_program(l, VERSION "/bin/node");
	layout_dir(l, VERSION "/lib/node_modules");
	layout_program(l, "home/.nvm/versions/node/v18.0.0/bin/node");
	layout_setenv(l, "PATH", "^/" VERSION "/bin:/usr/bin:/bin");
}

static void one_version_root_is_mounted(void **state)
{
	struct layout *l = *state;

	make_node(l);
	assert_int_equal(layout_discover(l, "node -p 1"), 0);
	assert_int_equal(l->r->kind, RUNTIME_NODE);
	assert_exe(l, VERSION "/bin/node");
	assert_int_equal(l->r->n_mounts, 1);
	assert_mounted(l, VERSION);
	assert_non_null(strstr(l->r->mounts[0].reason, "nvm"));
	assert_not_reachable(l, "home/.nvm/versions/node/v18.0.0/bin/node");
	assert_path_first(l, VERSION "/bin");
}

static void version_root_in_home_or_above_is_refused(void **state)
{
	struct layout *l = *state;

	layout_program(l, "home/bin/node");
	assert_int_equal(layout_discover(l, "^/home/bin/node"), EXIT_REFUSED);
	layout_program(l, "bin/node");
	assert_int_equal(layout_discover(l, "^/bin/node"), EXIT_REFUSED);
	assert_non_null(strstr(l->e.text, "never mounted"));
	layout_link(l, "home/link", "^/home/bin/node");
	assert_int_equal(layout_discover(l, "^/home/link"), EXIT_REFUSED);
}

static void shared_prefix_gives_only_its_node(void **state)
{
	struct layout *l = *state;

	layout_program(l, "home/.local/bin/node");
	layout_dir(l, "home/.local/lib/node_modules/npm");
	layout_file(l, "home/.local/share/keyrings/key", "x");
	assert_int_equal(layout_discover(l, "^/home/.local/bin/node"), 0);
	assert_mounted(l, "home/.local/bin/node");
	assert_mounted(l, "home/.local/lib/node_modules");
	assert_not_reachable(l, "home/.local/share/keyrings/key");
}

static void global_package_comes_with_its_neighbours(void **state)
{
	struct layout *l = *state;

	make_node(l);
	layout_script(l, VERSION "/lib/node_modules/@a/srv/dist/i.js",
		"#!/usr/bin/env node\n");
	layout_file(l, VERSION "/lib/node_modules/@a/srv/package.json",
		"{\"name\": \"@a/srv\", \"version\": \"1.2.3\"}");
	layout_link(
		l, VERSION "/bin/srv", "../lib/node_modules/@a/srv/dist/i.js");
	assert_int_equal(layout_discover(l, "srv /x"), 0);
	assert_exe(l, VERSION "/bin/srv");
	assert_package(l, "@a/srv", "1.2.3");
	assert_int_equal(l->r->n_mounts, 1);
	assert_null(l->r->links);
}

static void project_of_a_script_is_mounted(void **state)
{
	struct layout *l = *state;

	make_node(l);
	layout_file(l, "home/src/app/package.json",
		"{\"name\": \"app\", \"version\": \"2.0.0\"}");
	layout_file(l, "home/src/app/dist/esm/package.json",
		"{\"type\": \"module\"}");
	layout_file(l, "home/src/app/dist/esm/s.js", "");
	layout_file(l, "home/src/other/secret", "");
	assert_int_equal(
		layout_discover(l, "node --no-warnings --title x "
				   "^/home/src/app/dist/esm/s.js s.js"),
		0);
	assert_mounted(l, "home/src/app");
	assert_not_reachable(l, "home/src/other/secret");
	assert_package(l, "app", "2.0.0");
}

static void script_in_home_gets_itself_and_node_modules(void **state)
{
	struct layout *l = *state;

	make_node(l);
	layout_file(l, "home/package.json", "{\"name\": \"home\"}");
	layout_file(l, "home/server.js", "");
	layout_file(l, "home/.ssh/id", "");
	layout_dir(l, "home/node_modules/dep");
	assert_int_equal(layout_discover(l, "node ^/home/server.js"), 0);
	assert_mounted(l, "home/server.js");
	assert_mounted(l, "home/node_modules");
	assert_not_reachable(l, "home/.ssh/id");
	assert_null(l->r->package);
}

static void script_in_a_shared_folder_gets_itself(void **state)
{
	struct layout *l = *state;

	make_node(l);
	layout_file(l, "home/Downloads/server.js", "");
	layout_file(l, "home/Downloads/secret", "");
	layout_file(l, "home/tool/server.js", "");
	assert_int_equal(
		layout_discover(l, "node ^/home/Downloads/server.js"), 0);
	assert_mounted(l, "home/Downloads/server.js");
	assert_not_reachable(l, "home/Downloads/secret");
	assert_int_equal(layout_discover(l, "node ^/home/tool/server.js"), 0);
	assert_mounted(l, "home/tool");
}

static void shared_folder_stays_so_behind_a_symlink(void **state)
{
	struct layout *l = *state;

	make_node(l);
	layout_file(l, "data/docs/server.js", "");
	layout_file(l, "data/keys/server.js", "");
	layout_link(l, "home/Documents", "^/data/docs");
	layout_link(l, "home/.ssh", "../data/keys");
	assert_int_equal(
		layout_discover(l, "node ^/home/Documents/server.js"), 0);
	assert_mounted(l, "data/docs/server.js");
	assert_linked(l, "home/Documents", "^/data/docs");
	assert_int_equal(layout_discover(l, "node ^/data/keys/server.js"), 0);
	assert_mounted(l, "data/keys/server.js");
	layout_setenv(l, "XDG_CONFIG_HOME", "^/data/conf/deep");
	layout_file(l, "data/conf/server.js", "");
	assert_int_equal(layout_discover(l, "node ^/data/conf/server.js"), 0);
	assert_mounted(l, "data/conf/server.js");
}

static void hoisted_modules_of_a_workspace_are_mounted(void **state)
{
	struct layout *l = *state;

	make_node(l);
	layout_file(l, "home/mono/packages/a/package.json",
		"{\"name\": \"a\", \"version\": \"1.0.0\"}");
	layout_file(l, "home/mono/packages/a/index.js", "");
	layout_file(l, "home/mono/packages/b/package.json", "{}");
	layout_dir(l, "home/mono/packages/c");
	layout_link(l, "home/mono/node_modules/@m/b", "../../packages/b");
	layout_link(l, "home/mono/node_modules/c", "../packages/c");
	layout_file(l, "home/mono/secret", "");
	/* As require() finds it: a folder, its index.js. */
	assert_int_equal(layout_discover(l, "node ^/home/mono/packages/a"), 0);
	assert_mounted(l, "home/mono/packages/a");
	assert_mounted(l, "home/mono/node_modules");
	assert_mounted(l, "home/mono/packages/b");
	/* No package.json: not a package, so not opened. */
	assert_not_reachable(l, "home/mono/packages/c");
	assert_noted(l, "^/home/mono/packages/c, which is not mounted");
	assert_not_reachable(l, "home/mono/secret");
}

static void linked_package_brings_its_own_modules(void **state)
{
	struct layout *l = *state;

	make_node(l);
	layout_file(l, "home/p/package.json", "{\"name\": \"p\"}");
	layout_file(l, "home/p/s.js", "");
	layout_link(l, "home/p/node_modules/q", "^/home/dev/q");
	layout_file(l, "home/dev/q/package.json", "{\"name\": \"q\"}");
	layout_link(l, "home/dev/q/node_modules/p", "^/home/p");
	layout_link(l, "home/dev/q/node_modules/r", "../../r");
	layout_file(l, "home/dev/r/package.json", "{\"name\": \"r\"}");
	layout_link(l, "home/dev/r/node_modules/q", "^/home/dev/q");
	assert_int_equal(layout_discover(l, "node ^/home/p/s.js"), 0);
	assert_mounted(l, "home/p");
	assert_mounted(l, "home/dev/q");
	assert_mounted(l, "home/dev/r");
}

static void links_to_home_or_the_root_open_nothing(void **state)
{
	struct layout *l = *state;

	make_node(l);
	layout_file(l, "home/package.json", "{\"name\": \"home\"}");
	layout_file(l, "home/.ssh/package.json", "{}");
	layout_file(l, "home/p/package.json", "{\"name\": \"p\"}");
	layout_file(l, "home/p/s.js", "");
	layout_link(l, "home/p/node_modules/a", "^/home");
	layout_link(l, "home/p/node_modules/b", "/");
	layout_link(l, "home/p/node_modules/c", "../../.ssh");
	layout_link(l, "home/p/node_modules/d", "d");
	assert_int_equal(layout_discover(l, "node ^/home/p/s.js"), 0);
	assert_not_reachable(l, "home/.ssh");
	assert_int_equal(l->r->n_mounts, 2);
}

static void many_links_are_bounded(void **state)
{
	struct layout *l = *state;

	make_node(l);
	layout_file(l, "home/p/package.json", "{\"name\": \"p\"}");
	layout_file(l, "home/p/s.js", "");
	for (int i = 0; i < 300; i++) {
		char path[64], target[64];

		(void)snprintf(
			path, sizeof(path), "home/dev/q%d/package.json", i);
		layout_file(l, path, "{}");
		(void)snprintf(
			path, sizeof(path), "home/p/node_modules/q%d", i);
		(void)snprintf(target, sizeof(target), "^/home/dev/q%d", i);
		layout_link(l, path, target);
	}
	assert_int_equal(layout_discover(l, "node ^/home/p/s.js"), 0);
	assert_true(l->r->n_mounts > 60);
	assert_true(l->r->n_mounts <= 70);
}

static void pnpm_store_is_mounted_whole(void **state)
{
	struct layout *l = *state;

	make_node(l);
	layout_script(l,
		"home/.local/share/pnpm/global/5/.pnpm/s@1/node_modules/s/c.js",
		"");
	layout_file(l,
		"home/.local/share/pnpm/global/5/.pnpm/s@1/node_modules/s/"
		"package.json",
		"{\"name\": \"s\", \"version\": \"1.0.0\"}");
	layout_file(l,
		"home/.local/share/pnpm/global/5/.pnpm/d@1/node_modules/d/"
		"package.json",
		"{}");
	layout_link(l,
		"home/.local/share/pnpm/global/5/.pnpm/s@1/node_modules/d",
		"../../d@1/node_modules/d");
	layout_file(l, "home/.local/share/pnpm/store/other", "");
	layout_link(l, "home/.local/share/pnpm/global/5/node_modules/s",
		"../.pnpm/s@1/node_modules/s");
	layout_script(l, "home/.local/share/pnpm/s",
		"#!/bin/sh\nbasedir=$(dirname \"$0\")\n"
		"exec node  \"$basedir/global/5/node_modules/s/c.js\" \"$@\"\n");
	assert_int_equal(layout_discover(l, "^/home/.local/share/pnpm/s"), 0);
	assert_exe(l, "home/.local/share/pnpm/s");
	assert_int_equal(l->r->kind, RUNTIME_NODE);
	assert_mounted(l, VERSION);
	assert_package(l, "s", "1.0.0");
	assert_path_first(l, VERSION "/bin");
	assert_mounted(l, "home/.local/share/pnpm/s");
	assert_mounted(l, "home/.local/share/pnpm/global/5/.pnpm");
	assert_not_reachable(l, "home/.local/share/pnpm/store/other");
}

static void granted_node_path_counts_and_another_does_not(void **state)
{
	struct layout *l = *state;

	make_node(l);
	layout_dir(l, "home/extra");
	layout_setenv(l, "NODE_PATH", "^/home/extra:^/home:/");
	assert_int_equal(layout_discover(l, "node -p 1"), 0);
	assert_not_reachable(l, "home/extra");
	layout_grant(l, "NODE_PATH");
	assert_int_equal(layout_discover(l, "node -p 1"), 0);
	assert_mounted(l, "home/extra");
}

static void options_before_the_script_are_passed_over(void **state)
{
	struct layout *l = *state;

	make_node(l);
	layout_file(l, "home/p/s.js", "");
	layout_file(l, "home/pre/load.cjs", "");
	assert_int_equal(layout_discover(l,
				 "node -r ^/home/pre/load.cjs --env-file .env "
				 "--inspect=9 -- ^/home/p/s.js"),
		0);
	assert_mounted(l, "home/p");
	assert_mounted(l, "home/pre");
	assert_int_equal(layout_discover(l, "node -e ^/home/p/s.js"), 0);
	assert_not_reachable(l, "home/p");
}

static void relative_script_is_made_absolute_beside(void **state)
{
	struct layout *l = *state;

	make_node(l);
	layout_file(l, "ws/src/s.js", "");
	assert_int_equal(layout_discover(l, "node --x src/s.js src/s.js"), 0);
	assert_words(l->r->argv, "node --x src/s.js src/s.js");
	assert_string_equal(l->r->argv_absolute[0], "node");
	assert_int_equal(l->r->argv_absolute[2][0], '/');
	assert_string_equal(l->r->argv_absolute[3], "src/s.js");
	assert_mounted(l, "ws/src");
}

static void names_that_are_no_package_names_are_dropped(void **state)
{
	static const char *const names[] = {
		"../x", "a b", "/etc", ".x", "a\\n", "", "x/../../y"};
	struct layout *l = *state;

	make_node(l);
	layout_file(l, "home/p/s.js", "");
	for (size_t i = 0; i < ELEMENTS(names); i++) {
		char text[128];

		(void)snprintf(text, sizeof(text),
			"{\"name\": \"%s\", \"version\": \"1\"}", names[i]);
		layout_file(l, "home/p/package.json", text);
		assert_int_equal(layout_discover(l, "node ^/home/p/s.js"), 0);
		assert_null(l->r->package);
	}
}

static void binary_of_a_package_gets_its_package(void **state)
{
	struct layout *l = *state;

	layout_program(l, "home/p/node_modules/@s/linux-x64/bin/tool");
	layout_file(l, "home/p/node_modules/@s/linux-x64/package.json",
		"{\"name\": \"@s/linux-x64\", \"version\": \"3.0.0\"}");
	layout_link(
		l, "home/p/node_modules/.bin/tool", "../@s/linux-x64/bin/tool");
	assert_int_equal(
		layout_discover(l, "^/home/p/node_modules/.bin/tool"), 0);
	assert_mounted(l, "home/p/node_modules/@s/linux-x64");
	assert_linked(l, "home/p/node_modules/.bin/tool",
		"^/home/p/node_modules/@s/linux-x64/bin/tool");
	assert_package(l, "@s/linux-x64", "3.0.0");
	assert_int_equal(l->r->kind, RUNTIME_STATIC);
	assert_null(l->r->path_first);
}

static void folder_of_commands_of_a_project_never_comes_first(void **state)
{
	struct layout *l = *state;

	make_node(l);
	layout_program(l, "ws/node_modules/.bin/node");
	layout_program(l, "ws/node_modules/bun/bin/bun");
	layout_link(l, "ws/node_modules/.bin/bun", "../bun/bin/bun");
	layout_script(l, "ws/node_modules/s/i.js", "#!/usr/bin/env node\n");
	layout_file(l, "ws/node_modules/s/package.json",
		"{\"name\": \"s\", \"version\": \"1.0.0\"}");
	layout_link(l, "ws/node_modules/.bin/s", "../s/i.js");
	assert_int_equal(layout_discover(l, "./node_modules/.bin/s"), 0);
	assert_int_equal(strv_len(l->r->path_first), 1);
	assert_path_first(l, VERSION "/bin");
	assert_int_equal(layout_discover(l, "./node_modules/.bin/node x"), 0);
	assert_null(l->r->path_first);
	assert_int_equal(layout_discover(l, "./node_modules/.bin/bun run "
					    "node_modules/s/i.js"),
		0);
	assert_null(l->r->path_first);
	assert_package(l, "s", "1.0.0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LAYOUT_TEST(one_version_root_is_mounted),
		LAYOUT_TEST(version_root_in_home_or_above_is_refused),
		LAYOUT_TEST(shared_prefix_gives_only_its_node),
		LAYOUT_TEST(global_package_comes_with_its_neighbours),
		LAYOUT_TEST(project_of_a_script_is_mounted),
		LAYOUT_TEST(script_in_home_gets_itself_and_node_modules),
		LAYOUT_TEST(script_in_a_shared_folder_gets_itself),
		LAYOUT_TEST(shared_folder_stays_so_behind_a_symlink),
		LAYOUT_TEST(hoisted_modules_of_a_workspace_are_mounted),
		LAYOUT_TEST(linked_package_brings_its_own_modules),
		LAYOUT_TEST(links_to_home_or_the_root_open_nothing),
		LAYOUT_TEST(many_links_are_bounded),
		LAYOUT_TEST(pnpm_store_is_mounted_whole),
		LAYOUT_TEST(granted_node_path_counts_and_another_does_not),
		LAYOUT_TEST(options_before_the_script_are_passed_over),
		LAYOUT_TEST(relative_script_is_made_absolute_beside),
		LAYOUT_TEST(names_that_are_no_package_names_are_dropped),
		LAYOUT_TEST(binary_of_a_package_gets_its_package),
		LAYOUT_TEST(folder_of_commands_of_a_project_never_comes_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
