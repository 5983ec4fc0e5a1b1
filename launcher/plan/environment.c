/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/escape.h"
#include "plan/build.h"

#define OUT_OF_MEMORY(e) err_set((e), -ENOMEM, "planning the environment")

/* Passed without being asked for: they say nothing but how to print. */
static const char *const passed[] = {"LANG", "TZ"};

/*
 * Never passed, granted or not: two lines to that socket put text before the
 * model. LD_* would decide what our own process loads before its exec.
 */
static const char *const never[] = {
	"CLAUDE_CODE_MESSAGING_SOCKET",
	"CLAUDE_CODE_MESSAGING_TOKEN",
};

static bool never_passed(const char *name, size_t len)
{
	for (size_t i = 0; i < ELEMENTS(never); i++)
		if (strlen(never[i]) == len && memcmp(never[i], name, len) == 0)
			return true;
	return false;
}

/* Sets or replaces NAME in p->env. */
static int env_put(struct plan *p, const char *name, size_t len,
	const char *value, struct err *e)
{
	for (char **v = p->env; v && *v; v++) {
		if (strncmp(*v, name, len) != 0 || (*v)[len] != '=')
			continue;
		char *s = NULL;

		if (asprintf(&s, "%.*s=%s", (int)len, name, value) < 0)
			return OUT_OF_MEMORY(e);
		free(*v);
		*v = s;
		return 0;
	}
	if (strv_addf(&p->env, "%.*s=%s", (int)len, name, value) < 0)
		return OUT_OF_MEMORY(e);
	return 0;
}

static int env_str(
	struct plan *p, const char *name, const char *value, struct err *e)
{
	return env_put(p, name, strlen(name), value, e);
}

static const char system_path[] = "/usr/local/bin:/usr/bin:/bin:"
				  "/usr/local/sbin:/usr/sbin:/sbin";

/* PATH: the runtime's folders, then what the sandbox has of the system's. */
static int env_path(struct plan *p, struct err *e)
{
	char text[PATH_MAX * 4] = "";
	size_t used = 0;

	for (char **d = p->runtime->path_first; d && *d; d++) {
		size_t n = strlen(*d);

		if (used + n + 2 > sizeof(text))
			return err_say(e, -ENAMETOOLONG,
				"the runtime's PATH is too long");
		memcpy(text + used, *d, n);
		used += n;
		text[used++] = ':';
	}
	if (used + sizeof(system_path) > sizeof(text))
		return err_say(
			e, -ENAMETOOLONG, "the runtime's PATH is too long");
	memcpy(text + used, system_path, sizeof(system_path));
	return env_str(p, "PATH", text, e);
}

static int env_basics(struct plan *p, char *const *host, struct err *e)
{
	const struct {
		const char *name, *value;
	} rows[] = {
		{"HOME", p->home},
		{"USER", p->user},
		{"LOGNAME", p->user},
		{"SHELL", "/bin/sh"},
		{"TERM", "dumb"},
		{"TMPDIR", "/tmp"},
	};
	int r = env_path(p, e);

	for (size_t i = 0; r == 0 && i < ELEMENTS(rows); i++)
		r = env_str(p, rows[i].name, rows[i].value, e);
	for (size_t i = 0; r == 0 && i < ELEMENTS(passed); i++) {
		const char *value = strv_env(host, passed[i]);

		if (value)
			r = env_str(p, passed[i], value, e);
	}
	for (; r == 0 && *host; host++) {
		const char *equals = strchr(*host, '=');

		if (equals && strncmp(*host, "LC_", 3) == 0)
			r = env_put(p, *host, (size_t)(equals - *host),
				equals + 1, e);
	}
	return r;
}

/* NAME passes the client's value, NAME=VALUE sets one. */
static int env_granted(
	struct plan *p, const char *grant, char *const *host, struct err *e)
{
	const char *equals = strchr(grant, '=');
	size_t len = equals ? (size_t)(equals - grant) : strlen(grant);
	const char *value = equals ? equals + 1 : strv_env(host, grant);

	if (len == 0 || len > 256)
		return err_say(e, -EINVAL, "--env %s: no name", grant);
	if (never_passed(grant, len)) {
		if (strv_addf(&p->notes,
			    "%.*s is never passed: it lets a server speak to "
			    "its client behind the relay",
			    (int)len, grant) < 0)
			return OUT_OF_MEMORY(e);
		return 0;
	}
	if (!value) {
		if (strv_addf(&p->notes,
			    "variable %s is granted, but not set here",
			    grant) < 0)
			return OUT_OF_MEMORY(e);
		return 0;
	}
	return env_put(p, grant, len, value, e);
}

static int env_kept_back(struct plan *p, char *const *host, struct err *e)
{
	for (; *host; host++) {
		const char *equals = strchr(*host, '=');
		_free_ char *name =
			equals ? strndup(*host, (size_t)(equals - *host))
			       : NULL;

		if (!name || strv_env(p->env, name))
			continue;
		if (strv_add(&p->kept_back, name) < 0)
			return OUT_OF_MEMORY(e);
	}
	if (strv_len(p->kept_back) == 0)
		return 0;
	if (strv_addf(&p->notes,
		    "%zu environment variables were kept back (stockade "
		    "explain names them; --env NAME passes one)",
		    strv_len(p->kept_back)) < 0)
		return OUT_OF_MEMORY(e);
	return 0;
}

