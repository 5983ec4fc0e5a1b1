/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "policy/message.h"

struct seek_case {
	const char *id; /* NULL: none is found */
	enum message_kind kind;
	const char *line;
};

/* clang-format off */
static const struct seek_case cases[] = {
	{"1", MESSAGE_RESULT, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}"},
	{"1", MESSAGE_RESULT, "{\"result\":{},\"jsonrpc\":\"2.0\",\"id\":1}"},
	{"\"a-1\"", MESSAGE_RESULT, " {\"result\":[1] , \"id\" : \"a-1\" } \r"},
	{"7", MESSAGE_ERROR, "{\"error\":{\"code\":1},\"id\":7}"},
	{"7", MESSAGE_REQUEST, "{\"method\":\"sampling/createMessage\",\"id\":7}"},
	{"7", MESSAGE_NONE, "{\"id\":7}"},
	{"7", MESSAGE_NONE, "{\"id\":7,\"result\":1,\"error\":1}"},
	{"7", MESSAGE_NONE, "{\"id\":7,\"method\":1,\"error\":1}"},
	{"-5", MESSAGE_RESULT, "{\"id\":-5,\"result\":{\"id\":8,\"x\":[{\"id\":9}]}}"},
	{"1", MESSAGE_RESULT, "{\"result\":{\"t\":\"\\\",\\\"id\\\":2\"},\"id\":1}"},
	{"1", MESSAGE_RESULT, "{\"result\":\"}{][\\\\\",\"id\":1}"},
	{"1", MESSAGE_RESULT, "{\"result\":{\"}\":\"{\",\"[\":[\"]\"]},\"id\":1}"},
	{"1", MESSAGE_RESULT, "{\"result\":{\"\\\"}\":1},\"id\":1}"},
	{"1", MESSAGE_RESULT, "{\"result\":0,\"\\u0069\\u0064\":1}"},
	{"\"a\\\"b\\\\\"", MESSAGE_RESULT, "{\"id\":\"a\\\"b\\\\\",\"result\":0}"},
	{"1", MESSAGE_RESULT, "{\"result\":\"\xff\",\"id\":1}"},
	{"1", MESSAGE_RESULT, "{\"result\":{\"x\":NaN},\"id\":1}"},
	{"1", MESSAGE_RESULT, "{\"a rather long name of a member, over the bound\":{},\"result\":0,\"id\":1}"},

	{NULL, MESSAGE_NOTIFICATION, "{\"method\":\"x\",\"params\":{\"id\":1}}"},
	{NULL, MESSAGE_RESULT, "{\"result\":{\"id\":1}}"},
	{NULL, MESSAGE_RESULT, "{\"id\":1,\"result\":0,\"id\":2}"},
	{NULL, MESSAGE_RESULT, "{\"id\":1,\"result\":0,\"i\\u0064\":1}"},
	{NULL, MESSAGE_NONE, "{\"id\":1,\"result\":0,\"ID\":2}"},
	{NULL, MESSAGE_NONE, "{\"id\":1,\"result\":0,\"Id\":2}"},
	{NULL, MESSAGE_NONE, "{\"id\":1,\"result\":0,\"re\xc5\xbfult\":2}"},
	{NULL, MESSAGE_RESULT, "{\"id\":null,\"result\":0}"},
	{NULL, MESSAGE_RESULT, "{\"id\":1.0,\"result\":0}"},
	{NULL, MESSAGE_RESULT, "{\"id\":1e3,\"result\":0}"},
	{NULL, MESSAGE_RESULT, "{\"id\":01,\"result\":0}"},
	{NULL, MESSAGE_RESULT, "{\"id\":-0,\"result\":0}"},
	{NULL, MESSAGE_RESULT, "{\"id\":9007199254740992,\"result\":0}"},
	{NULL, MESSAGE_RESULT, "{\"id\":[1],\"result\":0}"},
	{NULL, MESSAGE_RESULT, "{\"id\":{\"id\":1},\"result\":0}"},
	{NULL, MESSAGE_RESULT, "{\"id\":true,\"result\":0}"},
	{NULL, MESSAGE_RESULT, "{\"id\":\"\\q\",\"result\":0}"},
	{NULL, MESSAGE_RESULT, "{\"id\":\"\xff\",\"result\":0}"},
	{NULL, MESSAGE_RESULT, "{\"id\":\"\\ud800\",\"result\":0}"},
	{NULL, MESSAGE_RESULT, "{\"id\":\"\\u0000\",\"result\":0}"},
	{NULL, MESSAGE_NONE, ""},
	{NULL, MESSAGE_NONE, " "},
	{NULL, MESSAGE_NONE, "{}x"},
	{NULL, MESSAGE_NONE, "{}"},
	{NULL, MESSAGE_NONE, "[{\"id\":1,\"result\":0}]"},
	{NULL, MESSAGE_NONE, "x{\"id\":1,\"result\":0}"},
	{NULL, MESSAGE_NONE, "\xef\xbb\xbf{\"id\":1,\"result\":0}"},
	{NULL, MESSAGE_NONE, "{\"id\":1,\"result\":0"},
	{NULL, MESSAGE_NONE, "{\"result\":{\"x\":\"cut, \\\"id\\\":1}"},
	{NULL, MESSAGE_NONE, "{\"result\":{},\"id\":1"},
	{NULL, MESSAGE_NONE, "{\"id\":1,\"result\":0}{\"id\":2,\"result\":0}"},
	{NULL, MESSAGE_NONE, "{\"id\":1,\"result\":0},"},
	{NULL, MESSAGE_NONE, "{\"id\":1,\"result\":0}}"},
	{NULL, MESSAGE_NONE, "{\"x\":[},\"id\":1,\"result\":0}"},
	{NULL, MESSAGE_NONE, "{\"x\":{]},\"id\":1,\"result\":0}"},
	{NULL, MESSAGE_NONE, "{\"x\":[}],\"id\":1}"},
	{NULL, MESSAGE_NONE, "{\"x\" \"id\":1,\"result\":0}"},
	{NULL, MESSAGE_NONE, "{\"x\":1 \"id\":1,\"result\":0}"},
	{NULL, MESSAGE_NONE, "{\"x\":a\"id\":1,\"result\":0}"},
	{NULL, MESSAGE_NONE, "{\"x\":1{\"id\":1},\"result\":0}"},
	{NULL, MESSAGE_NONE, "{\"x\":\"\"\"id\":1,\"result\":0}"},
	{NULL, MESSAGE_NONE, "{\"x\":,\"id\":1,\"result\":0}"},
	{NULL, MESSAGE_NONE, "{,\"id\":1,\"result\":0}"},
	{NULL, MESSAGE_NONE, "{\"id\":1,\"result\":0,}"},
	{NULL, MESSAGE_NONE, "{\"id\"::1,\"result\":0}"},
	{NULL, MESSAGE_NONE, "{id:1,\"result\":0}"},
};
/* clang-format on */

