/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scanner and what walks accepted texts. Whatever is accepted is walked to
 * the last value: each lies inside its container, and cut out on its own it is
 * accepted again, with the same type.
 */
#include "fuzz_json.h"

#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 64
#define CUT_DEPTH_MAX 3

struct walk {
	struct json_scanner *s;
	char *unescaped;
	size_t size;
};

static void require(bool ok)
{
	if (!ok)
		abort();
}

static void check_again(struct walk *w, const struct json_value *v)
{
	size_t len = v->end - v->begin;
	char *copy = malloc(len);
	struct json_scan_result r;

	if (copy == NULL)
		return;
	/* A copy of its own: the sanitizer sees the slightest overrun. */
	memcpy(copy, v->text + v->begin, len);
	require(json_scan(w->s, copy, len, &r) == 0);
	require(r.type == v->type && r.begin == 0 && r.end == len);
	free(copy);
}

static void check_string(struct walk *w, const struct json_value *v)
{
	size_t len = json_string_copy(v, w->unescaped, w->size);

	require(len <= v->end - v->begin - 2);
	require(json_string_is(v, w->unescaped, len));
	require(len == 0 || !json_string_is(v, w->unescaped, len - 1));
}

static void walk(struct walk *w, const struct json_value *v, unsigned depth)
{
	struct json_iter i = json_iter(v);
	struct json_member m;
	size_t last = v->begin;
	int64_t n;

	if (depth <= CUT_DEPTH_MAX)
		check_again(w, v);
	if (v->type == JSON_STRING)
		check_string(w, v);
	(void)json_to_int64(v, &n);
	while (json_next(&i, &m)) {
		require(m.begin > last && m.end < v->end);
		require(m.value.begin < m.value.end && m.value.end == m.end);
		last = m.end - 1;
		if (v->type == JSON_OBJECT)
			check_string(w, &m.name);
		if (depth < DEPTH_MAX)
			walk(w, &m.value, depth + 1);
	}
}

static bool is_container(enum json_type t)
{
	return t == JSON_ARRAY || t == JSON_OBJECT;
}

/* With what the scan has seen of it, a value is walked as without. */
static void check_longest(const struct json_value *v)
{
	struct json_value plain =
		json_value_of(v->text, v->begin, v->end, v->type);
	struct json_iter i = json_iter(v), k = json_iter(&plain);
	size_t longest = v->long_end - v->long_begin;
	struct json_member a, b;
	bool met = longest == 0;

	while (json_next(&k, &b)) {
		require(json_next(&i, &a));
		require(a.begin == b.begin && a.end == b.end);
		require(a.value.begin == b.value.begin);
		require(a.value.end == b.value.end);
		require(a.value.type == b.value.type);
		require(!is_container(b.value.type) ||
			b.value.end - b.value.begin <= longest);
		met |= b.value.begin == v->long_begin &&
		       b.value.end == v->long_end;
	}
	require(!json_next(&i, &a) && met);
}

static void check_members(
	const struct json_value *top, const struct json_scan_result *r)
{
	struct json_iter i = json_iter(top);
	struct json_member m;
	size_t n = 0;

	while (top->type == JSON_OBJECT && json_next(&i, &m)) {
		if (n < JSON_TOP_MEMBERS) {
			const struct json_member *kept = &r->members[n];

			require(kept->begin == m.begin && kept->end == m.end);
			require(kept->value.begin == m.value.begin);
			require(kept->value.type == m.value.type);
			check_longest(&kept->value);
		}
		n++;
	}
	require(n == r->n_members);
}

static void check_mended(
	struct json_scanner *s, const char *text, size_t len, size_t halves)
{
	char *copy = malloc(len);
	struct json_scan_result r;

	if (copy == NULL)
		return;
	memcpy(copy, text, len);
	require(json_mend_surrogates(copy, len) == halves);
	require(json_scan(s, copy, len, &r) == 0);
	require(r.n_half_surrogates == 0);
	free(copy);
}

static void check(struct json_scanner *s, const char *text, size_t len)
{
	struct walk w = {.s = s, .size = len};
	struct json_scan_result r;
	struct json_value top;
	unsigned line, column;

	if (json_scan(s, text, len, &r) != 0) {
		require(r.fault != JSON_FAULT_NONE && r.offset <= len);
		json_position(text, r.offset, &line, &column);
		return;
	}
	require(r.begin < r.end && r.end <= len);
	top = json_top(text, &r);
	check_members(&top, &r);
	check_mended(s, text, len, r.n_half_surrogates);
	w.unescaped = malloc(len + 1);
	if (w.unescaped != NULL)
		walk(&w, &top, 0);
	free(w.unescaped);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint64_t key[2] = {1, 2};
	struct json_scanner *s = message_scanner_new(key);

	if (s != NULL)
		check(s, (const char *)data, size);
	json_scanner_free(s);
	return 0;
}
