/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "base/sha256.h"
#include "relay/entry.h"
#include "relay/journal.h"
#include "relaytest.h"

static struct record rec;
static struct out scratch = OUT_INIT(16U << 20);
static struct json_scanner *scanner;

static int setup(void **state)
{
	const uint64_t key[2] = {1, 2};

	(void)state;
	scanner = message_scanner_new(key);
	return scanner ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	json_scanner_free(scanner);
	out_deinit(&scratch);
	return 0;
}

static struct message read_line(const char *line, size_t len)
{
	struct message m;

	assert_int_equal(message_read(scanner, DIR_C2S, line, len, &m), 0);
	assert_int_equal(m.verdict, VERDICT_OK);
	return m;
}

/* The record through a pipe, as the keeper sees it. */
static struct record_view sent(void)
{
	static uint8_t bytes[RECORD_MAX];
	struct record_view v;
	int p[2];
	ssize_t n;

	assert_int_equal(rec.failed, 0);
	pipe_open(p, O_NONBLOCK);
	assert_int_equal(record_send(&rec, p[1], 1000), 0);
	n = read(p[0], bytes, sizeof(bytes));
	assert_int_equal(record_parse(bytes, (size_t)n, &v), n);
	pipe_close(p);
	return v;
}

static struct record_view call_of(const char *line, size_t len)
{
	struct message m = read_line(line, len);
	const struct entry_call c = {
		.number = 9,
		.m = &m,
		.decision = "allow",
		.is_tool = true,
		.listed = true,
	};

	entry_call(&rec, &scratch, &c);
	return sent();
}

static void a_call_has_its_fields(void **state)
{
	static const char line[] =
		"{\"jsonrpc\":\"2.0\",\"id\":\"q\",\"method\":\"tools/call\","
		"\"params\":{\"name\":\"a\\u0062c\",\"arguments\": {\"b\":1, "
		"\"a\":2},\"_meta\":{\"traceparent\":\"00\"}}}";
	struct record_view v = call_of(line, strlen(line));
	struct field_view f;
	uint8_t want[32];

	(void)state;
	assert_int_equal(number_of(&v, FIELD_CALL), 9);
	assert_text(&v, FIELD_DIR, "c2s");
	assert_text(&v, FIELD_RPC_ID, "\"q\"");
	assert_text(&v, FIELD_ERA, "legacy");
	assert_text(&v, FIELD_METHOD, "tools/call");
	assert_text(&v, FIELD_TOOL, "abc");
	assert_text(&v, FIELD_TRACE, "00");
	assert_text(&v, FIELD_DECISION, "allow");
	assert_int_equal(number_of(&v, FIELD_LISTED), 1);
	sha256("{\"a\":2,\"b\":1}", 13, want);
	assert_true(field_of(&v, FIELD_ARGS_HASH, &f));
	assert_memory_equal(f.data, want, 32);
}

static void absent_arguments_count_as_empty_ones(void **state)
{
	static const char line[] =
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
		"\"tools/call\",\"params\":{\"name\":\"a\"}}";
	struct record_view v = call_of(line, strlen(line));
	struct field_view f;
	uint8_t want[32];

	(void)state;
	sha256("{}", 2, want);
	assert_true(field_of(&v, FIELD_ARGS_HASH, &f));
	assert_memory_equal(f.data, want, 32);
	assert_int_equal(number_of(&v, FIELD_ARGS_BYTES), 0);
}

/* Each text as dear as it can be: every byte is six in the log. */
static void no_message_makes_a_record_impossible(void **state)
{
	static char line[200000];
	char dear[8000], *p = line;
	struct record_view v;
	struct field_view f;

	(void)state;
	for (size_t i = 0; i < sizeof(dear) - 2; i += 2)
		memcpy(dear + i, "\xc3\xa4", 2);
	dear[sizeof(dear) - 2] = '\0';
	p += sprintf(p,
		"{\"jsonrpc\":\"2.0\",\"id\":\"%.250s\",\"method\":"
		"\"resources/read\",\"params\":{\"uri\":\"%s\",\"_meta\":{"
		"\"claudecode/toolUseId\":\"%s\",\"traceparent\":\"%s\"}}}",
		dear, dear, dear, dear);
	v = call_of(line, (size_t)(p - line));
	assert_true(v.cost <= RECORD_LINE_MAX);
	assert_true(field_of(&v, FIELD_URI, &f));
	assert_true(f.len >= 500);
}

static void a_result_stays_within_its_reserve(void **state)
{
	static const char text[] =
		"{\"serverInfo\":{\"version\":\""
		"\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"
		"\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"
		"\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"
		"\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"
		"\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"
		"\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"
		"\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"
		"\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"
		"\"}}";
	const struct entry_result x = {
		.call = UINT64_MAX,
		.outcome = "tool_error",
		.own_code = "-32603",
		.value = json_value_of(text, 0, sizeof(text) - 1, JSON_OBJECT),
		.sent_bytes = UINT64_MAX,
		.ms = UINT64_MAX,
		.cut = true,
		.is_hello = true,
	};

	(void)state;
	entry_result(&rec, &x);
	(void)sent();
	assert_true(rec.cost <= JOURNAL_RESULT_COST);
}

static void what_a_request_is_about_is_found(void **state)
{
	static const char *const lines[] = {
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"prompts/get\","
		"\"params\":{\"name\":\"x\"}}",
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"resources/read\","
		"\"params\":{\"uri\":\"x\"}}",
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\","
		"\"params\":{\"name\":\"x\"}}",
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\","
		"\"params\":{\"name\":[\"x\"]}}",
	};
	static const enum record_field want[] = {
		FIELD_PROMPT, FIELD_URI, FIELD_NONE, FIELD_NONE};

	(void)state;
	for (size_t i = 0; i < ELEMENTS(lines); i++) {
		struct message m = read_line(lines[i], strlen(lines[i]));
		enum record_field field = FIELD_NONE;
		struct json_value v;

		assert_int_equal(
			entry_subject(&m, &v, &field), want[i] != FIELD_NONE);
		assert_int_equal(field, want[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_call_has_its_fields),
		cmocka_unit_test(absent_arguments_count_as_empty_ones),
		cmocka_unit_test(no_message_makes_a_record_impossible),
		cmocka_unit_test(a_result_stays_within_its_reserve),
		cmocka_unit_test(what_a_request_is_about_is_found),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
