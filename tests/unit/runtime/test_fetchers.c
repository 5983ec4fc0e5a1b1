/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "layout.h"
#include "runtime/spec.h"

#define NODE "home/n/v20"
#define UV_CACHE "home/.cache/uv/"
#define NPX "home/.npm/_npx/"
#define CACHED NPX "0123abcd/node_modules/@m/srv"

static void make_npx(struct layout *l)
{
	layout_file(l, NPX "0123abcd/package.json",
		"{\"dependencies\": {\"@m/srv\": \"^3.0.1\"}}");
	layout_program(l, NODE "/bin/node");
	layout_script(l, NODE "/lib/node_modules/npm/bin/npx-cli.js",
		"#!/usr/bin/env node\n");
	layout_script(l, NODE "/lib/node_modules/npm/bin/npm-cli.js",
		"#!/usr/bin/env node\n");
	layout_link(
		l, NODE "/bin/npx", "../lib/node_modules/npm/bin/npx-cli.js");
	layout_link(
		l, NODE "/bin/npm", "../lib/node_modules/npm/bin/npm-cli.js");
	layout_setenv(l, "PATH", "^/" NODE "/bin:/usr/bin:/bin");
}

static void npx_runs_and_names_what_its_cache_has(void **state)
{
	struct layout *l = *state;

	make_npx(l);
	layout_file(l, CACHED "/package.json",
		"{\"name\": \"@m/srv\", \"bin\": {\"m-srv\": \"dist/i.js\"}}");
	layout_file(l, CACHED "/dist/i.js", "");
	assert_int_equal(layout_discover(l, "npx -y @m/srv@1.2 /x"), 0);
	assert_exe(l, NODE "/bin/npx");
	assert_int_equal(l->r->kind, RUNTIME_NODE);
	assert_mounted(l, NODE);
	assert_int_equal(l->r->n_mounts, 1);
	assert_noted(l, "put `node ^/" CACHED "/dist/i.js` in place of it");
	assert_int_equal(
		layout_discover(l, "npx --package=@m/srv -c x m-srv"), 0);
	assert_exe(l, NODE "/bin/npx");
	assert_noted(l, "^/" CACHED "/dist/i.js");
	assert_int_equal(layout_discover(l, "npm exec @m/srv -d"), 0);
	assert_noted(l, "npm exec cannot fetch");
	assert_noted(l, "^/" CACHED "/dist/i.js");
	assert_int_equal(layout_discover(l, "npx -p @m/srv -p other m-srv"), 0);
	assert_exe(l, NODE "/bin/npx");
	assert_int_equal(layout_discover(l, "npx --unknown @m/srv"), 0);
	assert_exe(l, NODE "/bin/npx");
}

static void what_npx_has_is_started_without_it(void **state)
{
	static const char *const rows[] = {
		"npx -y @m/srv /x",
		"npx @m/srv@latest /x",
		"npx @m/srv@3.0.1 /x",
		"npx -y --package=@m/srv m-srv /x",
		"npm exec -- @m/srv -- /x",
		"npm x -y @m/srv -- /x",
	};
	struct layout *l = *state;

	make_npx(l);
	layout_file(l, CACHED "/package.json",
		"{\"name\": \"@m/srv\", \"version\": \"3.0.1\", "
		"\"bin\": {\"m-srv\": \"dist/i.js\"}}");
	layout_file(l, CACHED "/dist/i.js", "");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(layout_discover(l, rows[i]), 0);
		assert_noted(l, "^/" CACHED "/dist/i.js, which is installed");
		assert_exe(l, NODE "/bin/node");
		assert_int_equal(strv_len(l->r->argv), 3);
		assert_string_equal(l->r->argv[0], "node");
		assert_string_equal(l->r->argv[2], "/x");
		assert_string_equal(l->r->package, "@m/srv");
	}
	/* What may be another. */
	assert_int_equal(layout_discover(l, "npx -y @m/srv@3.0.2 /x"), 0);
	assert_exe(l, NODE "/bin/npx");
	assert_int_equal(layout_discover(l, "npx -y @m/srv@^3.0.1 /x"), 0);
	assert_exe(l, NODE "/bin/npx");
	assert_int_equal(layout_discover(l, "npx -y @m/srv@next /x"), 0);
	assert_exe(l, NODE "/bin/npx");
	/* A script that can be executed names its own interpreter. */
	layout_script(l, CACHED "/dist/i.js", "#!/usr/bin/env node\n");
	assert_int_equal(layout_discover(l, "npx -y @m/srv"), 0);
	assert_int_equal(l->r->kind, RUNTIME_NODE);
	assert_non_null(strstr(l->r->argv[strv_len(l->r->argv) - 1], CACHED));
}

