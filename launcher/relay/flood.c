/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/flood.h"

void flood_init(struct flood *f, uint64_t now_ms)
{
	*f = (struct flood){.left = FLOOD_BURST, .since_ms = now_ms};
}

bool flood_allows(struct flood *f, uint64_t now_ms, size_t bytes)
{
	uint64_t cost = 1 + bytes / 1024, more;

	more = (now_ms - f->since_ms) * FLOOD_SECOND / 1000;
	if (now_ms - f->since_ms > FLOOD_BURST)
		more = FLOOD_BURST;
	f->since_ms = now_ms;
	f->left = more > FLOOD_BURST - f->left ? FLOOD_BURST : f->left + more;
	if (f->left < cost)
		return false;
	f->left -= cost;
	return true;
}
