/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "relay/elicited.h"
#include "relay/progress.h"
#include "relaytest.h"

static struct message note(const char *params)
{
	static const uint64_t key[2] = {1, 2};
	static char line[512];
	struct json_scanner *s = message_scanner_new(key);
	struct message m;

	(void)snprintf(line, sizeof(line),
		"{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\","
		"\"params\":%s}",
		params);
	assert_non_null(s);
	assert_int_equal(message_read(s, DIR_S2C, line, strlen(line), &m), 0);
	assert_int_equal(m.verdict, VERDICT_OK);
	json_scanner_free(s);
	return m;
}

static bool refuses(const struct progress *p, const char *params)
{
	struct message m = note(params);

	return progress_refuses(p, &m) != NULL;
}

static void only_live_tokens_pass(void **state)
{
	struct json_value one = id_of("1");
	struct progress_token *a, *b;
	struct progress p;

	(void)state;
	progress_init(&p);
	a = progress_add(&p, &one);
	b = progress_add(&p, &one);
	assert_false(refuses(&p, "{\"progressToken\":1,\"progress\":-5}"));
	assert_true(refuses(&p, "{\"progressToken\":\"1\",\"progress\":1}"));
	progress_remove(&p, a);
	assert_false(refuses(&p, "{\"progressToken\":1,\"progress\":1}"));
	b->idle = true;
	assert_true(refuses(&p, "{\"progressToken\":1,\"progress\":1}"));
	b->idle = false;
	progress_remove(&p, b);
	assert_true(refuses(&p, "{\"progressToken\":1,\"progress\":1}"));
	progress_remove(&p, NULL);
}

static void nothing_goes_back_behind_ours(void **state)
{
	struct json_value one = id_of("1");
	struct progress_token *t;
	struct progress p;

	(void)state;
	progress_init(&p);
	t = progress_add(&p, &one);
	t->begun = true;
	t->floor = -999998;
	assert_true(refuses(&p, "{\"progressToken\":1,\"progress\":-1e6}"));
	assert_true(refuses(&p, "{\"progressToken\":1,\"progress\":-999998}"));
	assert_false(
		refuses(&p, "{\"progressToken\":1,\"progress\":-999997.5}"));
	assert_false(refuses(&p, "{\"progressToken\":1,\"progress\":0}"));
	progress_remove(&p, t);
}

static void an_elicitation_ends_once_and_the_oldest_are_forgotten(void **state)
{
	struct json_value params = {.type = JSON_OBJECT}, id = id_of("\"e\"");
	struct json_value other = id_of("\"x\"");
	struct elicited e;

	(void)state;
	elicited_init(&e);
	params.text = "{\"elicitationId\":\"e\"}";
	params.end = strlen(params.text);
	elicited_note(&e, &params);
	assert_false(elicited_take(&e, &other));
	assert_true(elicited_take(&e, &id));
	assert_false(elicited_take(&e, &id));
	elicited_note(&e, &params);
	params.text = "{\"elicitationId\":\"x\"}";
	for (int i = 0; i < ELICITED_MAX; i++)
		elicited_note(&e, &params);
	assert_false(elicited_take(&e, &id));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_live_tokens_pass),
		cmocka_unit_test(nothing_goes_back_behind_ours),
		cmocka_unit_test(
			an_elicitation_ends_once_and_the_oldest_are_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
