/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "policy/message.h"

static const uint64_t key[2] = {3, 4};

static struct message read_line(enum message_dir dir, const char *line)
{
	struct json_scanner *s = message_scanner_new(key);
	struct message m;

	assert_non_null(s);
	assert_int_equal(message_read(s, dir, line, strlen(line), &m), 0);
	json_scanner_free(s);
	return m;
}

static void assert_value(const struct json_value *v, const char *want)
{
	size_t len = v->end - v->begin;

	if (want == NULL) {
		assert_int_equal(v->type, JSON_INVALID);
		return;
	}
	if (len != strlen(want) || memcmp(v->text + v->begin, want, len) != 0)
		fail_msg("have %.*s, want %s", (int)len, v->text + v->begin,
			want);
}

#define V "\"jsonrpc\":\"2.0\","
#define MODERN                            \
	"\"_meta\":{\"progressToken\":1," \
	"\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\"}"

/* What passes: kind, era, method, id. */
struct good_line {
	enum message_dir dir;
	enum message_kind kind;
	enum message_era era;
	enum method method;
	const char *id;
	const char *line;
};

/* clang-format off */
static const struct good_line good_lines[] = {
	{DIR_C2S, MESSAGE_REQUEST, ERA_LEGACY, METHOD_PING, "1",
		"{" V "\"id\":1,\"method\":\"ping\"}"},
	{DIR_S2C, MESSAGE_REQUEST, ERA_LEGACY, METHOD_PING, "0",
		"{" V "\"id\":0,\"method\":\"ping\",\"params\":{}}"},
	{DIR_C2S, MESSAGE_REQUEST, ERA_LEGACY, METHOD_TOOLS_CALL, "\"x\"",
		"{\"params\":{\"name\":\"a\"},\"method\":\"tools/call\","
		"\"id\":\"x\",\"jsonrpc\":\"2.0\"}"},
	{DIR_C2S, MESSAGE_REQUEST, ERA_MODERN, METHOD_TOOLS_CALL, "2",
		"{" V "\"id\":2,\"method\":\"tools/call\",\"params\":{" MODERN
		",\"name\":\"a\"}}"},
	{DIR_C2S, MESSAGE_REQUEST, ERA_MODERN, METHOD_DISCOVER,
		"\"server-discover-probe-1\"",
		"{" V "\"id\":\"server-discover-probe-1\",\"method\":"
		"\"server/discover\",\"params\":{" MODERN "}}"},
	{DIR_C2S, MESSAGE_REQUEST, ERA_LEGACY, METHOD_TOOLS_CALL, "3",
		"{" V "\"id\":3,\"method\":\"tools/call\",\"params\":{\"name\":"
		"\"a\",\"arguments\":{" MODERN ",\"Name\":1,\"id\":2}}}"},
	{DIR_C2S, MESSAGE_REQUEST, ERA_LEGACY, METHOD_TOOLS_LIST, "4",
		"{" V "\"id\":4,\"m\\u0065thod\":\"tools\\/l\\u0069st\"}"},
	{DIR_C2S, MESSAGE_REQUEST, ERA_LEGACY, METHOD_UNKNOWN, "5",
		"{" V "\"id\":5,\"method\":\"Tools/List\"}"},
	{DIR_C2S, MESSAGE_REQUEST, ERA_LEGACY, METHOD_UNKNOWN, "6",
		"{" V "\"id\":6,\"method\":\"tools/list\\u0000\"}"},
	{DIR_C2S, MESSAGE_REQUEST, ERA_LEGACY, METHOD_UNKNOWN, "7",
		"{" V "\"id\":7,\"method\":\"\"}"},
	{DIR_C2S, MESSAGE_REQUEST, ERA_LEGACY, METHOD_PING, "9007199254740991",
		"{" V "\"id\":9007199254740991,\"method\":\"ping\"}"},
	{DIR_C2S, MESSAGE_REQUEST, ERA_LEGACY, METHOD_PING, "-9007199254740991",
		"{" V "\"id\":-9007199254740991,\"method\":\"ping\"}"},
	{DIR_C2S, MESSAGE_REQUEST, ERA_LEGACY, METHOD_PING, "\"\"",
		"{" V "\"id\":\"\",\"method\":\"ping\"}"},
	{DIR_C2S, MESSAGE_REQUEST, ERA_LEGACY, METHOD_PING, "\"\\u0061\\ud83d\\ude00\"",
		"{" V "\"id\":\"\\u0061\\ud83d\\ude00\",\"method\":\"ping\"}"},
	{DIR_C2S, MESSAGE_REQUEST, ERA_LEGACY, METHOD_PING, "1",
		"\t {" V "\"id\" : 1 ,\n\"method\":\"ping\"} \r"},
	{DIR_C2S, MESSAGE_REQUEST, ERA_LEGACY, METHOD_PING, "1",
		"{\"jsonrpc\":\"2\\u002e0\",\"id\":1,\"method\":\"ping\"}"},
	{DIR_C2S, MESSAGE_NOTIFICATION, ERA_NONE, METHOD_N_INITIALIZED, NULL,
		"{" V "\"method\":\"notifications/initialized\"}"},
	{DIR_S2C, MESSAGE_NOTIFICATION, ERA_MODERN,
		METHOD_N_SUBSCRIPTIONS_ACKNOWLEDGED, NULL,
		"{" V "\"method\":\"notifications/subscriptions/acknowledged\","
		"\"params\":{\"_meta\":{\"io.modelcontextprotocol/"
		"subscriptionId\":\"listen:0\"},\"notifications\":{}}}"},
	{DIR_S2C, MESSAGE_REQUEST, ERA_LEGACY, METHOD_ROOTS_LIST, "9",
		"{" V "\"id\":9,\"method\":\"roots/list\",\"params\":{\"_meta\":"
		"{\"io.modelcontextprotocol/subscriptionId\":1}}}"},
	{DIR_S2C, MESSAGE_RESULT, ERA_NONE, METHOD_UNKNOWN, "1",
		"{\"result\":{\"tools\":[{\"id\":2,\"method\":\"x\"}]},"
		"\"jsonrpc\":\"2.0\",\"id\":1}"},
	{DIR_S2C, MESSAGE_RESULT, ERA_NONE, METHOD_UNKNOWN, "1",
		"{" V "\"id\":1,\"result\":null}"},
	{DIR_C2S, MESSAGE_RESULT, ERA_NONE, METHOD_UNKNOWN, "1",
		"{" V "\"id\":1,\"result\":{\"roots\":[]}}"},
	{DIR_S2C, MESSAGE_ERROR, ERA_NONE, METHOD_UNKNOWN, "\"a\"",
		"{" V "\"id\":\"a\",\"error\":{\"code\":-32602,\"message\":\"\"}}"},
	{DIR_S2C, MESSAGE_ERROR, ERA_NONE, METHOD_UNKNOWN, "1",
		"{" V "\"id\":1,\"error\":{\"data\":[1],\"message\":\"m\","
		"\"code\":0}}"},
	{DIR_C2S, MESSAGE_ERROR, ERA_NONE, METHOD_UNKNOWN, "1",
		"{" V "\"id\":1,\"error\":{\"code\":-1,\"message\":\"m\","
		"\"data\":null}}"},
};