/* @version of the package in @folder of npx's cache, made at @made. */
static void make_npx_of(const struct layout *l, const char *folder,
	const char *version, const char *depends, time_t made)
{
	const struct timespec times[2] = {{made, 0}, {made, 0}};
	char path[128], text[160], *whole;

	(void)snprintf(path, sizeof(path), NPX "%s/package.json", folder);
	(void)snprintf(text, sizeof(text),
		"{\"dependencies\": {\"%s\": \"*\"}}", depends);
	layout_file(l, path, text);
	(void)snprintf(text, sizeof(text), "^/%s", path);
	whole = layout_text(l, text);
	assert_int_equal(utimensat(AT_FDCWD, whole, times, 0), 0);
	free(whole);
	(void)snprintf(path, sizeof(path),
		NPX "%s/node_modules/@m/srv/package.json", folder);
	(void)snprintf(text, sizeof(text),
		"{\"name\": \"@m/srv\", \"version\": \"%s\", "
		"\"bin\": {\"m-srv\": \"i.js\"}}",
		version);
	layout_file(l, path, text);
	(void)snprintf(
		path, sizeof(path), NPX "%s/node_modules/@m/srv/i.js", folder);
	layout_file(l, path, "");
}

static void of_what_npx_has_the_last_that_it_made_is_started(void **state)
{
	struct layout *l = *state;

	make_npx(l);
	make_npx_of(l, "0", "1.0.0", "@m/srv", 1000);
	make_npx_of(l, "5", "1.2.0", "@m/srv", 3000);
	make_npx_of(l, "9", "1.1.0", "@m/srv", 2000);
	/* Newer, and there for another's sake. */
	make_npx_of(l, "a", "0.9.0", "other", 4000);
	assert_int_equal(layout_discover(l, "npx -y @m/srv"), 0);
	assert_noted(l, "^/" NPX "5/node_modules/@m/srv/i.js, which is");
	assert_int_equal(layout_discover(l, "npx -y @m/srv@1.0.0"), 0);
	assert_noted(l, "^/" NPX "0/node_modules/@m/srv/i.js, which is");
	assert_int_equal(layout_discover(l, "npx -y @m/srv@0.9.0"), 0);
	assert_exe(l, NODE "/bin/npx");
}

static void npx_says_how_to_install_what_is_absent(void **state)
{
	struct layout *l = *state;

	make_npx(l);
	assert_int_equal(layout_discover(l, "npx -y @m/srv@latest"), 0);
	assert_noted(l, "npm install --prefix DIR @m/srv`");
	assert_string_equal(strv_env(l->r->env, "npm_config_offline"), "true");
	assert_int_equal(layout_discover(l, "npx git+https://x/y"), 0);
	assert_noted(l, "npx cannot fetch");
	assert_int_equal(layout_discover(l, "npx"), 0);
	assert_noted(l, "npx cannot fetch");
}

static void fetchers_are_told_by_their_file(void **state)
{
	struct layout *l = *state;

	make_npx(l);
	/* Another name, and the script as an argument. */
	layout_link(l, "home/.local/bin/run-it",
		"^/" NODE "/lib/node_modules/npm/bin/npx-cli.js");
	assert_int_equal(layout_discover(l, "^/home/.local/bin/run-it a"), 0);
	assert_noted(l, "npx cannot fetch");
	assert_int_equal(
		layout_discover(l, "node ^/" NODE
				   "/lib/node_modules/npm/bin/npx-cli.js -y a"),
		0);
	assert_noted(l, "--prefix DIR a`");
	/* The name alone does not make one. */
	layout_script(l, "home/t/npx", "#!/usr/bin/env node\n");
	assert_int_equal(layout_discover(l, "^/home/t/npx a"), 0);
	assert_null(l->r->notes);
	assert_int_equal(layout_discover(l, "npm run exec"), 0);
	assert_null(l->r->notes);
}