int plan_environment(
	struct plan *p, char *const *granted, char *const *host, struct err *e)
{
	int r = env_basics(p, host, e);

	for (char **v = p->runtime->env; r == 0 && v && *v; v++)
		r = env_granted(p, *v, host, e);
	for (; r == 0 && granted && *granted; granted++)
		r = env_granted(p, *granted, host, e);
	if (r == 0)
		r = env_kept_back(p, host, e);
	return r;
}

/* Whether a path of the host's is there inside too. */
static bool visible(const struct plan *p, const char *real)
{
	const struct plan_mount *m = plan_mount_over(p, real);

	return m && m->kind == MOUNT_BIND;
}

/* From another folder, relative words of the command would name nothing. */
static int argv_from_elsewhere(struct plan *p, struct err *e)
{
	char **argv;

	if (!p->runtime->argv_absolute)
		return 0;
	argv = strv_copy(p->runtime->argv_absolute);
	if (!argv)
		return OUT_OF_MEMORY(e);
	strv_free(p->argv);
	p->argv = argv;
	return 0;
}

/* Of the options that would grant a folder, those that are not refused. */
static char *how_to_grant(const struct plan *p, const char *folder)
{
	_free_ char *word = escape_shell_word(folder ? folder : "DIR");
	char *said = NULL;
	int r;

	if (!word)
		return NULL;
	if (folder && strcmp(folder, "/") == 0)
		r = asprintf(&said, "--ro or --rw FOLDER grants one of those "
				    "in it that it needs");
	else if (folder && path_inside(p->home, folder))
		r = asprintf(&said, "--ro %s grants it, --rw FOLDER one in it",
			word);
	else
		r = asprintf(&said, "--ro %s or --rw %s grants it", word, word);
	return r < 0 ? NULL : said;
}

int plan_cwd(struct plan *p, const char *cwd, struct err *e)
{
	_free_ char *word = NULL;
	char real[PATH_MAX];

	if (p->runtime->cwd)
		cwd = p->runtime->cwd; /* uv --directory */
	if (cwd && realpath(cwd, real) && visible(p, real)) {
		p->cwd = strdup(real);
		return p->cwd ? 0 : OUT_OF_MEMORY(e);
	}
	p->cwd = strdup(p->home);
	word = how_to_grant(p, cwd);
	if (!p->cwd || !word ||
		strv_addf(&p->notes,
			"the working folder %s is not granted: "
			"the server starts in an empty HOME (%s)",
			cwd ? cwd : "?", word) < 0)
		return OUT_OF_MEMORY(e);
	return argv_from_elsewhere(p, e);
}

/* A path that is there outside, and not inside. */
static bool hidden(const struct plan *p, const char *path, char *ret_real)
{
	return realpath(path, ret_real) && strcmp(ret_real, "/") != 0 &&
	       !visible(p, ret_real);
}

static int hint(struct plan *p, const char *path, struct err *e)
{
	char real[PATH_MAX];
	_free_ char *word = NULL;

	if (!hidden(p, path, real))
		return 0;
	word = escape_shell_word(real);
	if (!word || strv_addf(&p->notes,
			     "%s is not granted: the server will not find it; "
			     "add --ro %s to let it read, --rw %s to let it "
			     "write",
			     path, word, word) < 0)
		return OUT_OF_MEMORY(e);
	return 0;
}

/* sqlite:///DIR/FILE, DIR/s.py:NAME, `cd DIR && …` in what a shell is told:
 * the absolute paths between such characters. */
static int hint_parts(struct plan *p, const char *text, struct err *e)
{
	static const char between[] = " \t\n\"'`=:;,()<>|&$";
	size_t most = 4;
	int r = 0;

	while (r == 0 && most && *(text += strspn(text, between))) {
		size_t n = strcspn(text, between);
		_free_ char *part = strndup(text, n);

		if (!part)
			return OUT_OF_MEMORY(e);
		if (part[0] == '/') {
			r = hint(p, part, e);
			most--;
		}
		text += n;
	}
	return r;
}

/* An argument, whole or behind --opt=, or what is in it. */
static int hint_argument(struct plan *p, const char *arg, struct err *e)
{
	const char *equals = arg[0] == '-' ? strchr(arg, '=') : NULL;
	const char *path = equals ? equals + 1 : arg;

	if ((arg[0] != '-' || equals) && access(path, F_OK) == 0)
		return hint(p, path, e);
	return hint_parts(p, arg, e);
}

/* Variables whose value is of the sandbox, not of the host. */
static bool is_ours(const char *pair)
{
	static const char *const names[] = {
		"HOME=", "PATH=", "SHELL=", "TMPDIR=", "XDG_"};

	for (size_t i = 0; i < ELEMENTS(names); i++)
		if (strncmp(pair, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}

int plan_hints(struct plan *p, struct err *e)
{
	int r = 0;

	for (size_t i = 1; r == 0 && p->argv[i]; i++)
		r = hint_argument(p, p->argv[i], e);
	for (char **v = p->env; r == 0 && v && *v; v++) {
		const char *equals = strchr(*v, '=');

		if (equals && !is_ours(*v))
			r = hint_parts(p, equals + 1, e);
	}
	return r;
}