/* What is refused: code, the id to answer with, kind; from the client, and
 * from the server, unless only one is asked for. */
struct bad_line {
	int code;
	enum message_kind kind;
	const char *id;
	const char *line;
};

#define PARSE (-32700)
#define INVALID (-32600)
#define PING "\"method\":\"ping\""

static const struct bad_line bad_lines[] = {
	/* No text. */
	{PARSE, MESSAGE_NONE, NULL, "hello"},
	{PARSE, MESSAGE_NONE, NULL, "{"},
	{PARSE, MESSAGE_NONE, NULL, "{" V "\"id\":1," PING},
	{PARSE, MESSAGE_NONE, NULL, "{" V "\"id\":1," PING "}{}"},
	{PARSE, MESSAGE_NONE, NULL, "{" V "\"id\":1," PING "} {" V "\"id\":2," PING "}"},
	{PARSE, MESSAGE_NONE, NULL, "\xef\xbb\xbf{" V "\"id\":1," PING "}"},
	{PARSE, MESSAGE_NONE, NULL, "\v{" V "\"id\":1," PING "}"},
	{PARSE, MESSAGE_NONE, NULL, "\xc2\xa0{" V "\"id\":1," PING "}"},
	{PARSE, MESSAGE_NONE, NULL, "Content-Length: 5"},
	/* A bad text whose top level can be told. */
	{PARSE, MESSAGE_RESULT, "1", "{" V "\"id\":1,\"result\":{\"x\":NaN}}"},
	{PARSE, MESSAGE_REQUEST, "1", "{" V "\"id\":1," PING ",\"params\":{\"x\":\"\xff\"}}"},
	{PARSE, MESSAGE_REQUEST, "\"a\"", "{" V "\"params\":{\"x\":\"\t\"},\"id\":\"a\"," PING "}"},
	{PARSE, MESSAGE_REQUEST, "1", "{" V "\"id\":1," PING ",\"params\":{\"x\":\"\\q\"}}"},
	{PARSE, MESSAGE_NOTIFICATION, NULL, "{" V PING ",\"params\":{\"x\":\"\xff\"}}"},
	{INVALID, MESSAGE_REQUEST, "1", "{" V "\"id\":1," PING ",\"params\":{\"a\":1,\"\\u0061\":2}}"},
	{INVALID, MESSAGE_REQUEST, "1", "{" V "\"id\":1," PING ",\"params\":{\"a\\u0000\":1}}"},
	{INVALID, MESSAGE_REQUEST, "1", "{" V "\"id\":1," PING ",\"params\":{\"\\ud800\":1}}"},
	{INVALID, MESSAGE_REQUEST, "1", "{" V "\"id\":1," PING ",\"method\":\"x\"}"},
	{INVALID, MESSAGE_REQUEST, NULL, "{" V "\"id\":1," PING ",\"id\":1}"},
	{INVALID, MESSAGE_REQUEST, NULL, "{" V "\"id\":1," PING ",\"\\u0069d\":2}"},
	{INVALID, MESSAGE_REQUEST, NULL, "{" V "\"id\":1.0," PING ",\"params\":{\"a\":1,\"a\":2}}"},
	/* Not one object. */
	{INVALID, MESSAGE_NONE, NULL, "[]"},
	{INVALID, MESSAGE_NONE, NULL, "[{" V "\"id\":1," PING "}]"},
	{INVALID, MESSAGE_NONE, NULL, "\"x\""},
	{INVALID, MESSAGE_NONE, NULL, "1"},
	{INVALID, MESSAGE_NONE, NULL, "null"},
	{INVALID, MESSAGE_NONE, NULL, "{}"},
	/* The version. */
	{INVALID, MESSAGE_REQUEST, "1", "{\"id\":1," PING "}"},
	{INVALID, MESSAGE_REQUEST, "1", "{\"jsonrpc\":\"1.0\",\"id\":1," PING "}"},
	{INVALID, MESSAGE_REQUEST, "1", "{\"jsonrpc\":2.0,\"id\":1," PING "}"},
	{INVALID, MESSAGE_REQUEST, "1", "{\"jsonrpc\":\"2.0 \",\"id\":1," PING "}"},
	{INVALID, MESSAGE_REQUEST, "1", "{\"jsonrpc\":null,\"id\":1," PING "}"},
	/* Members of the envelope. */
	{INVALID, MESSAGE_REQUEST, "1", "{" V "\"id\":1," PING ",\"x\":1}"},
	{INVALID, MESSAGE_REQUEST, "1", "{" V "\"id\":1," PING ",\"\":1}"},
	{INVALID, MESSAGE_REQUEST, "1", "{" V "\"id\":1," PING ",\"_meta\":{}}"},
	{INVALID, MESSAGE_REQUEST, "1", "{" V "\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"id\":1," PING "}"},
	{INVALID, MESSAGE_REQUEST, "1", "{" V "\"id\":1," PING ",\"Method\":\"x\"}"},
	{INVALID, MESSAGE_REQUEST, "1", "{" V "\"id\":1," PING ",\"PARAMS\":{}}"},
	{INVALID, MESSAGE_REQUEST, "1", "{" V "\"id\":1," PING ",\"\\u0050arams\":{}}"},
	{INVALID, MESSAGE_REQUEST, "1", "{" V "\"id\":1," PING ",\"param\xc5\xbf\":{}}"},
	{INVALID, MESSAGE_REQUEST, "1", "{" V "\"id\":1," PING ",\"re\\u017fult\":{}}"},
	{INVALID, MESSAGE_REQUEST, "1", "{" V "\"id\":1," PING ",\"JSONRPC\":\"2.0\"}"},
	{INVALID, MESSAGE_REQUEST, NULL, "{" V "\"id\":1," PING ",\"ID\":1}"},
	{INVALID, MESSAGE_NOTIFICATION, NULL, "{" V PING ",\"Id\":1}"},
	{INVALID, MESSAGE_REQUEST, "1", "{" V "\"id\":1," PING ",\"id \":2}"},
	/* Ids. */
	{INVALID, MESSAGE_REQUEST, NULL, "{" V "\"id\":null," PING "}"},
	{INVALID, MESSAGE_REQUEST, NULL, "{" V "\"id\":1.0," PING "}"},
	{INVALID, MESSAGE_REQUEST, NULL, "{" V "\"id\":1e0," PING "}"},
	{INVALID, MESSAGE_REQUEST, NULL, "{" V "\"id\":1.5," PING "}"},
	{INVALID, MESSAGE_REQUEST, NULL, "{" V "\"id\":-0," PING "}"},
	{INVALID, MESSAGE_REQUEST, NULL, "{" V "\"id\":9007199254740992," PING "}"},
	{INVALID, MESSAGE_REQUEST, NULL, "{" V "\"id\":-9007199254740992," PING "}"},
	{INVALID, MESSAGE_REQUEST, NULL, "{" V "\"id\":99999999999999999999," PING "}"},
	{INVALID, MESSAGE_REQUEST, NULL, "{" V "\"id\":true," PING "}"},
	{INVALID, MESSAGE_REQUEST, NULL, "{" V "\"id\":{}," PING "}"},
	{INVALID, MESSAGE_REQUEST, NULL, "{" V "\"id\":[1]," PING "}"},
	{INVALID, MESSAGE_REQUEST, NULL, "{" V "\"id\":\"a\\u0000\"," PING "}"},
	{INVALID, MESSAGE_REQUEST, NULL, "{" V "\"id\":\"\\ud800\"," PING "}"},
	/* Neither one nor the other. */
	{INVALID, MESSAGE_NONE, "1", "{" V "\"id\":1}"},
	{INVALID, MESSAGE_NONE, "1", "{" V "\"id\":1,\"params\":{}}"},
	{INVALID, MESSAGE_NONE, "1", "{" V "\"id\":1," PING ",\"result\":{}}"},
	{INVALID, MESSAGE_NONE, "1", "{" V "\"id\":1," PING ",\"error\":{\"code\":1,\"message\":\"\"}}"},
	{INVALID, MESSAGE_NONE, "1", "{" V "\"id\":1,\"result\":{},\"error\":{\"code\":1,\"message\":\"\"}}"},
	{INVALID, MESSAGE_NONE, "1", "{" V "\"id\":1,\"result\":{},\"error\":null}"},
	{INVALID, MESSAGE_NONE, "1", "{" V "\"id\":1,\"method\":null,\"result\":{}}"},
	/* Methods and params. */
	{INVALID, MESSAGE_REQUEST, "1", "{" V "\"id\":1,\"method\":null}"},
	{INVALID, MESSAGE_REQUEST, "1", "{" V "\"id\":1,\"method\":1}"},
	{INVALID, MESSAGE_REQUEST, "1", "{" V "\"id\":1,\"method\":[\"ping\"]}"},
	{INVALID, MESSAGE_REQUEST, "1", "{" V "\"id\":1," PING ",\"params\":null}"},
	{INVALID, MESSAGE_REQUEST, "1", "{" V "\"id\":1," PING ",\"params\":[]}"},
	{INVALID, MESSAGE_REQUEST, "1", "{" V "\"id\":1," PING ",\"params\":\"\"}"},
	{INVALID, MESSAGE_NOTIFICATION, NULL, "{" V PING ",\"params\":[1]}"},
	{INVALID, MESSAGE_REQUEST, "1", "{" V "\"id\":1," PING ",\"params\":{\"_meta\":1}}"},
	{INVALID, MESSAGE_REQUEST, "1", "{" V "\"id\":1," PING ",\"params\":{\"_meta\":null}}"},
	{INVALID, MESSAGE_REQUEST, "1", "{" V "\"id\":1," PING ",\"params\":{\"name\":\"a\",\"Name\":\"b\"}}"},
	{INVALID, MESSAGE_REQUEST, "1", "{" V "\"id\":1," PING ",\"params\":{\"NAME\":\"b\"}}"},
	{INVALID, MESSAGE_REQUEST, "1", "{" V "\"id\":1," PING ",\"params\":{\"\\u004eame\":\"b\"}}"},
	{INVALID, MESSAGE_REQUEST, "1", "{" V "\"id\":1," PING ",\"params\":{\"argument\xc5\xbf\":{}}}"},
	{INVALID, MESSAGE_REQUEST, "1", "{" V "\"id\":1," PING ",\"params\":{\"ta\\u017f\\u212AId\":1}}"},
	{INVALID, MESSAGE_REQUEST, "1", "{" V "\"id\":1," PING ",\"params\":{\"requeststate\":1}}"},
	/* Answers. */
	{INVALID, MESSAGE_RESULT, NULL, "{" V "\"result\":{}}"},
	{INVALID, MESSAGE_RESULT, "1", "{" V "\"id\":1,\"result\":[]}"},
	{INVALID, MESSAGE_RESULT, "1", "{" V "\"id\":1,\"result\":\"ok\"}"},
	{INVALID, MESSAGE_RESULT, "1", "{" V "\"id\":1,\"result\":0}"},
	{INVALID, MESSAGE_RESULT, "1", "{" V "\"id\":1,\"result\":true}"},
	{INVALID, MESSAGE_RESULT, NULL, "{" V "\"id\":null,\"result\":{}}"},
	{INVALID, MESSAGE_ERROR, NULL, "{" V "\"error\":{\"code\":1,\"message\":\"\"}}"},
	{INVALID, MESSAGE_ERROR, NULL, "{" V "\"id\":null,\"error\":{\"code\":-32700,\"message\":\"\"}}"},
	{INVALID, MESSAGE_RESULT, "1", "{" V "\"id\":1,\"result\":{},\"params\":{}}"},
	{INVALID, MESSAGE_ERROR, "1", "{" V "\"id\":1,\"error\":\"no\"}"},
	{INVALID, MESSAGE_ERROR, "1", "{" V "\"id\":1,\"error\":null}"},
	{INVALID, MESSAGE_ERROR, "1", "{" V "\"id\":1,\"error\":{}}"},
	{INVALID, MESSAGE_ERROR, "1", "{" V "\"id\":1,\"error\":{\"code\":1}}"},
	{INVALID, MESSAGE_ERROR, "1", "{" V "\"id\":1,\"error\":{\"message\":\"\"}}"},
	{INVALID, MESSAGE_ERROR, "1", "{" V "\"id\":1,\"error\":{\"code\":\"1\",\"message\":\"\"}}"},
	{INVALID, MESSAGE_ERROR, "1", "{" V "\"id\":1,\"error\":{\"code\":1.5,\"message\":\"\"}}"},
	{INVALID, MESSAGE_ERROR, "1", "{" V "\"id\":1,\"error\":{\"code\":1,\"message\":null}}"},
	{INVALID, MESSAGE_ERROR, "1", "{" V "\"id\":1,\"error\":{\"code\":1,\"message\":\"\",\"x\":1}}"},
	{INVALID, MESSAGE_ERROR, "1", "{" V "\"id\":1,\"error\":{\"code\":1,\"message\":\"\",\"data\":1,\"x\":1}}"},
};
/* clang-format on */

