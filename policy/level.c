/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/level.h"

static const char *const levels[_LOG_LEVEL_N] = {
	[LOG_LEVEL_DEBUG] = "debug",
	[LOG_LEVEL_INFO] = "info",
	[LOG_LEVEL_NOTICE] = "notice",
	[LOG_LEVEL_WARNING] = "warning",
	[LOG_LEVEL_ERROR] = "error",
	[LOG_LEVEL_CRITICAL] = "critical",
	[LOG_LEVEL_ALERT] = "alert",
	[LOG_LEVEL_EMERGENCY] = "emergency",
};

enum log_level log_level_read(const struct json_value *v)
{
	if (v->type != JSON_STRING)
		return LOG_LEVEL_NONE;
	for (unsigned i = LOG_LEVEL_NONE + 1; i < _LOG_LEVEL_N; i++)
		if (json_string_eq(v, levels[i]))
			return (enum log_level)i;
	return LOG_LEVEL_NONE;
}
