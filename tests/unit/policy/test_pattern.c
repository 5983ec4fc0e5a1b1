/* SPDX-License-Identifier: Apache-2.0 */
/* Regular expressions: which there are, what they match, what bounds them. */
#include <stdlib.h>
#include <string.h>

#include "policy/pattern.h"
#include "scanned.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static struct pattern *make(const char *text, enum pattern_kind kind)
{
	struct pattern_fault fault = {0};
	struct pattern *p = NULL;

	if (pattern_new(text, strlen(text), kind, &p, &fault) != 0)
		fail_msg("%s: %zu: %s", text, fault.offset, fault.text);
	return p;
}

static enum truth match(
	const char *pattern, enum pattern_kind kind, const char *text)
{
	struct pattern_work *w = pattern_work_new();
	struct pattern *p = make(pattern, kind);
	enum truth t;

	assert_non_null(w);
	t = pattern_match(p, w, text, strlen(text));
	pattern_free(p);
	pattern_work_free(w);
	return t;
}

static const struct {
	const char *pattern, *text;
	enum truth whole, part;
} rows[] = {
	{"a", "a", TRUTH_YES, TRUTH_YES},
	{"a", "b", TRUTH_NO, TRUTH_NO},
	{"a", "ab", TRUTH_NO, TRUTH_YES},
	{"a", "ba", TRUTH_NO, TRUTH_YES},
	{"a|ab", "ab", TRUTH_YES, TRUTH_YES},
	{"^a$", "a", TRUTH_YES, TRUTH_YES},
	{"^a$", "a\n", TRUTH_NO, TRUTH_NO},
	{"^a$", "b\na", TRUTH_NO, TRUTH_NO},
	{"(?m)^a$", "b\na", TRUTH_NO, TRUTH_YES},
	{"", "", TRUTH_YES, TRUTH_YES},
	{"", "a", TRUTH_NO, TRUTH_YES},
	{"[a-z]+-\\d{1,3}", "abc-12", TRUTH_YES, TRUTH_YES},
	{"[a-z]+-\\d{1,3}", "abc-1234", TRUTH_NO, TRUTH_YES},
	{"A", "a", TRUTH_NO, TRUTH_NO},
	{"(?i)A", "a", TRUTH_YES, TRUTH_YES},
	{"(?i:A)b", "ab", TRUTH_YES, TRUTH_YES},
	{".", "\xc3\xa4", TRUTH_YES, TRUTH_YES},
	{"\xc3\xa4", "\xc3\xa4", TRUTH_YES, TRUTH_YES},
	{"\\p{Lu}\\pL", "\xc3\x84z", TRUTH_YES, TRUTH_YES},
	{"\\d", "\xd9\xa1", TRUTH_NO, TRUTH_NO},
	{"[[:alpha:]]+", "ab", TRUTH_YES, TRUTH_YES},
	{"[]a]+", "]a", TRUTH_YES, TRUTH_YES},
	{"[^]a]+", "]a", TRUTH_NO, TRUTH_NO},
	{"(?!x).*", "abc", TRUTH_YES, TRUTH_YES},
	{"(?!x)[^x]*", "xbc", TRUTH_NO, TRUTH_YES},
	{"(?=.*[0-9]).{3,}", "ab1", TRUTH_YES, TRUTH_YES},
	{"(?<y>a)+?b", "aab", TRUTH_YES, TRUTH_YES},
	{"\\(\\)\\{\\}\\[\\]\\.", "(){}[].", TRUTH_YES, TRUTH_YES},
	/* Whether a point takes the end of a line. */
	{"rm .*", "rm x\n", TRUTH_UNDECIDED, TRUTH_YES},
	{"a.b", "a\nb", TRUTH_UNDECIDED, TRUTH_UNDECIDED},
	{"a.b", "a\rb", TRUTH_UNDECIDED, TRUTH_UNDECIDED},
	{"a.b",
		"a\xe2\x80\xa8"
		"b",
		TRUTH_UNDECIDED, TRUTH_UNDECIDED},
	{"a.b",
		"a\xc2\x85"
		"b",
		TRUTH_UNDECIDED, TRUTH_UNDECIDED},
	{"(?s)a.b", "a\nb", TRUTH_YES, TRUTH_YES},
	{"a[^\\n]b", "a\nb", TRUTH_NO, TRUTH_NO},
	{"a.b", "\na", TRUTH_NO, TRUTH_NO},
};

