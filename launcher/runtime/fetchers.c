/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/fetchers.h"

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

static const struct fetcher {
	const char *suffix; /* of the file that runs */
	const char *verbs;  /* " exec x ": the word that fetches; or NULL */
	const char *name;   /* what it is called */
	enum source source;
	struct spec_options options;
} fetchers[] = {
	{"/npm/bin/npx-cli.js", NULL, "npx", SOURCE_NPM,
		{npm_values, npm_packages}},
	{"/npm/bin/npm-cli.js", " exec x ", "npm exec", SOURCE_NPM,
		{npm_values, npm_packages}},
	{"/pnpm/bin/pnpx.cjs", NULL, "pnpx", SOURCE_NPM,
		{npm_values, npm_packages}},
	{"/pnpm/bin/pnpx.mjs", NULL, "pnpx", SOURCE_NPM,
		{npm_values, npm_packages}},
	{"/pnpm/bin/pnpm.cjs", " dlx ", "pnpm dlx", SOURCE_NPM,
		{npm_values, npm_packages}},
	{"/pnpm/bin/pnpm.mjs", " dlx ", "pnpm dlx", SOURCE_NPM,
		{npm_values, npm_packages}},
	{"/corepack/dist/pnpm.js", " dlx ", "pnpm dlx", SOURCE_NPM,
		{npm_values, npm_packages}},
	{"/corepack/dist/pnpx.js", NULL, "pnpx", SOURCE_NPM,
		{npm_values, npm_packages}},
	{"/corepack/dist/yarn.js", " dlx ", "yarn dlx", SOURCE_NPM,
		{npm_values, npm_packages}},
	{"/yarn/bin/yarn.js", " dlx ", "yarn dlx", SOURCE_NPM,
		{npm_values, npm_packages}},
	{"/pnpm/pnpm", " dlx ", "pnpm dlx", SOURCE_NPM,
		{npm_values, npm_packages}},
	{"/pnpm/pnpx", NULL, "pnpx", SOURCE_NPM, {npm_values, npm_packages}},
	{"/bunx.exe", NULL, "bunx", SOURCE_NPM, {npm_values, npm_packages}},
	{"/bun.exe", " x ", "bun x", SOURCE_NPM, {npm_values, npm_packages}},
	{"/bunx", NULL, "bunx", SOURCE_NPM, {npm_values, npm_packages}},
	{"/bun", " x ", "bun x", SOURCE_NPM, {npm_values, npm_packages}},
	{"/uvx", NULL, "uvx", SOURCE_UV, {uv_values, uv_packages}},
	{"/pipx", " run ", "pipx run", SOURCE_PIPX,
		{pipx_values, pipx_packages}},
};

static const struct spec_options uv_options = {uv_values, uv_packages};

/* True if @word stands in a list like " exec x ". */
static bool is_verb(const char *verbs, const char *word)
{
	size_t n = word ? strlen(word) : 0;

	for (const char *p = verbs; n && (p = strstr(p, word)); p++)
		if (p > verbs && p[-1] == ' ' && p[n] == ' ')
			return true;
	return false;
}

static void note_fetch(struct scan *s, const char *what, const char *advice)
{
	if (advice)
		scan_note(s, "%s cannot fetch in here, there is no network; %s",
			what, advice);
}

/* The command that starts what is installed already; NULL if it is not. */
static const char *installed(struct scan *s, const struct chain *c,
	enum source source, const char *package, const char *command)
{
	const char *script;

	if (source == SOURCE_UV)
		return installed_uv(s, package, command);
	if (source == SOURCE_PIPX)
		return installed_pipx(s, package, command);
	script = installed_node(s, c->program_real, package, command);
	return script ? scan_fmt(s, "node %s", script) : NULL;
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

/* @argv[at] is the first word after the verb that fetches. */
static void advise(struct scan *s, const struct chain *c, const char *what,
	enum source source, const struct spec_options *options,
	char *const *argv, size_t at)
{
	const char *spec = NULL, *command, *start;
	char package[SPEC_MAX_BYTES], word[SPEC_MAX_BYTES];

	at = spec_first_word(argv, at, options, &spec);
	command = argv[at];
	if (!spec)
		spec = command;
	if (!spec || !spec_name(spec, package, sizeof(package))) {
		note_fetch(s, what,
			"install the server outside and start its own program");
		return;
	}
	if (!command || !spec_name(command, word, sizeof(word)))
		memcpy(word, package, sizeof(word));
	command = source == SOURCE_NPM ? place_name(word) : word;
	start = installed(s, c, source, package, command);
	if (start)
		note_fetch(s, what,
			scan_fmt(s,
				"%s is installed already: put `%s` in place of it",
				package, start));
	else
		note_fetch(
			s, what, how_to_install(s, source, package, command));
}

/* `uv tool run NAME`, `uv x NAME` */
static bool advise_uv_tool(
	struct scan *s, const struct chain *c, char *const *argv)
{
	const char *package = NULL;
	size_t at = spec_first_word(argv, 1, &uv_options, &package);

	if (!argv[at] || strcmp(argv[at], "tool") != 0 || !argv[at + 1] ||
		strcmp(argv[at + 1], "run") != 0)
		return false;
	advise(s, c, "uv tool run", SOURCE_UV, &uv_options, argv, at + 2);
	return true;
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

void fetcher_advise(struct scan *s, const struct chain *c, char *const *argv)
{
	size_t at = 0;
	const char *file = fetcher_argument(s, c, argv, &at);
	const char *package = NULL;

	if (!file) {
		at = 0;
		file = fetcher_file(s, c);
	}
	if (!file)
		return;
	if (strcmp(place_name(file), "uv") == 0 && advise_uv_tool(s, c, argv))
		return;
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
		advise(s, c, f->name, f->source, &f->options, argv, word);
		return;
	}
	if (c->family == FAMILY_DENO || c->family == FAMILY_BUN)
		advise_remote(s, c, argv);
}
