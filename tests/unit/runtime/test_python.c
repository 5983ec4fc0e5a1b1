/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "layout.h"

#define BASE "opt/cpython-3.12"
#define SITE "home/v/lib/python3.12/site-packages"

static void make_base(struct layout *l)
{
	layout_program(l, BASE "/bin/python3.12");
	layout_link(l, BASE "/bin/python3", "python3.12");
	layout_file(l, BASE "/lib/python3.12/os.py", "");
	layout_setenv(l, "PATH", "^/" BASE "/bin:/usr/bin:/bin");
}

static void make_venv(struct layout *l)
{
	make_base(l);
	layout_file(l, "home/v/pyvenv.cfg",
		"home = ^/" BASE "/bin\nversion = 3.12.0\n");
	layout_link(l, "home/v/bin/python", "^/" BASE "/bin/python3.12");
	layout_dir(l, SITE);
}

static void environment_and_its_base_are_mounted(void **state)
{
	struct layout *l = *state;

	make_venv(l);
	assert_int_equal(
		layout_discover(l, "^/home/v/bin/python -u -m srv x"), 0);
	assert_int_equal(l->r->kind, RUNTIME_PYTHON);
	assert_exe(l, "home/v/bin/python");
	assert_path_first(l, "home/v/bin");
	assert_int_equal(l->r->n_mounts, 2);
	assert_mounted(l, "home/v");
	assert_mounted(l, BASE);
	assert_null(l->r->env);
}

static void console_script_names_its_distribution(void **state)
{
	struct layout *l = *state;

	make_venv(l);
	layout_file(l, SITE "/a-9.dist-info/METADATA", "Name: a\n");
	layout_file(l, SITE "/a-9.dist-info/entry_points.txt",
		"[gui_scripts]\nmy-srv = a:b\n");
	layout_file(l, SITE "/my_srv-1.2.dist-info/METADATA",
		"Metadata-Version: 2.1\nName: my-srv\nVersion: 1.2\n\n"
		"Name: not-this\n");
	layout_file(l, SITE "/my_srv-1.2.dist-info/entry_points.txt",
		"[console_scripts]\nmy-srv = my_srv:main\n");
	layout_script(l, "home/v/bin/my-srv", "#!^/home/v/bin/python\n");
	layout_link(l, "home/.local/bin/my-srv", "^/home/v/bin/my-srv");
	assert_int_equal(layout_discover(l, "^/home/.local/bin/my-srv --x"), 0);
	assert_exe(l, "home/.local/bin/my-srv");
	assert_linked(l, "home/.local/bin/my-srv", "^/home/v/bin/my-srv");
	assert_package(l, "my-srv", "1.2");
	assert_mounted(l, "home/v");
	assert_mounted(l, BASE);
	assert_int_equal(
		layout_discover(l, "^/home/v/bin/python -Im my_srv.cli"), 0);
	assert_package(l, "my-srv", "1.2");
}

static void module_is_found_by_top_level_and_by_record(void **state)
{
	struct layout *l = *state;

	make_venv(l);
	layout_file(l, SITE "/dist_a-1.dist-info/METADATA",
		"Name: dist-a\nVersion: 1\n");
	layout_file(l, SITE "/dist_a-1.dist-info/top_level.txt", "x\nmod_a\n");
	layout_file(l, SITE "/dist_b-2.dist-info/METADATA",
		"Name: dist-b\nVersion: 2\n");
	layout_file(l, SITE "/dist_b-2.dist-info/RECORD",
		"other/x.py,,\nmod_b/__init__.py,sha256=x,1\n");
	assert_int_equal(layout_discover(l, "^/home/v/bin/python -m mod_a"), 0);
	assert_package(l, "dist-a", "1");
	assert_int_equal(
		layout_discover(l, "^/home/v/bin/python -um mod_b"), 0);
	assert_package(l, "dist-b", "2");
}

