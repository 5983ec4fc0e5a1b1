/* SPDX-License-Identifier: Apache-2.0 */
/* What the targets that work on accepted JSON share. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whether a message's limits let @text pass; its value. */
static inline bool fuzz_json(
	const char *text, size_t len, struct json_value *ret)
{
	static const uint64_t key[2] = {1, 2};
	struct json_scanner *s = message_scanner_new(key);
	struct json_scan_result result;
	int r = s != NULL ? json_scan(s, text, len, &result) : -1;

	json_scanner_free(s);
	if (r == 0)
		*ret = json_top(text, &result);
	return r == 0;
}
