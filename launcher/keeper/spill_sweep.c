/* SPDX-License-Identifier: Apache-2.0 */
#include "keeper/spill_sweep.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "keeper/chain.h"
#include "keeper/spill.h"
#include "keeper/text.h"

#define KEPT_S ((time_t)SPILL_KEPT_DAYS * 24 * 60 * 60)

struct sweep {
	time_t now;
	unsigned folders, files;
	uint64_t bytes;
};

static void closedir_cleanup(DIR **d)
{
	if (*d)
		(void)closedir(*d);
}

/* A folder for reading, no link; NULL if it cannot be. */
static DIR *folder_read(int at, const char *name)
{
	int fd = openat(
		at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;

	if (!d)
		fd_close(&fd);
	return d;
}

/* True if it is gone. */
static bool sweep_file(struct sweep *s, int folder, const char *name)
{
	struct stat st;

	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT;
	if (!S_ISREG(st.st_mode))
		return false;
	if (st.st_mtime <= s->now - KEPT_S && unlinkat(folder, name, 0) == 0)
		return true;
	s->bytes += (uint64_t)st.st_size;
	return false;
}

static void sweep_session(struct sweep *s, int spill, const char *name)
{
	_cleanup_(closedir_cleanup) DIR *d = folder_read(spill, name);
	const struct dirent *e;
	bool empty = true;

	while (d && (e = readdir(d)) && s->files < SWEEP_FILES) {
		if (e->d_name[0] == '.')
			continue;
		s->files++;
		if (!sweep_file(s, dirfd(d), e->d_name))
			empty = false;
	}
	/* A running session has it locked. */
	if (d && empty && flock(dirfd(d), LOCK_EX | LOCK_NB) == 0)
		(void)unlinkat(spill, name, AT_REMOVEDIR);
}

uint64_t spill_sweep(int spill)
{
	_cleanup_(closedir_cleanup) DIR *d = folder_read(spill, ".");
	struct sweep s = {.now = time(NULL)};
	const struct dirent *e;

	while (d && (e = readdir(d))) {
		if (!hex_valid(e->d_name, SESSION_HEX))
			continue;
		if (s.folders++ == SWEEP_FOLDERS || s.files == SWEEP_FILES)
			return UINT64_MAX;
		sweep_session(&s, spill, e->d_name);
	}
	return s.files == SWEEP_FILES ? UINT64_MAX : s.bytes;
}
