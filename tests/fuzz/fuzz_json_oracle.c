/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scanner beside a reader that others wrote, jansson. What one takes and
 * the other does not has to be one of few known differences; what both take has
 * to mean the same: each string unescaped, each whole number, each value cut
 * out, and the canonical form of it all.
 */
#include "fuzz_json.h"

#include <stdlib.h>
#include <string.h>

#include "../unit/policy/oracle.h"
#include "policy/answer.h"

#define DEPTH_MAX 64
#define TEXT_MAX 4096

static void require(bool ok)
{
	if (!ok)
		abort();
}

/* One that may be too big for jansson: many digits, or an exponent. */
static bool is_big(const struct json_value *v)
{
	size_t digits = 0;

	for (size_t i = v->begin; i < v->end; i++) {
		char c = v->text[i];

		digits += c >= '0' && c <= '9';
		if (digits >= 19 || (c | 0x20) == 'e')
			return true;
	}
	return false;
}

static bool holds_big(const struct json_value *v)
{
	struct json_iter i = json_iter(v);
	struct json_member m;

	if (v->type == JSON_NUMBER)
		return is_big(v);
	while (json_next(&i, &m))
		if (holds_big(&m.value))
			return true;
	return false;
}

static void check_string(const struct json_value *v)
{
	size_t want_len = 0, size = v->end - v->begin;
	char *have = malloc(size);
	char *want = oracle_unescape(v->text + v->begin, size, &want_len);

	if (have != NULL) {
		require(want != NULL);
		require(json_string_copy(v, have, size) == want_len);
		require(memcmp(have, want, want_len) == 0);
	}
	free(want);
	free(have);
}

static void check_number(const struct json_value *v)
{
	int64_t ours, theirs;

	if (json_to_int64(v, &ours) &&
		oracle_integer(v->text + v->begin, v->end - v->begin, &theirs))
		require(ours == theirs);
}

static void check_value(const struct json_value *v, unsigned depth)
{
	struct json_iter i = json_iter(v);
	struct json_member m;

	if (v->type == JSON_STRING)
		check_string(v);
	if (v->type == JSON_NUMBER)
		check_number(v);
	while (depth < DEPTH_MAX && json_next(&i, &m)) {
		if (v->type == JSON_OBJECT)
			check_string(&m.name);
		check_value(&m.value, depth + 1);
	}
}

/* Members in another order, other escapes, no white space: the same meaning. */
static void check_canonical(
	const struct json_value *top, const char *text, size_t len)
{
	struct out o = OUT_INIT(len);

	require(canonical_write(&o, top) == 0);
	require(oracle_same(text, len, o.data, o.len));
	out_deinit(&o);
}

/* The difference that is known where we refuse and jansson does not. */
static bool refusal_is_known(
	const char *text, size_t len, const struct json_scan_result *r)
{
	/* It skips a NUL byte behind a number, and takes one behind the text
	 * for its end. */
	if (r->fault == JSON_FAULT_TRAILING || r->fault == JSON_FAULT_SYNTAX)
		return r->offset < len && text[r->offset] == '\0';
	return r->fault == JSON_FAULT_DEPTH;
}

static void check_taken(struct json_scanner *s, char *text, size_t len,
	const struct json_scan_result *r)
{
	struct json_scan_result again;
	struct json_value top;

	/* Halves of pairs it refuses: it sees what a client is given. */
	if (r->n_half_surrogates > 0) {
		require(json_mend_surrogates(text, len) ==
			r->n_half_surrogates);
		require(json_scan(s, text, len, &again) == 0);
	} else {
		again = *r;
	}
	top = json_top(text, &again);
	if (!oracle_accepts(text, len)) {
		require(holds_big(&top));
		return;
	}
	check_value(&top, 0);
	check_canonical(&top, text, len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint64_t key[2] = {1, 2};
	struct json_scanner *s = message_scanner_new(key);
	struct json_scan_result r;
	char *text = malloc(size + 1);

	if (s != NULL && text != NULL && size <= TEXT_MAX) {
		if (size > 0)
			memcpy(text, data, size);
		if (json_scan(s, text, size, &r) == 0)
			check_taken(s, text, size, &r);
		else
			require(!oracle_accepts(text, size) ||
				refusal_is_known(text, size, &r));
	}
	free(text);
	json_scanner_free(s);
	return 0;
}
