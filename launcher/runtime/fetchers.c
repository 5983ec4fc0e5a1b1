/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/fetchers.h"

#include <ctype.h>
#include <string.h>

#include "runtime/family.h"
#include "runtime/file.h"
#include "runtime/installed.h"
#include "runtime/place.h"
#include "runtime/spec.h"

/* How the missing package is put there and started without the fetcher. */
enum source {
	SOURCE_NONE = 0,
	SOURCE_NPM,
	SOURCE_UV,
	SOURCE_PIPX,
};

static const char *const npm_values[] = {"-c", "--call", "--cache",
	"--registry", "--userconfig", "--prefix", "-w", "--workspace",
	"--loglevel", NULL};
static const char *const npm_packages[] = {"-p", "--package", NULL};
static const char *const uv_values[] = {"--with", "-w", "--with-editable",
	"--with-requirements", "-p", "--python", "--index", "--default-index",
	"-i", "--index-url", "--extra-index-url", "-f", "--find-links",
	"--cache-dir", "--config-file", "--directory", "--project", "--color",
	"--exclude-newer", "--prerelease", "--resolution", "--link-mode",
	"--refresh-package", "--upgrade-package", "-P", "--env-file",
	"--constraints", "-c", "--overrides", "--index-strategy",
	"--keyring-provider", "--allow-insecure-host", "--python-preference",
	NULL};
static const char *const uv_packages[] = {"--from", NULL};
static const char *const pipx_values[] = {"--python", "--index-url", "-i",
	"--pip-args", "--fetch-missing-python", NULL};
static const char *const pipx_packages[] = {"--spec", NULL};

/* Options by which the same is run as without them. */
static const char *const npm_plain[] = {"--", "-y", "--yes", "--no",
	"--no-install", "-q", "--quiet", "-s", "--silent", "--offline",
	"--prefer-offline", "--prefer-online", "--loglevel", "-p", "--package",
	NULL};
static const char *const uv_plain[] = {"--", "--from", "-q", "--quiet",
	"--offline", "--no-config", "--no-progress", "-n", "--no-cache",
	"--native-tls", "--color", NULL};
static const char *const pipx_plain[] = {
	"--", "--spec", "-q", "--quiet", "-v", "--verbose", "--no-cache", NULL};

static const struct fetcher {
	const char *suffix; /* of the file that runs */
	const char *verbs;  /* " exec x ": the word that fetches; or NULL */
	const char *name;   /* what it is called */
	enum source source;
	struct spec_options options;
	const char *const *plain; /* NULL: what is installed is only named */
} fetchers[] = {
	{"/npm/bin/npx-cli.js", NULL, "npx", SOURCE_NPM,
		{npm_values, npm_packages}, npm_plain},
	{"/npm/bin/npm-cli.js", " exec x ", "npm exec", SOURCE_NPM,
		{npm_values, npm_packages}, npm_plain},
	{"/pnpm/bin/pnpx.cjs", NULL, "pnpx", SOURCE_NPM,
		{npm_values, npm_packages}, NULL},
	{"/pnpm/bin/pnpx.mjs", NULL, "pnpx", SOURCE_NPM,
		{npm_values, npm_packages}, NULL},
	{"/pnpm/bin/pnpm.cjs", " dlx ", "pnpm dlx", SOURCE_NPM,
		{npm_values, npm_packages}, NULL},
	{"/pnpm/bin/pnpm.mjs", " dlx ", "pnpm dlx", SOURCE_NPM,
		{npm_values, npm_packages}, NULL},
	{"/corepack/dist/pnpm.js", " dlx ", "pnpm dlx", SOURCE_NPM,
		{npm_values, npm_packages}, NULL},
	{"/corepack/dist/pnpx.js", NULL, "pnpx", SOURCE_NPM,
		{npm_values, npm_packages}, NULL},
	{"/corepack/dist/yarn.js", " dlx ", "yarn dlx", SOURCE_NPM,
		{npm_values, npm_packages}, NULL},
	{"/yarn/bin/yarn.js", " dlx ", "yarn dlx", SOURCE_NPM,
		{npm_values, npm_packages}, NULL},
	{"/pnpm/pnpm", " dlx ", "pnpm dlx", SOURCE_NPM,
		{npm_values, npm_packages}, NULL},
	{"/pnpm/pnpx", NULL, "pnpx", SOURCE_NPM, {npm_values, npm_packages},
		NULL},
	{"/bunx.exe", NULL, "bunx", SOURCE_NPM, {npm_values, npm_packages},
		NULL},
	{"/bun.exe", " x ", "bun x", SOURCE_NPM, {npm_values, npm_packages},
		NULL},
	{"/bunx", NULL, "bunx", SOURCE_NPM, {npm_values, npm_packages}, NULL},
	{"/bun", " x ", "bun x", SOURCE_NPM, {npm_values, npm_packages}, NULL},
	{"/uvx", NULL, "uvx", SOURCE_UV, {uv_values, uv_packages}, uv_plain},
	{"/pipx", " run ", "pipx run", SOURCE_PIPX,
		{pipx_values, pipx_packages}, pipx_plain},
};

