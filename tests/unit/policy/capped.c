/* SPDX-License-Identifier: Apache-2.0 */
#include "capped.h"

struct capped cap_len(enum method m, uint64_t text, uint64_t binary,
	const char *line, size_t len)
{
	struct output_caps caps = {.text_bytes = text, .binary_bytes = binary};
	struct json_value result = scanned(line, len, "/result");
	struct capped c = {.out = OUT_INIT(len + OUTPUT_GROWTH_MAX)};

	c.status =
		output_cap(&caps, m, line, len, &result, NULL, &c.out, &c.cut);
	assert_int_equal(c.cut.cut, c.status == 1);
	if (c.status != 1)
		assert_int_equal(c.out.len, 0);
	return c;
}
