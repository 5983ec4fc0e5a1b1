/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pyenv and its kin: bash scripts in ROOT/shims, versions in ROOT/versions/X,
 * X from a variable, a file in the working directory or above, ROOT/version.
 */
#include <stdio.h>
#include <string.h>

#include "runtime/file.h"
#include "runtime/place.h"
#include "runtime/shim.h"

struct xenv {
	const char *name;
	const char *variable;
	const char *file;
	const char *prefix; /* may precede a version's name */
};

static const struct xenv xenvs[] = {
	{"pyenv", "PYENV_VERSION", ".python-version", "python-"},
	{"nodenv", "NODENV_VERSION", ".node-version", "node-"},
	{"rbenv", "RBENV_VERSION", ".ruby-version", "ruby-"},
};

/* The shim's last line: exec ".../pyenv" exec "$program" "$@" */
static const struct xenv *xenv_of(const struct shim *shim)
{
	static const char *const ends[] = {"\" exec ", " exec "};
	char line[32];

	if (!shim_in_shims(shim))
		return NULL;
	for (size_t i = 0; i < ELEMENTS(xenvs); i++)
		for (size_t k = 0; k < ELEMENTS(ends); k++) {
			(void)snprintf(line, sizeof(line), "%s%s",
				xenvs[i].name, ends[k]);
			if (strstr(shim->text, line))
				return &xenvs[i];
		}
	return NULL;
}

bool shim_is_xenv(const struct shim *shim)
{
	return xenv_of(shim) != NULL;
}

/* Words of a version file, joined by colons; NULL if it says nothing. */
static const char *xenv_read(struct scan *s, const char *path)
{
	const char *words = NULL;
	_free_ char *text = NULL;
	char *p, *line;

	if (!path || file_read(path, SHIM_MAX_BYTES, &text, NULL) < 0)
		return NULL;
	p = text;
	while ((line = file_next_trimmed(&p))) {
		line[strcspn(line, " \t")] = '\0';
		if (!line[0] || line[0] == '#')
			continue;
		words = words ? scan_fmt(s, "%s:%s", words, line)
			      : scan_keep(s, line);
	}
	return words;
}

/* What is asked for, and in *ret_from where it says so. */
static const char *xenv_wanted(struct scan *s, const struct shim *shim,
	const struct xenv *x, const char **ret_from)
{
	const char *words = strv_env(s->q->env, x->variable);
	const char *folder = scan_keep(s, s->q->cwd);

	*ret_from = x->variable;
	if (words && words[0])
		return words;
	for (int i = 0; folder && i < SHIM_MAX_DEPTH; i++) {
		*ret_from = scan_join(s, folder, x->file);
		words = xenv_read(s, *ret_from);
		if (words)
			return words;
		if (strcmp(folder, "/") == 0)
			break;
		folder = scan_parent(s, folder);
	}
	*ret_from = scan_join(s, shim->above, "version");
	words = xenv_read(s, *ret_from);
	return words ? words : "system";
}

static const char *xenv_folder(struct scan *s, const struct xenv *x,
	const char *versions, const char *word)
{
	size_t n = strlen(x->prefix);
	const char *folder = shim_installed(s, versions, word);

	if (!folder && strncmp(word, x->prefix, n) == 0)
		folder = shim_installed(s, versions, word + n);
	return folder;
}

int shim_resolve_xenv(
	struct scan *s, const struct shim *shim, const char **ret_path)
{
	const struct xenv *x = xenv_of(shim);
	const char *versions = scan_join(s, shim->above, "versions");
	const char *from = "";
	const char *words = xenv_wanted(s, shim, x, &from);
	const char *missing = NULL;

	for (const char *p = words; versions && p && *p;) {
		size_t n = strcspn(p, ":");
		const char *word = scan_fmt(s, "%.*s", (int)n, p);
		const char *folder;

		p += n + (p[n] == ':');
		if (!word)
			return -ENOMEM;
		if (strcmp(word, "system") == 0)
			return shim_system(s, shim, ret_path);
		folder = xenv_folder(s, x, versions, word);
		if (!folder) {
			missing = word;
			continue;
		}
		*ret_path = shim_program(s, folder, shim->name);
		if (*ret_path)
			return 1;
	}
	if (missing)
		return shim_fail(s, shim, x->name,
			scan_fmt(s, "has no version \"%s\" (from %s)", missing,
				from));
	return shim_fail(s, shim, x->name,
		scan_fmt(s, "has no %s in the versions %s (from %s)",
			shim->name, words, from));
}
