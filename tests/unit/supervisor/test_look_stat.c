/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "supervisor/look_stat.h"

#define NUMBERS " 11 12 13 34816 15 0 0 0 0 0 0 0 0 0 20 0 1 0 4711 0 0\n"

static bool parse(const char *line, struct stat_line *ret)
{
	char text[STAT_LINE_MAX];

	(void)snprintf(text, sizeof(text), "%s", line);
	return stat_line_parse(7, text, ret);
}

static void every_field_is_found(void **state)
{
	struct stat_line s;

	(void)state;
	assert_true(parse("7 (cat) R" NUMBERS, &s));
	assert_int_equal(s.pid, 7);
	assert_string_equal(s.name, "cat");
	assert_int_equal(s.parent, 11);
	assert_int_equal(s.group, 12);
	assert_int_equal(s.tty, 34816);
	assert_int_equal(s.tty_group, 15);
	assert_int_equal(s.start, 4711);
	assert_false(s.dead);
}

static void a_name_cannot_stand_for_other_fields(void **state)
{
	static const char *const names[] = {"", ")", "(", "a) R 1 (b",
		"x) R 1 1 1 1 1 1 1 1 1 1 1", " ", "a\n7 (b", ")))", "() S 2",
		"\xff\xfe"};
	struct stat_line s;
	char line[256];

	(void)state;
	for (size_t i = 0; i < ELEMENTS(names); i++) {
		(void)snprintf(
			line, sizeof(line), "7 (%s) S" NUMBERS, names[i]);
		assert_true(parse(line, &s));
		assert_string_equal(s.name, names[i]);
		assert_int_equal(s.parent, 11);
		assert_int_equal(s.start, 4711);
	}
}

static void a_long_name_is_cut(void **state)
{
	struct stat_line s;

	(void)state;
	assert_true(parse(
		"7 (aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa) R" NUMBERS,
		&s));
	assert_int_equal(strlen(s.name), sizeof(s.name) - 1);
}

static void zombies_are_dead_and_have_parents(void **state)
{
	struct stat_line s;

	(void)state;
	assert_true(parse("7 (a) Z" NUMBERS, &s));
	assert_true(s.dead);
	assert_int_equal(s.parent, 11);
	assert_true(parse("7 (a) X" NUMBERS, &s));
	assert_true(s.dead);
}

static void what_is_no_such_line_is_refused(void **state)
{
	static const char *const lines[] = {"", "7", "7 (cat", "7 cat) R 1",
		"7 )cat( R" NUMBERS, "7 (cat)", "7 (cat) ", "7 (cat) R",
		"7 (cat)R" NUMBERS, "7 (cat) R 1 2 3",
		"7 (cat) R 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8",
		"7 (cat) R x 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9",
		"7 (cat) R -1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9",
		"7 (cat) R 4294967297 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9",
		"7 (cat) R 99999999999999999999 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 "
		"7 8 9",
		"7 (cat) R 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 -9"};
	struct stat_line s = {.pid = 99};

	(void)state;
	for (size_t i = 0; i < ELEMENTS(lines); i++)
		assert_false(parse(lines[i], &s));
	/* Nor is anything told of it. */
	assert_int_equal(s.pid, 99);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_is_found),
		cmocka_unit_test(a_name_cannot_stand_for_other_fields),
		cmocka_unit_test(a_long_name_is_cut),
		cmocka_unit_test(zombies_are_dead_and_have_parents),
		cmocka_unit_test(what_is_no_such_line_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
