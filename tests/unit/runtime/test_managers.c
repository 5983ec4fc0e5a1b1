/* SPDX-License-Identifier: Apache-2.0 */
/* The layouts of version managers; the real ones: tests/e2e/managers.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "layout.h"

static void make_pyenv_version(struct layout *l, const char *version)
{
	char path[256];

	(void)snprintf(path, sizeof(path),
		"home/.pyenv/versions/%s/bin/python3.x", version);
	layout_program(l, path);
	(void)snprintf(path, sizeof(path), "home/.pyenv/versions/%s/bin/python",
		version);
	layout_link(l, path, "python3.x");
	(void)snprintf(path, sizeof(path),
		"home/.pyenv/versions/%s/lib/python3.9/os.py", version);
	layout_file(l, path, "");
}

static void make_pyenv(struct layout *l)
{
	layout_script(l, "home/.pyenv/shims/python",
		"#!/usr/bin/env bash\nset -e\nprogram=\"${0##*/}\"\n"
		"export PYENV_ROOT=\"^/home/.pyenv\"\n"
		"exec \"^/home/.pyenv/libexec/pyenv\" exec \"$program\" "
		"\"$@\"\n");
	make_pyenv_version(l, "3.11.7");
	make_pyenv_version(l, "3.11.12");
	make_pyenv_version(l, "3.12.1");
	layout_file(l, "home/.pyenv/version", "# global\n3.12.1\n");
	layout_setenv(l, "PATH", "^/home/.pyenv/shims:/usr/bin:/bin");
}

static void pyenv_shim_becomes_the_global_version(void **state)
{
	struct layout *l = *state;

	make_pyenv(l);
	assert_int_equal(layout_discover(l, "python -m x"), 0);
	assert_exe(l, "home/.pyenv/versions/3.12.1/bin/python");
	assert_words(l->r->argv, "python -m x");
	assert_int_equal(l->r->n_mounts, 1);
	assert_mounted(l, "home/.pyenv/versions/3.12.1");
	assert_path_first(l, "home/.pyenv/versions/3.12.1/bin");
}

static void pyenv_version_is_chosen_among_the_installed(void **state)
{
	struct layout *l = *state;

	make_pyenv(l);
	layout_file(l, "ws/.python-version", "python-3.11\n");
	assert_int_equal(layout_discover(l, "python"), 0);
	assert_exe(l, "home/.pyenv/versions/3.11.12/bin/python");
	layout_dir(l, "ws/deep/er");
	assert_int_equal(layout_discover_in(l, "ws/deep/er", "python"), 0);
	assert_exe(l, "home/.pyenv/versions/3.11.12/bin/python");
	layout_setenv(l, "PYENV_VERSION", "9.9:3.11.7");
	assert_int_equal(layout_discover(l, "python"), 0);
	assert_exe(l, "home/.pyenv/versions/3.11.7/bin/python");
	layout_setenv(l, "PYENV_VERSION", "9.9");
	assert_int_equal(layout_discover(l, "python"), EXIT_CANNOT_RUN);
	assert_non_null(strstr(l->e.text, "9.9"));
}

static void version_file_cannot_lead_out_of_the_versions(void **state)
{
	static const char *const names[] = {"../../../ws/evil", "/ws/evil",
		"..", ".", "3.12.1/../../../evil", "a/b"};
	struct layout *l = *state;

	make_pyenv(l);
	layout_program(l, "ws/evil/bin/python");
	layout_program(l, "home/.pyenv/bin/python");
	for (size_t i = 0; i < ELEMENTS(names); i++) {
		layout_file(l, "ws/.python-version", names[i]);
		assert_int_equal(layout_discover(l, "python"), EXIT_CANNOT_RUN);
	}
}

static void link_to_a_shim_is_a_shim(void **state)
{
	struct layout *l = *state;

	make_pyenv(l);
	layout_link(l, "home/.local/bin/python", "^/home/.pyenv/shims/python");
	assert_int_equal(layout_discover(l, "^/home/.local/bin/python"), 0);
	assert_exe(l, "home/.pyenv/versions/3.12.1/bin/python");
}

static void pyenv_system_is_the_next_on_path(void **state)
{
	struct layout *l = *state;

	make_pyenv(l);
	layout_program(l, "tools/bin/python");
	layout_setenv(
		l, "PATH", "^/home/.pyenv/shims:^/ws:^/tools/bin:/usr/bin");
	layout_setenv(l, "PYENV_VERSION", "system");
	layout_program(l, "ws/python");
	assert_int_equal(layout_discover(l, "python -V"), 0);
	assert_exe(l, "tools/bin/python");
	assert_noted(l, "^/ws");
}