static void it_matches_all_of_a_text_or_a_part(void **state)
{
	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		enum truth w =
			match(rows[i].pattern, PATTERN_WHOLE, rows[i].text);
		enum truth p =
			match(rows[i].pattern, PATTERN_PART, rows[i].text);

		if (w != rows[i].whole || p != rows[i].part)
			fail_msg("%s: %s: %d %d", rows[i].pattern, rows[i].text,
				(int)w, (int)p);
	}
}

static const struct {
	const char *pattern;
	size_t offset;
} refused[] = {
	/* No pattern. */
	{"(", 1},
	{")", 0},
	{"a)(b", 1},
	{"[a", 2},
	{"*", 0},
	{"a**", 2},
	{"a{2}{3}", 4},
	{"\\", 1},
	{"[b-a]", 3},
	{"[[:nothing:]]", 3},
	{"\xff", 0},
	{"a(?x", 1},
	/* What is bounded by nothing, or means something else elsewhere. */
	{"(a)\\1", 3},
	{"(?<n>a)\\k<n>", 7},
	{"(a)\\g1", 3},
	{"(?<=a)b", 0},
	{"(?<!a)b", 0},
	{"(?>a)", 0},
	{"(?|a)", 0},
	{"(?R)", 0},
	{"(?1)", 0},
	{"(?&n)", 0},
	{"(?P>n)", 0},
	{"(?(1)a|b)", 0},
	{"(?C1)", 0},
	{"(?#a)", 0},
	{"(?x)a", 0},
	{"(*UTF)a", 0},
	{"(*LIMIT_MATCH=9)a", 0},
	{"a(*ACCEPT)b", 1},
	{"a\\Cb", 1},
	{"a\\Kb", 1},
	{"\\Ga", 0},
	{"\\Qa", 0},
	{"[\\Qa]", 1},
	{"a++", 2},
	{"a*+", 2},
	{"a?+", 2},
	{"a{2}+", 4},
	{"(?:a|b)*+", 8},
	{"(?=a)*", 5},
	{"a{,3}", 1},
	{"{", 0},
	{"a{", 1},
	{"a{2", 1},
	{"a{1001}", 1},
	{"a{1,99999999999}", 1},
	{"\\x{41}", 0},
	{"[[a]", 1},
	{"(((((a{999}){999}){999}){999}){999})", 0},
};

static void what_time_or_readers_do_not_bound_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < N(refused); i++)
		for (int kind = 0; kind < 2; kind++) {
			struct pattern_fault f = {.offset = 99};
			struct pattern *p = NULL;
			int r = pattern_new(refused[i].pattern,
				strlen(refused[i].pattern),
				(enum pattern_kind)kind, &p, &f);

			if (r != 1 || f.text[0] == '\0' ||
				(refused[i].offset != f.offset &&
					refused[i].offset > 0))
				fail_msg("%s: %d %zu %s", refused[i].pattern, r,
					f.offset, f.text);
			assert_null(p);
		}
}

static void groups_in_groups_are_bounded(void **state)
{
	char text[2 * PATTERN_BYTES_MAX + 3];
	struct pattern_fault f;
	struct pattern *p = NULL;

	(void)state;
	for (size_t n = PATTERN_NESTING_MAX; n <= PATTERN_NESTING_MAX + 1;
		n++) {
		memset(text, '(', n);
		text[n] = 'a';
		memset(text + n + 1, ')', n);
		assert_int_equal(
			pattern_new(text, 2 * n + 1, PATTERN_PART, &p, &f),
			n > PATTERN_NESTING_MAX);
	}
	pattern_free(p);
	memset(text, 'a', sizeof(text));
	assert_int_equal(
		pattern_new(text, PATTERN_BYTES_MAX, PATTERN_WHOLE, &p, &f), 0);
	pattern_free(p);
	assert_int_equal(
		pattern_new(text, PATTERN_BYTES_MAX + 1, PATTERN_WHOLE, &p, &f),
		1);
}

static const char *const slow[] = {
	"(a+)+",
	"(a*)*b",
	"(a|b+)*c",
	"([a-z]+\\s?)+!",
	"(?:(?:a+))+",
	"(?:a{2,}){3,}",
	"((a+)?)*",
	"(a{0,500}){0,500}",
};

static const char *const fast[] = {
	"[a-z]+",
	"([a-z]+-)*[a-z]+",
	"(a|b)*c",
	"(ab)+",
	"(a+){2,3}",
	"(?:a?b)*",
	"(?=a+)b+",
	"(a+)",
};

static void what_repeats_what_repeats_is_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < N(slow); i++) {
		struct pattern *p = make(slow[i], PATTERN_WHOLE);

		if (!pattern_is_slow(p))
			fail_msg("%s", slow[i]);
		pattern_free(p);
	}
	for (size_t i = 0; i < N(fast); i++) {
		struct pattern *p = make(fast[i], PATTERN_WHOLE);

		if (pattern_is_slow(p))
			fail_msg("%s", fast[i]);
		pattern_free(p);
	}
}

