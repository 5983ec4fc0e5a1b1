/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/record.h"

static struct record r;

static size_t send_and_read(uint8_t *bytes, size_t size)
{
	int p[2];
	ssize_t n;

	assert_int_equal(pipe2(p, O_CLOEXEC | O_NONBLOCK), 0);
	assert_int_equal(record_send(&r, p[1], 100), 0);
	n = read(p[0], bytes, size);
	assert_true(n > 0);
	(void)close(p[0]);
	(void)close(p[1]);
	return (size_t)n;
}

static void fields_come_back_as_they_were_put(void **state)
{
	static uint8_t bytes[RECORD_MAX];
	struct record_view v;
	struct field_view f;
	size_t pos = 0, n;
	uint64_t u;

	(void)state;
	record_init(&r, RECORD_CALL);
	record_put_u64(&r, FIELD_CALL, 7);
	record_put_str(&r, FIELD_TOOL, "read_file");
	n = send_and_read(bytes, sizeof(bytes));
	assert_int_equal(record_parse(bytes, n, &v), (ssize_t)n);
	assert_int_equal(record_parse(bytes, n - 1, &v), 0);
	assert_int_equal(v.type, RECORD_CALL);
	assert_true(record_next(&v, &pos, &f));
	memcpy(&u, f.data, sizeof(u));
	assert_int_equal(f.id, FIELD_CALL);
	assert_int_equal(u, 7);
	assert_true(record_next(&v, &pos, &f));
	assert_memory_equal(f.data, "read_file", 9);
	assert_false(record_next(&v, &pos, &f));
}

static void long_text_is_cut_between_characters(void **state)
{
	static char text[RECORD_VALUE_MAX + 100];
	static uint8_t bytes[RECORD_MAX];
	struct record_view v;
	struct field_view f;
	size_t pos = 0, n;

	(void)state;
	memset(text, 'a', sizeof(text));
	memcpy(text + RECORD_VALUE_MAX - 1, "\xc3\xa4", 2);
	record_init(&r, RECORD_CALL);
	record_put_text(&r, FIELD_URI, text, sizeof(text));
	n = send_and_read(bytes, sizeof(bytes));
	assert_true(record_parse(bytes, n, &v) > 0);
	assert_true(record_next(&v, &pos, &f));
	assert_true(f.cut);
	assert_int_equal(f.full_len, sizeof(text));
	assert_int_equal(f.len, RECORD_VALUE_MAX - 1);
}

static void a_record_that_is_too_big_is_not_sent(void **state)
{
	static char text[RECORD_VALUE_MAX];
	int p[2];

	(void)state;
	memset(text, 1, sizeof(text));
	record_init(&r, RECORD_CALL);
	for (int i = 0; i < 3; i++)
		record_put_text(&r, FIELD_URI, text, sizeof(text));
	assert_int_equal(pipe2(p, O_CLOEXEC | O_NONBLOCK), 0);
	assert_int_equal(record_send(&r, p[1], 10), -ENOBUFS);
	(void)close(p[0]);
	(void)close(p[1]);
}

static void broken_bytes_are_refused(void **state)
{
	static uint8_t bytes[RECORD_MAX];
	struct record_view v;
	size_t n;

	(void)state;
	record_init(&r, RECORD_CALL);
	record_put_u64(&r, FIELD_CALL, 7);
	n = send_and_read(bytes, sizeof(bytes));
	bytes[4] = 0xff; /* type */
	assert_int_equal(record_parse(bytes, n, &v), -EPROTO);
	bytes[4] = RECORD_CALL;
	bytes[6] = 2; /* fields: one more than there are */
	assert_int_equal(record_parse(bytes, n, &v), -EPROTO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_come_back_as_they_were_put),
		cmocka_unit_test(long_text_is_cut_between_characters),
		cmocka_unit_test(a_record_that_is_too_big_is_not_sent),
		cmocka_unit_test(broken_bytes_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
