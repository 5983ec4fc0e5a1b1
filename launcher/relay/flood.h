/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How much a peer may send that nobody has asked for: a burst is free, then so
 * much a second.
 *
 * Relay's process; time is passed in.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FLOOD_BURST 65536 /* lines, or KiB … */
#define FLOOD_SECOND 1000 /* … and so many more each second */

struct flood {
	uint64_t left, since_ms;
};

void flood_init(struct flood *f, uint64_t now_ms);

/* Whether a line of @bytes may pass; then it is charged. */
bool flood_allows(struct flood *f, uint64_t now_ms, size_t bytes);
