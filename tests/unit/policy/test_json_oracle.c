/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many texts that are nearly JSON, each judged by us and by jansson. Where the
 * two differ, one of the known differences explains it:
 * - jansson refuses half a surrogate pair, and numbers that do not fit;
 * - jansson takes a NUL byte behind the text for its end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "json_cases.h"
#include "oracle.h"
#include "policy/message.h"
#include "scanned.h"

#define TEXT_MAX 1024
#define N_MUTATIONS 400000
#define N_TREES 20000

static const uint64_t key[2] = {5, 7};

static const char *const pieces[] = {"{", "}", "[", "]", ":", ",", "\"", "\\",
	"\\u", "\\u0000", "\\ud83d", "\\ude00", "\\n", "1", "-", "0", ".", "e",
	"E+", "true", "null", "\"a\":", "\"\\u0061\":", " ", "\n", "\xc3\xa9",
	"\xed\xa0\x80", "\x80", "\x01", "{\"a\":1}", "[[", "]]", "\"\""};
#define N_PIECES ((uint32_t)(sizeof(pieces) / sizeof(pieces[0])))

struct text {
	char bytes[TEXT_MAX];
	size_t len;
};

static void text_splice(
	struct text *t, size_t at, size_t remove, const char *insert, size_t n)
{
	if (remove > t->len - at)
		remove = t->len - at;
	if (t->len - remove + n > TEXT_MAX)
		return;
	memmove(t->bytes + at + n, t->bytes + at + remove,
		t->len - at - remove);
	memcpy(t->bytes + at, insert, n);
	t->len = t->len - remove + n;
}

static void text_mutate(struct text *t, struct random *r)
{
	size_t at = random_below(r, (uint32_t)t->len + 1);
	const char *piece = pieces[random_below(r, N_PIECES)];
	char copy[32];
	size_t n;

	switch (random_below(r, 4)) {
	case 0:
		text_splice(t, at, 0, piece, strlen(piece));
		break;
	case 1:
		text_splice(t, at, 1 + random_below(r, 3), "", 0);
		break;
	case 2:
		text_splice(t, at, strlen(piece), piece, strlen(piece));
		break;
	default: /* a part of it somewhere else */
		n = random_below(r, sizeof(copy));
		n = n > t->len - at ? t->len - at : n;
		memcpy(copy, t->bytes + at, n);
		at = random_below(r, (uint32_t)t->len + 1);
		text_splice(t, at, 0, copy, n);
	}
}

/* A number that jansson cannot hold: many digits, or an exponent. */
static bool has_big_number(const struct text *t)
{
	size_t digits = 0;

	for (size_t i = 0; i < t->len; i++) {
		char c = t->bytes[i];

		digits = c >= '0' && c <= '9' ? digits + 1 : 0;
		if (digits >= 19 || ((c | 0x20) == 'e' && i > 0))
			return true;
	}
	return false;
}

static bool explained(const struct text *t, const struct json_scan_result *r)
{
	if (r->fault == JSON_FAULT_NONE)
		return r->n_half_surrogates > 0 || has_big_number(t);
	return r->fault == JSON_FAULT_TRAILING && t->bytes[r->offset] == '\0';
}

static void no_mutation_parts_us_from_the_oracle_unexplained(void **state)
{
	struct json_scanner *s = message_scanner_new(key);
	struct random r = {20260728};
	struct json_scan_result scan;
	size_t n_taken = 0;
	struct text t;

	(void)state;
	for (size_t i = 0; i < N_MUTATIONS; i++) {
		const struct json_case *c =
			&json_cases[random_below(&r, (uint32_t)n_json_cases)];
		uint32_t rounds = 1 + random_below(&r, 4);
		bool ours;

		memcpy(t.bytes, c->text, c->len);
		t.len = c->len;
		while (rounds-- > 0)
			text_mutate(&t, &r);
		ours = json_scan(s, t.bytes, t.len, &scan) == 0;
		n_taken += ours;
		if (ours == oracle_accepts(t.bytes, t.len) ||
			explained(&t, &scan))
			continue;
		fail_msg("%s: %.*s", json_fault_text(scan.fault), (int)t.len,
			t.bytes);
	}
	json_scanner_free(s);
	assert_in_range(n_taken, N_MUTATIONS / 20, N_MUTATIONS);
}

static void tree_add(struct text *t, const char *s)
{
	text_splice(t, t->len, 0, s, strlen(s));
}

static void tree_string(struct text *t, struct random *r)
{
	static const char *const parts[] = {"a", "\\u0062", "\\n", "\\\"",
		"\xe2\x82\xac", "\\ud83d\\ude00", "0123456789abcdefghij", "{",
		"]", "\\\\", "\\/", "\\u0000"};

	tree_add(t, "\"");
	for (uint32_t n = random_below(r, 4); n > 0; n--)
		tree_add(t, parts[random_below(r, 11)]);
	tree_add(t, "\"");
}

static void tree_value(struct text *t, struct random *r, unsigned depth)
{
	static const char *const scalars[] = {
		"0", "-1", "1.5", "true", "false", "null", "\"\"", "[]", "{}"};
	uint32_t kind = random_below(r, depth < 5 && t->len < 600 ? 4 : 2);
	char name[32];

	if (kind == 0) {
		tree_add(t, scalars[random_below(r, 9)]);
		return;
	}
	if (kind == 1) {
		tree_string(t, r);
		return;
	}
	tree_add(t, kind == 2 ? "[ " : "{");
	for (uint32_t i = random_below(r, 5); i > 0; i--) {
		(void)snprintf(name, sizeof(name), "\"n%u\\u003a\" :", i);
		tree_add(t, kind == 2 ? "" : name);
		tree_value(t, r, depth + 1);
		tree_add(t, i > 1 ? " ,\n" : "");
	}
	tree_add(t, kind == 2 ? "]" : " }");
}

/* Each value, cut out, means the same to the oracle as the one it has. */
static void check_values(const struct json_value *v, size_t *n_strings)
{
	struct json_iter i = json_iter(v);
	struct json_member m;

	assert_true(oracle_accepts(v->text + v->begin, v->end - v->begin));
	if (v->type == JSON_STRING) {
		size_t len = 0;
		char *want = oracle_unescape(
			v->text + v->begin, v->end - v->begin, &len);
		char have[TEXT_MAX];

		assert_non_null(want);
		assert_int_equal(json_string_copy(v, have, sizeof(have)), len);
		assert_memory_equal(have, want, len);
		free(want);
		++*n_strings;
	}
	while (json_next(&i, &m))
		check_values(&m.value, n_strings);
}

static void values_of_any_tree_mean_the_same_to_the_oracle(void **state)
{
	struct json_scanner *s = message_scanner_new(key);
	struct random r = {42};
	struct json_scan_result scan;
	size_t n_strings = 0;
	struct text t;

	(void)state;
	for (size_t i = 0; i < N_TREES; i++) {
		struct json_value top;

		t.len = 0;
		tree_value(&t, &r, 0);
		assert_int_equal(json_scan(s, t.bytes, t.len, &scan), 0);
		top = json_top(t.bytes, &scan);
		check_values(&top, &n_strings);
	}
	json_scanner_free(s);
	assert_true(n_strings > N_TREES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			no_mutation_parts_us_from_the_oracle_unexplained),
		cmocka_unit_test(
			values_of_any_tree_mean_the_same_to_the_oracle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
