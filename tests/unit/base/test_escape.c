/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/escape.h"

static void nothing_but_printable_ascii_comes_out(void **state)
{
	char out[2048], all[256];

	(void)state;
	for (size_t i = 0; i < sizeof(all); i++)
		all[i] = (char)i;
	assert_int_equal(escape_text(out, sizeof(out), all, sizeof(all)), 256);
	for (const char *c = out; *c; c++)
		assert_in_range((unsigned char)*c, 0x20, 0x7e);
	assert_non_null(strstr(out, "\\x1b"));
	assert_non_null(strstr(out, "\\n"));
	assert_non_null(strstr(out, "abc"));
}

static void an_escape_is_never_cut(void **state)
{
	char out[6];

	(void)state;
	assert_int_equal(escape_text(out, sizeof(out),
				 "ab\x1b"
				 "c",
				 4),
		2);
	assert_string_equal(out, "ab");
	assert_int_equal(escape_text(out, sizeof(out), "a\x1b", 2), 2);
	assert_string_equal(out, "a\\x1b");
}

static void expect_word(const char *word, const char *expected)
{
	_free_ char *quoted = escape_shell_word(word);

	assert_non_null(quoted);
	assert_string_equal(quoted, expected);
}

static void a_word_is_quoted_only_where_it_must_be(void **state)
{
	(void)state;
	expect_word("/home/u/proj-1", "/home/u/proj-1");
	expect_word("/home/u/my proj", "'/home/u/my proj'");
	expect_word("/a;rm -rf b", "'/a;rm -rf b'");
	expect_word("/a$(id)", "'/a$(id)'");
	expect_word("it's", "\"it's\"");
	expect_word("", "''");
	expect_word("a\nb", "$'a\nb'");
}

/* What a person pastes from standard error, which escape_text() has written. */
static void what_was_escaped_is_the_word_again(void **state)
{
	static const char *const words[] = {"/a b", "it's here", "/\xc3\xa4/x",
		"tab\there", "back\\slash", "\x1b[31m", "*?[a]{b,c}~"};

	(void)state;
	for (size_t i = 0; i < ELEMENTS(words); i++) {
		_free_ char *quoted = escape_shell_word(words[i]);
		char line[256], command[512], got[256];
		FILE *shell;
		size_t n;

		assert_non_null(quoted);
		(void)escape_text(line, sizeof(line), quoted, strlen(quoted));
		(void)snprintf(command, sizeof(command),
			"exec bash -c 'eval \"printf %%s $LINE\"'");
		assert_int_equal(setenv("LINE", line, 1), 0);
		shell = popen(command, "re");
		assert_non_null(shell);
		n = fread(got, 1, sizeof(got) - 1, shell);
		got[n] = '\0';
		assert_int_equal(pclose(shell), 0);
		assert_string_equal(got, words[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_but_printable_ascii_comes_out),
		cmocka_unit_test(an_escape_is_never_cut),
		cmocka_unit_test(a_word_is_quoted_only_where_it_must_be),
		cmocka_unit_test(what_was_escaped_is_the_word_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
