/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the strings of a profile may be. Each check gets a terminated string
 * without NUL inside, in well-formed UTF-8: the scanner has seen to both.
 */
#include <limits.h>
#include <string.h>

#include "plan/profile_key.h"

static bool has_control(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return true;
	return false;
}

static bool has_dotdot(const char *path)
{
	for (; *path; path += strspn(path, "/")) {
		size_t n = strcspn(path, "/");

		if (n == 2 && path[0] == '.' && path[1] == '.')
			return true;
		path += n;
	}
	return false;
}

/* What a path may begin with; *ret_rest is what follows. */
static const char *path_root(const char *path, const char **ret_rest)
{
	static const char *const roots[] = {
		"${workspace}", "${home}", "${state}", "~", "/"};

	for (size_t i = 0; i < ELEMENTS(roots); i++) {
		size_t n = strlen(roots[i]);

		if (strncmp(path, roots[i], n) != 0)
			continue;
		*ret_rest = path + n;
		if (roots[i][0] == '/' || path[n] == '/' ||
			(path[n] == '\0' && roots[i][0] == '$'))
			return roots[i];
	}
	return NULL;
}

#define PATH_EXPECTED                                                       \
	"an absolute path, or one that begins with ${workspace}, ${home}, " \
	"${state} or ~/"

static int path_refuse(const char *path, const char *why, struct err *e)
{
	return err_say(
		e, -EINVAL, "\"%.80s\" %s; expected " PATH_EXPECTED, path, why);
}

static int path_check(const char *path, const char **ret_root,
	const char **ret_rest, struct err *e)
{
	*ret_root = path_root(path, ret_rest);
	if (!*ret_root)
		return path_refuse(path, "is no path for a grant", e);
	if (strlen(path) >= PATH_MAX)
		return path_refuse(path, "is too long", e);
	if (has_control(path))
		return path_refuse(path, "has a control character", e);
	if (has_dotdot(path))
		return path_refuse(path, "has a \"..\" in it", e);
	if (strstr(*ret_rest, "${"))
		return path_refuse(
			path, "has a variable that is not at its beginning", e);
	if ((*ret_root)[0] == '/' && (*ret_rest)[strspn(*ret_rest, "/.")] == 0)
		return path_refuse(path, "is the whole filesystem", e);
	return 0;
}

int profile_check_read(const char *path, struct err *e)
{
	const char *root, *rest;

	return path_check(path, &root, &rest, e);
}

/* HOME as a whole is what others execute and trust: never to be written. */
int profile_check_write(const char *path, struct err *e)
{
	const char *root, *rest;
	int r = path_check(path, &root, &rest, e);

	if (r < 0)
		return r;
	if ((strcmp(root, "${home}") == 0 || strcmp(root, "~") == 0) &&
		rest[strspn(rest, "/.")] == '\0')
		return err_say(e, -EINVAL,
			"\"%.80s\" is the home folder, which is never granted "
			"for writing; expected a folder below it",
			path);
	return 0;
}

static bool is_name_start(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/*
 * LD_* decides which code a program loads before any of it runs, and the
 * CLAUDE_CODE_MESSAGING_* variables are a second way from the server to its
 * client: no grant brings them in.
 */
int profile_check_variable(const char *name, struct err *e)
{
	static const char *const never[] = {"LD_", "CLAUDE_CODE_MESSAGING_"};
	const char *p = name;

	if (is_name_start(*p))
		while (is_name_start(*p) || (*p >= '0' && *p <= '9'))
			p++;
	if (p == name || *p || strlen(name) > PROFILE_MAX_PATTERN)
		return err_say(e, -EINVAL,
			"\"%.80s\" is no name of a variable; expected letters, "
			"digits and _, at most 256, no digit first",
			name);
	for (size_t i = 0; i < ELEMENTS(never); i++)
		if (strncmp(name, never[i], strlen(never[i])) == 0)
			return err_say(e, -EINVAL,
				"\"%.80s\" is never given to a server; expected "
				"a variable that does not begin with %s",
				name, never[i]);
	return 0;
}

int profile_check_setting(const char *value, struct err *e)
{
	static const char *const variables[] = {
		"${workspace}", "${home}", "${state}"};
	const char *p = value;

	while ((p = strstr(p, "${"))) {
		size_t i;

		for (i = 0; i < ELEMENTS(variables); i++)
			if (strncmp(p, variables[i], strlen(variables[i])) == 0)
				break;
		if (i == ELEMENTS(variables))
			return err_say(e, -EINVAL,
				"unknown variable at \"%.40s\"; expected "
				"${workspace}, ${home} or ${state}",
				p);
		p += strlen(variables[i]);
	}
	return 0;
}

int profile_check_pattern(const char *pattern, struct err *e)
{
	size_t n = strlen(pattern);

	if (n == 0 || n > PROFILE_MAX_PATTERN)
		return err_say(e, -EINVAL,
			"the pattern has %zu bytes; expected a name or a "
			"pattern with * and ?, of 1 to 256 bytes",
			n);
	return 0;
}

int profile_check_type(const char *type, struct err *e)
{
	static const char usual[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789!#$&-^_.+*?";
	size_t n = strspn(type, usual), m = 0;

	if (n > 0 && type[n] == '/')
		m = strspn(type + n + 1, usual);
	if (m == 0 || type[n + 1 + m] || n + m >= PROFILE_MAX_PATTERN)
		return err_say(e, -EINVAL,
			"\"%.80s\" is no type; expected TYPE/SUBTYPE such as "
			"image/png or text/*, without parameters",
			type);
	return 0;
}

int profile_check_name(const char *name, struct err *e)
{
	if (strpbrk(name, "*?"))
		return err_say(e, -EINVAL,
			"\"%.80s\" is a pattern; expected a whole name, for "
			"what is always allowed is named one by one",
			name);
	return profile_check_pattern(name, e);
}

int profile_check_package(const char *name, struct err *e)
{
	size_t n = strlen(name);

	if (n == 0 || n > PROFILE_MAX_PATTERN || has_control(name) ||
		strchr(name, ' '))
		return err_say(e, -EINVAL,
			"\"%.80s\" is no package; expected a name as npm or "
			"PyPI has it, such as @scope/name",
			name);
	return 0;
}

int profile_name_check(const char *name, struct err *e)
{
	const char *p = name;

	if (strchr(name, '/'))
		return err_say(e, -EINVAL,
			"\"%.80s\" is a path; expected the name of a profile "
			"(a file elsewhere is for run and explain, once "
			"stockade profile trust has seen it)",
			name);
	while (is_name_start(*p) || (*p >= '0' && *p <= '9') ||
		(p > name && (*p == '.' || *p == '-')))
		p++;
	if (p == name || *p || p - name > PROFILE_MAX_NAME)
		return err_say(e, -EINVAL,
			"\"%.80s\" is no name of a profile; expected at most "
			"64 letters, digits, \".\", \"_\" and \"-\", no \".\" "
			"or \"-\" first",
			name);
	return 0;
}
