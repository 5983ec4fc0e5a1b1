/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A call's arguments, as a person types them, and what binds them: in the
 * process of a verb.
 */
#pragma once

#include <stdint.h>

#include "base/err.h"

/*
 * SHA-256 of the canonical form (stockade-audit(5)) of @json, in any spelling.
 * -EINVAL, with the status of a usage error, for what is no object; @verb is
 * whose --args it is.
 */
int args_hash(const char *verb, const char *json, uint8_t ret[32],
	struct err *e) _must_use_;
