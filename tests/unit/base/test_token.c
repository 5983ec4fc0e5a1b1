/* SPDX-License-Identifier: Apache-2.0 */
/* The text of a token and of a list of approvers: one spelling, and bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/approvers.h"
#include "base/token.h"

#define ID "000102030405060708090a0b0c0d0e0f"
#define HASH ID ID
#define SIGNATURE HASH HASH

#define TOKEN(about, more, numbers)                                     \
	"stockade-token 1\nid " ID "\nkey 0123456789abcdef\nserver s\n" \
	"tool t\n" about "\n" more numbers "\nsignature " SIGNATURE "\n"
#define NUMBERS "uses 1\nfrom 100\nuntil 400"

static int parse(const char *text, struct token *ret)
{
	size_t n;

	return token_parse(text, strlen(text), ret, &n);
}

static void each_kind_is_read_and_written_as_it_was(void **state)
{
	static const char *const all[] = {
		TOKEN("args any", "", NUMBERS),
		TOKEN("args " HASH, "", NUMBERS),
		TOKEN("when {\"/a\": {\"eq\": 1}}", "role ops\n", NUMBERS),
		TOKEN("args any", "role ops\nsession " ID "\n",
			"uses 100\nfrom 0\nuntil 259200"),
	};

	(void)state;
	for (size_t i = 0; i < ELEMENTS(all); i++) {
		char again[TOKEN_BYTES_MAX];
		struct token t;
		size_t body = 0;
		int n, m;

		assert_int_equal(
			token_parse(all[i], strlen(all[i]), &t, &body), 0);
		assert_int_equal(strncmp(all[i] + body, "signature ", 10), 0);
		n = token_write(&t, again, sizeof(again));
		assert_int_equal(n, body);
		m = token_write_signature(
			t.signature, again + n, sizeof(again) - (size_t)n);
		assert_int_equal((size_t)(n + m), strlen(all[i]));
		assert_string_equal(again, all[i]);
	}
}

static void what_is_spelled_otherwise_is_none(void **state)
{
	static const char *const all[] = {
		"",
		"stockade-token 1\n",
		TOKEN("args none", "", NUMBERS),
		TOKEN("args " ID, "", NUMBERS),
		TOKEN("when [1]", "", NUMBERS),
		TOKEN("args any", "role \n", NUMBERS),
		TOKEN("args any", "role a\nrole b\n", NUMBERS),
		TOKEN("args any", "session " ID "\nrole a\n", NUMBERS),
		TOKEN("args any", "session 00\n", NUMBERS),
		TOKEN("args any\nargs any", "", NUMBERS),
		TOKEN("args any", "more x\n", NUMBERS),
		TOKEN("args any", "", "uses 0\nfrom 100\nuntil 400"),
		TOKEN("args any", "", "uses 101\nfrom 100\nuntil 400"),
		TOKEN("args any", "", "uses 01\nfrom 100\nuntil 400"),
		TOKEN("args any", "", "uses +1\nfrom 100\nuntil 400"),
		TOKEN("args any", "", "uses 1\nfrom 400\nuntil 400"),
		TOKEN("args any", "", "uses 1\nfrom 0\nuntil 259201"),
		TOKEN("args any", "", "uses 1\nfrom -1\nuntil 4"),
		TOKEN("args any", "",
			"uses 1\nfrom 99999999999999999990\nuntil 400"),
		TOKEN("args any", "", NUMBERS) "\n",
		TOKEN("args any", "", NUMBERS) "x",
	};
	struct token t;

	(void)state;
	for (size_t i = 0; i < ELEMENTS(all); i++)
		assert_int_equal(parse(all[i], &t), -EINVAL);
}

static void a_byte_less_is_none_wherever_it_is_missing(void **state)
{
	static const char good[] = TOKEN("args " HASH, "role r\n", NUMBERS);
	char text[sizeof(good)];
	struct token t;
	size_t n;

	(void)state;
	for (size_t len = 0; len < sizeof(good) - 1; len++)
		assert_int_equal(token_parse(good, len, &t, &n), -EINVAL);
	for (size_t i = 0; i < sizeof(good) - 1; i++) {
		memcpy(text, good, sizeof(good));
		text[i] = '\0';
		assert_int_equal(
			token_parse(text, sizeof(good) - 1, &t, &n), -EINVAL);
	}
}

static void no_name_writes_another_line(void **state)
{
	struct token t;
	char text[TOKEN_BYTES_MAX];

	(void)state;
	assert_int_equal(parse(TOKEN("args any", "", NUMBERS), &t), 0);
	assert_true(token_write(&t, text, sizeof(text)) > 0);
	(void)strcpy(t.tool, "t\nargs any\nuses 9");
	assert_int_equal(token_write(&t, text, sizeof(text)), -EINVAL);
	(void)strcpy(t.tool, " t");
	assert_int_equal(token_write(&t, text, sizeof(text)), -EINVAL);
	(void)strcpy(t.tool, "t");
	(void)strcpy(t.role, "r\nsession " ID);
	assert_int_equal(token_write(&t, text, sizeof(text)), -EINVAL);
}

static void a_list_of_approvers_has_names_and_keys(void **state)
{
	static const char good[] = "# x\n\nme " HASH "\nyou@there-2 " SIGNATURE;
	static const char *const bad[] = {"me", "me ", "me " ID, " " HASH,
		"me  " HASH, "me " HASH " ", "-me " HASH, "m\te " HASH,
		"me " HASH "\r"};
	struct approvers a;
	unsigned line = 0;

	(void)state;
	assert_int_equal(
		approvers_parse(good, sizeof(good) - 1 - 64, &a, &line), 0);
	/* The same key twice is one. */
	assert_int_equal(a.n, 1);
	assert_string_equal(a.all[0].name, "me");
	assert_ptr_equal(approvers_find(&a, a.all[0].id), &a.all[0]);
	assert_null(approvers_find(&a, "0123456789abcdef"));
	for (size_t i = 0; i < ELEMENTS(bad); i++) {
		line = 0;
		assert_int_equal(
			approvers_parse(bad[i], strlen(bad[i]), &a, &line),
			-EINVAL);
		assert_int_equal(line, 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_is_read_and_written_as_it_was),
		cmocka_unit_test(what_is_spelled_otherwise_is_none),
		cmocka_unit_test(a_byte_less_is_none_wherever_it_is_missing),
		cmocka_unit_test(no_name_writes_another_line),
		cmocka_unit_test(a_list_of_approvers_has_names_and_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
