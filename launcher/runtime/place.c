/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/place.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "runtime/runtime.h"

static const char *const given[] = {
	"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc"};

static const char *const shared_roots[] = {"/boot", "/dev", "/home", "/media",
	"/mnt", "/nix/var", "/opt", "/proc", "/root", "/run/user", "/snap/bin",
	"/srv", "/sys", "/tmp", "/var/cache", "/var/lib", "/var/log",
	"/var/run", "/var/tmp"};

/*
 * What people keep directly in HOME. Configuration folders of clients and
 * tools are named because they hold keys.
 */
static const char *const shared_in_home[] = {".aws", ".azure", ".cache/uv",
	".claude", ".codeium", ".codex", ".config", ".continue", ".cursor",
	".docker", ".gemini", ".gnupg", ".kube", ".local/bin",
	".local/share/applications", ".local/share/keyrings", ".local/state",
	".mozilla", ".npm", ".password-store", ".pki", ".ssh", ".vscode",
	"Desktop", "Documents", "Downloads", "Dropbox", "bin", "snap"};

static const char *const shared_variables[] = {"XDG_CONFIG_HOME",
	"XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"};

bool place_is_inside(const char *path, const char *folder)
{
	size_t n = strlen(folder);

	if (n == 1 && folder[0] == '/')
		return path[0] == '/';
	return strncmp(path, folder, n) == 0 &&
	       (path[n] == '\0' || path[n] == '/');
}

bool place_is_given(const char *path)
{
	for (size_t i = 0; i < ELEMENTS(given); i++)
		if (place_is_inside(path, given[i]))
			return true;
	return false;
}

bool place_is_home_or_above(const struct runtime_request *q, const char *path)
{
	char real[PATH_MAX];

	if (strcmp(path, "/") == 0)
		return true;
	if (!q->home)
		return false;
	return place_is_inside(q->home, path) ||
	       (realpath(q->home, real) && place_is_inside(real, path));
}

/*
 * What an entry of HOME leads to: asked only where it may be a symlink, since
 * this runs at each start and for each folder.
 */
static bool is_above_home_entry(
	const char *home, const char *path, const char *entry)
{
	char full[PATH_MAX], real[PATH_MAX], text[2];

	if (snprintf(full, sizeof(full), "%s/%s", home, entry) >=
		(int)sizeof(full))
		return false;
	if (place_is_inside(full, path))
		return true;
	if (!strchr(entry, '/') && readlink(full, text, sizeof(text)) < 0)
		return false;
	return realpath(full, real) && place_is_inside(real, path);
}

bool place_is_shared(const struct runtime_request *q, const char *path)
{
	char home[PATH_MAX];

	if (place_is_home_or_above(q, path))
		return true;
	for (size_t i = 0; i < ELEMENTS(shared_roots); i++)
		if (place_is_inside(shared_roots[i], path))
			return true;
	if (!q->home || !realpath(q->home, home))
		home[0] = '\0';
	for (size_t i = 0; home[0] && i < ELEMENTS(shared_in_home); i++)
		if (is_above_home_entry(home, path, shared_in_home[i]))
			return true;
	for (size_t i = 0; i < ELEMENTS(shared_variables); i++) {
		const char *v = strv_env(q->env, shared_variables[i]);

		if (v && v[0] == '/' && place_is_inside(v, path))
			return true;
	}
	return false;
}

bool place_is_planted(const struct runtime_request *q, const char *folder)
{
	if (place_ends_with(folder, "/node_modules/.bin"))
		return true;
	/* A client that starts in HOME or / has no workspace to speak of. */
	if (!q->workspace || place_is_home_or_above(q, q->workspace))
		return false;
	return place_is_inside(folder, q->workspace);
}

const char *place_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

bool place_ends_with(const char *path, const char *suffix)
{
	size_t n = strlen(path), m = strlen(suffix);

	return n >= m && memcmp(path + n - m, suffix, m) == 0;
}

bool place_has_part(const char *path, const char *name)
{
	size_t n = strlen(name);

	for (const char *p = strchr(path, '/'); p; p = strchr(p + 1, '/'))
		if (strncmp(p + 1, name, n) == 0 &&
			(p[n + 1] == '/' || p[n + 1] == '\0'))
			return true;
	return false;
}

bool place_is_dir(const char *path)
{
	struct stat st;

	return path && stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

bool place_is_file(const char *path)
{
	struct stat st;

	return path && stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

bool place_is_plain_name(const char *name)
{
	size_t n = strlen(name);

	if (n == 0 || n > 128 || name[0] == '.')
		return false;
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && !strchr("._+-", *name))
			return false;
	return true;
}
