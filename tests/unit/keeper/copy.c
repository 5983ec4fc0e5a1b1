/* SPDX-License-Identifier: Apache-2.0 */
#include "copy.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/fd.h"
#include "rig.h"

static void copy_take(struct copy *c, int from, const char *name)
{
	struct copy_file *f = &c->files[c->n];
	struct stat st;

	assert_true(c->n < COPY_FILES);
	assert_int_equal(fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(
		fd_read_file(from, name, (size_t)1 << 24, &f->bytes, &f->len),
		0);
	assert_true(strlen(name) < sizeof(f->name));
	memcpy(f->name, name, strlen(name) + 1);
	f->mode = st.st_mode & 0777;
	c->n++;
	copy_restore(c, f);
}

void copy_make(struct copy *c)
{
	DIR *d = fdopendir(audit_open());
	struct dirent *entry;

	*c = (struct copy){.dir = -1};
	/* Written thousands of times: in memory, where there is such a place.
	 */
	(void)snprintf(c->path, sizeof(c->path), "%s/stockade-copy-XXXXXX",
		access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	assert_non_null(mkdtemp(c->path));
	c->dir = open(c->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(c->dir >= 0);
	assert_non_null(d);
	while ((entry = readdir(d)) != NULL)
		if (strstr(entry->d_name, ".jsonl"))
			copy_take(c, dirfd(d), entry->d_name);
	(void)closedir(d);
}

void copy_remove(struct copy *c)
{
	for (size_t i = 0; i < c->n; i++)
		free(c->files[i].bytes);
	fd_close(&c->dir);
	home_remove(c->path);
}

struct copy_file *copy_find(struct copy *c, const char *part)
{
	for (size_t i = 0; i < c->n; i++)
		if (strstr(c->files[i].name, part))
			return &c->files[i];
	fail_msg("no file with %s", part);
	return NULL;
}

void copy_write(const struct copy *c, const struct copy_file *f,
	const char *bytes, size_t len)
{
	_close_ int fd = -1;

	copy_unlink(c, f);
	fd = openat(
		c->dir, f->name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, bytes, len), 0);
	assert_int_equal(fchmod(fd, f->mode), 0);
}

void copy_restore(const struct copy *c, const struct copy_file *f)
{
	copy_write(c, f, f->bytes, f->len);
}

void copy_unlink(const struct copy *c, const struct copy_file *f)
{
	(void)unlinkat(c->dir, f->name, 0);
}

struct collector {
	struct said said;
	bool in_ledger;
};

static void collect(void *context, const struct finding *f)
{
	struct collector *c = context;

	if (c->said.findings++ == 0) {
		c->said.first = *f;
		c->said.in_ledger = c->in_ledger;
	}
	c->said.kinds[f->kind]++;
}

struct said copy_verify(const struct copy *c)
{
	struct collector collector = {.in_ledger = true};
	struct audit_roster *roster = NULL;
	struct err e = {0};

	if (audit_roster_read(c->dir, collect, &collector, &roster, &e) < 0)
		fail_msg("%s", e.text);
	collector.in_ledger = false;
	collector.said.fragments = audit_roster_ledger(roster)->fragments;
	for (size_t i = 0; i < audit_roster_count(roster); i++) {
		const struct audit_session *s = audit_roster_get(roster, i);
		struct audit_verdict v;

		if (audit_verify(c->dir, s, audit_roster_ledger(roster)->there,
			    collect, &collector, &v, &e) < 0)
			fail_msg("%s", e.text);
		collector.said.states[v.state]++;
	}
	audit_roster_free(roster);
	return collector.said;
}
