/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/wanted.h"

#include <stdio.h>

#include "relaytest.h"

/* Values that stand alone: read without a scanner, for they are well formed. */
static struct json_value object(const char *text)
{
	return (struct json_value){
		.text = text, .end = strlen(text), .type = JSON_OBJECT};
}

static struct mark subject(
	const struct wanted *w, const char *method, const char *name)
{
	struct message m = {.method_name = id_of(method)};
	struct json_value of = id_of(name);
	struct mark ret;

	wanted_subject(w, &m, &of, &ret);
	return ret;
}

static struct mark a_call(const struct wanted *w)
{
	return subject(w, "\"tools/call\"", "\"read\"");
}

static void note(struct wanted *w, const struct mark *about, const char *result)
{
	struct json_value v = object(result);

	wanted_note(w, about, &v);
}

static bool may_answer(const struct wanted *w, const struct mark *about,
	const char *params, const char *key)
{
	struct message m = {.params = object(params)};
	struct json_value k = id_of(key);
	struct wanted_here here;

	wanted_look(w, about, &m, &here);
	return wanted_has(&here, &k);
}

#define ASKS "{\"requestState\":\"s\",\"inputRequests\":{\"k\":1,\"l\":2}}"
#define BACK "{\"requestState\":\"s\"}"

static void what_was_asked_may_be_answered(void **state)
{
	static struct wanted w;
	struct mark about;

	(void)state;
	wanted_init(&w);
	about = a_call(&w);
	assert_false(may_answer(&w, &about, BACK, "\"k\""));
	note(&w, &about, ASKS);
	assert_true(may_answer(&w, &about, BACK, "\"k\""));
	assert_true(may_answer(&w, &about, BACK, "\"l\""));
	/* However it is written, and more than once: an answer may be lost. */
	assert_true(may_answer(&w, &about, BACK, "\"\\u006b\""));
	assert_false(may_answer(&w, &about, BACK, "\"m\""));
	assert_false(may_answer(&w, &about, BACK, "\"K\""));
}

static void an_answer_belongs_to_its_state(void **state)
{
	static struct wanted w;
	struct mark about;

	(void)state;
	wanted_init(&w);
	about = a_call(&w);
	note(&w, &about, ASKS);
	assert_false(may_answer(&w, &about, "{}", "\"k\""));
	assert_false(
		may_answer(&w, &about, "{\"requestState\":\"t\"}", "\"k\""));
	note(&w, &about, "{\"inputRequests\":{\"n\":1}}");
	assert_true(may_answer(&w, &about, "{}", "\"n\""));
	assert_false(may_answer(&w, &about, BACK, "\"n\""));
}

static void an_answer_belongs_to_its_subject(void **state)
{
	static struct wanted w;
	struct mark about, other;

	(void)state;
	wanted_init(&w);
	about = a_call(&w);
	note(&w, &about, ASKS);
	other = subject(&w, "\"tools/call\"", "\"write\"");
	assert_false(may_answer(&w, &other, BACK, "\"k\""));
	other = subject(&w, "\"prompts/get\"", "\"read\"");
	assert_false(may_answer(&w, &other, BACK, "\"k\""));
	other = a_call(&w);
	assert_true(may_answer(&w, &other, BACK, "\"k\""));
}

static void what_asks_for_nothing_wants_nothing(void **state)
{
	static struct wanted w;
	struct mark about;

	(void)state;
	wanted_init(&w);
	about = a_call(&w);
	note(&w, &about, "{}");
	note(&w, &about, "{\"inputRequests\":[\"k\"]}");
	note(&w, &about, "{\"inputRequests\":\"k\"}");
	assert_int_equal(w.next, 0);
	assert_false(may_answer(&w, &about, "{}", "\"k\""));
}

/* A result that asks for @n things, from @first on. */
static const char *many(char *text, size_t size, unsigned first, unsigned n)
{
	size_t used = (size_t)snprintf(text, size, "{\"inputRequests\":{");

	for (unsigned i = 0; i < n; i++)
		used += (size_t)snprintf(text + used, size - used,
			"%s\"k%u\":1", i ? "," : "", first + i);
	(void)snprintf(text + used, size - used, "}}");
	return text;
}

static void there_is_a_most_that_is_asked_at_a_time(void **state)
{
	char text[4096];
	struct json_value v;

	(void)state;
	v = object(many(text, sizeof(text), 0, WANTED_KEYS_MAX));
	assert_true(wanted_fits(&v));
	v = object(many(text, sizeof(text), 0, WANTED_KEYS_MAX + 1));
	assert_false(wanted_fits(&v));
	v = object("{}");
	assert_true(wanted_fits(&v));
}

static void the_oldest_are_forgotten(void **state)
{
	static struct wanted w;
	char text[4096];
	struct mark about;

	(void)state;
	wanted_init(&w);
	about = a_call(&w);
	for (unsigned i = 0; i < WANTED_MAX; i += WANTED_KEYS_MAX)
		note(&w, &about, many(text, sizeof(text), i, WANTED_KEYS_MAX));
	assert_true(may_answer(&w, &about, "{}", "\"k0\""));
	/* What is known takes no place. */
	note(&w, &about, many(text, sizeof(text), 0, WANTED_KEYS_MAX));
	assert_true(may_answer(&w, &about, "{}", "\"k1023\""));
	note(&w, &about, many(text, sizeof(text), 5000, 1));
	assert_false(may_answer(&w, &about, "{}", "\"k0\""));
	assert_true(may_answer(&w, &about, "{}", "\"k1\""));
	assert_true(may_answer(&w, &about, "{}", "\"k5000\""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_asked_may_be_answered),
		cmocka_unit_test(an_answer_belongs_to_its_state),
		cmocka_unit_test(an_answer_belongs_to_its_subject),
		cmocka_unit_test(what_asks_for_nothing_wants_nothing),
		cmocka_unit_test(there_is_a_most_that_is_asked_at_a_time),
		cmocka_unit_test(the_oldest_are_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
