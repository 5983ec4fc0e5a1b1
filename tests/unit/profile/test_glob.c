/* SPDX-License-Identifier: Apache-2.0 */
/* What is said of patterns, against every short name. */
#include "fixture.h"

#include <string.h>

#include "plan/profile_glob.h"
#include "policy/tools.h"

#define LETTERS "ab"
#define NAME_LEN 5 /* each name of up to so many of the letters */

/* The next name in the order of length; false after the last one. */
static bool name_next(char *name)
{
	size_t n = strlen(name);

	for (size_t i = n; i-- > 0;) {
		if (name[i] == LETTERS[0]) {
			name[i] = LETTERS[1];
			return true;
		}
		name[i] = LETTERS[0];
	}
	name[n] = LETTERS[0];
	name[n + 1] = '\0';
	return n < NAME_LEN;
}

static bool matches(const char *pattern, const char *name)
{
	return glob_match(pattern, name, strlen(name));
}

static const char *const patterns[] = {"a", "b", "ab", "*", "**", "?", "?*",
	"*?", "a*", "*a", "a?", "?a", "*a*", "a*b", "a*a", "?b*", "*b?", "??",
	"a**b", "*a*b*", "?*?", "ab*", "*ab", "b*a", "a?b", "?a?", "*aa*",
	"a*b*a", "bb?*", "??*", "*??"};

static void covering_and_meeting_are_what_trying_all_names_says(void **state)
{
	char sample[GLOB_SAMPLE_MAX + 1];

	(void)state;
	for (size_t i = 0; i < ELEMENTS(patterns); i++)
		for (size_t j = 0; j < ELEMENTS(patterns); j++) {
			const char *a = patterns[i], *b = patterns[j];
			bool covers = true, meet = false;
			char name[NAME_LEN + 2] = "a";

			do {
				if (matches(b, name) && !matches(a, name))
					covers = false;
				if (matches(b, name) && matches(a, name))
					meet = true;
			} while (name_next(name));
			if (glob_covers(a, b) != covers)
				fail_msg("%s covers %s: %d", a, b, !covers);
			if (glob_meet(a, b, sample) != meet)
				fail_msg("%s meets %s: %d", a, b, !meet);
			assert_true(!meet ||
				    (matches(a, sample) && matches(b, sample)));
		}
}

static void a_sample_is_matched_by_its_own_pattern_and_no_narrower(void **state)
{
	char sample[GLOB_SAMPLE_MAX + 1];

	(void)state;
	for (size_t i = 0; i < ELEMENTS(patterns); i++) {
		glob_sample(patterns[i], sample);
		assert_true(matches(patterns[i], sample));
	}
	glob_sample("get_*", sample);
	assert_false(matches("get_?", sample));
	assert_false(matches("get_a*", sample));
	assert_true(matches("get_?*", sample));
	assert_true(glob_meet("get_*", "*_secret", sample));
	assert_false(matches("get_secret", sample));
	assert_false(matches("get_?_secret", sample));
}

static void the_longest_patterns_have_samples(void **state)
{
	char stars[PROFILE_MAX_PATTERN + 1], marks[PROFILE_MAX_PATTERN + 1];
	char sample[GLOB_SAMPLE_MAX + 1];

	(void)state;
	for (size_t i = 0; i < PROFILE_MAX_PATTERN; i++) {
		stars[i] = i % 2 ? 'a' : '*';
		marks[i] = '?';
	}
	stars[PROFILE_MAX_PATTERN] = marks[PROFILE_MAX_PATTERN] = '\0';
	glob_sample(stars, sample);
	assert_true(matches(stars, sample));
	glob_sample(marks, sample);
	assert_true(matches(marks, sample));
	assert_true(glob_meet(stars, marks, sample));
	assert_true(matches(stars, sample) && matches(marks, sample));
	assert_true(glob_meet(stars, stars, sample));
	assert_false(glob_covers(marks, stars));
	assert_true(glob_covers("*", stars));
	assert_false(glob_covers(marks, "*"));
}

static void letters_of_several_bytes_are_one_character(void **state)
{
	char sample[GLOB_SAMPLE_MAX + 1];

	(void)state;
	assert_true(glob_meet("?", "\xc3\xbc", sample));
	assert_string_equal(sample, "\xc3\xbc");
	assert_false(glob_meet("??", "\xc3\xbc", sample));
	assert_true(glob_covers("?", "\xc3\xbc"));
	assert_false(glob_covers("??", "\xc3\xbc"));
}

static void what_matches_all_is_told_from_what_does_not(void **state)
{
	static const char *const all[] = {"*", "**", "?*", "*?", "*?*"};
	static const char *const some[] = {"a", "?", "a*", "*a", "??*", "*?*?"};

	(void)state;
	for (size_t i = 0; i < ELEMENTS(all); i++)
		assert_true(glob_matches_all(all[i]));
	for (size_t i = 0; i < ELEMENTS(some); i++)
		assert_false(glob_matches_all(some[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			covering_and_meeting_are_what_trying_all_names_says),
		cmocka_unit_test(
			a_sample_is_matched_by_its_own_pattern_and_no_narrower),
		cmocka_unit_test(the_longest_patterns_have_samples),
		cmocka_unit_test(letters_of_several_bytes_are_one_character),
		cmocka_unit_test(what_matches_all_is_told_from_what_does_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
