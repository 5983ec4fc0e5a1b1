/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "plan/profile_layer.h"
#include "policy/tools.h"

/*
 * Whether every name that @allow matches is matched by @deny: sure where the
 * allowed pattern, read as a name, is matched by the denied one without a `?`
 * of the latter standing for a `*`.
 */
static bool swallows(const char *deny, const char *allow)
{
	if (strchr(allow, '*') && strchr(deny, '?'))
		return strcmp(deny, allow) == 0;
	return glob_match(deny, allow, strlen(allow));
}

static int lint_patterns(const struct profile *p, char ***lines)
{
	size_t left = strv_len(p->protocol.tools.allow) +
		      strv_len(p->protocol.tools.ask);
	int r = 0;

	for (char **a = p->protocol.tools.allow; a && *a && r == 0; a++)
		for (char **d = p->protocol.tools.deny; d && *d && r == 0;
			d++) {
			if (!swallows(*d, *a))
				continue;
			left--;
			r = strv_addf(lines,
				"protocol.tools: \"%s\" is allowed, but \"%s\" "
				"denies it: deny wins",
				*a, *d);
			break;
		}
	if (r == 0 && left == 0 && !p->base)
		r = strv_addf(lines,
			"protocol.tools: no tool can be called; without "
			"\"allow\" a profile denies every tool");
	return r;
}

/* By these names others find what they execute or trust, so stockade keeps
 * them read-only at the top of a writable grant. */
static bool is_protected(const char *path)
{
	static const char *const names[] = {".git", ".vscode", ".idea",
		".claude", ".envrc", ".mcp.json", ".bashrc", ".profile"};
	const char *slash = strrchr(path, '/');

	for (size_t i = 0; slash && i < ELEMENTS(names); i++)
		if (strcmp(slash + 1, names[i]) == 0)
			return true;
	return false;
}

static int lint_write(const struct profile *p, char ***lines)
{
	int r = 0;

	for (char **w = p->sandbox.write; w && *w && r == 0; w++)
		if (is_protected(*w))
			r = strv_addf(lines,
				"sandbox.write: %s holds what others execute or "
				"trust; as a grant of its own nothing in it is "
				"kept read-only",
				*w);
	if (r == 0 && p->sandbox.git_write && !strv_len(p->sandbox.write))
		r = strv_addf(lines,
			"sandbox.git: \"write\" has no effect without a folder "
			"in sandbox.write");
	return r;
}

static bool uses_state(const struct profile *p)
{
	char *const *const lists[] = {
		p->sandbox.read, p->sandbox.write, p->sandbox.env_set};

	for (size_t i = 0; i < ELEMENTS(lists); i++)
		for (char *const *v = lists[i]; v && *v; v++)
			if (strstr(*v, "${state}"))
				return true;
	return false;
}

/* A secret in a profile is read by whoever reads the profile. */
static bool looks_secret(const char *setting)
{
	static const char *const ends[] = {
		"TOKEN", "SECRET", "PASSWORD", "PASSWD", "_KEY", "CREDENTIALS"};
	size_t n = strcspn(setting, "=");

	for (size_t i = 0; i < ELEMENTS(ends); i++) {
		size_t end = strlen(ends[i]);

		if (n >= end && memcmp(setting + n - end, ends[i], end) == 0)
			return true;
	}
	return false;
}

static int lint_env(const struct profile *p, char ***lines)
{
	int r = 0;

	for (char **v = p->sandbox.env_pass; v && *v && r == 0; v++)
		if (strv_env(p->sandbox.env_set, *v))
			r = strv_addf(lines,
				"sandbox.env: %s is passed and set; set wins",
				*v);
	for (char **v = p->sandbox.env_set; v && *v && r == 0; v++)
		if (looks_secret(*v))
			r = strv_addf(lines,
				"sandbox.env.set: %.*s looks like a secret, "
				"and a profile is no place for one; pass it by "
				"name",
				(int)strcspn(*v, "="), *v);
	return r;
}

static int lint_network(const struct profile *p, char ***lines)
{
	int r = 0;

	if (strv_len(p->sandbox.network))
		r = strv_addf(lines,
			"sandbox.network: this version opens no network; the "
			"grant has no effect yet");
	for (char **v = p->sandbox.network; v && *v && r == 0; v++)
		if (strncmp(*v, "*.", 2) == 0 && !strchr(*v + 2, '.'))
			r = strv_addf(lines,
				"sandbox.network: %s is every name below a top "
				"level domain",
				*v);
	return r;
}

int profile_lint(const struct profile *p, char ***ret_warnings)
{
	_strv_ char **lines = strv_copy(NULL);
	int r = lines ? lint_patterns(p, &lines) : -ENOMEM;

	if (r == 0)
		r = lint_write(p, &lines);
	if (r == 0 && uses_state(p) && !p->sandbox.state)
		r = strv_addf(&lines,
			"sandbox: ${state} is used, but \"state\" is not true");
	if (r == 0)
		r = lint_env(p, &lines);
	if (r == 0)
		r = lint_network(p, &lines);
	if (r < 0)
		return r;
	*ret_warnings = take_ptr(lines);
	return 0;
}
