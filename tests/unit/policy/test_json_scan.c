/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "policy/json.h"

static const struct json_limits limits = {
	.max_bytes = 64U << 20,
	.max_depth = 8,
	.max_keys = 65536,
	.allow_nul = true,
	.allow_half_surrogate = true,
	.hash_key = {1, 2},
};

static struct json_scan_result scan_with(
	const struct json_limits *l, const char *text)
{
	struct json_scanner *s = json_scanner_new(l);
	struct json_scan_result r;
	int e;

	assert_non_null(s);
	e = json_scan(s, text, strlen(text), &r);
	assert_int_equal(e, r.fault != JSON_FAULT_NONE);
	json_scanner_free(s);
	return r;
}

static void assert_fault(const char *text, enum json_fault fault, size_t offset)
{
	struct json_scan_result r = scan_with(&limits, text);

	assert_string_equal(json_fault_text(r.fault), json_fault_text(fault));
	assert_int_equal(r.offset, offset);
}

static void a_fault_is_told_with_its_place(void **state)
{
	(void)state;
	assert_fault(" \n", JSON_FAULT_EMPTY, 2);
	assert_fault("{\"a\":1,}", JSON_FAULT_SYNTAX, 7);
	assert_fault("[1,2", JSON_FAULT_SYNTAX, 4);
	assert_fault("[\"a\nb\"]", JSON_FAULT_CONTROL, 3);
	assert_fault("[\"a\\qb\"]", JSON_FAULT_ESCAPE, 3);
	assert_fault("[\"\xc3\xa9\xff\"]", JSON_FAULT_UTF8, 4);
	assert_fault("{\"a\":1, \"a\":2}", JSON_FAULT_DUPLICATE, 8);
	assert_fault("{\"a\\u0000\":1}", JSON_FAULT_NUL_NAME, 3);
	assert_fault("{\"a\\ud800\":1}", JSON_FAULT_SURROGATE, 3);
	assert_fault("[1] 2", JSON_FAULT_TRAILING, 4);
	assert_fault("\xef\xbb\xbf{}", JSON_FAULT_BOM, 0);
	assert_fault("[[[[[[[[[1]]]]]]]]]", JSON_FAULT_DEPTH, 8);
}

static void the_top_value_is_told_without_white_space(void **state)
{
	struct json_scan_result r = scan_with(&limits, " \t{\"a\": [1]} \r\n");

	(void)state;
	assert_int_equal(r.begin, 2);
	assert_int_equal(r.end, 12);
	assert_int_equal(r.type, JSON_OBJECT);
	assert_int_equal(r.n_members, 1);
	assert_int_equal(r.members[0].value.begin, 8);
	assert_int_equal(r.members[0].value.type, JSON_ARRAY);
}

static void more_members_than_are_kept_are_counted(void **state)
{
	struct json_scan_result r = scan_with(&limits,
		"{\"1\":1,\"2\":{\"x\":1},\"3\":3,\"4\":[{\"y\":2}],\"5\":5,"
		"\"6\":\"6\",\"7\":7,\"8\":8}");

	(void)state;
	assert_int_equal(r.n_members, 8);
	assert_int_equal(
		r.members[JSON_TOP_MEMBERS - 1].value.type, JSON_STRING);
}

static void depth_counts_containers_inside_each_other(void **state)
{
	(void)state;
	assert_int_equal(
		scan_with(&limits, "[[[[[[[[1]]]]]]]]").fault, JSON_FAULT_NONE);
	assert_int_equal(scan_with(&limits, "[[[[{\"a\":[[[[]]]]}]]]]").fault,
		JSON_FAULT_DEPTH);
	assert_int_equal(
		scan_with(&limits, "[[[[[[[[]]]]]]],[[[[[[[]]]]]]]]").fault,
		JSON_FAULT_NONE);
}

static void depth_of_0_takes_scalars_alone(void **state)
{
	struct json_limits l = limits;

	(void)state;
	l.max_depth = 0;
	assert_int_equal(scan_with(&l, "1").fault, JSON_FAULT_NONE);
	assert_int_equal(scan_with(&l, "[]").fault, JSON_FAULT_DEPTH);
}