static void home_that_leads_to_home_or_the_root_is_refused(void **state)
{
	static const char *const homes[] = {
		"/", "^/home", "^/home/bin", "^/home/v/../../home", "/bin/.."};
	struct layout *l = *state;

	make_base(l);
	/* A copied python, so that only `home` says where its base is. */
	layout_program(l, "home/v/bin/python");
	layout_program(l, "home/python3");
	layout_program(l, "home/bin/python3");
	for (size_t i = 0; i < ELEMENTS(homes); i++) {
		char text[256];

		(void)snprintf(text, sizeof(text), "home = %s\n", homes[i]);
		layout_file(l, "home/v/pyvenv.cfg", text);
		assert_int_equal(layout_discover(l, "^/home/v/bin/python"),
			EXIT_REFUSED);
	}
}

static void home_that_is_no_python_opens_nothing(void **state)
{
	struct layout *l = *state;

	make_base(l);
	layout_program(l, "home/v/bin/python");
	layout_file(l, "home/private/secret", "");
	layout_program(l, "home/private/bin/python");
	layout_file(l, "home/v/pyvenv.cfg", "home = ^/home/private/bin\n");
	assert_int_equal(layout_discover(l, "^/home/v/bin/python"), 0);
	assert_not_reachable(l, "home/private/secret");
	assert_noted(l, "no standard library");
}

static void environment_in_home_is_refused(void **state)
{
	struct layout *l = *state;

	make_base(l);
	layout_file(l, "home/pyvenv.cfg", "home = ^/" BASE "/bin\n");
	layout_link(l, "home/bin/python", "^/" BASE "/bin/python3.12");
	assert_int_equal(layout_discover(l, "^/home/bin/python"), EXIT_REFUSED);
}

static void copied_python_finds_its_base_by_home(void **state)
{
	struct layout *l = *state;

	make_base(l);
	layout_program(l, "home/v/bin/python3.12");
	layout_file(l, "home/v/pyvenv.cfg", "HOME=^/" BASE "/bin\n");
	layout_dir(l, SITE);
	assert_int_equal(layout_discover(l, "^/home/v/bin/python3.12"), 0);
	assert_mounted(l, "home/v");
	assert_mounted(l, BASE);
}

static void chain_of_environments_is_followed_and_ends(void **state)
{
	struct layout *l = *state;

	make_base(l);
	layout_program(l, "home/a/bin/python3");
	layout_file(l, "home/a/pyvenv.cfg", "home = ^/home/b/bin\n");
	layout_program(l, "home/b/bin/python3");
	layout_file(l, "home/b/pyvenv.cfg", "home = ^/" BASE "/bin\n");
	assert_int_equal(layout_discover(l, "^/home/a/bin/python3"), 0);
	assert_mounted(l, "home/a");
	assert_mounted(l, "home/b");
	assert_mounted(l, BASE);
	layout_file(l, "home/b/pyvenv.cfg", "home = ^/home/a/bin\n");
	assert_int_equal(
		layout_discover(l, "^/home/a/bin/python3"), EXIT_CANNOT_RUN);
	layout_file(l, "home/b/pyvenv.cfg", "home = /nowhere\n");
	assert_int_equal(
		layout_discover(l, "^/home/a/bin/python3"), EXIT_CANNOT_RUN);
}

static void managed_python_behind_a_moving_link_is_linked(void **state)
{
	struct layout *l = *state;

	layout_program(l,
		"home/.local/share/uv/python/cpython-3.12.9-linux/bin/"
		"python3.12");
	layout_file(l,
		"home/.local/share/uv/python/cpython-3.12.9-linux/lib/"
		"python3.12/os.py",
		"");
	layout_link(l, "home/.local/share/uv/python/cpython-3.12-linux",
		"cpython-3.12.9-linux");
	layout_file(l, "home/v/pyvenv.cfg",
		"home = ^/home/.local/share/uv/python/cpython-3.12-linux/bin\n");
	layout_link(l, "home/v/bin/python",
		"^/home/.local/share/uv/python/cpython-3.12-linux/bin/"
		"python3.12");
	assert_int_equal(layout_discover(l, "^/home/v/bin/python -c 1"), 0);
	assert_mounted(l, "home/.local/share/uv/python/cpython-3.12.9-linux");
	assert_linked(l, "home/.local/share/uv/python/cpython-3.12-linux",
		"^/home/.local/share/uv/python/cpython-3.12.9-linux");
	assert_non_null(strstr(l->r->mounts[1].reason, "uv"));
}