static void cache_entry_that_leads_out_is_not_advised(void **state)
{
	struct layout *l = *state;

	make_npx(l);
	layout_file(l, CACHED "/package.json",
		"{\"bin\": \"../../../../../../evil.js\"}");
	layout_file(l, "home/evil.js", "");
	assert_int_equal(layout_discover(l, "npx -y @m/srv"), 0);
	assert_noted(l, "npm install --prefix DIR @m/srv`");
}

static void make_uv(struct layout *l)
{
	layout_program(l, "home/.local/bin/uv");
	layout_program(l, "home/.local/bin/uvx");
	layout_program(l, "home/.bun/bin/bun");
	layout_link(l, "home/.bun/bin/bunx", "bun");
	layout_setenv(
		l, "PATH", "^/home/.local/bin:^/home/.bun/bin:/usr/bin:/bin");
}

static void uvx_names_the_installed_tool(void **state)
{
	struct layout *l = *state;

	make_uv(l);
	assert_int_equal(layout_discover(l, "uvx --from a-pkg==1 srv x"), 0);
	assert_exe(l, "home/.local/bin/uvx");
	assert_mounted(l, "home/.local/bin/uvx");
	assert_noted(l, "uv tool install a-pkg`");
	assert_string_equal(strv_env(l->r->env, "UV_OFFLINE"), "1");
	layout_script(l, "home/.local/share/uv/tools/a-pkg/bin/srv", "#!x\n");
	assert_int_equal(
		layout_discover(l, "uvx -p 3.12 --from=a-pkg[x]>1 srv"), 0);
	assert_noted(l, "^/home/.local/share/uv/tools/a-pkg/bin/srv");
	assert_noted(l, "uvx cannot fetch");
	assert_int_equal(
		layout_discover(l, "uv tool run --with b --from a-pkg srv"), 0);
	assert_noted(l, "uv tool run cannot fetch");
	assert_noted(l, "^/home/.local/share/uv/tools/a-pkg/bin/srv");
	assert_int_equal(layout_discover(l, "uv tool list"), 0);
	assert_null(l->r->notes);
}

static void make_cached(struct layout *l, const char *id, const char *package)
{
	char path[128], target[128];

	(void)snprintf(
		path, sizeof(path), UV_CACHE "archive-v0/%s/bin/srv", id);
	layout_script(l, path,
		"#!/bin/sh\n"
		"'''exec' \"$(dirname -- \"$(realpath -- \"$0\")\")\"/'python'"
		" \"$0\" \"$@\"\n' '''\n");
	(void)snprintf(
		path, sizeof(path), UV_CACHE "archive-v0/%s/bin/python", id);
	layout_link(l, path, "^/opt/py/bin/python3.12");
	(void)snprintf(path, sizeof(path),
		UV_CACHE "archive-v0/%s/lib/python3.12/site-packages/%s", id,
		package);
	layout_dir(l, path);
	(void)snprintf(
		path, sizeof(path), UV_CACHE "archive-v0/%s/pyvenv.cfg", id);
	layout_file(l, path, "home = ^/opt/py/bin\n");
	(void)snprintf(
		path, sizeof(path), UV_CACHE "environments-v2/0a/%s", id);
	(void)snprintf(target, sizeof(target), "../../archive-v0/%s", id);
	layout_link(l, path, target);
}

