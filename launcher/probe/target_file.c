/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/strv.h"
#include "probe/target.h"

#define NAMES_MAX 48 /* of one folder */

static int add_file(const struct target *t, const char *path, bool must)
{
	const char *why = probe_grant(t->plan, path, false);
	struct probe_row *w = probe_row_add(t->rows, "files",
		probe_text("read %s", path), probe_text("read:%s", path));

	if (!w)
		return -ENOMEM;
	w->kind = ROW_FILE;
	w->bare = true;
	w->must = must && !why;
	w->path = strdup(path);
	w->granted = why ? probe_text("granted: %s", why) : NULL;
	return w->path && (w->granted || !why) ? 0 : -ENOMEM;
}

static int add_name(
	const struct target *t, const char *folder, const char *name)
{
	_free_ char *path = probe_text("%s/%s", folder, name);

	for (size_t i = 0; path && i < t->rows->n; i++)
		if (t->rows->v[i].path && strcmp(t->rows->v[i].path, path) == 0)
			return 0;
	return path ? add_file(t, path, false) : -ENOMEM;
}

static int name_compare(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* What is in a folder, by names that nobody had to guess. */
static int add_folder(const struct target *t, const char *folder)
{
	struct dirent **names = NULL;
	int n = scandir(folder, &names, NULL, name_compare), r = 0;

	for (int i = 0; i < n; i++) {
		const char *name = names[i]->d_name;

		if (r == 0 && i < NAMES_MAX + 2 && strcmp(name, ".") != 0 &&
			strcmp(name, "..") != 0)
			r = add_name(t, folder, name);
		free(names[i]);
	}
	free(names);
	return r;
}

/* The folder that @path lies in, or NULL for the root's and on no memory. */
static char *folder_of(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	return slash && slash != path ? strndup(path, (size_t)(slash - path))
				      : NULL;
}

static int add_secrets(const struct target *t)
{
	static const char *const names[] = {".ssh", ".ssh/id_rsa",
		".ssh/id_ed25519", ".aws", ".aws/credentials", ".gnupg",
		".netrc", ".npmrc", ".docker/config.json", ".kube/config",
		".git-credentials", ".config", ".bash_history", ".mozilla"};
	int r = 0;

	for (size_t i = 0; r == 0 && i < ELEMENTS(names); i++)
		r = add_name(t, t->plan->home, names[i]);
	return r;
}

int target_files(const struct target *t)
{
	static const char *const system[] = {"/etc/passwd", "/etc/shadow",
		"/etc/group", "/etc/hostname", "/etc/ssh", "/etc/sudoers",
		"/etc/machine-id", "/root", "/home", "/boot", "/var/log",
		"/var/lib", "/mnt", "/media", "/srv", "/sys", "/sys/kernel",
		"/run/user", "/run/systemd"};
	_free_ char *beside = folder_of(t->plan->workspace);
	int r = add_file(t, t->world->file, true);

	for (size_t i = 0; r == 0 && i < ELEMENTS(system); i++)
		r = add_file(t, system[i], false);
	if (r == 0)
		r = add_secrets(t);
	if (r == 0)
		r = add_folder(t, t->plan->home);
	if (r == 0 && t->plan->workspace)
		r = add_folder(t, t->plan->workspace);
	if (r == 0 && beside)
		r = add_folder(t, beside);
	for (char **v = t->plan->own; r == 0 && v && *v; v++)
		r = add_file(t, *v, false);
	return r;
}

static int add_write(const struct target *t, const char *folder, bool must)
{
	const char *why = probe_grant(t->plan, folder, true);
	_free_ char *path = probe_text("%s/.stockade-probe-%s",
		strcmp(folder, "/") == 0 ? "" : folder, t->world->nonce);
	struct probe_row *w;

	for (size_t i = 0; path && i < t->rows->n; i++)
		if (t->rows->v[i].path && strcmp(t->rows->v[i].path, path) == 0)
			return 0;
	w = path ? probe_row_add(t->rows, "writing",
			   probe_text("write in %s", folder),
			   probe_text("write:%s", path))
		 : NULL;

	if (!w)
		return -ENOMEM;
	w->kind = ROW_EFFECT;
	w->effect = EFFECT_FILE;
	w->bare = must;
	w->must = must && !why;
	w->skip = why;
	w->path = take_ptr(path);
	w->granted = why ? probe_text("granted: %s", why) : NULL;
	return w->granted || !why ? 0 : -ENOMEM;
}

int target_writes(const struct target *t)
{
	static const char *const system[] = {"/", "/etc", "/usr/local", "/usr",
		"/opt", "/var/tmp", "/var/lib", "/dev/shm", "/tmp", "/run"};
	_free_ char *beside = folder_of(t->plan->workspace);
	int r = add_write(t, t->world->folder, true);

	for (size_t i = 0; r == 0 && i < ELEMENTS(system); i++)
		r = add_write(t, system[i], false);
	if (r == 0)
		r = add_write(t, t->plan->home, false);
	if (r == 0 && t->plan->workspace)
		r = add_write(t, t->plan->workspace, false);
	if (r == 0 && beside)
		r = add_write(t, beside, false);
	return r;
}
