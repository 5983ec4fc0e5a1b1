/* SPDX-License-Identifier: Apache-2.0 */
/* A state goes out and comes back; what is not ours to the last bit does not.
 */
#include "relaytest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/elicit.h"
#include "relay/handback.h"

#define META                                                          \
	"\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":"     \
	"\"2026-07-28\",\"io.modelcontextprotocol/clientCapabilities" \
	"\":{}}"
#define CALL(id, more)                                                  \
	"{\"jsonrpc\":\"2.0\",\"id\":" id ",\"method\":\"tools/call\"," \
	"\"params\":{\"name\":\"a\",\"arguments\":{\"n\":1}," more META "}}"

#define NOW 1000

struct fixture {
	struct json_scanner *scanner;
	struct handback_book book;
	struct out line, scratch, cut;
	uint64_t now;
};

static int set_up(void **state)
{
	static const uint64_t seed[2] = {1, 2};
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->scanner = message_scanner_new(seed);
	f->line = (struct out)OUT_INIT(1U << 20);
	f->scratch = (struct out)OUT_INIT(1U << 20);
	f->cut = (struct out)OUT_INIT(1U << 20);
	memset(f->book.key, 7, sizeof(f->book.key));
	f->now = NOW;
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	json_scanner_free(f->scanner);
	out_deinit(&f->line);
	out_deinit(&f->scratch);
	out_deinit(&f->cut);
	free(f);
	return 0;
}

static void read_request(
	struct fixture *f, const char *line, size_t len, struct message *ret)
{
	assert_int_equal(message_read(f->scanner, DIR_C2S, line, len, ret), 0);
	assert_int_equal(ret->verdict, VERDICT_OK);
}

/* What the client is given for @request, as bytes between the quotes. */
static void give(struct fixture *f, const char *request, unsigned round,
	char *ret, size_t size)
{
	struct json_value state, result;
	struct message m;

	read_request(f, request, strlen(request), &m);
	out_reset(&f->line);
	assert_int_equal(
		handback_write(&f->line, &f->scratch, &f->book, &m,
			&(struct handback){.round = round, .question = 5}, NULL,
			NOW),
		0);
	assert_int_equal(message_read(f->scanner, DIR_S2C, f->line.data,
				 f->line.len - 1, &m),
		0);
	result = m.result;
	assert_true(json_get(&result, "requestState", &state));
	assert_in_range(state.end - state.begin, 3, size);
	(void)snprintf(ret, size, "%.*s", (int)(state.end - state.begin - 2),
		state.text + state.begin + 1);
}

static int take(struct fixture *f, const char *request, struct handback *ret,
	struct json_value *answer)
{
	struct message m;

	read_request(f, request, strlen(request), &m);
	out_reset(&f->cut);
	return handback_take(&f->scratch, &f->book, &m, request,
		strlen(request), f->now, &f->cut, ret, answer);
}

static void it_comes_back_without_a_trace(void **state)
{
	static const char *const theirs[] = {"", "\"requestState\":\"\",",
		"\"requestState\":\"x.\\u0000\\n\","};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(theirs) / sizeof(*theirs); i++) {
		char was[1024], given[512], back[1024];
		struct json_value answer;
		struct handback h = {0};

		(void)snprintf(was, sizeof(was), CALL("1", "%s"), theirs[i]);
		give(f, was, 3, given, sizeof(given));
		(void)snprintf(back, sizeof(back),
			CALL("1", "\"requestState\":\"%s\","), given);
		assert_int_equal(take(f, back, &h, &answer), 0);
		assert_true(h.ours && h.round == 3 && h.question == 5);
		assert_int_equal(answer.type, JSON_INVALID);
		assert_int_equal(f->cut.len, strlen(was));
		assert_memory_equal(f->cut.data, was, f->cut.len);
	}
}

static void each_changed_character_is_noticed(void **state)
{
	struct fixture *f = *state;
	struct json_value answer;
	char given[512], back[1024];
	struct handback h = {0};

	give(f, CALL("1", "\"requestState\":\"xyz\","), 1, given,
		sizeof(given));
	for (size_t i = 0; given[i]; i++) {
		char was = given[i];
		int x;

		given[i] = was == '1' ? '2' : '1';
		(void)snprintf(back, sizeof(back),
			CALL("1", "\"requestState\":\"%s\","), given);
		x = take(f, back, &h, &answer);
		/* In the prefix: then it is a state of the server's. */
		assert_int_equal(x, i < strlen("stockade.1.") ? 1 : -EBADMSG);
		assert_false(h.ours);
		given[i] = was;
	}
	(void)snprintf(back, sizeof(back),
		CALL("1", "\"requestState\":\"%s\","), given);
	assert_int_equal(take(f, back, &h, &answer), 0);
	f->book.key[0] ^= 1;
	assert_int_equal(take(f, back, &h, &answer), -EBADMSG);
}