static void what_uvx_made_is_started_without_it(void **state)
{
	struct layout *l = *state;

	make_uv(l);
	layout_program(l, "opt/py/bin/python3.12");
	layout_file(l, "opt/py/lib/python3.12/os.py", "");
	make_cached(l, "other", "a_pkg_more-1.dist-info");
	assert_int_equal(layout_discover(l, "uvx --from A-pkg srv x"), 0);
	assert_exe(l, "home/.local/bin/uvx");
	assert_noted(l, "uv tool install A-pkg`");
	make_cached(l, "it", "a_pkg-1.dist-info");
	assert_int_equal(layout_discover(l, "uvx --from A-pkg srv x"), 0);
	assert_noted(l, "^/" UV_CACHE "archive-v0/it/bin/srv, which is");
	assert_int_equal(l->r->kind, RUNTIME_PYTHON);
	assert_mounted(l, UV_CACHE "archive-v0/it");
	assert_mounted(l, "opt/py");
	/* Another version than was asked for, perhaps. */
	assert_int_equal(layout_discover(l, "uvx --from A-pkg==2 srv x"), 0);
	assert_exe(l, "home/.local/bin/uvx");
}

static void bunx_and_deno_are_told(void **state)
{
	struct layout *l = *state;

	make_uv(l);
	layout_program(l, "home/.bun/bin/deno");
	assert_int_equal(layout_discover(l, "bunx srv"), 0);
	assert_noted(l, "bunx cannot fetch");
	assert_int_equal(layout_discover(l, "bun x srv"), 0);
	assert_noted(l, "bun x cannot fetch");
	assert_int_equal(layout_discover(l, "bun run srv.ts"), 0);
	assert_null(l->r->notes);
	assert_int_equal(layout_discover(l, "deno run -A npm:srv"), 0);
	assert_noted(l, "deno cannot fetch npm:srv");
}

static void pipx_run_is_told(void **state)
{
	struct layout *l = *state;

	layout_program(l, "py/bin/python3.12");
	layout_file(l, "py/lib/python3.12/os.py", "");
	layout_script(l, "py/bin/pipx", "#!^/py/bin/python3.12\n");
	assert_int_equal(
		layout_discover(l, "^/py/bin/pipx run --spec a==1 srv"), 0);
	assert_noted(l, "pipx install a`");
	assert_int_equal(
		layout_discover(l, "^/py/bin/python3.12 -m pipx run srv"), 0);
	assert_noted(l, "pipx install srv`");
	assert_int_equal(layout_discover(l, "^/py/bin/pipx list"), 0);
	assert_null(l->r->notes);
}

static void make_project(struct layout *l)
{
	make_uv(l);
	layout_program(l, "opt/py/bin/python3.12");
	layout_file(l, "opt/py/lib/python3.12/os.py", "");
	layout_file(l, "home/d/pyproject.toml", "[project]\nname = \"d\"\n");
	layout_file(l, "home/d/s.py", "");
	layout_file(l, "home/d/.venv/pyvenv.cfg", "home = ^/opt/py/bin\n");
	layout_link(l, "home/d/.venv/bin/python", "^/opt/py/bin/python3.12");
	layout_dir(l, "home/d/.venv/lib/python3.12/site-packages");
	layout_script(
		l, "home/d/.venv/bin/srv", "#!^/home/d/.venv/bin/python\n");
}

static void uv_run_becomes_the_program_of_the_environment(void **state)
{
	struct layout *l = *state;

	make_project(l);
	assert_int_equal(
		layout_discover(l, "uv --directory ^/home/d run -p 3.12 srv x"),
		0);
	assert_exe(l, "home/d/.venv/bin/srv");
	assert_int_equal(l->r->kind, RUNTIME_PYTHON);
	assert_string_equal(l->r->argv[1], "x");
	assert_mounted(l, "home/d");
	assert_mounted(l, "opt/py");
	assert_path_first(l, "home/d/.venv/bin");
	assert_non_null(strv_env(l->r->env, "VIRTUAL_ENV"));
	assert_non_null(l->r->cwd);
	assert_non_null(strstr(l->r->cwd, "/home/d"));
	assert_int_equal(
		layout_discover(l, "uv run --project=^/home/d -m d.x"), 0);
	assert_exe(l, "home/d/.venv/bin/python");
	assert_string_equal(l->r->argv[1], "-m");
	assert_null(l->r->cwd);
	assert_int_equal(
		layout_discover_in(l, "home/d", "uv run -- python -u s.py"), 0);
	assert_exe(l, "home/d/.venv/bin/python");
	assert_int_equal(layout_discover_in(l, "home/d", "uv run s.py a"), 0);
	assert_exe(l, "home/d/.venv/bin/python");
	assert_non_null(strstr(l->r->argv[1], "/home/d/s.py"));
	assert_string_equal(l->r->argv[2], "a");
}