static void script_with_a_shim_as_interpreter_is_started_by_the_real_one(
	void **state)
{
	struct layout *l = *state;

	make_pyenv(l);
	layout_script(l, "home/srv/s", "#!^/home/.pyenv/shims/python -u\n");
	assert_int_equal(layout_discover(l, "^/home/srv/s a"), 0);
	assert_exe(l, "home/.pyenv/versions/3.12.1/bin/python");
	assert_string_equal(l->r->argv[1], "-u");
	assert_non_null(strstr(l->r->argv[2], "/home/srv/s"));
	assert_string_equal(l->r->argv[3], "a");
	assert_mounted(l, "home/srv");
	layout_script(l, "home/srv/s", "#!/usr/bin/env python\n");
	assert_int_equal(layout_discover(l, "^/home/srv/s a"), 0);
	assert_exe(l, "home/srv/s");
	assert_path_first(l, "home/.pyenv/versions/3.12.1/bin");
}

static void nodenv_is_as_pyenv(void **state)
{
	struct layout *l = *state;

	layout_script(l, "home/.nodenv/shims/node",
		"#!/usr/bin/env bash\n"
		"exec \"/usr/bin/nodenv\" exec \"$program\" \"$@\"\n");
	layout_program(l, "home/.nodenv/versions/20.1.0/bin/node");
	layout_file(l, "ws/.node-version", "20.1.0");
	layout_setenv(l, "PATH", "^/home/.nodenv/shims");
	assert_int_equal(layout_discover(l, "node"), 0);
	assert_mounted(l, "home/.nodenv/versions/20.1.0");
}

static void fnm_shell_link_is_resolved_now(void **state)
{
	struct layout *l = *state;

	layout_program(l,
		"home/.local/share/fnm/node-versions/v20.1.0/installation/bin/"
		"node");
	layout_link(l, "run/fnm_multishells/12_34",
		"^/home/.local/share/fnm/node-versions/v20.1.0/installation");
	layout_setenv(l, "PATH", "^/run/fnm_multishells/12_34/bin:/usr/bin");
	assert_int_equal(layout_discover(l, "node x"), 0);
	assert_exe(l,
		"home/.local/share/fnm/node-versions/v20.1.0/installation/bin/"
		"node");
	assert_mounted(
		l, "home/.local/share/fnm/node-versions/v20.1.0/installation");
	assert_null(l->r->links);
}

static void make_volta(struct layout *l)
{
	layout_program(l, "home/.volta/bin/volta-shim");
	layout_link(l, "home/.volta/bin/node", "volta-shim");
	layout_link(l, "home/.volta/bin/npx", "volta-shim");
	layout_link(l, "home/.volta/bin/srv", "volta-shim");
	layout_program(l, "home/.volta/tools/image/node/20.1.0/bin/node");
	layout_program(l, "home/.volta/tools/image/node/18.2.0/bin/node");
	layout_script(l, "home/.volta/tools/image/npm/9.0.0/bin/npx",
		"#!/usr/bin/env node\n");
	layout_file(l, "home/.volta/tools/user/platform.json",
		"{\"node\": {\"runtime\": \"20.1.0\", \"npm\": \"9.0.0\"}, "
		"\"yarn\": null}");
	layout_file(l, "home/.volta/tools/user/bins/srv.json",
		"{\"name\": \"srv\", \"package\": \"@x/srv\", \"version\": "
		"\"1.0.0\", \"platform\": {\"node\": \"18.2.0\"}}");
	layout_script(l,
		"home/.volta/tools/image/packages/@x/srv/lib/node_modules/"
		"@x/srv/s.js",
		"#!/usr/bin/env node\n");
	layout_link(l, "home/.volta/tools/image/packages/@x/srv/bin/srv",
		"../lib/node_modules/@x/srv/s.js");
	layout_setenv(l, "PATH", "^/home/.volta/bin:/usr/bin:/bin");
}