static void user_packages_follow_a_base_python_only(void **state)
{
	struct layout *l = *state;

	make_venv(l);
	layout_file(l,
		"home/.local/lib/python3.12/site-packages/s-1.dist-info/"
		"METADATA",
		"Name: s\nVersion: 1\n");
	layout_file(l,
		"home/.local/lib/python3.12/site-packages/s-1.dist-info/"
		"entry_points.txt",
		"[console_scripts]\ns=s:m\n");
	layout_script(l, "home/.local/bin/s", "#!^/" BASE "/bin/python3.12\n");
	assert_int_equal(layout_discover(l, "^/home/.local/bin/s"), 0);
	assert_mounted(l, "home/.local/lib/python3.12/site-packages");
	assert_mounted(l, "home/.local/bin/s");
	assert_package(l, "s", "1");
	assert_int_equal(layout_discover(l, "python3.12 -s -c 1"), 0);
	assert_not_reachable(l, "home/.local/lib/python3.12/site-packages");
	assert_int_equal(layout_discover(l, "^/home/v/bin/python -c 1"), 0);
	assert_not_reachable(l, "home/.local/lib/python3.12/site-packages");
	layout_file(l, "home/v/pyvenv.cfg",
		"home = ^/" BASE "/bin\n"
		"include-system-site-packages = true\n");
	assert_int_equal(layout_discover(l, "^/home/v/bin/python -c 1"), 0);
	assert_mounted(l, "home/.local/lib/python3.12/site-packages");
}

static void editable_installs_bring_their_folders(void **state)
{
	struct layout *l = *state;

	make_venv(l);
	layout_file(l, "home/dev/a/src/a/__init__.py", "");
	layout_file(l, "home/dev/b/pyproject.toml", "");
	layout_file(l, "home/dev/c/c.py", "");
	layout_file(l, "home/dev/d/setup.py", "");
	layout_file(l, "home/dev/e/x.egg-info", "");
	layout_file(l, SITE "/a.pth",
		"# note\nimport os; os.system('x')\n"
		"^/home/dev/a/src\n");
	layout_file(l, SITE "/d.egg-link", "^/home/dev/d\n.\n");
	layout_file(l, SITE "/e.pth", "../../../../dev/e\r\n");
	layout_file(l, SITE "/__editable___c_finder.py",
		"import sys\nMAPPING: dict[str, str] = {'c': "
		"'^/home/dev/c/c.py'}\nNAMESPACES: dict = {}\n"
		"PATH = '^/home/dev/b/not-this'\n");
	layout_file(l, SITE "/b-1.dist-info/direct_url.json",
		"{\"dir_info\": {\"editable\": true}, "
		"\"url\": \"file://^/home/dev/b\"}");
	layout_file(l, SITE "/x-1.dist-info/direct_url.json",
		"{\"dir_info\": {}, \"url\": \"file://^/home/dev\"}");
	assert_int_equal(layout_discover(l, "^/home/v/bin/python -m a"), 0);
	assert_mounted(l, "home/dev/a/src");
	assert_mounted(l, "home/dev/b");
	assert_mounted(l, "home/dev/c/c.py");
	assert_mounted(l, "home/dev/d");
	assert_mounted(l, "home/dev/e");
}

static void planted_lines_open_no_other_folder(void **state)
{
	struct layout *l = *state;

	make_venv(l);
	layout_file(l, "home/.ssh/id.py", "");
	layout_file(l, "home/private/letters.txt", "");
	layout_file(l, "home/x.py", "");
	layout_file(l, SITE "/a.pth",
		"/\n^/home\n^\n^/home/.ssh\n^/home/private\n/etc\n"
		"^/home/private/letters.txt\n/proc/self/root\n/tmp\n");
	assert_int_equal(layout_discover(l, "^/home/v/bin/python -m a"), 0);
	assert_int_equal(l->r->n_mounts, 2);
	assert_noted(l, "^/home/private, which is not mounted");
}

