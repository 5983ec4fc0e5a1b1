/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cleanup attributes: what a function owns is let go of on every way out.
 *
 * `_free_ char *s = NULL;` frees, `_close_ int fd = -1;` closes. Hand ownership
 * on with take_ptr() or take_fd(), never with a goto. A module that has a
 * TYPE_free() adds its own attribute with DEFINE_CLEANUP(TYPE).
 */
#pragma once

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define _cleanup_(f) __attribute__((cleanup(f)))
#define _unused_ __attribute__((unused))
#define _must_use_ __attribute__((warn_unused_result))
#define _printf_(f, a) __attribute__((format(printf, f, a)))

static inline void cleanup_free(void *p)
{
	free(*(void **)p);
}

/* Closing keeps errno: it runs after the line that set it. */
static inline void cleanup_close(const int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		(void)close(*fd);
	errno = saved;
}

#define _free_ _cleanup_(cleanup_free)
#define _close_ _cleanup_(cleanup_close)

/* Declares TYPE_cleanup() for `_cleanup_(TYPE_cleanup) struct TYPE *x`. */
#define DEFINE_CLEANUP(type)                               \
	static inline void type##_cleanup(struct type **p) \
	{                                                  \
		type##_free(*p);                           \
	}                                                  \
	struct type

static inline int take_fd(int *fd)
{
	int r = *fd;

	*fd = -1;
	return r;
}

/* Returns *p and leaves NULL behind; cast at the caller is not needed. */
#define take_ptr(p) take_ptr_raw(&(p))
static inline void *take_ptr_raw(void *pp)
{
	void **p = (void **)pp;
	void *r = *p;

	*p = NULL;
	return r;
}

#define ELEMENTS(a) (sizeof(a) / sizeof((a)[0]))
