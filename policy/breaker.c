/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/breaker.h"

const char *const breaker_words[_BREAKER_N] = {
	[BREAKER_ALERT] = "alert",
	[BREAKER_BLOCK] = "block",
	[BREAKER_STOP] = "stop",
};
