/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <pwd.h>

#include "base/account.h"

static const char passwd[] = "root:x:0:0:root:/root:/bin/sh\n"
			     "+::77:77:::\n"
			     ":x:78:78::/:\n"
			     "short:x:79\n"
			     "huge:x:4294967296:1::/huge:\n"
			     "spaces:x: 80:1::/spaces:\n"
			     "signed:x:+81:1::/signed:\n"
			     "tail:x:82x:1::/tail:\n"
			     "first:x:83:1:a, b:/first:/bin/sh\n"
			     "second:x:83:1::/second:\n"
			     "\n"
			     "last:x:84:1::/last";

static void a_line_gives_name_and_home(void **state)
{
	static const struct {
		uint32_t uid;
		const char *name, *home;
	} rows[] = {{0, "root", "/root"}, {83, "first", "/first"},
		{84, "last", "/last"}};

	(void)state;
	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		_account_ struct account a = {0};

		assert_int_equal(account_parse(passwd, rows[i].uid, &a), 0);
		assert_string_equal(a.name, rows[i].name);
		assert_string_equal(a.home, rows[i].home);
	}
}

static void malformed_lines_name_nobody(void **state)
{
	static const uint32_t uids[] = {77, 78, 79, 80, 81, 82, 85, 1};
	struct account a;

	(void)state;
	for (size_t i = 0; i < ELEMENTS(uids); i++)
		assert_int_equal(account_parse(passwd, uids[i], &a), 1);
	assert_int_equal(account_parse("", 0, &a), 1);
	assert_int_equal(account_parse("\n", 0, &a), 1);
	assert_null(a.name);
}

/* libc asks whatever this system has; so must we. */
static void we_are_found_as_libc_finds_us(void **state)
{
	const struct passwd *pw = getpwuid(geteuid());
	_account_ struct account a = {0};

	(void)state;
	assert_int_equal(account_find(geteuid(), &a), pw ? 0 : 1);
	if (pw) {
		assert_string_equal(a.name, pw->pw_name);
		assert_string_equal(a.home, pw->pw_dir);
	}
}

static void a_uid_of_nobody_is_unknown(void **state)
{
	struct account a;

	(void)state;
	assert_int_equal(account_find(3999999999U, &a), 1);
	assert_null(a.name);
}

static void getent_knows_root_and_not_everybody(void **state)
{
	(void)state;
	assert_int_equal(account_has("passwd", 0), 1);
	assert_int_equal(account_has("group", 0), 1);
	assert_int_equal(account_has("passwd", 3999999999U), 0);
	assert_int_equal(account_has("group", 3999999999U), 0);
}

static void what_cannot_be_told_is_an_error(void **state)
{
	(void)state;
	assert_true(account_has("no-such-base", 0) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_gives_name_and_home),
		cmocka_unit_test(malformed_lines_name_nobody),
		cmocka_unit_test(we_are_found_as_libc_finds_us),
		cmocka_unit_test(a_uid_of_nobody_is_unknown),
		cmocka_unit_test(getent_knows_root_and_not_everybody),
		cmocka_unit_test(what_cannot_be_told_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
