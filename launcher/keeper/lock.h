/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Locks between keepers, and between them and readers: flock(2), held for as
 * long as the open file description lives, so that a crash lets go of them.
 */
#pragma once

#include <stdbool.h>

#include "base/cleanup.h"

/*
 * Takes LOCK_SH or LOCK_EX, trying for about @wait_ms. Never waits without
 * end: the holder may be a stopped process. -EWOULDBLOCK.
 */
int file_lock(int fd, int operation, unsigned wait_ms) _must_use_;
void file_unlock(int fd);

/* Whether somebody holds an exclusive lock on it. */
bool file_locked(int fd);