static const struct fetcher uv_tool_run = {NULL, NULL, "uv tool run", SOURCE_UV,
	{uv_values, uv_packages}, uv_plain};

/* True if @word stands in a list like " exec x ". */
static bool is_verb(const char *verbs, const char *word)
{
	size_t n = word ? strlen(word) : 0;

	for (const char *p = verbs; n && (p = strstr(p, word)); p++)
		if (p > verbs && p[-1] == ' ' && p[n] == ' ')
			return true;
	return false;
}

/* So that it ends at once, and not after a minute of tries, when clients have
 * given up. What a granted cache has it takes all the same. */
static void fetch_offline(struct scan *s, enum source source)
{
	if (source == SOURCE_NPM)
		scan_env(s, "npm_config_offline", "true");
	else if (source == SOURCE_UV)
		scan_env(s, "UV_OFFLINE", "1");
}

static void note_fetch(struct scan *s, const char *what, const char *advice)
{
	if (advice)
		scan_note(s, "%s cannot fetch in here, there is no network; %s",
			what, advice);
}

/* The program or script that is installed already; NULL if it is not. */
static const char *installed(struct scan *s, const struct chain *c,
	enum source source, const char *package, const char *command)
{
	if (source == SOURCE_UV)
		return installed_uv(s, package, command);
	if (source == SOURCE_PIPX)
		return installed_pipx(s, package, command);
	return installed_node(s, c->program_real, package, NULL, command);
}

/* The version that "name@1.2.3" asks for; NULL for any or a range. */
static const char *exact_version(const char *spec, const char *package)
{
	const char *version = spec + strlen(package);

	return version[0] == '@' && isdigit((unsigned char)version[1]) &&
			       strchr(version, '.') &&
			       strspn(version + 1,
				       "0123456789abcdefghijklmnopqrstuvwxyz"
				       ".-+") == strlen(version + 1)
		       ? version + 1
		       : NULL;
}

static bool is_plain(const char *const *plain, const char *word)
{
	size_t n = strcspn(word, "=");

	for (; *plain; plain++)
		if (strlen(*plain) == n && strncmp(*plain, word, n) == 0)
			return true;
	return false;
}

/*
 * Whether argv[from] to argv[at], the command, ask for no more than the package
 * as it is installed: no other package, no other version, no option of unknown
 * effect.
 */
static bool asks_for_installed(const struct fetcher *f, char *const *argv,
	size_t from, size_t at, const char *spec, const char *package)
{
	const char *version = spec + strlen(package);
	size_t n_packages = 0;

	if (!f->plain || !argv[at] ||
		(version[0] && strcmp(version, "@latest") != 0 &&
			(f->source != SOURCE_NPM ||
				!exact_version(spec, package))))
		return false;
	for (size_t i = from; i < at; i++) {
		if (argv[i][0] == '-' && !is_plain(f->plain, argv[i]))
			return false;
		n_packages += is_plain(f->options.packages, argv[i]);
	}
	/* npm takes options of its own behind the command too. */
	if (f->verbs && f->source == SOURCE_NPM && argv[at + 1] &&
		strcmp(argv[at + 1], "--") != 0)
		return false;
	return n_packages <= 1;
}

/* What starts @path with the words behind the fetcher's argv[at]. */
static int start_installed(struct scan *s, const struct fetcher *f,
	const char *path, char *const *argv, size_t at, char ***ret_argv)
{
	_strv_ char **words = NULL;
	int r = 0;

	if (f->source == SOURCE_NPM && !scan_is_program(path))
		r = strv_add(&words, "node");
	if (r == 0)
		r = strv_add(&words, path);
	if (f->verbs && f->source == SOURCE_NPM && argv[at + 1])
		at++;
	for (size_t i = at + 1; r == 0 && argv[i]; i++)
		r = strv_add(&words, argv[i]);
	if (r < 0)
		return r;
	scan_note(s,
		"%s is not run, there is no network in here: %s, which is installed already, is started in its place",
		f->name, path);
	*ret_argv = take_ptr(words);
	return 0;
}

static const char *how_to_install(struct scan *s, enum source source,
	const char *package, const char *command)
{
	if (source == SOURCE_NPM)
		return scan_fmt(s,
			"once outside: `npm install --prefix DIR %s`, then `stockade run -- node DIR/node_modules/%s/...` with the file that its package.json names as \"bin\"",
			package, package);
	return scan_fmt(s,
		"once outside: `%s %s`, then `stockade run -- ~/.local/bin/%s`",
		source == SOURCE_UV ? "uv tool install" : "pipx install",
		package, command);
}

