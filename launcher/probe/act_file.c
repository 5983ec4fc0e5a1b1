/* SPDX-License-Identifier: Apache-2.0 */
/* Files: to read, to write, and what was left open for us. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "probe/act.h"

/* Which file it is, and whether it opens. */
static void act_read(
	const char *path, const char *nonce, struct act_result *ret)
{
	_close_ int fd = -1;
	struct stat st;

	(void)nonce;
	if (stat(path, &st) < 0) {
		ret->r = -errno;
		return;
	}
	ret->dev = st.st_dev;
	ret->ino = st.st_ino;
	fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	ret->r = fd < 0 ? -errno : 0;
}

/* A device or knob: opened, nothing is written. */
static void act_open(
	const char *path, const char *nonce, struct act_result *ret)
{
	_close_ int fd =
		open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	(void)nonce;
	ret->r = fd < 0 ? -errno : 0;
}

/* A new file, which the launcher looks for and takes away. */
static void act_write(
	const char *path, const char *nonce, struct act_result *ret)
{
	_close_ int fd = open(path,
		O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	ret->r = fd < 0 ? -errno : fd_write_all(fd, nonce, strlen(nonce));
}

/* @first: the lowest number that nobody here opened. */
static void act_descriptors(
	const char *arg, const char *nonce, struct act_result *ret)
{
	(void)arg;
	(void)nonce;
	ret->r = -EBADF;
	/* 3 and 4 are the pipe that results come by. */
	for (int fd = 5; fd < 1024; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			ret->r = 0;
}

static const struct act_row rows[] = {
	{"read", act_read},
	{"open", act_open},
	{"write", act_write},
	{"descriptors", act_descriptors},
};

const struct act_table file_acts = {rows, ELEMENTS(rows)};
