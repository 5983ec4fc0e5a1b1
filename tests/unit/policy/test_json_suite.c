/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "json_cases.h"
#include "oracle.h"
#include "policy/message.h"

static const uint64_t key[2] = {0x0123456789abcdef, 0xfedcba9876543210};

static void describe(const struct json_case *c, const char *what)
{
	print_error("%s: ", what);
	for (size_t i = 0; i < c->len; i++) {
		unsigned char b = (unsigned char)c->text[i];

		print_error(b > 0x20 && b < 0x7f ? "%c" : "<%02x>", b);
	}
	print_error("\n");
}

static void every_case_is_taken_or_refused_for_its_reason(void **state)
{
	struct json_scanner *s = message_scanner_new(key);
	size_t n_wrong = 0;

	(void)state;
	assert_true(n_json_cases > 290);
	for (size_t i = 0; i < n_json_cases; i++) {
		const struct json_case *c = &json_cases[i];
		struct json_scan_result r;
		int e = json_scan(s, c->text, c->len, &r);

		if (e == (c->fault != JSON_FAULT_NONE) && r.fault == c->fault &&
			r.offset <= c->len)
			continue;
		describe(c, json_fault_text(r.fault));
		n_wrong++;
	}
	json_scanner_free(s);
	assert_int_equal(n_wrong, 0);
}

/* A case in the place of a tool's argument; returns the whole length. */
static size_t embed(const struct json_case *c, char *line)
{
	static const char head[] =
		"{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/call\","
		"\"params\":{\"name\":\"t\",\"arguments\":{\"x\":[";
	static const char tail[] = "]}}}";
	char *p = line;

	p = mempcpy(p, head, sizeof(head) - 1);
	p = mempcpy(p, c->text, c->len);
	p = mempcpy(p, tail, sizeof(tail) - 1);
	return (size_t)(p - line);
}

static void every_case_counts_as_much_inside_an_argument(void **state)
{
	struct json_scanner *s = message_scanner_new(key);
	size_t n_wrong = 0;

	(void)state;
	for (size_t i = 0; i < n_json_cases; i++) {
		const struct json_case *c = &json_cases[i];
		char line[512];
		struct message m;
		bool good = c->fault == JSON_FAULT_NONE;

		/* From the server, so that halves of pairs pass. */
		assert_int_equal(
			message_read(s, DIR_S2C, line, embed(c, line), &m), 0);
		if (c->text[0] == ']' || (c->flags & CASE_FITS) != 0 ||
			c->fault == JSON_FAULT_EMPTY)
			continue;
		if ((m.verdict == VERDICT_OK) == good)
			continue;
		describe(c, m.reason != NULL ? m.reason : "taken");
		n_wrong++;
	}
	json_scanner_free(s);
	assert_int_equal(n_wrong, 0);
}

static void the_oracle_differs_only_where_it_is_known_to(void **state)
{
	size_t n_wrong = 0;

	(void)state;
	for (size_t i = 0; i < n_json_cases; i++) {
		const struct json_case *c = &json_cases[i];
		bool ours = c->fault == JSON_FAULT_NONE;
		bool differs = (c->flags & (CASE_STRICT | CASE_WIDE)) != 0;

		if ((oracle_accepts(c->text, c->len) != ours) == differs)
			continue;
		describe(c, "the oracle says otherwise");
		n_wrong++;
	}
	assert_int_equal(n_wrong, 0);
}

/* The text in memory that ends where it ends: an overrun is seen. */
static void no_prefix_of_a_case_is_read_beyond(void **state)
{
	struct json_scanner *s = message_scanner_new(key);

	(void)state;
	for (size_t i = 0; i < n_json_cases; i++) {
		const struct json_case *c = &json_cases[i];

		for (size_t len = 0; len <= c->len; len++) {
			char *copy = test_malloc(len + 1);
			struct json_scan_result r;

			memcpy(copy + 1, c->text, len);
			(void)json_scan(s, copy + 1, len, &r);
			assert_true(r.offset <= len);
			test_free(copy);
		}
	}
	json_scanner_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_case_is_taken_or_refused_for_its_reason),
		cmocka_unit_test(every_case_counts_as_much_inside_an_argument),
		cmocka_unit_test(the_oracle_differs_only_where_it_is_known_to),
		cmocka_unit_test(no_prefix_of_a_case_is_read_beyond),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
