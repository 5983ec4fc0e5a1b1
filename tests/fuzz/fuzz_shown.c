/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a person is shown of a call's arguments. The first two bytes are a width
 * and a bound, the rest JSON that a client wrote. Whatever it is, nothing but
 * printable ASCII is shown, and the whole of it is the same value.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/approve_text.h"
#include "fuzz_json.h"
#include "policy/answer.h"

#define OUT_MAX ((size_t)4 << 20)
/* What a cut text may have beyond its bound: the rest of an escape, quotes,
 * brackets of what was open, the mark. */
#define BRIEF_SLACK 64

static void check_plain(const struct out *o, bool lines)
{
	if (o->failed)
		abort();
	for (size_t i = 0; i < o->len; i++)
		if ((o->data[i] < ' ' || o->data[i] > '~') &&
			!(lines && o->data[i] == '\n'))
			abort();
}

/* Both are the same value, if strings can be compared at all. */
static void check_same(const struct json_value *v, const struct out *shown)
{
	struct out a = OUT_INIT(OUT_MAX), b = OUT_INIT(OUT_MAX);
	struct json_value again;

	if (!fuzz_json(shown->data, shown->len, &again) ||
		again.type != v->type)
		abort();
	if (memmem(v->text, v->end, "\\u", 2) == NULL &&
		(canonical_write(&a, v) != 0 ||
			canonical_write(&b, &again) != 0 || a.len != b.len ||
			memcmp(a.data, b.data, a.len) != 0))
		abort();
	out_deinit(&a);
	out_deinit(&b);
}

static void check(const struct json_value *v, size_t width, size_t max)
{
	struct out o = OUT_INIT(OUT_MAX);

	text_compact(&o, v);
	check_plain(&o, false);
	check_same(v, &o);
	out_reset(&o);
	text_armoured(&o, v);
	check_plain(&o, false);
	if (!fuzz_json(o.data, o.len, &(struct json_value){0}))
		abort();
	out_reset(&o);
	text_brief(&o, v, max);
	check_plain(&o, false);
	if (o.len > max + BRIEF_SLACK)
		abort();
	out_reset(&o);
	text_pretty(&o, v, width);
	check_plain(&o, true);
	out_reset(&o);
	(void)text_pretty_head(&o, v, width, max);
	check_plain(&o, true);
	out_reset(&o);
	if (v->type == JSON_STRING)
		text_plain(&o, v);
	check_plain(&o, false);
	out_deinit(&o);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data + 2;
	struct out o = OUT_INIT(OUT_MAX);
	struct json_value v;

	if (size < 2 || size > 65536)
		return 0;
	text_bytes(&o, text, size - 2);
	check_plain(&o, false);
	out_reset(&o);
	text_quote(&o, text, size - 2);
	check_plain(&o, false);
	if (!fuzz_json(o.data, o.len, &v) || v.type != JSON_STRING)
		abort();
	out_deinit(&o);
	if (fuzz_json(text, size - 2, &v))
		check(&v, data[0], data[1]);
	return 0;
}
