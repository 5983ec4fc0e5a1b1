/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "base/sha256.h"

#define BYTES (5 * SHA256_PIECE + 100)

static uint8_t bytes[BYTES];

static int fill(void **state)
{
	(void)state;
	for (size_t i = 0; i < BYTES; i++)
		bytes[i] = (uint8_t)(i * 31 + i / 251);
	return 0;
}

static void assert_equal_to_libsodium(size_t begin, size_t len)
{
	uint8_t got[32], want[32];

	sha256(bytes + begin, len, got);
	(void)crypto_hash_sha256(want, bytes + begin, len);
	assert_memory_equal(got, want, 32);
}

static void every_length_gives_what_libsodium_gives(void **state)
{
	(void)state;
	for (size_t len = 0; len < 700; len++)
		assert_equal_to_libsodium(len % 17, len);
	assert_equal_to_libsodium(0, BYTES);
	assert_equal_to_libsodium(1, BYTES - 1);
}

static void the_published_example_holds(void **state)
{
	static const uint8_t want[4] = {0xba, 0x78, 0x16, 0xbf};
	uint8_t got[32];

	(void)state;
	sha256("abc", 3, got);
	assert_memory_equal(got, want, 4);
}

static void nothing_at_all_has_a_hash(void **state)
{
	uint8_t got[32], want[32];

	(void)state;
	sha256(NULL, 0, got);
	(void)crypto_hash_sha256(want, bytes, 0);
	assert_memory_equal(got, want, 32);
}

/* The definition, straight. */
static void pieces_by_definition(size_t len, uint8_t ret[32])
{
	crypto_hash_sha256_state all;
	uint8_t one[32] = {0};

	(void)crypto_hash_sha256_init(&all);
	(void)crypto_hash_sha256_update(&all, one, 1);
	for (size_t at = 0; at < len; at += SHA256_PIECE) {
		size_t n = len - at < SHA256_PIECE ? len - at : SHA256_PIECE;

		(void)crypto_hash_sha256(one, bytes + at, n);
		(void)crypto_hash_sha256_update(&all, one, 32);
	}
	(void)crypto_hash_sha256_final(&all, ret);
}

static void long_texts_are_hashed_in_pieces(void **state)
{
	uint8_t got[32], want[32];

	(void)state;
	for (size_t pieces = 1; pieces <= 5; pieces++)
		for (size_t more = pieces == 1; more < 100; more += 33) {
			size_t len = pieces * SHA256_PIECE + more;

			assert_int_equal(sha256_pieces(bytes, len, got), 0);
			pieces_by_definition(len, want);
			assert_memory_equal(got, want, 32);
		}
}

static void a_short_text_is_hashed_as_it_is(void **state)
{
	uint8_t got[32], want[32];

	(void)state;
	assert_int_equal(sha256_pieces(bytes, SHA256_PIECE, got), 0);
	sha256(bytes, SHA256_PIECE, want);
	assert_memory_equal(got, want, 32);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_length_gives_what_libsodium_gives),
		cmocka_unit_test(the_published_example_holds),
		cmocka_unit_test(nothing_at_all_has_a_hash),
		cmocka_unit_test(long_texts_are_hashed_in_pieces),
		cmocka_unit_test(a_short_text_is_hashed_as_it_is),
	};

	return cmocka_run_group_tests(tests, fill, NULL);
}