static void volta_shim_becomes_the_image(void **state)
{
	struct layout *l = *state;

	make_volta(l);
	assert_int_equal(layout_discover(l, "node s.js"), 0);
	assert_exe(l, "home/.volta/tools/image/node/20.1.0/bin/node");
	assert_mounted(l, "home/.volta/tools/image/node/20.1.0");
	assert_int_equal(layout_discover(l, "npx"), 0);
	assert_exe(l, "home/.volta/tools/image/npm/9.0.0/bin/npx");
	assert_path_first(l, "home/.volta/tools/image/node/20.1.0/bin");
	layout_file(
		l, "ws/package.json", "{\"volta\": {\"node\": \"18.2.0\"}}");
	assert_int_equal(layout_discover(l, "node s.js"), 0);
	assert_exe(l, "home/.volta/tools/image/node/18.2.0/bin/node");
	layout_file(l, "ws/package.json",
		"{\"volta\": {\"node\": \"../../../../ws\"}}");
	assert_int_equal(layout_discover(l, "node s.js"), 0);
	assert_exe(l, "home/.volta/tools/image/node/20.1.0/bin/node");
}

static void volta_package_runs_under_its_own_node(void **state)
{
	struct layout *l = *state;

	make_volta(l);
	layout_program(l, "ws/node_modules/.bin/srv");
	layout_file(l, "ws/package.json", "{\"dependencies\": {}}");
	assert_int_equal(layout_discover(l, "srv"), 0);
	assert_exe(l, "home/.volta/tools/image/packages/@x/srv/bin/srv");
	assert_path_first(l, "home/.volta/tools/image/node/18.2.0/bin");
	assert_mounted(l, "home/.volta/tools/image/node/18.2.0");
	assert_linked(l, "home/.volta/tools/image/packages/@x/srv/bin/srv",
		"^/home/.volta/tools/image/packages/@x/srv/lib/node_modules/"
		"@x/srv/s.js");
	layout_file(l, "home/.volta/tools/user/bins/srv.json",
		"{\"package\": \"../../..\"}");
	assert_int_equal(layout_discover(l, "srv"), EXIT_CANNOT_RUN);
}

static void asdf_shim_becomes_the_install(void **state)
{
	struct layout *l = *state;

	layout_script(l, "home/.asdf/shims/node",
		"#!/usr/bin/env bash\n# asdf-plugin: nodejs 20.1.0\n"
		"# asdf-plugin: nodejs 18.0.0\n"
		"exec ^/home/.asdf/bin/asdf exec \"node\" \"$@\"\n");
	layout_program(l, "home/.asdf/installs/nodejs/20.1.0/bin/node");
	layout_program(l, "home/.asdf/installs/nodejs/18.0.0/bin/node");
	layout_program(l, "home/evil/bin/node");
	layout_setenv(l, "PATH", "^/home/.asdf/shims:/usr/bin");
	assert_int_equal(layout_discover(l, "node"), EXIT_CANNOT_RUN);
	layout_file(l, "home/.tool-versions", "nodejs 20.1.0\n");
	assert_int_equal(layout_discover(l, "node"), 0);
	assert_exe(l, "home/.asdf/installs/nodejs/20.1.0/bin/node");
	assert_mounted(l, "home/.asdf/installs/nodejs/20.1.0");
	layout_file(l, "ws/.tool-versions",
		"# x\npython 3\nnodejs path:^/home/evil ../../../evil "
		"18.0.0 # y\n");
	assert_int_equal(layout_discover(l, "node"), 0);
	assert_exe(l, "home/.asdf/installs/nodejs/18.0.0/bin/node");
	layout_setenv(l, "ASDF_NODEJS_VERSION", "20.1.0");
	assert_int_equal(layout_discover(l, "node"), 0);
	assert_exe(l, "home/.asdf/installs/nodejs/20.1.0/bin/node");
}

static void make_mise(struct layout *l)
{
	layout_program(l, "home/.local/bin/mise");
	layout_link(l, "home/.local/share/mise/shims/node",
		"^/home/.local/bin/mise");
	layout_program(
		l, "home/.local/share/mise/installs/node/20.1.0/bin/node");
	layout_program(
		l, "home/.local/share/mise/installs/node/18.0.0/bin/node");
	layout_link(l, "home/.local/share/mise/installs/node/20", "./20.1.0");
	layout_link(
		l, "home/.local/share/mise/installs/node/latest", "./20.1.0");
	layout_setenv(l, "PATH", "^/home/.local/share/mise/shims:/usr/bin");
}

