/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Unseen characters. The bytes are a message of the server's: what is left of
 * it is JSON again, but for names that have become equal, has nothing more to
 * take out, and of each string what is seen, read by a reader of its own: all
 * of it where there was no escape sequence, else no more than there was.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz_json.h"
#include "policy/clean.h"

/* The next code point of well-formed UTF-8. */
static uint32_t next(const char **p)
{
	const unsigned char *u = (const unsigned char *)*p;
	unsigned n = u[0] < 0x80 ? 1 : u[0] < 0xe0 ? 2 : u[0] < 0xf0 ? 3 : 4;
	uint32_t cp = n == 1 ? u[0] : u[0] & (0x7fU >> n);

	for (unsigned i = 1; i < n; i++)
		cp = cp << 6 | (u[i] & 0x3f);
	*p += n;
	return cp;
}

static bool may_stay(uint32_t cp)
{
	return cp == 0x200c || cp == 0x200d || cp == 0xfeff ||
	       (cp >= 0x180b && cp <= 0x180f) || (cp >= 0xfe00 && cp <= 0xfe0f);
}

/* What is seen of @v, and in *sequences whether ESC or the like is in it. */
static size_t seen(const struct json_value *v, uint32_t **ret, bool *sequences,
	bool strict)
{
	size_t len = json_string_copy(v, NULL, 0), n = 0;
	char *bytes = malloc(len + 1);
	const char *p = bytes;
	uint32_t *cps = calloc(len + 1, sizeof(*cps));

	if (bytes == NULL || cps == NULL)
		abort();
	(void)json_string_copy(v, bytes, len);
	while (p < bytes + len) {
		uint32_t cp = next(&p);
		enum unseen kind = unseen_kind(cp);

		*sequences |= kind == UNSEEN_ANSI;
		if (kind == UNSEEN_NONE)
			cps[n++] = cp;
		else if (strict && !may_stay(cp))
			abort();
	}
	free(bytes);
	*ret = cps;
	return n;
}

static void check_string(
	const struct json_value *before, const struct json_value *after)
{
	bool sequences = false, none = false;
	uint32_t *a, *b;
	size_t n = seen(before, &a, &sequences, false), j = 0;
	size_t m = seen(after, &b, &none, true);

	for (size_t i = 0; i < n && j < m; i++)
		j += a[i] == b[j];
	if (j != m || (!sequences && n != m))
		abort();
	free(a);
	free(b);
}

/* Of a member of the result that no place is kept for. */
static void check_text(
	const struct json_value *before, const struct json_value *after)
{
	struct json_value a, b;

	if (json_get(before, "result", &a) && json_get(after, "result", &b) &&
		json_get(&a, "x", &a) && json_get(&b, "x", &b) &&
		a.type == JSON_STRING)
		check_string(&a, &b);
}

static void check(enum clean_policy policy, const char *text, size_t size,
	const struct json_value *v)
{
	struct out o = OUT_INIT(size * 12), again = OUT_INIT(size * 12);
	struct clean_stats stats;
	struct json_value left;
	int r = clean_message(policy, text, size, &o, &stats);

	if (r < 0 ||
		(r != CLEAN_NOTHING && !clean_may_change(policy, text, size)))
		abort();
	if (r != CLEAN_CHANGED && o.len > 0 && r != CLEAN_REFUSED)
		abort();
	if (r == CLEAN_CHANGED && fuzz_json(o.data, o.len, &left)) {
		if (clean_message(policy, o.data, o.len, &again, &stats) !=
			CLEAN_NOTHING)
			abort();
		if (policy == CLEAN_STRIP)
			check_text(v, &left);
	}
	out_deinit(&o);
	out_deinit(&again);
}

static void check_all(const char *text, size_t size)
{
	struct json_value v, list;
	struct json_member m;
	struct json_iter i;

	if (!fuzz_json(text, size, &v) || v.type != JSON_OBJECT)
		return;
	check(CLEAN_STRIP, text, size, &v);
	check(CLEAN_SHOW, text, size, &v);
	(void)clean_schema_binds(&v);
	if (!json_get(&v, "result", &list) || !json_get(&list, "tools", &list))
		return;
	i = json_iter(&list);
	while (json_next(&i, &m))
		(void)clean_item_passes(NAMES_TOOLS, &m.value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct json_value v;
	char *text = malloc(size + 1);

	if (text == NULL)
		return 0;
	memcpy(text, data, size);
	/* As the relay does before. */
	if (fuzz_json(text, size, &v)) {
		(void)json_mend_surrogates(text, size);
		check_all(text, size);
	}
	free(text);
	return 0;
}
