/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/chain.h"

#include <string.h>
#include <sys/stat.h>

#include "runtime/file.h"
#include "runtime/libs.h"
#include "runtime/lookup.h"
#include "runtime/managers.h"
#include "runtime/place.h"
#include "runtime/shebang.h"
#include "runtime/trampoline.h"

#define CHAIN_MAX_SHIMS 4
#define TRAMPOLINE_MAX_BYTES ((size_t)64 * 1024)

/* Where the chain stands: one file, seen through its shims. */
struct link {
	const char *path;
	const char *real;
	bool was_shim;
};

void chain_deinit(struct chain *c)
{
	strv_free(c->before);
	*c = (struct chain){0};
}

static int chain_cannot(struct scan *s, const char *path, int error)
{
	switch (error) {
	case ENOENT:
	case ENOTDIR:
		return err_status(s->e, EXIT_NOT_FOUND, "%s: not found", path);
	case ELOOP:
		return err_status(s->e, EXIT_CANNOT_RUN,
			"%s: its symbolic links never end", path);
	case EMFILE:
	case ENFILE:
	case ENOMEM: /* no fault of the program's */
		return err_set(s->e, -error, "%s: cannot be reached", path);
	default:
		return err_status(s->e, EXIT_CANNOT_RUN,
			"%s: cannot be reached: %s", path, strerror(error));
	}
}

static int chain_check(struct scan *s, const char *path, const char *real)
{
	struct stat st;

	if (stat(real, &st) < 0)
		return chain_cannot(s, path, errno);
	if (S_ISDIR(st.st_mode))
		return err_status(
			s->e, EXIT_CANNOT_RUN, "%s: is a folder", path);
	if (!S_ISREG(st.st_mode))
		return err_status(
			s->e, EXIT_CANNOT_RUN, "%s: is no regular file", path);
	if (access(real, X_OK) < 0)
		return err_status(
			s->e, EXIT_CANNOT_RUN, "%s: is not executable", path);
	return 0;
}

/* Follows symlinks and shims to a file that is neither. */
static int chain_resolve(struct scan *s, const char *path, struct link *ret)
{
	struct link l = {.path = path};

	for (int i = 0; i <= CHAIN_MAX_SHIMS; i++) {
		const char *target = NULL;
		int r;

		l.real = scan_real(s, l.path);
		if (!l.real)
			return chain_cannot(s, l.path, errno);
		r = chain_check(s, l.path, l.real);
		if (r == 0)
			r = manager_resolve(s, l.path, l.real, &target);
		if (r < 0)
			return r;
		if (r == 0) {
			(void)scan_walk(s, l.path);
			*ret = l;
			return 0;
		}
		l.path = target;
		l.was_shim = true;
	}
	return err_status(s->e, EXIT_CANNOT_RUN,
		"%s: one shim leads to the next without end", path);
}

static int chain_add_word(struct scan *s, char ***words, const char *word)
{
	if (strv_add(words, word) == 0)
		return 0;
	s->oom = true;
	return -ENOMEM;
}

/* Puts the words of one #! line before those that are there. */
static int chain_prepend(struct scan *s, struct chain *c, char *const *words)
{
	_strv_ char **all = strv_copy(words);

	for (size_t i = 0; all && c->before && c->before[i]; i++)
		if (chain_add_word(s, &all, c->before[i]) < 0)
			return -ENOMEM;
	if (!all)
		return -ENOMEM;
	strv_free(c->before);
	c->before = take_ptr(all);
	return 0;
}

static void chain_path_first(struct scan *s, const char *path)
{
	const char *folder = scan_real(s, scan_parent(s, path));

	if (folder)
		scan_add(s, &s->r->path_first, folder);
}

/* Looks the command of an env line up, on the user's PATH like a bare name. */
static int chain_env_program(
	struct scan *s, const char *script, const char *name, const char **ret)
{
	int r = lookup_program(s, name, NULL, ret);

	if (r == 0)
		return 0;
	return err_status(s->e, r == -EACCES ? EXIT_CANNOT_RUN : EXIT_NOT_FOUND,
		"%s: its interpreter %s is not found in PATH", script, name);
}

static int chain_env(struct scan *s, struct chain *c, const char *script,
	const char *arg, struct link *l)
{
	_strv_ char **words = NULL;
	const char *path = NULL;
	int r = shebang_env_words(arg, &words);

	if (r == -ENOMEM)
		return r;
	if (r < 0 || !words[0])
		return err_status(s->e, EXIT_CANNOT_RUN,
			"%s: its #! line names no program that can be told beforehand",
			script);
	r = chain_env_program(s, script, words[0], &path);
	if (r == 0)
		r = chain_resolve(s, path, l);
	if (r == 0)
		r = chain_prepend(s, c, words);
	if (r == 0)
		chain_path_first(s, l->path);
	return r;
}

