/* SPDX-License-Identifier: Apache-2.0 */
#include "scanned.h"

#include <string.h>

static void bytes_come_in_the_order_they_were_written(void **state)
{
	struct out o = OUT_INIT(100);

	(void)state;
	out_str(&o, "a");
	out_bytes(&o, "b\0c", 3);
	out_str(&o, "");
	out_u64(&o, 0);
	out_u64(&o, UINT64_MAX);
	assert_false(o.failed);
	assert_int_equal(o.len, 25);
	assert_memory_equal(o.data, "ab\0c018446744073709551615", 25);
	out_deinit(&o);
}

static void bound_is_reached_and_never_passed(void **state)
{
	static char block[1000];
	struct out o = OUT_INIT(1000);

	(void)state;
	memset(block, 'x', sizeof(block));
	out_bytes(&o, block, 999);
	out_str(&o, "y");
	assert_false(o.failed);
	assert_int_equal(o.len, 1000);
	assert_true(o.size <= 1000);
	out_str(&o, "z");
	assert_true(o.failed);
	assert_int_equal(o.len, 1000);
	out_deinit(&o);
}

static void failure_is_remembered_until_reset(void **state)
{
	struct out o = OUT_INIT(4);

	(void)state;
	out_str(&o, "12345");
	assert_true(o.failed);
	out_str(&o, "1");
	assert_true(o.failed);
	assert_int_equal(o.len, 0);
	out_reset(&o);
	out_str(&o, "1234");
	assert_out(&o, "1234");
	out_deinit(&o);
}

static void a_length_that_wraps_is_refused(void **state)
{
	struct out o = OUT_INIT(SIZE_MAX);

	(void)state;
	out_str(&o, "x");
	out_bytes(&o, "y", SIZE_MAX);
	assert_true(o.failed);
	assert_int_equal(o.len, 1);
	out_deinit(&o);
}

static const struct {
	const char *text, *json;
} strings[] = {
	{"", "\"\""}, {"plain / text", "\"plain / text\""},
	{"\"\\\b\f\n\r\t", "\"\\\"\\\\\\b\\f\\n\\r\\t\""},
	{"\x01\x1f\x7f", "\"\\u0001\\u001f\\u007f\""}, {"é€😀", "\"é€😀\""},
	{"\xc2\x85\xc2\xad", "\"\\u0085\\u00ad\""},
	{"\xe2\x80\xae"
	 "abc\xe2\x80\x8b",
		"\"\\u202eabc\\u200b\""},
	{"\xe2\x80\xa8\xef\xbb\xbf", "\"\\u2028\\ufeff\""},
	{"\xf3\xa0\x81\x81", "\"\\udb40\\udc41\""}, /* a tag */
	{"a\xff"
	 "b",
		"\"a\xef\xbf\xbd"
		"b\""},
	{"\xc0\xaf", "\"\xef\xbf\xbd\xef\xbf\xbd\""}, /* overlong */
	{"\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
	{"\xe2\x82", "\"\xef\xbf\xbd\xef\xbf\xbd\""}, /* cut short */
};

static void strings_are_escaped_as_json(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
		struct out o = OUT_INIT(1000);
		struct json_value v;

		out_json_string(&o, strings[i].text, strlen(strings[i].text));
		assert_out(&o, strings[i].json);
		assert_true(scans(o.data, o.len, &v));
		out_deinit(&o);
	}
}

static void a_nul_is_escaped(void **state)
{
	struct out o = OUT_INIT(1000);

	(void)state;
	out_json_string(&o, "a\0b", 3);
	assert_out(&o, "\"a\\u0000b\"");
	out_deinit(&o);
}

static void every_byte_string_becomes_a_json_string(void **state)
{
	struct random r = {7};
	struct json_value v;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		struct out o = OUT_INIT(1000);
		char text[16];
		size_t n = random_below(&r, sizeof(text));

		for (size_t i = 0; i < n; i++)
			text[i] = (char)(random_below(&r, 3) > 0
						 ? random_below(&r, 256)
						 : random_below(&r, 40));
		out_json_string(&o, text, n);
		assert_false(o.failed);
		assert_true(scans(o.data, o.len, &v));
		assert_int_equal(v.type, JSON_STRING);
		out_deinit(&o);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_come_in_the_order_they_were_written),
		cmocka_unit_test(bound_is_reached_and_never_passed),
		cmocka_unit_test(failure_is_remembered_until_reset),
		cmocka_unit_test(a_length_that_wraps_is_refused),
		cmocka_unit_test(strings_are_escaped_as_json),
		cmocka_unit_test(a_nul_is_escaped),
		cmocka_unit_test(every_byte_string_becomes_a_json_string),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
