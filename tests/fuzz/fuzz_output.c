/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Output caps. Three bytes choose method and caps, the rest is the result.
 * What comes out is JSON again, within the caps but for the notes, and within
 * the growth that its caller makes room for.
 */
#include <stdint.h>
#include <stdlib.h>

#include "fuzz_json.h"
#include "policy/output.h"

static const enum method methods[] = {
	METHOD_TOOLS_CALL,
	METHOD_PROMPTS_GET,
	METHOD_RESOURCES_READ,
	METHOD_TASKS_RESULT,
};

/* A note in place of an item makes the text of one item. */
static void check_cut(
	const struct output_caps *caps, enum method method, const struct out *o)
{
	static const struct output_caps none = {UINT64_MAX, UINT64_MAX};
	struct json_value left;
	struct out again = OUT_INIT(0);
	struct output_cut cut;

	if (!fuzz_json(o->data, o->len, &left))
		abort();
	if (output_cap(&none, method, o->data, o->len, &left, &again, &cut) !=
		0)
		abort();
	if (cut.binary_seen > caps->binary_bytes ||
		cut.text_seen > caps->text_bytes + OUTPUT_GROWTH_MAX)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct output_caps caps;
	struct output_cut cut;
	struct json_value result;
	const char *text;
	enum method method;
	struct out o;
	int r;

	if (size < 3)
		return 0;
	text = (const char *)data + 3;
	if (!fuzz_json(text, size - 3, &result))
		return 0;
	method = methods[data[0] % 4];
	caps = (struct output_caps){
		.text_bytes = data[1],
		.binary_bytes = data[2],
	};
	o = (struct out)OUT_INIT(size + OUTPUT_GROWTH_MAX);
	r = output_cap(&caps, method, text, size - 3, &result, &o, &cut);
	if (r < 0 || (r != 1 && o.len > 0))
		abort();
	if (r == 1)
		check_cut(&caps, method, &o);
	out_deinit(&o);
	return 0;
}