static void mise_shim_becomes_the_install(void **state)
{
	struct layout *l = *state;

	make_mise(l);
	layout_file(l, "home/.config/mise/config.toml",
		"[settings]\nnode = \"18.0.0\"\n[tools]\nnode = \"20\"\n");
	assert_int_equal(layout_discover(l, "node"), 0);
	assert_mounted(l, "home/.local/share/mise/installs/node/20.1.0");
	assert_not_reachable(
		l, "home/.local/share/mise/installs/node/18.0.0/bin/node");
	layout_file(l, "ws/mise.toml",
		"[tools]\n\"core:node\" = { version = \"18\" }\n");
	assert_int_equal(layout_discover(l, "node"), 0);
	assert_exe(l, "home/.local/share/mise/installs/node/18.0.0/bin/node");
	layout_file(
		l, "ws/mise.toml", "[tools]\nnode = \"../../../../../ws\"\n");
	layout_program(l, "ws/bin/node");
	layout_setenv(l, "PATH", "^/home/.local/share/mise/shims");
	assert_int_equal(layout_discover(l, "node"), EXIT_NOT_FOUND);
	layout_setenv(l, "MISE_NODE_VERSION", "latest");
	assert_int_equal(layout_discover(l, "node"), 0);
	assert_mounted(l, "home/.local/share/mise/installs/node/20.1.0");
}

static void activated_mise_is_a_plain_folder(void **state)
{
	struct layout *l = *state;

	make_mise(l);
	layout_setenv(
		l, "PATH", "^/home/.local/share/mise/installs/node/20/bin");
	assert_int_equal(layout_discover(l, "node"), 0);
	assert_exe(l, "home/.local/share/mise/installs/node/20.1.0/bin/node");
	assert_non_null(strstr(l->r->mounts[0].reason, "mise"));
}

static void snap_runs_its_inner_program(void **state)
{
	struct layout *l = *state;

	layout_program(l, "usr/bin/snap");
	layout_link(l, "snap/bin/node", "^/usr/bin/snap");
	layout_link(l, "snap/bin/node.npm", "^/usr/bin/snap");
	layout_link(l, "snap/bin/other", "^/usr/bin/snap");
	layout_program(l, "snap/node/123/bin/node");
	layout_link(l, "snap/node/current", "123");
	assert_int_equal(layout_discover(l, "^/snap/bin/node"), 0);
	assert_exe(l, "snap/node/current/bin/node");
	assert_mounted(l, "snap/node/123");
	assert_linked(l, "snap/node/current", "^/snap/node/123");
	assert_int_equal(
		layout_discover(l, "^/snap/bin/other"), EXIT_CANNOT_RUN);
}

static void homebrew_is_mounted_whole(void **state)
{
	struct layout *l = *state;

	layout_program(l, "brew/.linuxbrew/Cellar/node/20.1.0/bin/node");
	layout_link(l, "brew/.linuxbrew/bin/node",
		"../Cellar/node/20.1.0/bin/node");
	layout_setenv(l, "PATH", "^/brew/.linuxbrew/bin");
	assert_int_equal(layout_discover(l, "node"), 0);
	assert_exe(l, "brew/.linuxbrew/bin/node");
	assert_int_equal(l->r->n_mounts, 1);
	assert_mounted(l, "brew/.linuxbrew");
	assert_non_null(strstr(l->r->mounts[0].reason, "homebrew"));
}

static void shims_that_lead_in_circles_end(void **state)
{
	struct layout *l = *state;

	make_pyenv(l);
	layout_link(l, "home/.pyenv/versions/loop/bin/python",
		"^/home/.pyenv/shims/python");
	layout_setenv(l, "PYENV_VERSION", "loop");
	assert_int_equal(layout_discover(l, "python"), EXIT_CANNOT_RUN);
	assert_non_null(strstr(l->e.text, "without end"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LAYOUT_TEST(pyenv_shim_becomes_the_global_version),
		LAYOUT_TEST(pyenv_version_is_chosen_among_the_installed),
		LAYOUT_TEST(version_file_cannot_lead_out_of_the_versions),
		LAYOUT_TEST(link_to_a_shim_is_a_shim),
		LAYOUT_TEST(pyenv_system_is_the_next_on_path),
		LAYOUT_TEST(
			script_with_a_shim_as_interpreter_is_started_by_the_real_one),
		LAYOUT_TEST(nodenv_is_as_pyenv),
		LAYOUT_TEST(fnm_shell_link_is_resolved_now),
		LAYOUT_TEST(volta_shim_becomes_the_image),
		LAYOUT_TEST(volta_package_runs_under_its_own_node),
		LAYOUT_TEST(asdf_shim_becomes_the_install),
		LAYOUT_TEST(mise_shim_becomes_the_install),
		LAYOUT_TEST(activated_mise_is_a_plain_folder),
		LAYOUT_TEST(snap_runs_its_inner_program),
		LAYOUT_TEST(homebrew_is_mounted_whole),
		LAYOUT_TEST(shims_that_lead_in_circles_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
