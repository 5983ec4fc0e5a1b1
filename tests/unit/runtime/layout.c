/* SPDX-License-Identifier: Apache-2.0 */
#include "layout.h"

#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/fd.h"

static char *joined(const char *a, const char *b)
{
	char *path = NULL;

	assert_true(asprintf(&path, "%s/%s", a, b) > 0);
	return path;
}

int layout_setup(void **state)
{
	struct layout *l = calloc(1, sizeof(*l));
	char name[] = "/tmp/runtime-XXXXXX";

	assert_non_null(l);
	assert_non_null(mkdtemp(name));
	assert_non_null(realpath(name, l->root));
	l->home = joined(l->root, "home");
	l->work = joined(l->root, "ws");
	layout_dir(l, "home");
	layout_dir(l, "ws");
	layout_setenv(l, "HOME", "^/home");
	layout_setenv(l, "PATH", "/usr/bin:/bin");
	*state = l;
	return 0;
}

static int remove_entry(
	const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

int layout_teardown(void **state)
{
	struct layout *l = *state;

	(void)nftw(l->root, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	runtime_result_free(l->r);
	strv_free(l->env);
	strv_free(l->granted);
	free(l->home);
	free(l->work);
	free(l);
	return 0;
}

char *layout_text(const struct layout *l, const char *text)
{
	size_t size = strlen(text) + 1, n = 0, m = strlen(l->root);
	char *out;

	for (const char *p = text; *p; p++)
		size += *p == '^' ? m : 0;
	out = calloc(1, size);
	assert_non_null(out);
	for (; *text; text++) {
		if (*text == '^') {
			memcpy(out + n, l->root, m);
			n += m;
		} else {
			out[n++] = *text;
		}
	}
	return out;
}

static void make_folders(const struct layout *l, const char *path)
{
	_free_ char *full = joined(l->root, path);

	for (char *p = full + strlen(l->root) + 1; (p = strchr(p, '/')); p++) {
		*p = '\0';
		(void)mkdir(full, 0755);
		*p = '/';
	}
}

void layout_dir(const struct layout *l, const char *path)
{
	_free_ char *full = joined(l->root, path);

	make_folders(l, path);
	(void)mkdir(full, 0755);
}

static void write_file(const struct layout *l, const char *path,
	const void *bytes, size_t n, mode_t mode)
{
	_free_ char *full = joined(l->root, path);
	_close_ int fd = -1;

	make_folders(l, path);
	fd = open(full, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, bytes, n), 0);
}

void layout_file(const struct layout *l, const char *path, const char *text)
{
	_free_ char *bytes = layout_text(l, text);

	write_file(l, path, bytes, strlen(bytes), 0644);
}

void layout_script(const struct layout *l, const char *path, const char *text)
{
	_free_ char *bytes = layout_text(l, text);

	write_file(l, path, bytes, strlen(bytes), 0755);
}

void layout_program(const struct layout *l, const char *path)
{
	_free_ char *bytes = NULL;
	size_t n = 0;

	assert_int_equal(
		fd_read_file(AT_FDCWD, "/bin/true", 1 << 20, &bytes, &n), 0);
	write_file(l, path, bytes, n, 0755);
}

void layout_link(const struct layout *l, const char *path, const char *target)
{
	_free_ char *full = joined(l->root, path);
	_free_ char *text = layout_text(l, target);

	make_folders(l, path);
	assert_int_equal(symlink(text, full), 0);
}

void layout_setenv(struct layout *l, const char *name, const char *value)
{
	_free_ char *text = layout_text(l, value);
	char **all = NULL;

	for (char **p = l->env; p && *p; p++)
		if (strncmp(*p, name, strlen(name)) != 0 ||
			(*p)[strlen(name)] != '=')
			assert_int_equal(strv_add(&all, *p), 0);
	assert_int_equal(strv_addf(&all, "%s=%s", name, text), 0);
	strv_free(l->env);
	l->env = all;
}

void layout_grant(struct layout *l, const char *name)
{
	_free_ char *text = layout_text(l, name);

	assert_int_equal(strv_add(&l->granted, text), 0);
}

static bool inside(const char *path, const char *folder)
{
	size_t n = strlen(folder);

	return strncmp(path, folder, n) == 0 &&
	       (path[n] == '/' || path[n] == '\0');
}

/* What no result may ever say, whatever the layout. */
static void check_result(const struct layout *l)
{
	const struct runtime_result *r = l->r;

	assert_non_null(r->exe);
	assert_int_equal(r->exe[0], '/');
	assert_non_null(r->argv);
	assert_int_equal(strv_len(r->argv), strv_len(r->argv_absolute));
	for (size_t i = 0; i < r->n_mounts; i++) {
		char real[PATH_MAX];
		const char *path = r->mounts[i].path;

		assert_non_null(realpath(path, real));
		assert_string_equal(path, real);
		assert_false(inside(l->home, path));
		assert_false(strcmp(path, "/") == 0);
		assert_false(inside(path, "/usr"));
		assert_true(r->mounts[i].reason[0] != '\0');
		for (size_t k = 0; k < r->n_mounts; k++)
			assert_true(k == i || !inside(path, r->mounts[k].path));
	}
}

static char **split_words(const struct layout *l, const char *command)
{
	_free_ char *text = layout_text(l, command);
	char **words = NULL, *save = NULL;

	for (char *w = strtok_r(text, " ", &save); w;
		w = strtok_r(NULL, " ", &save))
		assert_int_equal(strv_add(&words, w), 0);
	return words;
}

int layout_discover_in(struct layout *l, const char *cwd, const char *command)
{
	_strv_ char **argv = split_words(l, command);
	_free_ char *folder = joined(l->root, cwd);
	struct runtime_request q = {.argv = argv,
		.env = l->env,
		.granted_env = l->granted,
		.cwd = folder,
		.home = l->home,
		.workspace = l->work};

	runtime_result_free(l->r);
	l->r = NULL;
	l->e = (struct err){0};
	if (runtime_discover(&q, &l->r, &l->e) < 0) {
		assert_null(l->r);
		assert_true(l->e.text[0] != '\0');
		assert_true(l->e.status > 0);
		return l->e.status;
	}
	check_result(l);
	return 0;
}

int layout_discover(struct layout *l, const char *command)
{
	return layout_discover_in(l, "ws", command);
}

static void assert_path(
	const struct layout *l, const char *have, const char *want)
{
	_free_ char *full =
		want[0] == '/' ? strdup(want) : joined(l->root, want);

	assert_string_equal(have, full);
}

void assert_exe(const struct layout *l, const char *path)
{
	assert_path(l, l->r->exe, path);
}

static const char *mount_of(const struct layout *l, const char *path)
{
	_free_ char *full = joined(l->root, path);

	for (size_t i = 0; i < l->r->n_mounts; i++)
		if (inside(full, l->r->mounts[i].path))
			return l->r->mounts[i].path;
	return NULL;
}

void assert_mounted(const struct layout *l, const char *path)
{
	const char *mount = mount_of(l, path);

	if (!mount)
		print_error("%s is not mounted\n", path);
	assert_non_null(mount);
	assert_path(l, mount, path);
}

void assert_not_reachable(const struct layout *l, const char *path)
{
	const char *mount = mount_of(l, path);

	if (mount)
		print_error("%s is inside %s\n", path, mount);
	assert_null(mount);
}

void assert_linked(const struct layout *l, const char *link, const char *target)
{
	_free_ char *from = joined(l->root, link);
	_free_ char *to = layout_text(l, target);
	_free_ char *line = NULL;

	assert_true(asprintf(&line, "%s\t%s", from, to) > 0);
	if (!strv_contains(l->r->links, line))
		print_error("no link %s\n", line);
	assert_true(strv_contains(l->r->links, line));
}

void assert_path_first(const struct layout *l, const char *path)
{
	assert_non_null(l->r->path_first);
	assert_path(l, l->r->path_first[0], path);
}

void assert_noted(const struct layout *l, const char *part)
{
	_free_ char *text = layout_text(l, part);

	for (char **n = l->r->notes; n && *n; n++)
		if (strstr(*n, text))
			return;
	print_error("no note with: %s\n", text);
	fail();
}

void assert_package(
	const struct layout *l, const char *name, const char *version)
{
	assert_non_null(l->r->package);
	assert_string_equal(l->r->package, name);
	assert_non_null(l->r->package_version);
	assert_string_equal(l->r->package_version, version);
}

void assert_words(char *const *words, const char *expected)
{
	char have[4096] = "";

	for (; words && *words; words++) {
		strncat(have, *words, sizeof(have) - strlen(have) - 1);
		if (words[1])
			strncat(have, " ", sizeof(have) - strlen(have) - 1);
	}
	assert_string_equal(have, expected);
}