static enum truth on_long(
	const char *pattern, enum pattern_kind kind, char filler, size_t len)
{
	struct pattern_work *w = pattern_work_new();
	struct pattern *p = make(pattern, kind);
	char *text = malloc(len);
	enum truth t;

	assert_non_null(w);
	assert_non_null(text);
	memset(text, filler, len);
	t = pattern_match(p, w, text, len);
	free(text);
	pattern_free(p);
	pattern_work_free(w);
	return t;
}

/* Without the limits each would take from minutes to for ever. */
static void what_would_take_too_long_is_undecided(void **state)
{
	static const char *const patterns[] = {
		"(a+)+[bc]",
		"(a|a)*[bc]",
		"(a|aa)+[bc]",
		"(.*)(.*)(.*)(.*)(.*)b",
		"(?:(?=(.*))a)*b",
		"(?:(?=.*.*)a)*b",
		"(?:a?){0,999}a{999}[bc]",
		"(?:a*?)*?b",
		"(?i)(?:\xc3\xa4*a*)*b",
		"(\\w+\\s?)*[!]",
	};

	(void)state;
	for (size_t i = 0; i < N(patterns); i++)
		for (int kind = 0; kind < 2; kind++)
			if (on_long(patterns[i], (enum pattern_kind)kind, 'a',
				    PATTERN_TEXT_MAX) == TRUTH_YES)
				fail_msg("%s", patterns[i]);
	assert_int_equal(
		on_long("(a+)+[bc]", PATTERN_WHOLE, 'a', 100), TRUTH_UNDECIDED);
}

/* What people write is decided for a text of any length. */
static void what_is_plain_is_decided_to_the_end(void **state)
{
	static const struct {
		const char *pattern;
		enum truth whole, part;
	} plain[] = {
		{"a+", TRUTH_YES, TRUTH_YES},
		{"[a-z0-9_-]*", TRUTH_YES, TRUTH_YES},
		{"(?:[a-z]{20})*a{16}", TRUTH_YES, TRUTH_YES},
		{"[a-z]{2,}", TRUTH_YES, TRUTH_YES},
		{".*b", TRUTH_NO, TRUTH_UNDECIDED},
		{"b", TRUTH_NO, TRUTH_NO},
		{"b+c|d", TRUTH_NO, TRUTH_NO},
		{"(?![bc]).*", TRUTH_YES, TRUTH_YES},
		{"^a*$", TRUTH_YES, TRUTH_YES},
	};

	(void)state;
	for (size_t i = 0; i < N(plain); i++) {
		enum truth w = on_long(
			plain[i].pattern, PATTERN_WHOLE, 'a', PATTERN_TEXT_MAX);
		enum truth p = on_long(
			plain[i].pattern, PATTERN_PART, 'a', PATTERN_TEXT_MAX);

		if (w != plain[i].whole || p != plain[i].part)
			fail_msg("%s: %d %d", plain[i].pattern, (int)w, (int)p);
	}
	assert_int_equal(
		on_long("a*", PATTERN_WHOLE, 'a', PATTERN_TEXT_MAX + 1),
		TRUTH_UNDECIDED);
}

static void matches_share_what_steps_there_are(void **state)
{
	struct pattern_work *w = pattern_work_new();
	struct pattern *p = make("a*", PATTERN_WHOLE);
	char *text = malloc(PATTERN_TEXT_MAX);
	int n = 0;

	(void)state;
	assert_non_null(w);
	assert_non_null(text);
	memset(text, 'a', PATTERN_TEXT_MAX);
	while (pattern_match(p, w, text, PATTERN_TEXT_MAX) == TRUTH_YES)
		assert_true(++n < 1000);
	assert_true(n > 100);
	pattern_work_begin(w);
	assert_int_equal(
		pattern_match(p, w, text, PATTERN_TEXT_MAX), TRUTH_YES);
	free(text);
	pattern_free(p);
	pattern_work_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_matches_all_of_a_text_or_a_part),
		cmocka_unit_test(what_time_or_readers_do_not_bound_is_refused),
		cmocka_unit_test(groups_in_groups_are_bounded),
		cmocka_unit_test(what_repeats_what_repeats_is_told),
		cmocka_unit_test(what_would_take_too_long_is_undecided),
		cmocka_unit_test(what_is_plain_is_decided_to_the_end),
		cmocka_unit_test(matches_share_what_steps_there_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