static void good_lines_pass_and_are_told_apart(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(good_lines) / sizeof(good_lines[0]);
		i++) {
		const struct good_line *g = &good_lines[i];
		struct message m = read_line(g->dir, g->line);

		if (m.verdict != VERDICT_OK)
			fail_msg("%s: %s", g->line, m.reason);
		assert_int_equal(m.kind, g->kind);
		assert_int_equal(m.dir, g->dir);
		assert_int_equal(m.era, g->era);
		assert_int_equal(m.method, g->method);
		assert_value(&m.id, g->id);
		assert_false(m.id_usable);
	}
}

static void bad_lines_are_refused_with_code_and_id(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad_lines) / sizeof(bad_lines[0]); i++) {
		const struct bad_line *b = &bad_lines[i];

		for (unsigned dir = DIR_C2S; dir <= DIR_S2C; dir++) {
			struct message m =
				read_line((enum message_dir)dir, b->line);

			if (m.verdict != VERDICT_REFUSED || m.code != b->code ||
				m.kind != b->kind ||
				m.id_usable != (b->id != NULL))
				fail_msg("%s: verdict %u code %d kind %u "
					 "usable %d: %s",
					b->line, m.verdict, m.code, m.kind,
					m.id_usable,
					m.reason != NULL ? m.reason : "");
			if (b->id != NULL)
				assert_value(&m.id, b->id);
			assert_non_null(m.reason);
			assert_true(m.offset <= strlen(b->line));
		}
	}
}

