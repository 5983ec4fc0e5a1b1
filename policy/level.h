/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The eight levels of log messages (RFC 5424). Pure; no state.
 */
#pragma once

#include "policy/json.h"

enum log_level {
	LOG_LEVEL_NONE = 0, /* or none of the eight */
	LOG_LEVEL_DEBUG,
	LOG_LEVEL_INFO,
	LOG_LEVEL_NOTICE,
	LOG_LEVEL_WARNING,
	LOG_LEVEL_ERROR,
	LOG_LEVEL_CRITICAL,
	LOG_LEVEL_ALERT,
	LOG_LEVEL_EMERGENCY,
	_LOG_LEVEL_N
};

enum log_level log_level_read(const struct json_value *v);
