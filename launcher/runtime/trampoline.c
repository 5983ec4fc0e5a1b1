/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/trampoline.h"

#include <stdio.h>
#include <string.h>

/* The text up to @stop on the same line, or NULL. */
static char *cut(const char *from, char stop)
{
	const char *end = strchr(from, stop);
	const char *line = strchr(from, '\n');

	if (!end || end == from || (line && line < end))
		return NULL;
	return strndup(from, (size_t)(end - from));
}

static int joined(const char *folder, const char *name, char **ret_path)
{
	char *path = NULL;

	if (!name)
		return 1;
	if (name[0] == '/')
		path = strdup(name);
	else if (asprintf(&path, "%s/%s", folder, name) < 0)
		path = NULL;
	*ret_path = path;
	return path ? 0 : -ENOMEM;
}

/*
 * '''exec' '/a b/python' "$0" "$@"
 * '''exec' /long/python "$0" "$@"
 * '''exec' "$(dirname -- "$(realpath -- "$0")")"/'python' "$0" "$@"
 */
static int python_interpreter(
	const char *text, const char *folder, char **ret_path)
{
	static const char start[] = "\n'''exec' ";
	const char *p = strstr(text, start);
	const char *slash;
	_free_ char *name = NULL;

	if (!p || p > text + 256)
		return 1;
	p += sizeof(start) - 1;
	if (strncmp(p, "\"$(dirname ", 11) == 0) {
		slash = strstr(p, ")\"/");
		if (!slash)
			return 1;
		p = slash + 3;
	}
	name = *p == '\''  ? cut(p + 1, '\'')
	       : *p == '"' ? cut(p + 1, '"')
			   : cut(p, ' ');
	return joined(folder, name, ret_path);
}

/* exec node "$basedir/../x/cli.js" "$@" */
static int shim_target(const char *text, const char *folder, char **ret_path)
{
	static const char start[] = "\"$basedir/";

	if (!strstr(text, "basedir=$(dirname"))
		return 1;
	for (const char *p = strstr(text, start); p; p = strstr(p, start)) {
		_free_ char *name = NULL;

		p += sizeof(start) - 1;
		name = cut(p, '"');
		/* An interpreter beside the shim is tried first, if there. */
		if (name && strchr(name, '/'))
			return joined(folder, name, ret_path);
	}
	return 1;
}

int trampoline_read(const char *text, const char *folder,
	enum trampoline_kind *ret_kind, char **ret_path)
{
	char *path = NULL;
	int r = python_interpreter(text, folder, &path);

	*ret_kind = r == 0 ? TRAMPOLINE_PYTHON : TRAMPOLINE_NONE;
	if (r > 0) {
		r = shim_target(text, folder, &path);
		*ret_kind = r == 0 ? TRAMPOLINE_TARGET : TRAMPOLINE_NONE;
	}
	if (r < 0)
		return r;
	*ret_path = path;
	return 0;
}
