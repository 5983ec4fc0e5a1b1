/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a folder. One that cannot be read is not an empty one: readdir(3)
 * says of both that there is nothing more.
 */
#pragma once

#include <dirent.h>

#include "base/cleanup.h"

/* The folder that @fd stands for, which may be open for its path only and stays
 * the caller's. 0 or -errno. */
int dir_open(int fd, DIR **ret) _must_use_;
/* 1 and an entry, which is good until the next call; 0 at the end; -errno. */
int dir_next(DIR *d, const struct dirent **ret) _must_use_;

static inline void cleanup_dir(DIR **d)
{
	if (*d)
		(void)closedir(*d);
}
#define _dir_ _cleanup_(cleanup_dir)