static void parts_of_a_message_are_where_they_are(void **state)
{
	struct message m = read_line(DIR_C2S,
		" {" V "\"id\":\"q\",\"method\":\"tools/call\",\"params\":"
		"{\"name\":\"t\",\"_meta\":{\"progressToken\":9}}} ");

	(void)state;
	assert_value(&m.id, "\"q\"");
	assert_value(&m.method_name, "\"tools/call\"");
	assert_value(&m.params, "{\"name\":\"t\",\"_meta\":{\"progressToken\""
				":9}}");
	assert_value(&m.meta, "{\"progressToken\":9}");
	assert_value(&m.result, NULL);
	assert_value(&m.error, NULL);
	assert_int_equal(m.top.begin, 1);
	m = read_line(DIR_S2C, "{" V "\"id\":1,\"result\":{\"_meta\":{}}}");
	assert_value(&m.result, "{\"_meta\":{}}");
	assert_value(&m.meta, NULL);
}

static void white_space_alone_is_an_empty_line(void **state)
{
	static const char *const lines[] = {"", " ", "\r", "\t \r", "\n"};

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		struct message m = read_line(DIR_C2S, lines[i]);

		assert_int_equal(m.verdict, VERDICT_EMPTY);
		assert_false(m.id_usable);
	}
}

