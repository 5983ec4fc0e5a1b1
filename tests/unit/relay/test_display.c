/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/display.h"
#include "relaytest.h"

static struct display d;
static int p[2], stderr_was;
static char text[1 << 16];

/* Standard error is a pipe of ours for as long as the test runs. */
static int setup(void **state)
{
	(void)state;
	pipe_open(p, O_NONBLOCK);
	stderr_was = dup(STDERR_FILENO);
	assert_true(dup2(p[1], STDERR_FILENO) >= 0);
	display_init(&d, 1 << 20);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	assert_true(dup2(stderr_was, STDERR_FILENO) >= 0);
	(void)close(stderr_was);
	pipe_close(p);
	return 0;
}

static const char *shown(void)
{
	return pipe_text(p[0], text, sizeof(text));
}

static void lines_are_shown_whole(void **state)
{
	(void)state;
	display_bytes(&d, "one\ntw", 6);
	assert_string_equal(shown(), "one\n");
	display_bytes(&d, "o\r\n\nthree", 9);
	assert_string_equal(shown(), "two\n\n");
	display_end(&d);
	assert_string_equal(shown(), "three\n");
	display_end(&d);
	assert_string_equal(shown(), "");
}

static void nothing_drives_the_terminal(void **state)
{
	static const char bytes[] = "\x1b[2J\x9b"
				    "31m\a\b\0\xe2\x80\xae\\n\n";
	const char *s;

	(void)state;
	display_bytes(&d, bytes, sizeof(bytes) - 1);
	for (s = shown(); *s; s++)
		assert_true((*s >= 0x20 && *s < 0x7f) || *s == '\n');
	assert_non_null(strstr(text, "\\x1b[2J\\x9b31m"));
	assert_non_null(strstr(text, "\\x00\\xe2\\x80\\xae\\n\n"));
}

static void what_is_said_in_any_language_stays(void **state)
{
	static const char said[] =
		"\xc3\xa9\t\xe4\xb8\xad {\"a\":\"b\\n\\\"\"} "
		"\xe2\x94\x80\xf0\x9f\x98\x80"
		"\xe2\x9a\xa0\xef\xb8\x8f\n";

	(void)state;
	display_bytes(&d, said, sizeof(said) - 1);
	assert_string_equal(shown(), said);
}

static void what_is_not_seen_is_shown(void **state)
{
	/* No UTF-8, next line, line separator, no width, marks of nothing. */
	static const char bytes[] =
		"\xc3 \xc2\x85 \xe2\x80\xa8 "
		"\xe2\x80\x8b \xef\xb8\x8f "
		"\xe4\xb8\xad\xef\xb8\x8f\xef\xb8\x8f \r.\n";

	(void)state;
	display_bytes(&d, bytes, sizeof(bytes) - 1);
	assert_string_equal(shown(),
		"\\xc3 \\xc2\\x85 \\xe2\\x80\\xa8 \\xe2\\x80\\x8b "
		"\\xef\\xb8\\x8f \xe4\xb8\xad\xef\xb8\x8f\\xef\\xb8\\x8f "
		"\\r.\n");
}

static void a_piece_ends_between_characters(void **state)
{
	static char bytes[3 * DISPLAY_LINE];
	size_t n = 0;

	(void)state;
	bytes[0] = 'x';
	for (size_t i = 1; i + 1 < sizeof(bytes); i += 2)
		memcpy(bytes + i, "\xc3\xa9", 2);
	bytes[sizeof(bytes) - 1] = '\n';
	display_bytes(&d, bytes, sizeof(bytes));
	assert_null(strchr(shown(), '\\'));
	for (const char *s = text; *s; s++)
		n += *s != '\n';
	assert_int_equal(n, sizeof(bytes) - 1);
}

static void a_line_without_end_is_shown_in_pieces(void **state)
{
	char block[1024];
	size_t n = 0;

	(void)state;
	memset(block, 'x', sizeof(block));
	for (int i = 0; i < 10; i++)
		display_bytes(&d, block, sizeof(block));
	for (const char *s = shown(); *s; s++)
		n += *s == 'x';
	assert_int_equal(n, sizeof(block) * 10);
	assert_int_equal(d.len, 0);
}

static void above_the_cap_one_line_says_so(void **state)
{
	const char *s;

	(void)state;
	d.max = 20;
	display_bytes(&d, "0123456789\n", 11);
	assert_string_equal(shown(), "0123456789\n");
	for (int i = 0; i < 100; i++)
		display_bytes(&d, "0123456789\n", 11);
	s = strstr(shown(), "not shown\n");
	assert_non_null(s);
	assert_string_equal(s, "not shown\n");
	assert_true(d.capped);
	display_line(&d, "stockade: ", "more", 4);
	assert_string_equal(shown(), "");
}

static void a_full_terminal_blocks_nothing(void **state)
{
	(void)state;
	(void)fcntl(p[1], F_SETPIPE_SZ, 4096);
	for (int i = 0; i < 1000; i++)
		display_bytes(&d, "0123456789\n", 11);
	assert_in_range(strlen(shown()), 11, 4096);
	assert_true(d.torn);
	display_bytes(&d, "after\n", 6);
	assert_string_equal(shown(), "\nafter\n");
}

static void a_label_stands_before_the_text(void **state)
{
	(void)state;
	display_line(&d, "stockade: kept: ", "x\ty\r", 4);
	assert_string_equal(shown(), "stockade: kept: x\\ty\n");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(lines_are_shown_whole),
		TEST(nothing_drives_the_terminal),
		TEST(what_is_said_in_any_language_stays),
		TEST(what_is_not_seen_is_shown),
		TEST(a_line_without_end_is_shown_in_pieces),
		TEST(a_piece_ends_between_characters),
		TEST(above_the_cap_one_line_says_so),
		TEST(a_full_terminal_blocks_nothing),
		TEST(a_label_stands_before_the_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
