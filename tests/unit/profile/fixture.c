/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static char *path_of(const struct fixture *f, const char *folder)
{
	char *path = NULL;

	assert_true(asprintf(&path, "%s/%s", f->root, folder) > 0);
	return path;
}

static int folder_make(const char *path)
{
	assert_int_equal(mkdir(path, 0700), 0);
	return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

int fixture_setup(void **state)
{
	static const struct profile_store empty = PROFILE_STORE_INIT;
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->store = empty;
	(void)snprintf(
		f->root, sizeof(f->root), "%s", "/tmp/stockade-profile-XXXXXX");
	assert_non_null(mkdtemp(f->root));
	f->store.user_path = path_of(f, "user");
	f->store.site_path = path_of(f, "site");
	f->store.user_fd = folder_make(f->store.user_path);
	f->store.site_fd = folder_make(f->store.site_path);
	f->store.site_owner = geteuid();
	*state = f;
	return 0;
}

static int entry_remove(
	const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

int fixture_teardown(void **state)
{
	struct fixture *f = *state;

	profile_store_deinit(&f->store);
	(void)nftw(f->root, entry_remove, 8, FTW_DEPTH | FTW_PHYS);
	free(f);
	return 0;
}

void fixture_write(const struct fixture *f, const char *folder,
	const char *name, const char *text)
{
	char path[256];
	int fd;

	(void)snprintf(
		path, sizeof(path), "%s/%s/%s.json", f->root, folder, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	(void)close(fd);
}

struct profile *fixture_load(const struct fixture *f, const char *name)
{
	struct profile *p = NULL;
	struct err e = {0};
	int r = profile_load_from(&f->store, name, &p, &e);

	if (r != 0)
		fail_msg("%s: %d %s", name, r, e.text);
	return p;
}

void fixture_load_fails(
	const struct fixture *f, const char *name, const char *with)
{
	struct profile *p = NULL;
	struct err e = {0};

	assert_true(profile_load_from(&f->store, name, &p, &e) < 0);
	assert_null(p);
	if (!strstr(e.text, with))
		fail_msg("\"%s\" is not in \"%s\"", with, e.text);
}

char *fixture_join(char *const *v)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(f);
	for (size_t i = 0; v && v[i]; i++)
		(void)fprintf(f, "%s%s", i ? " " : "", v[i]);
	(void)fclose(f);
	return text;
}

void assert_list(char *const *v, const char *joined)
{
	_free_ char *text = fixture_join(v);

	assert_string_equal(text, joined);
}