static void uv_run_without_an_environment_is_told(void **state)
{
	struct layout *l = *state;

	make_project(l);
	assert_int_equal(
		layout_discover_in(l, "home/d", "uv run --with a srv"), 0);
	assert_exe(l, "home/.local/bin/uv");
	assert_noted(l, "uv run --with");
	layout_file(l, "home/f/pyproject.toml", "");
	assert_int_equal(layout_discover_in(l, "home/f", "uv run srv"), 0);
	assert_exe(l, "home/.local/bin/uv");
	assert_noted(l, "uv sync --project ^/home/f");
	/* Nothing of HOME itself is taken for a project. */
	layout_file(l, "home/pyproject.toml", "");
	layout_file(l, "home/.venv/pyvenv.cfg", "home = ^/opt/py/bin\n");
	assert_int_equal(layout_discover_in(l, "home", "uv run srv"), 0);
	assert_noted(l, "uv run finds no environment");
}

static void uv_run_takes_the_environment_of_a_script(void **state)
{
	struct layout *l = *state;

	make_project(l);
	layout_file(l, "home/s/tool.py",
		"# /// script\n# dependencies = [\"mcp\"]\n# ///\n");
	assert_int_equal(layout_discover(l, "uv run ^/home/s/tool.py"), 0);
	assert_noted(l, "uv run finds no environment");
	layout_file(l,
		"home/.cache/uv/environments-v2/tool-0123456789abcdef/"
		"pyvenv.cfg",
		"home = ^/opt/py/bin\n");
	layout_link(l,
		"home/.cache/uv/environments-v2/tool-0123456789abcdef/bin/"
		"python",
		"^/opt/py/bin/python3.12");
	assert_int_equal(layout_discover(l, "uv run ^/home/s/tool.py z"), 0);
	assert_exe(l,
		"home/.cache/uv/environments-v2/tool-0123456789abcdef/bin/"
		"python");
	assert_mounted(
		l, "home/.cache/uv/environments-v2/tool-0123456789abcdef");
	assert_mounted(l, "home/s");
}

static void names_are_cut_out_of_specifications(void **state)
{
	static const char *const cases[][2] = {{"a", "a"}, {"a@1.2", "a"},
		{"@s/a@^1", "@s/a"}, {"a==1", "a"}, {"a[x]>=1", "a"},
		{"a.b-c_d", "a.b-c_d"}, {"./a", NULL}, {"/a", NULL},
		{"git+ssh://x", NULL}, {"a/../b", NULL}, {"@s", NULL},
		{"", NULL}, {"a`b", NULL}};

	(void)state;
	for (size_t i = 0; i < ELEMENTS(cases); i++) {
		char name[SPEC_MAX_BYTES];
		bool is_name = spec_name(cases[i][0], name, sizeof(name));

		assert_int_equal(is_name, cases[i][1] != NULL);
		if (is_name)
			assert_string_equal(name, cases[i][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LAYOUT_TEST(npx_runs_and_names_what_its_cache_has),
		LAYOUT_TEST(what_npx_has_is_started_without_it),
		LAYOUT_TEST(of_what_npx_has_the_last_that_it_made_is_started),
		LAYOUT_TEST(npx_says_how_to_install_what_is_absent),
		LAYOUT_TEST(fetchers_are_told_by_their_file),
		LAYOUT_TEST(cache_entry_that_leads_out_is_not_advised),
		LAYOUT_TEST(uvx_names_the_installed_tool),
		LAYOUT_TEST(what_uvx_made_is_started_without_it),
		LAYOUT_TEST(bunx_and_deno_are_told),
		LAYOUT_TEST(pipx_run_is_told),
		LAYOUT_TEST(uv_run_becomes_the_program_of_the_environment),
		LAYOUT_TEST(uv_run_without_an_environment_is_told),
		LAYOUT_TEST(uv_run_takes_the_environment_of_a_script),
		cmocka_unit_test(names_are_cut_out_of_specifications),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
