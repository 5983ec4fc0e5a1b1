/* SPDX-License-Identifier: Apache-2.0 */
#include "keeper/lock.h"

#include <sys/file.h>
#include <time.h>

#define PAUSE_MS 2

int file_lock(int fd, int operation, unsigned wait_ms)
{
	const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};

	for (unsigned waited = 0;; waited += PAUSE_MS) {
		if (flock(fd, operation | LOCK_NB) == 0)
			return 0;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return -errno;
		if (waited >= wait_ms)
			return -EWOULDBLOCK;
		(void)nanosleep(&pause, NULL);
	}
}

void file_unlock(int fd)
{
	(void)flock(fd, LOCK_UN);
}

bool file_locked(int fd)
{
	int r;

	do
		r = flock(fd, LOCK_SH | LOCK_NB);
	while (r < 0 && errno == EINTR);
	/* What cannot be told counts as held: whose log it is may run. */
	if (r < 0)
		return true;
	(void)flock(fd, LOCK_UN);
	return false;
}