static void a_hundred_thousand_open_arrays_are_refused(void **state)
{
	struct json_limits l = limits;
	size_t n = 100000;
	char *text = test_malloc(2 * n + 1);

	(void)state;
	memset(text, '[', n);
	memset(text + n, ']', n);
	text[2 * n] = '\0';
	assert_int_equal(scan_with(&l, text).fault, JSON_FAULT_DEPTH);
	l.max_depth = (unsigned)n;
	assert_int_equal(scan_with(&l, text).fault, JSON_FAULT_NONE);
	test_free(text);
}

static void a_text_over_the_limit_is_refused_unread(void **state)
{
	struct json_limits l = limits;

	(void)state;
	l.max_bytes = 4;
	assert_int_equal(scan_with(&l, "1234").fault, JSON_FAULT_NONE);
	assert_int_equal(scan_with(&l, "12345").fault, JSON_FAULT_SIZE);
	assert_int_equal(scan_with(&l, "12345").offset, 4);
}

static void nul_and_halves_in_values_are_the_callers_choice(void **state)
{
	struct json_limits l = limits;
	struct json_scan_result r;

	(void)state;
	r = scan_with(&l, "[\"\\u0000\",\"\\ud800\",\"\\udc00x\"]");
	assert_int_equal(r.fault, JSON_FAULT_NONE);
	assert_int_equal(r.n_half_surrogates, 2);
	assert_int_equal(r.half_surrogate, 11);
	l.allow_nul = false;
	assert_int_equal(
		scan_with(&l, "[\"\\u0000\"]").fault, JSON_FAULT_NUL_VALUE);
	l.allow_half_surrogate = false;
	assert_int_equal(
		scan_with(&l, "[\"\\ud800\"]").fault, JSON_FAULT_SURROGATE);
	assert_int_equal(
		scan_with(&l, "[\"\\ud83d\\ude00\"]").fault, JSON_FAULT_NONE);
}

#define NAME_SIZE 48

/* {"STEM0":VALUE,"STEM1":VALUE,…} and then @last. To be freed. */
static char *many_names(
	size_t n, const char *stem, const char *value, const char *last)
{
	size_t size = n * NAME_SIZE + 4096;
	char *text = test_malloc(size), *p = text;

	*p++ = '{';
	for (size_t i = 0; i < n; i++) {
		p += snprintf(p, NAME_SIZE, "\"%s%zu\":%s,", stem, i, value);
	}
	(void)snprintf(p, size - (size_t)(p - text), "%s}", last);
	return text;
}

static void assert_names(const struct json_limits *l, size_t n,
	const char *stem, const char *value, const char *last,
	enum json_fault fault)
{
	char *text = many_names(n, stem, value, last);

	assert_int_equal(scan_with(l, text).fault, fault);
	test_free(text);
}

static void keys_are_counted_for_each_object(void **state)
{
	struct json_limits l = limits;

	(void)state;
	l.max_keys = 3;
	assert_int_equal(
		scan_with(&l, "{\"a\":1,\"b\":2,\"c\":{\"a\":1,\"b\":2}}")
			.fault,
		JSON_FAULT_NONE);
	assert_int_equal(
		scan_with(&l, "{\"a\":1,\"b\":2,\"c\":3,\"d\":4}").fault,
		JSON_FAULT_KEYS);
	assert_names(&limits, 65535, "k", "0", "\"x\":0", JSON_FAULT_NONE);
	assert_names(&limits, 65536, "k", "0", "\"x\":0", JSON_FAULT_KEYS);
}

static void names_of_all_open_objects_are_bounded_together(void **state)
{
	struct json_limits l = limits;

	(void)state;
	l.max_keys = 2;
	assert_int_equal(
		scan_with(&l, "{\"a\":1,\"b\":{\"a\":1,\"b\":{\"a\":1,\"b\":{"
			      "\"a\":1,\"b\":1}}}}")
			.fault,
		JSON_FAULT_NONE);
	assert_int_equal(
		scan_with(&l, "{\"a\":1,\"b\":{\"a\":1,\"b\":{\"a\":1,\"b\":{"
			      "\"a\":1,\"b\":{\"a\":1}}}}}")
			.fault,
		JSON_FAULT_KEYS);
}

