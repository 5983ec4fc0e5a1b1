/* SPDX-License-Identifier: Apache-2.0 */
/* What a token permits, and what it does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "keeper/token_check.h"

struct signed_token {
	struct token t;
	char text[TOKEN_BYTES_MAX + 256];
	size_t body;
};

static uint8_t secret[64];
static struct approvers mine;

static int set_up(void **state)
{
	uint8_t seed[32] = {7};

	(void)state;
	if (sodium_init() < 0)
		return -1;
	mine.n = 1;
	(void)crypto_sign_seed_keypair(mine.all[0].public, secret, seed);
	approver_key_id(mine.all[0].public, mine.all[0].id);
	return 0;
}

static struct token plain(void)
{
	struct token t = {
		.id = "000102030405060708090a0b0c0d0e0f",
		.server = "s",
		.tool = "t",
		.about = TOKEN_ABOUT_ARGS,
		.args = {1, 2, 3},
		.uses = 1,
		.from = 1000,
		.until = 1300,
	};

	memcpy(t.key, mine.all[0].id, sizeof(t.key));
	return t;
}

static void sign(const struct token *t, struct signed_token *ret)
{
	uint8_t signature[TOKEN_SIGNATURE];
	int n = token_write(t, ret->text, TOKEN_BYTES_MAX), m;

	assert_true(n > 0);
	(void)crypto_sign_detached(signature, NULL,
		(const unsigned char *)ret->text, (unsigned long long)n,
		secret);
	m = token_write_signature(
		signature, ret->text + n, sizeof(ret->text) - (size_t)n);
	assert_int_equal(
		token_parse(ret->text, (size_t)(n + m), &ret->t, &ret->body),
		0);
}

static enum token_fault check(
	const struct token *t, const struct token_need *need, uint64_t now)
{
	struct signed_token s;

	sign(t, &s);
	return token_check(&s.t, s.text, s.body, &mine, need, now);
}

static const struct token_need need = {.server = "s",
	.session = "0f0e0d0c0b0a09080706050403020100",
	.tool = "t",
	.args = {1, 2, 3}};

static void it_permits_what_it_says_from_then_until_then(void **state)
{
	struct token t = plain();

	(void)state;
	assert_int_equal(check(&t, &need, 999), TOKEN_FAULT_EARLY);
	assert_int_equal(check(&t, &need, 1000), TOKEN_FAULT_FINE);
	assert_int_equal(check(&t, &need, 1299), TOKEN_FAULT_FINE);
	assert_int_equal(check(&t, &need, 1300), TOKEN_FAULT_EXPIRED);
}

static void anything_else_it_does_not(void **state)
{
	struct token t = plain();
	struct token_need other = need;

	(void)state;
	other.args[31] = 1;
	assert_int_equal(check(&t, &other, 1000), TOKEN_FAULT_ARGS);
	t.about = TOKEN_ABOUT_ANY;
	assert_int_equal(check(&t, &other, 1000), TOKEN_FAULT_FINE);
	(void)strcpy(other.tool, "T");
	assert_int_equal(check(&t, &other, 1000), TOKEN_FAULT_OTHER);
	other = need;
	other.server = "s2";
	assert_int_equal(check(&t, &other, 1000), TOKEN_FAULT_OTHER);
}

static void a_role_and_a_session_that_it_names_are_meant(void **state)
{
	struct token t = plain();
	struct token_need in_role = need;

	(void)state;
	in_role.role = "ops";
	assert_int_equal(check(&t, &in_role, 1000), TOKEN_FAULT_FINE);
	(void)strcpy(t.role, "ops");
	assert_int_equal(check(&t, &in_role, 1000), TOKEN_FAULT_FINE);
	assert_int_equal(check(&t, &need, 1000), TOKEN_FAULT_ROLE);
	in_role.role = "op";
	assert_int_equal(check(&t, &in_role, 1000), TOKEN_FAULT_ROLE);
	t = plain();
	(void)strcpy(t.session, need.session);
	assert_int_equal(check(&t, &need, 1000), TOKEN_FAULT_FINE);
	t.session[0] = '1';
	assert_int_equal(check(&t, &need, 1000), TOKEN_FAULT_SESSION);
}

static void no_other_key_and_no_other_byte_counts(void **state)
{
	const struct approvers none = {.n = 0};
	struct token t = plain();
	struct signed_token s;

	(void)state;
	sign(&t, &s);
	assert_int_equal(token_check_signer(&s.t, s.text, s.body, &none),
		TOKEN_FAULT_KEY);
	for (size_t i = 0; i < s.body; i++) {
		s.text[i] ^= 1;
		assert_int_equal(
			token_check_signer(&s.t, s.text, s.body, &mine),
			TOKEN_FAULT_SIGNATURE);
		s.text[i] ^= 1;
	}
	for (size_t i = 0; i < TOKEN_SIGNATURE; i++) {
		s.t.signature[i] ^= 0x80;
		assert_int_equal(
			token_check_signer(&s.t, s.text, s.body, &mine),
			TOKEN_FAULT_SIGNATURE);
		s.t.signature[i] ^= 0x80;
	}
	assert_int_equal(token_check_signer(&s.t, s.text, s.body, &mine),
		TOKEN_FAULT_FINE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_permits_what_it_says_from_then_until_then),
		cmocka_unit_test(anything_else_it_does_not),
		cmocka_unit_test(a_role_and_a_session_that_it_names_are_meant),
		cmocka_unit_test(no_other_key_and_no_other_byte_counts),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
