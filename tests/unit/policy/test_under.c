/* SPDX-License-Identifier: Apache-2.0 */
/* Paths and folders, by their spelling. */
#include <stdio.h>
#include <string.h>

#include "policy/under.h"
#include "scanned.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static const struct {
	const char *path, *folder;
	enum under is;
} rows[] = {
	{"/a/b", "/a/b", UNDER_YES},
	{"/a/b/", "/a/b", UNDER_YES},
	{"/a/b/c", "/a/b", UNDER_YES},
	{"/a/bc", "/a/b", UNDER_NO},
	{"/a", "/a/b", UNDER_NO},
	{"/", "/a", UNDER_NO},
	{"/", "/", UNDER_YES},
	{"/x", "/", UNDER_YES},
	{"//a///b", "/a/b", UNDER_YES},
	{"/./a/./b/.", "/a/b", UNDER_YES},
	{"/a/b/..", "/a/b", UNDER_NO},
	{"/a/b/c/..", "/a/b", UNDER_YES},
	{"/a/../a/b", "/a/b", UNDER_YES},
	{"/../../a/b", "/a/b", UNDER_YES},
	{"/a/b/../../etc/passwd", "/a/b", UNDER_NO},
	{"/a/b/...", "/a/b", UNDER_YES},
	{"/a/b/..c", "/a/b", UNDER_YES},
	{"/A/b", "/a/b", UNDER_NO},
	{"/a/b\\..\\..", "/a/b", UNDER_NO},
	{"a/b", "/a/b", UNDER_UNKNOWN},
	{"./a", "/a", UNDER_UNKNOWN},
	{"", "/a", UNDER_UNKNOWN},
	{"~/a", "/a", UNDER_UNKNOWN},
	{"file:///a/b", "/a/b", UNDER_UNKNOWN},
	{" /a/b", "/a/b", UNDER_UNKNOWN},
	/* Elsewhere for a server that undoes escapes or takes a backslash for
	 * a slash; what is there for every one is. */
	{"/a/b/%2e%2e/c", "/a/b", UNDER_UNKNOWN},
	{"/a/b/.%2E/c", "/a/b", UNDER_UNKNOWN},
	{"/a/b/..%2fc", "/a/b", UNDER_UNKNOWN},
	{"/a/b%2f..%2f..%2fetc", "/a", UNDER_UNKNOWN},
	{"/a/b/%252e%252e/c", "/a/b", UNDER_UNKNOWN},
	{"/a/b/%25252e./c", "/a/b", UNDER_UNKNOWN},
	{"/a/b/..%5cc", "/a/b", UNDER_UNKNOWN},
	{"/a/b/..\\c", "/a/b", UNDER_UNKNOWN},
	{"/a/b/x\\..\\..\\c", "/a/b", UNDER_UNKNOWN},
	{"/a\\b\\c", "/a/b", UNDER_UNKNOWN},
	{"/%61/b", "/a/b", UNDER_UNKNOWN},
	{"/a/b/x%00.txt", "/a/b", UNDER_UNKNOWN},
	{"/a/b/x%20y", "/a/b", UNDER_YES},
	{"/a/b/100%", "/a/b", UNDER_YES},
	{"/a/b/%2", "/a/b", UNDER_YES},
	{"/a/b/%25", "/a/b", UNDER_YES},
	{"/a/b/%2x%2g", "/a/b", UNDER_YES},
	{"/a/b/https%3A%2F%2Fc", "/a/b", UNDER_YES},
	{"/a/b/dev-x2d\\x2duuid", "/a/b", UNDER_YES},
	{"/c/%2e%2e/d", "/a/b", UNDER_NO},
};

static void each_path_is_where_it_is(void **state)
{
	(void)state;
	for (size_t i = 0; i < N(rows); i++)
		if (path_under(rows[i].path, strlen(rows[i].path),
			    rows[i].folder) != rows[i].is)
			fail_msg("%s in %s", rows[i].path, rows[i].folder);
	assert_int_equal(path_under("/a/b\0/..", 8, "/a/b"), UNDER_UNKNOWN);
}

static void what_is_too_deep_is_not_known(void **state)
{
	char path[3 * UNDER_DEPTH_MAX + 8] = "";

	(void)state;
	for (int i = 0; i < UNDER_DEPTH_MAX; i++)
		memcpy(path + 2 * (size_t)i, "/a", 3);
	assert_int_equal(path_under(path, strlen(path), "/a"), UNDER_YES);
	memcpy(path + strlen(path), "/b", 3);
	assert_int_equal(path_under(path, strlen(path), "/a"), UNDER_UNKNOWN);
}

static void folders_are_plain(void **state)
{
	static const char *const good[] = {"/", "/a", "/a/b", "/..a", "/a."};
	static const char *const bad[] = {"", "a", "/a/", "//", "/a//b", "/.",
		"/a/..", "/../a", "/a/./b"};

	(void)state;
	for (size_t i = 0; i < N(good); i++)
		if (!under_folder_valid(good[i]))
			fail_msg("%s", good[i]);
	for (size_t i = 0; i < N(bad); i++)
		if (under_folder_valid(bad[i]))
			fail_msg("%s", bad[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_path_is_where_it_is),
		cmocka_unit_test(what_is_too_deep_is_not_known),
		cmocka_unit_test(folders_are_plain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
