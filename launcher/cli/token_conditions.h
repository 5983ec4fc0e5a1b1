/* SPDX-License-Identifier: Apache-2.0 */
/* What of a token is JSON. Apart from the rest: two libraries' names clash. */
#pragma once

#include "base/err.h"

/* Whether they are conditions that can be decided at once. */
int token_when_read(const char *when, struct err *e) _must_use_;
