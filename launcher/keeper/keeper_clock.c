/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The time of day is what every record says and whoever may set it can change:
 * a step is told in the log, before what happened after it. Nothing waits,
 * expires or is let go of by it.
 */
#include <stdio.h>

#include "base/fd.h"
#include "keeper/state.h"

/* More than a leap second. Both clocks are slewed alike and go on while the
 * machine sleeps, so nothing but a step parts them. */
#define STEP_US 1100000

/* A clock that is set all the time does not fill the log. */
#define CLOCK_PAUSE_US 1000000

/* Read close to each other, or this time not at all. */
#define APART_US 50000

/* Time of day less time since boot; false if it cannot be told just now. */
static bool clock_offset(int64_t *ret)
{
	uint64_t before = clock_boot_us(), real = clock_real_us();

	if (clock_boot_us() - before > APART_US)
		return false;
	*ret = (int64_t)real - (int64_t)before;
	return true;
}

void keeper_clock_begin(struct keeper *k)
{
	k->clock_known = clock_offset(&k->clock_offset_us);
}

static void record_step(struct keeper *k, int64_t step_us)
{
	uint64_t us = step_us < 0 ? 0 - (uint64_t)step_us : (uint64_t)step_us;
	uint64_t s = (us + 500000) / 1000000;
	char text[64];

	(void)snprintf(text, sizeof(text), "the clock was set %s by %llu s",
		step_us < 0 ? "back" : "forward", (unsigned long long)s);
	record_init(&k->own, RECORD_ANOMALY);
	record_put_str(&k->own, FIELD_KIND, "clock");
	record_put_u64(&k->own, FIELD_COUNT, 1);
	record_put_str(&k->own, FIELD_ACTION, "alert");
	record_put_str(&k->own, FIELD_REASON, text);
}

void keeper_clock(struct keeper *k)
{
	int64_t offset, step = 0;

	if (!clock_offset(&offset))
		return;
	if (!k->clock_known) {
		k->clock_offset_us = offset;
		k->clock_known = true;
		return;
	}
	if (__builtin_sub_overflow(offset, k->clock_offset_us, &step) ||
		(step < STEP_US && step > -STEP_US) ||
		clock_mono_us() < k->clock_told_us + CLOCK_PAUSE_US)
		return;
	record_step(k, step);
	/* Without room now, there may be some later. */
	if (k->own.cost > keeper_room(k, OWN_ROOM) || keeper_add_own(k) < 0)
		return;
	k->clock_offset_us = offset;
	k->clock_told_us = clock_mono_us();
}
