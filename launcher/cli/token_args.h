/* SPDX-License-Identifier: Apache-2.0 */
/* What of a token is JSON. Apart from the rest: two libraries' names clash. */
#pragma once

#include <stdint.h>

#include "base/err.h"

/* SHA-256 of the canonical form of an object. */
int token_args_hash(
	const char *json, uint8_t ret[32], struct err *e) _must_use_;
/* Whether they are conditions that can be decided at once. */
int token_when_read(const char *when, struct err *e) _must_use_;