static void endless_pth_files_are_bounded(void **state)
{
	struct layout *l = *state;
	const size_t lines = 100000, width = 10;
	_free_ char *text = malloc(lines * width + 1);

	make_venv(l);
	assert_non_null(text);
	for (size_t i = 0; i < lines; i++)
		(void)snprintf(text + i * width, width + 1, "d%08zu\n", i);
	layout_file(l, SITE "/a.pth", text);
	layout_file(l, SITE "/d00099999/m.py", "");
	assert_int_equal(layout_discover(l, "^/home/v/bin/python -m a"), 0);
	text[lines * width - 1] = '\0';
	layout_file(l, SITE "/d00000005/m.py", "");
	assert_int_equal(layout_discover(l, "^/home/v/bin/python -m a"), 0);
	assert_int_equal(l->r->n_mounts, 2);
}

static void many_folders_of_pth_files_are_bounded(void **state)
{
	struct layout *l = *state;
	char text[300 * 24] = "";

	make_venv(l);
	for (int i = 0; i < 300; i++) {
		char path[64];

		(void)snprintf(path, sizeof(path), "home/dev/%d/m.py", i);
		layout_file(l, path, "");
		(void)snprintf(path, sizeof(path), "../../../../dev/%d\n", i);
		strncat(text, path, sizeof(text) - strlen(text) - 1);
	}
	layout_file(l, SITE "/a.pth", text);
	assert_int_equal(layout_discover(l, "^/home/v/bin/python -m a"), 0);
	assert_true(l->r->n_mounts > 60);
	assert_true(l->r->n_mounts <= 66);
}

static void script_brings_its_project_or_its_folder(void **state)
{
	struct layout *l = *state;

	make_venv(l);
	layout_file(l, "home/p/pyproject.toml",
		"[tool.x]\nname = \"no\"\n[project]\nname = \"p\"\n"
		"version = '0.3'\n");
	layout_file(l, "home/p/src/p/s.py", "");
	layout_file(l, "home/q/s.py", "");
	layout_file(l, "home/s.py", "");
	assert_int_equal(
		layout_discover(l, "^/home/v/bin/python -X dev -W ignore "
				   "^/home/p/src/p/s.py -m x"),
		0);
	assert_mounted(l, "home/p");
	assert_package(l, "p", "0.3");
	assert_int_equal(layout_discover(l, "python3 ^/home/q/s.py"), 0);
	assert_mounted(l, "home/q");
	assert_int_equal(layout_discover(l, "python3 ^/home/s.py"), 0);
	assert_mounted(l, "home/s.py");
	assert_not_reachable(l, "home/q/s.py");
}

static void module_of_the_working_directory_is_mounted(void **state)
{
	struct layout *l = *state;

	make_venv(l);
	layout_file(l, "ws/mod/__main__.py", "");
	assert_int_equal(layout_discover(l, "^/home/v/bin/python -m mod.x"), 0);
	assert_mounted(l, "ws");
	assert_int_equal(layout_discover(l, "^/home/v/bin/python -m zip"), 0);
	assert_not_reachable(l, "ws/mod");
	layout_file(l, "home/mod.py", "");
	assert_int_equal(
		layout_discover_in(l, "home", "^/home/v/bin/python -m mod"), 0);
	assert_not_reachable(l, "home/mod.py");
}

static void granted_python_path_counts_and_another_does_not(void **state)
{
	struct layout *l = *state;

	make_venv(l);
	layout_dir(l, "home/extra");
	layout_setenv(l, "PYTHONPATH", "^/nothing:^/home/extra");
	assert_int_equal(layout_discover(l, "^/home/v/bin/python -m a"), 0);
	assert_not_reachable(l, "home/extra");
	layout_grant(l, "PYTHONPATH");
	assert_int_equal(layout_discover(l, "^/home/v/bin/python -m a"), 0);
	assert_mounted(l, "home/extra");
	assert_int_equal(layout_discover(l, "^/home/v/bin/python -Em a"), 0);
	assert_not_reachable(l, "home/extra");
	layout_grant(l, "PYTHONPATH=^/home:^/home/.ssh");
	layout_dir(l, "home/.ssh");
	assert_int_equal(layout_discover(l, "^/home/v/bin/python -m a"), 0);
	assert_not_reachable(l, "home/.ssh");
}

