/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/libs.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include "base/fd.h"
#include "runtime/elffile.h"
#include "runtime/file.h"
#include "runtime/ldcache.h"
#include "runtime/place.h"
#include "runtime/root.h"

#define LIBS_MAX_FOLDERS 64

struct libs {
	struct scan *s;
	char **queue; /* paths still to be read, as the loader opens them */
	size_t n_done;
	const char *rpath; /* of the program, inherited by what it loads */
	const char *rpath_origin;
	char *cache;
	size_t n_cache;
};

static void libs_deinit(struct libs *l)
{
	strv_free(l->queue);
	free(l->cache);
}

static int libs_read(
	const char *path, struct elf *ret, const char **ret_machine)
{
	_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	return fd < 0 ? -errno : elf_read(fd, ret, ret_machine);
}

/* "$ORIGIN/../lib" with the folder of the object; NULL for other tokens. */
static const char *libs_expand(
	struct scan *s, const char *entry, size_t n, const char *origin)
{
	static const char *const tokens[] = {"$ORIGIN", "${ORIGIN}"};

	for (size_t i = 0; i < ELEMENTS(tokens); i++) {
		size_t m = strlen(tokens[i]);

		if (n >= m && strncmp(entry, tokens[i], m) == 0)
			return scan_fmt(
				s, "%s%.*s", origin, (int)(n - m), entry + m);
	}
	if (n == 0 || entry[0] != '/' || memchr(entry, '$', n))
		return NULL;
	return scan_fmt(s, "%.*s", (int)n, entry);
}

/* Looks for @name in the colon-separated @folders; NULL if not there. */
static const char *libs_search(struct scan *s, const char *folders,
	const char *origin, const char *name)
{
	for (size_t i = 0; folders && i < LIBS_MAX_FOLDERS; i++) {
		size_t n = strcspn(folders, ":");
		const char *folder = libs_expand(s, folders, n, origin);
		const char *path = scan_join(s, folder, name);

		if (path && place_is_file(path))
			return path;
		folders = folders[n] ? folders + n + 1 : NULL;
	}
	return NULL;
}

static const char *libs_search_cache(struct libs *l, const char *name)
{
	if (!l->cache && file_read(LDCACHE_PATH, LDCACHE_MAX_BYTES, &l->cache,
				 &l->n_cache) < 0)
		return NULL;
	return scan_keep(l->s, ldcache_find(l->cache, l->n_cache, name));
}

static const char *libs_find(struct libs *l, const struct elf *elf,
	const char *origin, const char *name)
{
	const char *found = NULL;

	if (strchr(name, '/'))
		return scan_absolute(l->s, name);
	if (!elf->runpath)
		found = libs_search(l->s, elf->rpath, origin, name);
	if (!found && !elf->runpath)
		found = libs_search(l->s, l->rpath, l->rpath_origin, name);
	if (!found)
		found = libs_search(l->s, scan_granted(l->s, "LD_LIBRARY_PATH"),
			origin, name);
	if (!found)
		found = libs_search(l->s, elf->runpath, origin, name);
	if (!found)
		found = libs_search_cache(l, name);
	if (!found)
		found = libs_search(
			l->s, "/lib64:/usr/lib64:/lib:/usr/lib", "", name);
	return found;
}

static void libs_take(struct libs *l, const char *path, const char *reason)
{
	struct scan *s = l->s;
	const char *real = scan_real(s, path);
	const char *manager = "";
	const char *whole;

	if (!real || place_is_given(real) || strv_contains(l->queue, path) ||
		s->n_libs >= SCAN_MAX_LIBS)
		return;
	s->n_libs++;
	whole = root_whole(s, real, &manager);
	(void)scan_walk(s, path);
	if (whole)
		(void)scan_mount(s, whole, "libraries");
	else
		(void)scan_mount_file(s, path, reason);
	scan_add(s, &l->queue, path);
}

static void libs_follow(struct libs *l, const struct elf *elf, const char *path)
{
	const char *folder = scan_parent(l->s, path);
	const char *name = place_name(path);

	if (elf->interp)
		libs_take(l, elf->interp, "loader");
	for (size_t i = 0; folder && elf->needed && elf->needed[i]; i++) {
		const char *found = libs_find(l, elf, folder, elf->needed[i]);
		const char *reason = scan_fmt(l->s, "library of %s", name);

		if (found && reason)
			libs_take(l, found, reason);
	}
}

static int libs_program(
	struct libs *l, const char *path, const char *real, struct elf *elf)
{
	const char *machine = "";
	int r = libs_read(real, elf, &machine);

	if (r == -EXDEV)
		return err_status(l->s->e, EXIT_CANNOT_RUN,
			"%s: a program for another machine (%s)", path,
			machine);
	if (r != 0)
		return err_status(l->s->e, EXIT_CANNOT_RUN,
			"%s: not a program that this machine can run%s", path,
			r == -ENOEXEC ? ": its ELF header is malformed" : "");
	if (elf->interp && access(elf->interp, F_OK) < 0)
		return err_status(l->s->e, EXIT_CANNOT_RUN,
			"%s: its loader %s is not on this machine", path,
			elf->interp);
	if (!elf->runpath) {
		l->rpath = scan_keep(l->s, elf->rpath);
		l->rpath_origin = scan_parent(l->s, real);
	}
	return 0;
}

int libs_mount(struct scan *s, const char *path, const char *real)
{
	_cleanup_(libs_deinit) struct libs l = {.s = s};
	_elf_ struct elf program = {0};
	int r = libs_program(&l, path, real, &program);

	if (r < 0)
		return r;
	/* What the distribution brings finds its libraries in /usr. */
	if (place_is_given(real) && !place_is_inside(real, "/usr/local"))
		return 0;
	libs_follow(&l, &program, real);
	for (size_t i = 0; l.queue && l.queue[i]; i++) {
		_elf_ struct elf elf = {0};
		const char *machine = "";

		if (libs_read(l.queue[i], &elf, &machine) == 0)
			libs_follow(&l, &elf, l.queue[i]);
	}
	return 0;
}
