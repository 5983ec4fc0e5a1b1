/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Points in time as a person writes them, for `log --since` and `--until`.
 */
#pragma once

#include <stdint.h>

#include "base/cleanup.h"

/*
 * Microseconds since 1970 of @text: "2026-01-31", "2026-01-31 10:20[:30]" (also
 * with T), "10:20[:30]" of today, each in local time or with Z in UTC; "today",
 * "yesterday"; "90s", "15m", "2h", "3d" before @now_us. -EINVAL.
 */
int log_time_parse(
	const char *text, uint64_t now_us, uint64_t *ret_us) _must_use_;