static void one_name_of_many_is_found_twice(void **state)
{
	(void)state;
	for (size_t n = 1; n < 70; n++) {
		assert_names(&limits, n, "k", "0", "\"x\":0", JSON_FAULT_NONE);
		assert_names(
			&limits, n, "k", "0", "\"k0\":0", JSON_FAULT_DUPLICATE);
		assert_names(&limits, n, "k", "0", "\"\\u006b0\":0",
			JSON_FAULT_DUPLICATE);
		assert_names(&limits, n, "\\u006b", "0", "\"k0\":0",
			JSON_FAULT_DUPLICATE);
		assert_names(&limits, n, "a common stem, then ", "0",
			"\"a common stem, then 0\":0", JSON_FAULT_DUPLICATE);
	}
	assert_names(
		&limits, 65000, "k", "0", "\"k64999\":0", JSON_FAULT_DUPLICATE);
	assert_names(&limits, 65000, "k", "0", "\"k\\u0030\":0",
		JSON_FAULT_DUPLICATE);
}

/* Names of closed objects are forgotten, those of open ones are not, however
 * objects of all sizes stand in each other. */
static void nested_objects_keep_their_names_apart(void **state)
{
	static const char *const inner[] = {
		"{}", "{\"k0\":1}", "{\"\\u006b0\":{\"k1\":1,\"k0\":2}}"};

	(void)state;
	for (size_t n = 1; n < 60; n++) {
		for (size_t i = 0; i < 3; i++) {
			char *big = many_names(n, "k", "0", "\"y\":1");
			char last[2048];

			(void)snprintf(last, sizeof(last),
				"\"x\":%s,\"y\":%s,\"z\":0", inner[i], big);
			assert_names(
				&limits, n, "k", "[]", last, JSON_FAULT_NONE);
			(void)snprintf(last, sizeof(last),
				"\"x\":%s,\"y\":%s,\"k0\":0", inner[i], big);
			assert_names(&limits, n, "k", "[]", last,
				JSON_FAULT_DUPLICATE);
			test_free(big);
		}
	}
}

/* Whatever a refused text leaves behind in the work area. */
static void a_scanner_is_as_new_after_a_fault(void **state)
{
	struct json_scanner *s = json_scanner_new(&limits);
	char *bad = many_names(300, "k", "0", "\"k1\":{\"k2\":");
	char *good = many_names(300, "k", "0", "\"x\":{\"k2\":1}");
	struct json_scan_result r;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(json_scan(s, bad, strlen(bad) - 2, &r), 1);
		assert_int_equal(json_scan(s, good, strlen(good), &r), 0);
		assert_int_equal(r.n_members, 301);
		assert_int_equal(json_scan(s, good, strlen(good) - 3, &r), 1);
		assert_int_equal(r.fault, JSON_FAULT_SYNTAX);
	}
	test_free(bad);
	test_free(good);
	json_scanner_free(s);
}

static void every_fault_and_type_has_a_text(void **state)
{
	(void)state;
	for (unsigned f = 0; f < _JSON_FAULT_N; f++)
		assert_true(strlen(json_fault_text((enum json_fault)f)) > 3);
	for (unsigned t = 0; t <= JSON_OBJECT; t++)
		assert_true(strlen(json_type_text((enum json_type)t)) > 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_fault_is_told_with_its_place),
		cmocka_unit_test(the_top_value_is_told_without_white_space),
		cmocka_unit_test(more_members_than_are_kept_are_counted),
		cmocka_unit_test(depth_counts_containers_inside_each_other),
		cmocka_unit_test(depth_of_0_takes_scalars_alone),
		cmocka_unit_test(a_hundred_thousand_open_arrays_are_refused),
		cmocka_unit_test(a_text_over_the_limit_is_refused_unread),
		cmocka_unit_test(
			nul_and_halves_in_values_are_the_callers_choice),
		cmocka_unit_test(keys_are_counted_for_each_object),
		cmocka_unit_test(
			names_of_all_open_objects_are_bounded_together),
		cmocka_unit_test(one_name_of_many_is_found_twice),
		cmocka_unit_test(nested_objects_keep_their_names_apart),
		cmocka_unit_test(a_scanner_is_as_new_after_a_fault),
		cmocka_unit_test(every_fault_and_type_has_a_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
