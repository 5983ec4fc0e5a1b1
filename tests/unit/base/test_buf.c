/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"

static void content_survives_growth_and_consumption(void **state)
{
	_buf_ struct buf b = BUF_INIT(4096);
	char block[100];

	(void)state;
	memset(block, 'x', sizeof(block));
	for (int i = 0; i < 30; i++) {
		block[0] = (char)('A' + i);
		assert_int_equal(buf_append(&b, block, sizeof(block)), 0);
	}
	buf_consume(&b, 2900);
	assert_int_equal(buf_len(&b), 100);
	assert_int_equal(buf_head(&b)[0], 'A' + 29);
	assert_int_equal(buf_append(&b, block, sizeof(block)), 0);
	assert_int_equal(buf_head(&b)[0], 'A' + 29);
}

static void bound_is_never_passed(void **state)
{
	_buf_ struct buf b = BUF_INIT(1000);
	char block[1001] = {0};

	(void)state;
	assert_int_equal(buf_append(&b, block, 1001), -ENOBUFS);
	assert_int_equal(buf_len(&b), 0);
	assert_int_equal(buf_append(&b, block, 1000), 0);
	assert_int_equal(buf_append(&b, block, 1), -ENOBUFS);
	assert_true(b.size <= 1000);
}

static void shrinking_keeps_content(void **state)
{
	_buf_ struct buf b = BUF_INIT(1 << 20);
	static char block[1 << 19];

	(void)state;
	assert_int_equal(buf_append(&b, block, sizeof(block)), 0);
	buf_shrink(&b, 4096);
	assert_int_equal(buf_len(&b), sizeof(block));
	buf_consume(&b, sizeof(block));
	buf_shrink(&b, 4096);
	assert_int_equal(b.size, 4096);
}

static void numbers_and_texts_are_as_printf_has_them(void **state)
{
	static const uint64_t numbers[] = {
		0, 9, 10, 4294967296, UINT64_MAX - 1, UINT64_MAX};
	_buf_ struct buf a = BUF_INIT(4096), b = BUF_INIT(4096);

	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		assert_int_equal(buf_append_u64(&a, numbers[i]), 0);
		assert_int_equal(buf_append_str(&a, i ? ", " : ""), 0);
		assert_int_equal(
			buf_printf(&b, "%llu%s", (unsigned long long)numbers[i],
				i ? ", " : ""),
			0);
	}
	assert_int_equal(buf_len(&a), buf_len(&b));
	assert_memory_equal(buf_head(&a), buf_head(&b), buf_len(&a));
}

static void what_is_printed_fits_or_leaves_the_content(void **state)
{
	_buf_ struct buf b = BUF_INIT(1000);
	char text[1002];

	(void)state;
	memset(text, 'y', sizeof(text));
	text[998] = '\0';
	assert_int_equal(buf_printf(&b, "%s", text), 0);
	assert_int_equal(buf_len(&b), 998);
	assert_int_equal(buf_printf(&b, "%d", 10), -ENOBUFS);
	assert_int_equal(buf_len(&b), 998);
	assert_int_equal(buf_printf(&b, "%d", 1), 0);
	assert_memory_equal(buf_head(&b) + 997, "y1", 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(content_survives_growth_and_consumption),
		cmocka_unit_test(bound_is_never_passed),
		cmocka_unit_test(shrinking_keeps_content),
		cmocka_unit_test(numbers_and_texts_are_as_printf_has_them),
		cmocka_unit_test(what_is_printed_fits_or_leaves_the_content),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