static void active_environment_keeps_its_variable(void **state)
{
	struct layout *l = *state;

	make_venv(l);
	layout_link(l, "home/venv", "v");
	layout_setenv(l, "VIRTUAL_ENV", "^/home/venv");
	layout_setenv(l, "PATH", "^/home/venv/bin:/usr/bin");
	assert_int_equal(layout_discover(l, "python -m a"), 0);
	assert_exe(l, "home/v/bin/python");
	assert_non_null(strv_env(l->r->env, "VIRTUAL_ENV"));
	assert_linked(l, "home/venv", "^/home/v");
	layout_setenv(l, "VIRTUAL_ENV", "^/elsewhere");
	assert_int_equal(layout_discover(l, "python -m a"), 0);
	assert_null(l->r->env);
}

static void long_paths_start_by_a_shell_trampoline(void **state)
{
	struct layout *l = *state;

	make_venv(l);
	layout_script(l, "home/v/bin/long",
		"#!/bin/sh\n'''exec' '^/home/v/bin/python' \"$0\" \"$@\"\n"
		"' '''\n");
	layout_script(l, "home/v/bin/moving",
		"#!/bin/sh\n'''exec' \"$(dirname -- \"$(realpath -- "
		"\"$0\")\")\"/'python' \"$0\" \"$@\"\n' '''\n");
	assert_int_equal(layout_discover(l, "^/home/v/bin/long"), 0);
	assert_int_equal(l->r->kind, RUNTIME_PYTHON);
	assert_exe(l, "home/v/bin/long");
	assert_mounted(l, "home/v");
	assert_mounted(l, BASE);
	layout_link(l, "home/.local/bin/moving", "^/home/v/bin/moving");
	assert_int_equal(layout_discover(l, "^/home/.local/bin/moving"), 0);
	assert_int_equal(l->r->kind, RUNTIME_PYTHON);
	assert_mounted(l, BASE);
}

static void conda_prefix_is_mounted_whole(void **state)
{
	struct layout *l = *state;

	layout_program(l, "home/miniconda3/envs/e/bin/python3.11");
	layout_link(l, "home/miniconda3/envs/e/bin/python", "python3.11");
	layout_file(l, "home/miniconda3/envs/e/lib/python3.11/os.py", "");
	layout_dir(l, "home/miniconda3/envs/e/conda-meta");
	layout_dir(l, "home/miniconda3/envs/other");
	assert_int_equal(
		layout_discover(l, "^/home/miniconda3/envs/e/bin/python -V"),
		0);
	assert_mounted(l, "home/miniconda3/envs/e");
	assert_non_null(strstr(l->r->mounts[0].reason, "conda"));
	assert_not_reachable(l, "home/miniconda3/envs/other");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LAYOUT_TEST(environment_and_its_base_are_mounted),
		LAYOUT_TEST(console_script_names_its_distribution),
		LAYOUT_TEST(module_is_found_by_top_level_and_by_record),
		LAYOUT_TEST(home_that_leads_to_home_or_the_root_is_refused),
		LAYOUT_TEST(home_that_is_no_python_opens_nothing),
		LAYOUT_TEST(environment_in_home_is_refused),
		LAYOUT_TEST(copied_python_finds_its_base_by_home),
		LAYOUT_TEST(chain_of_environments_is_followed_and_ends),
		LAYOUT_TEST(managed_python_behind_a_moving_link_is_linked),
		LAYOUT_TEST(user_packages_follow_a_base_python_only),
		LAYOUT_TEST(editable_installs_bring_their_folders),
		LAYOUT_TEST(planted_lines_open_no_other_folder),
		LAYOUT_TEST(endless_pth_files_are_bounded),
		LAYOUT_TEST(many_folders_of_pth_files_are_bounded),
		LAYOUT_TEST(script_brings_its_project_or_its_folder),
		LAYOUT_TEST(module_of_the_working_directory_is_mounted),
		LAYOUT_TEST(granted_python_path_counts_and_another_does_not),
		LAYOUT_TEST(active_environment_keeps_its_variable),
		LAYOUT_TEST(long_paths_start_by_a_shell_trampoline),
		LAYOUT_TEST(conda_prefix_is_mounted_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
