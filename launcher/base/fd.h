/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Descriptors: whole reads and writes, and small helpers. Every descriptor
 * that stockade makes is O_CLOEXEC and above 2.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/cleanup.h"

/* Close and set to -1; -1 is fine. */
void fd_close(int *fd);

/* Writes all of it, waiting where it must. 0 or -errno. */
int fd_write_all(int fd, const void *bytes, size_t n) _must_use_;

/* Reads until @n bytes or end of file; the number read or -errno. */
ssize_t fd_read_all(int fd, void *bytes, size_t n) _must_use_;

/*
 * Reads a whole small file (at most @max bytes, else -EFBIG) relative to
 * @dirfd; *ret_text is terminated and owned by the caller.
 */
int fd_read_file(int dirfd, const char *path, size_t max, char **ret_text,
	size_t *ret_len) _must_use_;

/* Replaces the content of an existing file (a /proc or cgroup knob). */
int fd_write_knob(int dirfd, const char *path, const char *text) _must_use_;

/* Moves @fd above 2, so that 0–2 can be replaced. New fd or -errno. */
int fd_above_stdio(int fd) _must_use_;

/* Milli- and microseconds of CLOCK_MONOTONIC; microseconds of CLOCK_BOOTTIME,
 * which goes on while the machine sleeps; microseconds of the day. */
uint64_t clock_mono_us(void);
uint64_t clock_boot_us(void);
uint64_t clock_real_us(void);
static inline uint64_t clock_mono_ms(void)
{
	return clock_mono_us() / 1000;
}