static void advise_installed(struct scan *s, const struct fetcher *f,
	const char *package, const char *path)
{
	note_fetch(s, f->name,
		scan_fmt(s,
			"%s is installed already: put `%s%s` in place of it",
			package, f->source == SOURCE_NPM ? "node " : "", path));
}

/* @argv[at] is the first word after the verb that fetches. 0 and *ret_argv,
 * what starts the package in its place; 1 if only a note says what to do. */
static int advise(struct scan *s, const struct chain *c,
	const struct fetcher *f, char *const *argv, size_t at, char ***ret_argv)
{
	const char *spec = NULL, *command, *path;
	char package[SPEC_MAX_BYTES], word[SPEC_MAX_BYTES];
	size_t from = at;

	at = spec_first_word(argv, at, &f->options, &spec);
	command = argv[at];
	if (!spec)
		spec = command;
	if (!spec || !spec_name(spec, package, sizeof(package))) {
		note_fetch(s, f->name,
			"install the server outside and start its own program");
		fetch_offline(s, f->source);
		return 1;
	}
	if (!command || !spec_name(command, word, sizeof(word)))
		memcpy(word, package, sizeof(word));
	command = f->source == SOURCE_NPM ? place_name(word) : word;
	path = installed(s, c, f->source, package, command);
	if (path && asks_for_installed(f, argv, from, at, spec, package)) {
		const char *version = exact_version(spec, package), *exact;

		exact = version ? installed_node(s, c->program_real, package,
					  version, command)
				: path;
		if (exact)
			return start_installed(s, f, exact, argv, at, ret_argv);
	}
	if (path)
		advise_installed(s, f, package, path);
	else
		note_fetch(s, f->name,
			how_to_install(s, f->source, package, command));
	fetch_offline(s, f->source);
	return 1;
}

/* `uv tool run NAME`: 1 also if it is none. */
static int advise_uv_tool(struct scan *s, const struct chain *c,
	char *const *argv, char ***ret_argv)
{
	const char *package = NULL;
	size_t at = spec_first_word(argv, 1, &uv_tool_run.options, &package);

	if (!argv[at] || strcmp(argv[at], "tool") != 0 || !argv[at + 1] ||
		strcmp(argv[at + 1], "run") != 0)
		return 1;
	return advise(s, c, &uv_tool_run, argv, at + 2, ret_argv);
}

static void advise_remote(
	struct scan *s, const struct chain *c, char *const *argv)
{
	_family_args_ struct family_args a = {0};

	if (family_read_args(c->family, argv, &a) < 0)
		s->oom = true;
	else if (a.remote)
		scan_note(s,
			"%s cannot fetch %s in here, there is no network; install it outside and start the file",
			family_name(c->family), a.remote);
}

/* The file that a name stands for: the script, else the program. */
static const char *fetcher_file(struct scan *s, const struct chain *c)
{
	const char *script =
		c->n_scripts ? scan_real(s, c->scripts[c->n_scripts - 1])
			     : NULL;

	/* bunx is a link to bun, which looks at the name it is called by. */
	if (!script && c->family == FAMILY_BUN)
		return c->exe;
	return script ? script : c->program_real;
}

/* `node …/npx-cli.js`, `python -m pipx`: the words from the fetcher on. */
static const char *fetcher_argument(struct scan *s, const struct chain *c,
	char *const *argv, size_t *ret_at)
{
	_family_args_ struct family_args a = {0};

	if (c->n_scripts || c->family == FAMILY_NONE ||
		family_read_args(c->family, argv, &a) < 0)
		return NULL;
	*ret_at = a.script;
	if (a.script)
		return scan_real(s, scan_absolute(s, argv[a.script]));
	for (size_t i = 1; a.module && argv[i]; i++)
		if (strcmp(argv[i], a.module) == 0)
			*ret_at = i;
	return a.module && *ret_at ? scan_fmt(s, "/%s", a.module) : NULL;
}

int fetcher_read(struct scan *s, const struct chain *c, char *const *argv,
	char ***ret_argv)
{
	size_t at = 0;
	const char *file = fetcher_argument(s, c, argv, &at);
	const char *package = NULL;

	if (!file) {
		at = 0;
		file = fetcher_file(s, c);
	}
	if (!file)
		return 1;
	if (strcmp(place_name(file), "uv") == 0)
		return advise_uv_tool(s, c, argv, ret_argv);
	for (size_t i = 0; i < ELEMENTS(fetchers); i++) {
		const struct fetcher *f = &fetchers[i];
		size_t word = at + 1;

		if (!place_ends_with(file, f->suffix))
			continue;
		if (f->verbs) {
			word = spec_first_word(
				argv, at + 1, &f->options, &package);
			if (!is_verb(f->verbs, argv[word]))
				continue;
			word++;
		}
		return advise(s, c, f, argv, word, ret_argv);
	}
	if (c->family == FAMILY_DENO || c->family == FAMILY_BUN)
		advise_remote(s, c, argv);
	return 1;
}
