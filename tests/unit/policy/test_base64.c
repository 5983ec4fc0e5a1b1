/* SPDX-License-Identifier: Apache-2.0 */
/* The decoder against libsodium's, which is as strict. */
#include "scanned.h"

#include <sodium.h>
#include <string.h>

#include "policy/base64.h"

/* In pieces of @piece bytes. */
static bool decode(
	const char *text, size_t len, size_t piece, struct out *ret_out)
{
	struct base64 b = {0};

	for (size_t i = 0; i < len; i += piece)
		base64_feed(&b, text + i, len - i < piece ? len - i : piece,
			ret_out);
	return base64_end(&b);
}

static void assert_same(const char *text, size_t len)
{
	unsigned char want[64];
	size_t want_len = 0;
	const char *end = NULL;
	bool good =
		sodium_base642bin(want, sizeof(want), text, len, NULL,
			&want_len, &end, sodium_base64_VARIANT_ORIGINAL) == 0 &&
		end == text + len;

	for (size_t piece = 1; piece < 5; piece++) {
		struct out o = OUT_INIT(64);

		assert_int_equal(decode(text, len, piece, &o), good);
		assert_int_equal(decode(text, len, piece, NULL), good);
		if (good) {
			assert_int_equal(o.len, want_len);
			if (want_len > 0)
				assert_memory_equal(o.data, want, want_len);
		}
		out_deinit(&o);
	}
}

static void every_short_text_is_judged_as_by_another(void **state)
{
	static const char of[] = "A/g=+_ \n";
	const size_t n = sizeof(of) - 1;

	(void)state;
	for (size_t len = 0; len <= 5; len++) {
		size_t all = 1;

		for (size_t i = 0; i < len; i++)
			all *= n;
		for (size_t x = 0; x < all; x++) {
			char text[5];
			size_t rest = x;

			for (size_t i = 0; i < len; i++, rest /= n)
				text[i] = of[rest % n];
			assert_same(text, len);
		}
	}
}

static void what_was_encoded_comes_back(void **state)
{
	struct random r = {7};

	(void)state;
	for (int round = 0; round < 2000; round++) {
		unsigned char bytes[40];
		char text[80];
		size_t len = random_below(&r, sizeof(bytes));

		for (size_t i = 0; i < len; i++)
			bytes[i] = (unsigned char)random_below(&r, 256);
		(void)sodium_bin2base64(text, sizeof(text), bytes, len,
			sodium_base64_VARIANT_ORIGINAL);
		assert_same(text, strlen(text));
		text[random_below(&r, 80) % (strlen(text) + 1)] = '!';
		assert_same(text, strlen(text));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_short_text_is_judged_as_by_another),
		cmocka_unit_test(what_was_encoded_comes_back),
	};

	return sodium_init() < 0 ? 1
				 : cmocka_run_group_tests(tests, NULL, NULL);
}
