/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Output caps. Three bytes choose method, what happens to what is over, and
 * caps; the rest is the result. What comes out is JSON again, within the caps
 * but for the notes, and within the growth that its caller makes room for;
 * what goes into files is as long as it was counted. The same bytes are then
 * an error answer.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz_json.h"
#include "policy/output.h"
#include "policy/output_spill.h"

static const enum method methods[] = {
	METHOD_TOOLS_CALL,
	METHOD_PROMPTS_GET,
	METHOD_RESOURCES_READ,
	METHOD_TASKS_RESULT,
	METHOD_TASKS_GET,
	METHOD_INITIALIZE,
	METHOD_COMPLETION_COMPLETE,
	METHOD_DISCOVER,
};

struct input {
	struct output_caps caps;
	enum method method;
	const char *text;
	size_t len;
	struct json_value value;
};

/* A note in place of an item makes the text of one item. */
static void check_cut(const struct input *in, const struct out *o)
{
	static const struct output_caps none = {
		.text_bytes = UINT64_MAX,
		.binary_bytes = UINT64_MAX,
	};
	struct json_value left;
	struct out again = OUT_INIT(0);
	struct output_cut cut;

	if (!fuzz_json(o->data, o->len, &left))
		abort();
	if (output_cap(&none, in->method, o->data, o->len, &left, NULL, &again,
		    &cut) != OUTPUT_FITS)
		abort();
	if (cut.binary_seen > in->caps.binary_bytes ||
		cut.text_seen > output_other_bytes(&in->caps) +
					in->caps.text_bytes + OUTPUT_GROWTH_MAX)
		abort();
}

/* Every other file could not be kept; the others have the longest path. */
static void write_files(const struct input *in, struct output_spill *s)
{
	for (size_t i = 0; i < s->n; i++) {
		struct output_file *f = &s->files[i];
		struct out o = OUT_INIT(2 * in->len + 64);

		if (output_spill_write(
			    &in->caps, in->method, &in->value, f, &o) < 0)
			abort();
		f->kept = i % 2 == 0;
		f->bytes = o.len;
		memset(f->path, '\1', OUTPUT_PATH_MAX);
		f->path[OUTPUT_PATH_MAX] = '\0';
		memset(f->sha256, 'a', 64);
		f->sha256[64] = '\0';
		out_deinit(&o);
	}
}

static void check_result(const struct input *in)
{
	static struct output_spill spill;
	struct out o = OUT_INIT(in->len + OUTPUT_GROWTH_MAX);
	struct out words = OUT_INIT(OUTPUT_GROWTH_MAX);
	struct output_cut cut;
	int r;

	if (output_spill(&in->caps, in->method, in->text, &in->value, &spill) <
			0 ||
		spill.n > OUTPUT_FILES_MAX)
		abort();
	write_files(in, &spill);
	r = output_cap(&in->caps, in->method, in->text, in->len, &in->value,
		&spill, &o, &cut);
	if (r < 0 || cut.cut != (r == OUTPUT_CUT) || (!cut.cut && o.len > 0) ||
		((r == OUTPUT_FITS || r == OUTPUT_FORBID) && spill.n > 0))
		abort();
	if (r == OUTPUT_CUT)
		check_cut(in, &o);
	output_over_text(
		&words, &in->caps, (enum output_verdict)r, &cut, &spill);
	if (words.failed)
		abort();
	out_deinit(&o);
	out_deinit(&words);
}

static void check_error(const struct input *in)
{
	struct out o = OUT_INIT(in->len + OUTPUT_GROWTH_MAX);
	struct json_value left, message, code, before;
	struct output_cut cut;
	int r = output_cap_error(
		&in->caps, in->text, in->len, &in->value, &o, &cut);

	if (r == OUTPUT_CUT) {
		if (!fuzz_json(o.data, o.len, &left) ||
			!json_get(&left, "message", &message) ||
			message.type != JSON_STRING ||
			left.end - left.begin >
				6 * in->caps.text_bytes + in->len + 200)
			abort();
		if (json_get(&in->value, "code", &before) &&
			!json_get(&left, "code", &code))
			abort();
	} else if (r == -ENOMEM || o.len > 0) {
		abort();
	}
	out_deinit(&o);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in;

	if (size < 3)
		return 0;
	in = (struct input){
		.caps = {.text_bytes = data[1],
			.binary_bytes = data[2],
			.text_over = (enum output_over)(data[0] / 8 % _OVER_N),
			.binary_over =
				(enum output_over)(data[0] / 32 % _OVER_N)},
		.method = methods[data[0] % 8],
		.text = (const char *)data + 3,
		.len = size - 3,
	};
	if (!fuzz_json(in.text, in.len, &in.value))
		return 0;
	check_result(&in);
	if (in.value.type == JSON_OBJECT)
		check_error(&in);
	return 0;
}
