/* SPDX-License-Identifier: Apache-2.0 */
/* Lists joined: each once, in their order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/strv.h"

static void assert_list(char *const *v, const char *expected)
{
	char text[64] = "";

	for (; v && *v; v++)
		(void)strcat(strcat(text, *v), " ");
	assert_string_equal(text, expected);
}

static void what_is_there_is_not_added_again(void **state)
{
	static const char *const texts[] = {"c", "a", "b", "c", "", "B"};
	char *const none[] = {NULL};
	_strv_ char **v = NULL, **more = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(strv_add(&more, texts[i]), 0);
	assert_int_equal(strv_join(&v, none), 0);
	assert_list(v, "");
	assert_int_equal(strv_add(&v, "b"), 0);
	assert_int_equal(strv_add(&v, "b"), 0);
	assert_int_equal(strv_join(&v, more), 0);
	assert_list(v, "b b c a  B ");
	assert_int_equal(strv_join(&v, more), 0);
	assert_list(v, "b b c a  B ");
	assert_int_equal(strv_join(&v, NULL), 0);
	assert_int_equal(strv_len(v), 6);
}

static void thousands_are_joined_at_once(void **state)
{
	_strv_ char **v = NULL, **more = NULL;

	(void)state;
	for (int i = 0; i < 5000; i++) {
		assert_int_equal(strv_addf(&more, "%d", i / 2), 0);
		if (i % 4 == 0)
			assert_int_equal(strv_addf(&v, "%d", i), 0);
	}
	assert_int_equal(strv_join(&v, more), 0);
	/* 0, 4, …, 4996, then the others below 2500. */
	assert_int_equal(strv_len(v), 1250 + 2500 - 625);
	assert_string_equal(v[1249], "4996");
	assert_string_equal(v[1250], "1");
	assert_string_equal(v[1250 + 3], "5");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_there_is_not_added_again),
		cmocka_unit_test(thousands_are_joined_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
