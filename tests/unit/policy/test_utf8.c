/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "policy/utf8.h"

static bool is_character(uint32_t cp)
{
	return cp <= 0x10ffff && (cp < 0xd800 || cp > 0xdfff);
}

static void every_character_is_written_and_read(void **state)
{
	char bytes[UTF8_MAX];

	(void)state;
	for (uint32_t cp = 0; cp <= 0x110000; cp++) {
		size_t n = utf8_put(cp, bytes);

		if (is_character(cp))
			assert_int_equal(utf8_sequence(bytes, n), n);
		else
			assert_memory_equal(bytes, "\xef\xbf\xbd", 3);
		assert_int_equal(utf8_sequence(bytes, n - 1), 0);
	}
}

/* As many sequences of three bytes as there are characters of three. */
static void nothing_else_is_a_character(void **state)
{
	size_t n = 0;

	(void)state;
	for (uint32_t i = 0; i < 1U << 24; i++) {
		char bytes[4] = {(char)(i >> 16), (char)(i >> 8), (char)i, '!'};

		n += utf8_sequence(bytes, 4) == 3;
	}
	assert_int_equal(n, 0x10000 - 0x800 - 0x800);
}

/* The same for four, whose last byte is any tail. */
static void nothing_else_is_a_character_of_four_bytes(void **state)
{
	size_t n = 0;

	(void)state;
	for (uint32_t i = 0; i < 1U << 24; i++) {
		char bytes[4] = {
			(char)(i >> 16), (char)(i >> 8), (char)i, (char)0x80};

		n += utf8_sequence(bytes, 4) == 4;
	}
	assert_int_equal(n, 0x100000 / 64);
}

static void a_cut_never_splits_a_character(void **state)
{
	static const char text[] = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z";
	static const size_t want[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11};

	(void)state;
	for (size_t max = 0; max < 13; max++) {
		size_t n = utf8_cut(text, sizeof(text) - 1, max);

		assert_int_equal(n, want[max]);
		assert_true(utf8_valid(text, n));
	}
	assert_false(utf8_valid(text, 2));
	assert_false(utf8_valid(text, 5));
	assert_false(utf8_valid(text, 9));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_character_is_written_and_read),
		cmocka_unit_test(nothing_else_is_a_character),
		cmocka_unit_test(nothing_else_is_a_character_of_four_bytes),
		cmocka_unit_test(a_cut_never_splits_a_character),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
