/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The canonical form. It is JSON again, no longer than what it was made of, and
 * its own canonical form.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz_json.h"
#include "policy/answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct out once = OUT_INIT(size), twice = OUT_INIT(size);
	struct json_value v;

	if (!fuzz_json(text, size, &v))
		return 0;
	if (canonical_write(&once, &v) != 0 ||
		!fuzz_json(once.data, once.len, &v) ||
		canonical_write(&twice, &v) != 0)
		abort();
	if (once.len != twice.len ||
		memcmp(once.data, twice.data, once.len) != 0)
		abort();
	out_deinit(&once);
	out_deinit(&twice);
	return 0;
}
