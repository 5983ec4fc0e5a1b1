/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/venv.h"

#include <limits.h>
#include <string.h>
#include <strings.h>

#include "runtime/file.h"
#include "runtime/place.h"

#define VENV_MAX_BYTES ((size_t)64 * 1024)
#define VENV_MAX_HOPS 16

/* "name = value": the value if the line has this name, or NULL. */
static const char *venv_value(const char *line, const char *name)
{
	size_t n = strlen(name);

	if (strncasecmp(line, name, n) != 0)
		return NULL;
	line += n + strspn(line + n, " \t");
	if (*line != '=')
		return NULL;
	return line + 1 + strspn(line + 1, " \t");
}

static int venv_read(struct scan *s, const char *folder, struct venv *ret)
{
	const char *path = scan_join(s, folder, "pyvenv.cfg");
	struct venv v = {.root = folder};
	_free_ char *text = NULL;
	char *p, *line;

	if (!path || file_read(path, VENV_MAX_BYTES, &text, NULL) < 0)
		return 1;
	p = text;
	while ((line = file_next_trimmed(&p))) {
		const char *home = venv_value(line, "home");
		const char *seen =
			venv_value(line, "include-system-site-packages");

		if (home && home[0] == '/')
			v.home = scan_keep(s, home);
		if (seen)
			v.is_system_seen = strcasecmp(seen, "true") == 0;
	}
	*ret = v;
	return 0;
}

int venv_find(struct scan *s, const char *program, struct venv *ret)
{
	const char *path = program;

	for (int i = 0; path && i < VENV_MAX_HOPS; i++) {
		const char *folder = scan_real(s, scan_parent(s, path));
		char text[PATH_MAX];
		ssize_t n;

		if (!folder)
			return 1;
		if (venv_read(s, folder, ret) == 0 ||
			venv_read(s, scan_parent(s, folder), ret) == 0)
			return 0;
		n = readlink(path, text, sizeof(text) - 1);
		if (n <= 0)
			return 1;
		text[n] = '\0';
		path = text[0] == '/' ? scan_keep(s, text)
				      : scan_join(s, folder, text);
	}
	return 1;
}
