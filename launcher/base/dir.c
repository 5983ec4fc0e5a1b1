/* SPDX-License-Identifier: Apache-2.0 */
#include "base/dir.h"

#include <fcntl.h>

int dir_open(int fd, DIR **ret)
{
	_close_ int own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = own < 0 ? NULL : fdopendir(own);

	if (!d)
		return -errno;
	(void)take_fd(&own);
	*ret = d;
	return 0;
}

int dir_next(DIR *d, const struct dirent **ret)
{
	const struct dirent *entry;

	errno = 0;
	entry = readdir(d);
	if (!entry)
		return -errno;
	*ret = entry;
	return 1;
}
