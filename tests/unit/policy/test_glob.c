/* SPDX-License-Identifier: Apache-2.0 */
#include "scanned.h"

#include <string.h>

#include "policy/tools.h"
#include "policy/utf8.h"

static bool matches(const char *pattern, const char *text)
{
	return glob_match(pattern, text, strlen(text));
}

static const struct {
	const char *pattern, *text;
	bool match;
} cases[] = {
	{"", "", true},
	{"", "a", false},
	{"a", "", false},
	{"read_file", "read_file", true},
	{"read_file", "read_files", false},
	{"read_file", "read_fil", false},
	{"read_file", "Read_file", false},
	{"read_file", "read_file ", false},
	{"*", "", true},
	{"*", "a/b\nc", true},
	{"**", "", true},
	{"read_*", "read_", true},
	{"read_*", "read_x", true},
	{"read_*", "xread_x", false},
	{"*_file", "read_file", true},
	{"*_file", "read_file_", false},
	{"*_file", "_file_file", true},
	{"a*b*c", "abbcc", true},
	{"a*b*c", "acbc", true},
	{"a*b*c", "acb", false},
	{"*ab", "aab", true},
	{"*aab*aab", "aaabaaab", true},
	{"?", "", false},
	{"?", "a", true},
	{"?", "ab", false},
	{"?", "é", true},
	{"?", "😀", true},
	{"??", "é", false},
	{"??", "éé", true},
	{"*?", "éé", true},
	{"*?é", "éé", true},
	{"?*?", "😀", false},
	{"?*?", "😀😀", true},
	{"a?c", "aéc", true},
	{"é", "é", true},
	{"é", "e\xcc\x81", false}, /* decomposed: other bytes */
	{"[ab]", "a", false},
	{"[ab]", "[ab]", true},
	{"\\*", "*", false},
	{"\\*", "\\x", true},
	{"{a,b}", "a", false},
	{"a.c", "abc", false},
	{"re^d$", "re^d$", true},
};

static void globs_match_whole_names_byte_for_byte(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (matches(cases[i].pattern, cases[i].text) != cases[i].match)
			fail_msg("%s on %s", cases[i].pattern, cases[i].text);
	}
}

static void an_ill_formed_byte_is_no_character(void **state)
{
	(void)state;
	assert_false(matches("?", "\xff"));
	assert_false(matches("?", "\xc3"));
	assert_false(matches("?", "\xc0\xaf"));
	assert_false(matches("*?", "a\xff"));
	assert_true(matches("*", "a\xff"));
	assert_true(matches("?*", "a\xff"));
}

static void a_nul_is_matched_by_stars_alone(void **state)
{
	(void)state;
	assert_false(glob_match("a", "a\0", 2));
	assert_false(glob_match("a", "a\0b", 3));
	assert_true(glob_match("a*", "a\0b", 3));
	assert_false(glob_match("", "\0", 1));
}

static void stars_do_not_make_it_exponential(void **state)
{
	static char text[1024], pattern[2 * 500 + 2];

	(void)state;
	memset(text, 'a', sizeof(text));
	for (size_t i = 0; i < 500; i++)
		memcpy(pattern + 2 * i, "*a", sizeof("*a"));
	pattern[1000] = 'b'; /* never there: every way is tried */
	assert_false(glob_match(pattern, text, sizeof(text)));
	pattern[1000] = '*';
	assert_true(glob_match(pattern, text, sizeof(text)));
}

/* What the glob means, without a thought of time. */
static bool means(const char *pattern, const char *text, size_t len)
{
	size_t n;

	if (*pattern == '\0')
		return len == 0;
	if (*pattern == '*') {
		for (size_t i = 0; i <= len; i++) {
			if (means(pattern + 1, text + i, len - i))
				return true;
		}
		return false;
	}
	if (len == 0)
		return false;
	n = *pattern == '?' ? utf8_sequence(text, len) : *pattern == *text;
	return n > 0 && means(pattern + 1, text + n, len - n);
}

static size_t random_text(struct random *r, const char *const *pieces,
	uint32_t n_pieces, char *ret)
{
	size_t len = 0;

	for (uint32_t n = random_below(r, 8); n > 0; n--) {
		const char *piece = pieces[random_below(r, n_pieces)];

		memcpy(ret + len, piece, strlen(piece));
		len += strlen(piece);
	}
	ret[len] = '\0';
	return len;
}

static void it_agrees_with_the_definition(void **state)
{
	static const char *const elements[] = {"*", "?", "a", "b", "é"};
	static const char *const letters[] = {"a", "b", "é", "😀", "\xc3"};
	struct random r = {1};
	char pattern[64], text[64];
	int n_matches = 0;

	(void)state;
	for (int i = 0; i < 200000; i++) {
		size_t len = random_text(&r, letters, 5, text);
		bool match;

		(void)random_text(&r, elements, 5, pattern);
		match = glob_match(pattern, text, len);
		if (match != means(pattern, text, len))
			fail_msg("%s on %s", pattern, text);
		n_matches += match;
	}
	assert_true(n_matches > 10000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(globs_match_whole_names_byte_for_byte),
		cmocka_unit_test(an_ill_formed_byte_is_no_character),
		cmocka_unit_test(a_nul_is_matched_by_stars_alone),
		cmocka_unit_test(stars_do_not_make_it_exponential),
		cmocka_unit_test(it_agrees_with_the_definition),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
