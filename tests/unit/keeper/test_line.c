/* SPDX-License-Identifier: Apache-2.0 */
/* One record after another as lines: what is kept from one for the next does
 * not show in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "keeper/line.h"

#define SESSION "0123456789abcdef0123456789abcdef"

/* The line of a record with that text, at that time. */
static char *line_at(struct line_context *c, struct buf *out, uint64_t real_us,
	const char *text, size_t len)
{
	static struct record r;
	struct record_view v;

	record_init(&r, RECORD_ANOMALY);
	record_put_text(&r, FIELD_KIND, text, len);
	assert_int_equal(record_finish(&r, &v), 0);
	v.real_us = real_us;
	buf_consume(out, buf_len(out));
	assert_int_equal(line_append(out, c, 7, &v), 0);
	assert_int_equal(buf_append(out, "", 1), 0);
	return (char *)buf_head(out);
}

static void each_line_has_the_second_of_its_record(void **state)
{
	static const struct {
		uint64_t us;
		const char *text;
	} at[] = {
		{0, "\"1970-01-01T00:00:00.000000Z\""},
		{999999, "\"1970-01-01T00:00:00.999999Z\""},
		{1000000, "\"1970-01-01T00:00:01.000000Z\""},
		/* The clock is set back. */
		{1, "\"1970-01-01T00:00:00.000001Z\""},
		{1769903999999999, "\"2026-01-31T23:59:59.999999Z\""},
		{1769904000000000, "\"2026-02-01T00:00:00.000000Z\""},
		{UINT64_MAX, "\"9999-12-31T23:59:59.551615Z\""},
		{UINT64_MAX - 1, "\"9999-12-31T23:59:59.551614Z\""},
		{1769904000000001, "\"2026-02-01T00:00:00.000001Z\""},
	};
	struct line_context c = {.session = SESSION, .server_name = "s"};
	_buf_ struct buf out = BUF_INIT(65536);

	(void)state;
	for (size_t i = 0; i < sizeof(at) / sizeof(*at); i++)
		assert_non_null(strstr(
			line_at(&c, &out, at[i].us, "k", 1), at[i].text));
}

static void texts_are_ascii_and_escaped_one_by_one(void **state)
{
	static const struct {
		const char *raw, *text;
		size_t len;
	} cases[] = {
		{"plain ~ text", "\"kind\":\"plain ~ text\"", 12},
		{"a\"b\\c", "\"kind\":\"a\\\"b\\\\c\"", 5},
		{"\x1f\x7f ", "\"kind\":\"\\u001f\\u007f \"", 3},
		{"x\0y", "\"kind\":\"x\\u0000y\"", 3},
		{"\xc3\xa4z", "\"kind\":\"\\u00e4z\"", 3},
		{"\xf0\x9f\x98\x80", "\"kind\":\"\\ud83d\\ude00\"", 4},
		{"\xffq\xc3", "\"kind\":\"\\ufffdq\\ufffd\"", 3},
		{"", "\"kind\":\"\"", 0},
	};
	struct line_context c = {.session = SESSION, .server_name = "s"};
	_buf_ struct buf out = BUF_INIT(65536);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_non_null(
			strstr(line_at(&c, &out, 0, cases[i].raw, cases[i].len),
				cases[i].text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_line_has_the_second_of_its_record),
		cmocka_unit_test(texts_are_ascii_and_escaped_one_by_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
