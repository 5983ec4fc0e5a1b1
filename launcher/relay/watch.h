/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the loop waits for: one epoll set in which a descriptor stands only for
 * what is wanted of it now.
 *
 * A regular file cannot be polled (epoll refuses it) and counts as ready
 * whenever something is wanted. A descriptor of which nothing is wanted is
 * taken out, or its hang-up would wake the loop for ever; outputs stay in, to
 * notice that the reader has gone.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"

enum watch_id {
	WATCH_NONE = 0,
	WATCH_SUPERVISOR,
	WATCH_LIVENESS,
	WATCH_KEEPER,
	WATCH_RECORDS,
	WATCH_CLIENT_IN,
	WATCH_CLIENT_OUT,
	WATCH_SERVER_IN,
	WATCH_SERVER_OUT,
	WATCH_SERVER_ERR,
	_WATCH_N
};

#define WATCH_GONE 0x80000000U /* only an error or a hang-up is of interest */

struct watch {
	int fd;
	uint32_t events; /* as the set has it now; 0 not in the set */
	bool unpollable;
};

struct watches {
	int epoll;
	struct watch of[_WATCH_N];
	uint32_t seen[_WATCH_N]; /* what the last watch_wait() found */
};

int watch_init(struct watches *w) _must_use_;
void watch_deinit(struct watches *w);

/*
 * EPOLLIN, EPOLLOUT, WATCH_GONE or 0; costs nothing if nothing changes. Before
 * a descriptor is closed it is to be 0: closing takes it out of the set only
 * when nobody shares its description.
 */
int watch_want(struct watches *w, enum watch_id id, int fd,
	uint32_t events) _must_use_;

/* The same with 0, before a descriptor is closed. */
void watch_drop(struct watches *w, enum watch_id id, int fd);

/* Waits up to @timeout_ms (-1: for ever) and fills w->seen. 0; 1 when there
 * was nothing in that time; -errno. */
int watch_wait(struct watches *w, int timeout_ms) _must_use_;