static void it_is_good_once_and_for_a_while(void **state)
{
	struct fixture *f = *state;
	struct json_value answer;
	char given[512], other[512], back[1024];
	struct handback h = {0};

	give(f, CALL("1", ""), 1, given, sizeof(given));
	give(f, CALL("1", ""), 1, other, sizeof(other));
	assert_string_not_equal(given, other);
	(void)snprintf(back, sizeof(back),
		CALL("2", "\"requestState\":\"%s\","), given);
	f->now = NOW + HANDBACK_MS;
	assert_int_equal(take(f, back, &h, &answer), -ESTALE);
	f->now--;
	/* To look is not to use it up. */
	assert_int_equal(take(f, back, &h, &answer), 0);
	assert_int_equal(take(f, back, &h, &answer), 0);
	handback_spend(&f->book, h.number);
	assert_int_equal(take(f, back, &h, &answer), -ESTALE);
	handback_spend(&f->book, h.number);
	(void)snprintf(back, sizeof(back),
		CALL("2", "\"requestState\":\"%s\","), other);
	assert_int_equal(take(f, back, &h, &answer), 0);
	for (int i = 0; i < HANDBACK_LIVE - 1; i++)
		give(f, CALL("1", ""), 1, given, sizeof(given));
	assert_int_equal(take(f, back, &h, &answer), 0);
	give(f, CALL("1", ""), 1, given, sizeof(given));
	assert_int_equal(take(f, back, &h, &answer), -ESTALE);
}

static void our_answer_goes_and_others_stay(void **state)
{
	struct fixture *f = *state;
	struct json_value answer;
	char given[512], back[1024];
	struct handback h = {0};

	give(f, CALL("1", ""), 1, given, sizeof(given));
	(void)snprintf(back, sizeof(back),
		CALL("1",
			"\"inputResponses\":{\"a\":1,\"st\\u006fckade\":"
			"{\"action\":\"x\"},\"b\":2},\"requestState\":\"%s\","),
		given);
	assert_int_equal(take(f, back, &h, &answer), 0);
	assert_int_equal(answer.type, JSON_OBJECT);
	out_bytes(&f->cut, "", 1);
	assert_non_null(
		strstr(f->cut.data, "\"inputResponses\":{\"a\":1,\"b\":2},"));
	assert_null(strstr(f->cut.data, "requestState"));
}

static void what_answers_the_server_is_not_handed_back(void **state)
{
	struct fixture *f = *state;
	struct message m;
	static const char answers[] =
		CALL("1", "\"inputResponses\":{\"k\":{}},");
	static const char plain[] = CALL("1", "");
	static const char legacy[] =
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\","
		"\"params\":{\"name\":\"a\"}}";

	read_request(f, plain, sizeof(plain) - 1, &m);
	assert_true(handback_possible(&m));
	read_request(f, answers, sizeof(answers) - 1, &m);
	assert_false(handback_possible(&m));
	read_request(f, legacy, sizeof(legacy) - 1, &m);
	assert_false(handback_possible(&m));
}

static void a_state_too_long_to_carry_is_left_alone(void **state)
{
	struct fixture *f = *state;
	struct out long_one = OUT_INIT(1U << 20);
	struct message m;
	char part[65];

	memset(part, 'x', 64);
	part[64] = '\0';
	out_str(&long_one, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
			   "\"tools/call\",\"params\":{\"name\":\"a\"," META
			   ",\"requestState\":\"");
	for (int i = 0; i <= HANDBACK_STATE_MAX / 64; i++)
		out_str(&long_one, part);
	out_str(&long_one, "\"}}");
	read_request(f, long_one.data, long_one.len, &m);
	assert_int_equal(handback_write(&f->line, &f->scratch, &f->book, &m,
				 &(struct handback){.round = 1}, NULL, NOW),
		1);
	out_deinit(&long_one);
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		EACH(it_comes_back_without_a_trace),
		EACH(each_changed_character_is_noticed),
		EACH(it_is_good_once_and_for_a_while),
		EACH(our_answer_goes_and_others_stay),
		EACH(what_answers_the_server_is_not_handed_back),
		EACH(a_state_too_long_to_carry_is_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