static int chain_direct(struct scan *s, struct chain *c, const char *script,
	const struct shebang *b, struct link *l)
{
	char *words[] = {NULL, NULL, NULL};
	_free_ char *interp = strdup(b->interp);
	_free_ char *arg = b->arg[0] ? strdup(b->arg) : NULL;
	int r;

	if (!interp || (b->arg[0] && !arg))
		return -ENOMEM;
	words[0] = interp;
	words[1] = arg;
	r = chain_resolve(s, scan_absolute(s, b->interp), l);
	if (r == 0 && l->was_shim && c->n_scripts > 1)
		return err_status(s->e, EXIT_CANNOT_RUN,
			"%s: its interpreter is the shim of a version manager",
			script);
	if (r == 0)
		r = chain_prepend(s, c, words);
	if (r == 0 && l->was_shim)
		c->is_rewritten = true;
	return r;
}

/* One script: what its first line names becomes the next file. */
static int chain_script(struct scan *s, struct chain *c, const char *head,
	size_t n, struct link *l)
{
	const char *script = l->path;
	struct shebang b = {0};
	const char *interp;
	int r = shebang_parse(head, n, &b);

	if (r < 0)
		return err_status(s->e, EXIT_CANNOT_RUN, "%s: its #! line %s",
			script,
			r == -E2BIG ? "is longer than 255 bytes"
				    : "names no interpreter");
	if (c->n_scripts == CHAIN_MAX_SCRIPTS)
		return err_status(s->e, EXIT_CANNOT_RUN,
			"%s: one interpreter leads to the next without end",
			c->scripts[0]);
	c->scripts[c->n_scripts++] = script;
	interp = scan_real(s, scan_absolute(s, b.interp));
	if (interp && strcmp(place_name(b.interp), "env") == 0 && b.arg[0] &&
		place_is_given(interp))
		return chain_env(s, c, script, b.arg, l);
	return chain_direct(s, c, script, &b, l);
}

static bool is_text(const char *head, size_t n)
{
	return !memchr(head, '\0', n);
}

/* The program behind a trampoline of /bin/sh, if the script is one. */
static int chain_trampoline(struct scan *s, struct chain *c, struct link *l)
{
	const char *script = c->n_scripts ? c->scripts[c->n_scripts - 1] : NULL;
	const char *real = scan_real(s, script);
	const char *folder = scan_parent(s, real);
	enum trampoline_kind kind = TRAMPOLINE_NONE;
	_free_ char *text = NULL, *path = NULL;
	const char *kept;
	int r;

	if (!folder || file_read(real, TRAMPOLINE_MAX_BYTES, &text, NULL) < 0)
		return 0;
	r = trampoline_read(text, folder, &kind, &path);
	if (r < 0 || kind == TRAMPOLINE_NONE)
		return r;
	kept = scan_keep(s, path);
	if (kind == TRAMPOLINE_PYTHON)
		return chain_resolve(s, kept, l);
	if (!kept || !place_is_file(kept) || c->n_scripts == CHAIN_MAX_SCRIPTS)
		return 0;
	c->scripts[c->n_scripts++] = kept;
	r = chain_env_program(s, script, "node", &kept);
	if (r == 0)
		r = chain_resolve(s, kept, l);
	if (r == 0)
		chain_path_first(s, l->path);
	return r;
}

static int chain_end(struct scan *s, struct chain *c, struct link *l)
{
	int r = 0;

	if (family_of(place_name(l->real)) == FAMILY_SHELL && c->n_scripts)
		r = chain_trampoline(s, c, l);
	if (r < 0)
		return r;
	c->program = l->path;
	c->program_real = l->real;
	c->family = family_of(place_name(l->real));
	if (c->family == FAMILY_NONE)
		c->family = family_of(place_name(l->path));
	if (c->is_rewritten || c->is_bare_text) {
		c->exe = c->program;
		c->real = c->program_real;
	}
	return libs_mount(s, c->program, c->program_real);
}

int chain_follow(struct scan *s, const char *path, struct chain *ret)
{
	_chain_ struct chain c = {0};
	struct link l = {0};
	char head[SHEBANG_MAX_BYTES];
	int r = chain_resolve(s, path, &l);
	int n;

	if (r < 0)
		return r;
	c.exe = l.path;
	c.real = l.real;
	c.is_shim = l.was_shim;
	for (;;) {
		n = file_head(l.real, head, sizeof(head));
		if (n < 0)
			return chain_cannot(s, l.path, -n);
		if (n >= 2 && head[0] == '#' && head[1] == '!') {
			r = chain_script(s, &c, head, (size_t)n, &l);
		} else if (c.n_scripts == 0 && n > 0 &&
			   is_text(head, (size_t)n)) {
			c.is_bare_text = true;
			c.scripts[c.n_scripts++] = l.path;
			r = chain_resolve(s, "/bin/sh", &l);
		} else {
			r = chain_end(s, &c, &l);
			break;
		}
		if (r < 0)
			return r;
	}
	if (r < 0)
		return r;
	*ret = c;
	c = (struct chain){0};
	return 0;
}