static void assert_case(
	struct message_id_seek *s, const struct seek_case *c, size_t piece)
{
	size_t len = strlen(c->line), id_len = 0, n;
	const char *id = NULL;
	bool found;

	for (size_t i = 0; i < len; i += n) {
		n = len - i < piece ? len - i : piece;
		message_id_seek_feed(s, c->line + i, n);
	}
	found = message_id_seek_end(s, &id, &id_len);
	if (found != (c->id != NULL))
		fail_msg("%s: %.*s", c->line, (int)id_len,
			id != NULL ? id : "nothing");
	if (message_id_seek_kind(s) != c->kind)
		fail_msg("%s: kind %u", c->line, message_id_seek_kind(s));
	if (found) {
		assert_int_equal(id_len, strlen(c->id));
		assert_memory_equal(id, c->id, id_len);
	}
}

static void an_id_is_found_however_the_line_comes(void **state)
{
	struct message_id_seek *s = message_id_seek_new();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (size_t piece = 1; piece < 40; piece++)
			assert_case(s, &cases[i], piece);
		assert_case(s, &cases[i], 4096);
	}
	message_id_seek_free(s);
}

static void a_long_id_is_none(void **state)
{
	struct message_id_seek *s = message_id_seek_new();
	char line[600], want[300];

	(void)state;
	for (int n = 250; n < 280; n++) {
		struct seek_case c = {
			n <= 254 ? want : NULL, MESSAGE_RESULT, line};

		(void)snprintf(want, sizeof(want), "\"%0*d\"", n, 0);
		(void)snprintf(
			line, sizeof(line), "{\"result\":0,\"id\":%s}", want);
		assert_case(s, &c, 1);
		assert_case(s, &c, 100);
		assert_case(s, &c, 1000);
	}
	message_id_seek_free(s);
}

static void nesting_is_followed_as_far_as_it_is_kept(void **state)
{
	struct message_id_seek *s = message_id_seek_new();
	char line[3000];

	(void)state;
	for (int n = 1022; n <= 1026; n++) {
		struct seek_case c = {n <= 1024 ? "1" : NULL,
			n <= 1024 ? MESSAGE_RESULT : MESSAGE_NONE, line};
		char open[1100], closed[1100];

		memset(open, '[', sizeof(open));
		memset(closed, ']', sizeof(closed));
		(void)snprintf(line, sizeof(line),
			"{\"result\":%.*s%.*s,\"id\":1}", n, open, n, closed);
		assert_case(s, &c, 999);
	}
	message_id_seek_free(s);
}

/* 100 MiB pass through; nothing of them is kept. */
static void a_huge_line_is_sought_through(void **state)
{
	struct message_id_seek *s = message_id_seek_new();
	static const char decoy[] = {
		'\\', '"', 'i', 'd', '\\', '"', ':', '3', ','};
	static char block[1 << 16];
	const char *id = NULL;
	size_t len = 0;

	(void)state;
	memset(block, 'x', sizeof(block));
	memcpy(block + 1000, decoy, sizeof(decoy));
	message_id_seek_feed(s, "{\"result\":\"", 11);
	for (size_t i = 0; i < 1600; i++)
		message_id_seek_feed(s, block, sizeof(block));
	message_id_seek_feed(s, "\",\"id\":\"last\"}", 14);
	assert_true(message_id_seek_end(s, &id, &len));
	assert_int_equal(len, 6);
	assert_memory_equal(id, "\"last\"", 6);
	message_id_seek_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_id_is_found_however_the_line_comes),
		cmocka_unit_test(a_long_id_is_none),
		cmocka_unit_test(nesting_is_followed_as_far_as_it_is_kept),
		cmocka_unit_test(a_huge_line_is_sought_through),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
