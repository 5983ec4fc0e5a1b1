/* SPDX-License-Identifier: Apache-2.0 */
/* Built twice: with the searches of this machine, and with the plain ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "policy/json_skip.h"
#include "policy/json_span.h"

#define LEN_MAX 200

struct search {
	const char *(*span)(const char *p, const char *end);
	bool (*ends)(unsigned char c);
};

static const struct search searches[] = {
	{json_span_text, json_span_ends_text},
	{json_span_string, json_span_ends_string},
	{json_span_structure, json_span_is_structure},
};

static void one_byte_of_each_value_is_found_where_it_is(void **state)
{
	char text[LEN_MAX];

	(void)state;
	for (size_t n = 0; n < 3; n++) {
		const struct search *s = &searches[n];

		for (unsigned c = 0; c < 256; c++) {
			for (size_t at = 0; at < LEN_MAX; at += 1 + at / 70) {
				const char *want = text + LEN_MAX;

				memset(text, 'x', LEN_MAX);
				text[at] = (char)c;
				if (s->ends((unsigned char)c))
					want = text + at;
				assert_ptr_equal(
					s->span(text, text + LEN_MAX), want);
			}
		}
	}
}

static void the_first_of_two_is_found_from_anywhere(void **state)
{
	char text[LEN_MAX];

	(void)state;
	memset(text, 'x', LEN_MAX);
	text[150] = '"';
	text[151] = '\\';
	for (size_t n = 0; n < 3; n++) {
		for (size_t from = 0; from <= 150; from++)
			assert_ptr_equal(
				searches[n].span(text + from, text + LEN_MAX),
				text + 150);
	}
}

static void nothing_beyond_the_end_is_looked_at(void **state)
{
	char text[LEN_MAX];

	(void)state;
	memset(text, '"', LEN_MAX);
	for (size_t n = 0; n < 3; n++) {
		for (size_t len = 0; len < 150; len++) {
			memset(text, 'x', len);
			memset(text + len, '"', LEN_MAX - len);
			assert_ptr_equal(
				searches[n].span(text, text + len), text + len);
		}
	}
}

/* One that counts by itself, byte by byte. */
static size_t skip_slowly(const char *p, size_t len)
{
	bool in_string = false;
	size_t depth = 0;

	for (size_t i = 0; i < len; i++) {
		if (in_string && p[i] == '\\') {
			i++;
		} else if (p[i] == '"') {
			in_string = !in_string;
		} else if (!in_string) {
			depth += p[i] == '[' || p[i] == '{';
			depth -= p[i] == ']' || p[i] == '}';
		}
		if (depth == 0 && !in_string)
			return i + 1;
	}
	return len;
}

static void a_value_is_skipped_wherever_its_parts_fall(void **state)
{
	char text[2 * LEN_MAX + 64];

	(void)state;
	for (size_t pad = 0; pad < LEN_MAX; pad++) {
		for (size_t slashes = 0; slashes < 8; slashes++) {
			size_t len = (size_t)snprintf(text, sizeof(text),
				"[\"%.*s%.*s%s}]\",{\"%.*s\":[\"]\"]}],[]",
				(int)pad,
				"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
				"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
				"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
				"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
				"xxxxxxxxxxxxxxxx",
				(int)slashes, "\\\\\\\\\\\\\\\\",
				slashes % 2 == 1 ? "\"" : "", (int)(pad % 90),
				"{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{[[[[[[[[[[[[[[[["
				"}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}]]]]]]]]]]]]]]");

			assert_in_range(len, 10, sizeof(text) - 1);
			assert_int_equal(json_skip(text, text + len) - text,
				skip_slowly(text, len));
			assert_int_equal(
				json_skip(text, text + len) - text, len - 3);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_byte_of_each_value_is_found_where_it_is),
		cmocka_unit_test(the_first_of_two_is_found_from_anywhere),
		cmocka_unit_test(nothing_beyond_the_end_is_looked_at),
		cmocka_unit_test(a_value_is_skipped_wherever_its_parts_fall),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