static void half_a_pair_is_refused_from_the_client_alone(void **state)
{
	static const char line[] = "{" V "\"id\":1," PING ",\"params\":"
				   "{\"x\":[\"\\ud83d\",\"\\ude00\"]}}";
	struct message m = read_line(DIR_C2S, line);

	(void)state;
	assert_int_equal(m.verdict, VERDICT_REFUSED);
	assert_int_equal(m.code, INVALID);
	assert_true(m.id_usable);
	assert_value(&m.id, "1");
	assert_memory_equal(line + m.offset, "\\ud83d", 6);
	m = read_line(DIR_S2C, line);
	assert_int_equal(m.verdict, VERDICT_OK);
	assert_int_equal(m.n_half_surrogates, 2);
}

static void nul_in_a_value_passes(void **state)
{
	struct message m = read_line(DIR_C2S,
		"{" V "\"id\":1," PING ",\"params\":{\"x\":\"a\\u0000\"}}");

	(void)state;
	assert_int_equal(m.verdict, VERDICT_OK);
}

/* Quotes included, 256 bytes pass and 257 do not. */
static void an_id_is_bounded(void **state)
{
	char line[600];
	struct message m;

	(void)state;
	for (int n = 253; n <= 256; n++) {
		(void)snprintf(line, sizeof(line),
			"{" V "\"id\":\"%0*d\"," PING "}", n, 0);
		m = read_line(DIR_C2S, line);
		assert_int_equal(
			m.verdict, n <= 254 ? VERDICT_OK : VERDICT_REFUSED);
		assert_int_equal(m.id_usable, 0);
	}
}

static void depth_ends_at_128(void **state)
{
	char line[600];
	struct message m;

	(void)state;
	for (int n = 126; n <= 128; n++) {
		char open[200], closed[200];

		memset(open, '[', sizeof(open));
		memset(closed, ']', sizeof(closed));
		(void)snprintf(line, sizeof(line),
			"{" V "\"id\":1," PING ",\"params\":{\"x\":%.*s%.*s}}",
			n, open, n, closed);
		m = read_line(DIR_C2S, line);
		assert_int_equal(
			m.verdict, n == 126 ? VERDICT_OK : VERDICT_REFUSED);
		assert_int_equal(m.id_usable, n > 126);
		if (n > 126)
			assert_int_equal(m.code, INVALID);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_lines_pass_and_are_told_apart),
		cmocka_unit_test(bad_lines_are_refused_with_code_and_id),
		cmocka_unit_test(parts_of_a_message_are_where_they_are),
		cmocka_unit_test(white_space_alone_is_an_empty_line),
		cmocka_unit_test(half_a_pair_is_refused_from_the_client_alone),
		cmocka_unit_test(nul_in_a_value_passes),
		cmocka_unit_test(an_id_is_bounded),
		cmocka_unit_test(depth_ends_at_128),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
