/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "policy/out.h"
#include "policy/pins.h"

static const unsigned char plain[32] = {1}, rich[32] = {2};

/* Canonical, with the name first, between others or last. */
static const char *def(const char *name, const char *says)
{
	static char ring[8][256];
	static unsigned at;
	char *text = ring[at++ % 8];

	(void)snprintf(text, sizeof(ring[0]), "{%s\"name\":\"%s\"%s}", says,
		name, says[0] ? ",\"title\":1" : "");
	return text;
}

#define SAYS "\"description\":\"it is called name\","

static void accept(struct pins *p, const char *name, const char *says)
{
	const char *text = def(name, says);

	assert_int_equal(
		pins_first(p, PIN_TOOL, name, strlen(name), text, strlen(text)),
		0);
}

/* Tools a, b and c, which the client @able was shown before. */
static struct pins *known(const unsigned char able[32])
{
	struct pins *p = pins_new(PINS_FIRST);

	assert_non_null(p);
	accept(p, "a", SAYS);
	accept(p, "b", SAYS);
	accept(p, "c", "");
	assert_int_equal(pins_know(p, PIN_TOOL, plain), 0);
	pins_able(p, able);
	return p;
}

static void show(struct pins *p, const char *name, const char *says)
{
	const char *text = def(name, says);
	const struct pin *pin;

	(void)pins_see(p, PIN_TOOL, name, strlen(name), text, strlen(text),
		false, &pin);
}

/* A whole list: "abc" are three tools that say the same, "C" says nothing. */
static void list(struct pins *p, const char *names)
{
	unsigned walk = pins_walk(p, PIN_TOOL);

	for (; *names; names++) {
		char name[2] = {*names, '\0'};
		bool large = *names >= 'A' && *names <= 'Z';

		if (large)
			name[0] = (char)(*names - 'A' + 'a');
		show(p, name, large ? "" : SAYS);
	}
	pins_walked(p, PIN_TOOL, walk);
}

static const char *was(struct pins *p, const char *name)
{
	const struct pin *pin = pins_find(p, PIN_TOOL, name, strlen(name));

	return pin && pin->was ? pin->was->name : "";
}

static enum pin_call call(const struct pins *p, const char *name)
{
	return pins_call(p, PIN_TOOL, name, strlen(name));
}

static void a_new_name_for_the_same_is_a_rename_and_blocked(void **state)
{
	struct pins *p = known(plain);

	(void)state;
	list(p, "adC");
	assert_string_equal(was(p, "d"), "b");
	assert_int_equal(call(p, "d"), PIN_CALL_UNKNOWN);
	assert_int_equal(pins_news(p)->seen, PIN_ADDED);
	pins_told(p);
	assert_null(pins_news(p));
	/* Told once. */
	list(p, "adC");
	assert_null(pins_news(p));
	pins_take(p, PIN_TOOL, "d", 1);
	assert_int_equal(call(p, "d"), PIN_CALL_FINE);
	assert_int_equal(call(p, "b"), PIN_CALL_UNKNOWN);
	list(p, "abdC");
	assert_int_equal(call(p, "b"), PIN_CALL_UNKNOWN);
	assert_string_equal(was(p, "b"), "");
	pins_free(p);
}

static void the_name_may_be_all_there_is(void **state)
{
	struct pins *p = known(plain);

	(void)state;
	list(p, "abD");
	assert_string_equal(was(p, "d"), "c");
	pins_free(p);
}

static void what_differs_in_more_than_the_name_is_new(void **state)
{
	struct pins *p = known(plain);

	(void)state;
	list(p, "acdD");
	assert_string_equal(was(p, "d"), "");
	list(p, "abCd");
	assert_string_equal(was(p, "d"), "");
	pins_free(p);
}

static void of_several_nobody_knows_which_is_which(void **state)
{
	struct pins *p = known(plain);

	(void)state;
	list(p, "dC");
	assert_string_equal(was(p, "d"), "");
	pins_free(p);
	p = known(plain);
	list(p, "adeC");
	assert_string_equal(was(p, "d"), "");
	assert_string_equal(was(p, "e"), "");
	pins_free(p);
}

static void what_is_still_there_was_not_renamed(void **state)
{
	struct pins *p = known(plain);

	(void)state;
	list(p, "abCd");
	assert_string_equal(was(p, "d"), "");
	/* A list that shrank for a moment. */
	list(p, "aCd");
	assert_string_equal(was(p, "d"), "b");
	list(p, "abCd");
	assert_string_equal(was(p, "d"), "");
	pins_take(p, PIN_TOOL, "d", 1);
	assert_int_equal(call(p, "b"), PIN_CALL_FINE);
	pins_free(p);
}

/* Another kind of client need not be shown all. */
static void a_client_of_another_kind_sees_no_rename(void **state)
{
	struct pins *p = known(rich);

	(void)state;
	assert_int_equal(pins_know(p, PIN_TOOL, rich), 0);
	list(p, "aCd");
	assert_string_equal(was(p, "d"), "");
	/* Unless that is what it was shown itself. */
	list(p, "abC");
	list(p, "aCd");
	assert_string_equal(was(p, "d"), "b");
	pins_free(p);
	p = known(plain);
	list(p, "abC");
	pins_able(p, rich);
	assert_int_equal(pins_know(p, PIN_TOOL, rich), 0);
	list(p, "aCd");
	assert_string_equal(was(p, "d"), "");
	pins_free(p);
}

static void two_walks_at_a_time_find_none(void **state)
{
	struct pins *p = known(plain);
	unsigned one = pins_walk(p, PIN_TOOL), two;

	(void)state;
	show(p, "b", SAYS);
	two = pins_walk(p, PIN_TOOL);
	show(p, "a", SAYS);
	show(p, "d", SAYS);
	pins_walked(p, PIN_TOOL, one);
	assert_string_equal(was(p, "d"), "");
	show(p, "b", SAYS);
	pins_walked(p, PIN_TOOL, two);
	assert_string_equal(was(p, "d"), "");
	pins_free(p);
}

static void a_rename_that_changes_once_more_is_none(void **state)
{
	struct pins *p = known(plain);

	(void)state;
	list(p, "aCd");
	assert_string_equal(was(p, "d"), "b");
	list(p, "aCD");
	assert_string_equal(was(p, "d"), "");
	pins_free(p);
}

static void what_is_kept_of_a_rename_holds_if_it_still_fits(void **state)
{
	const char *d = def("d", SAYS);
	struct pins *p = known(plain);
	struct out o = OUT_INIT(1024);

	(void)state;
	pins_renamed(p, PIN_TOOL, "d", 1, "b", 1);
	assert_int_equal(pins_wait(p, PIN_TOOL, "d", 1, d, strlen(d)), 0);
	pins_renamed(p, PIN_TOOL, "d", 1, "x", 1);
	pins_renamed(p, PIN_TOOL, "a", 1, "b", 1);
	assert_string_equal(was(p, "d"), "");
	assert_string_equal(was(p, "a"), "");
	pins_renamed(p, PIN_TOOL, "d", 1, "b", 1);
	assert_string_equal(was(p, "d"), "b");
	pins_write_names(&o, pins_find(p, PIN_TOOL, "d", 1),
		pins_find(p, PIN_TOOL, "b", 1), true);
	assert_int_equal(o.len, strlen("[\"d\",\"b\"]"));
	assert_memory_equal(o.data, "[\"d\",\"b\"]", o.len);
	/* It is back before the other one is shown: that is kept, too. */
	list(p, "b");
	assert_string_equal(was(p, "d"), "");
	assert_int_equal(pins_news(p)->seen, PIN_UNSEEN);
	out_deinit(&o);
	pins_free(p);
}

static void what_was_retired_is_not_accepted_by_being_shown(void **state)
{
	struct pins *p = pins_new(PINS_FIRST);
	const char *a = def("a", SAYS);

	(void)state;
	pins_able(p, plain);
	assert_int_equal(pins_retire(p, PIN_TOOL, "a", 1), 0);
	accept(p, "a", SAYS);
	assert_int_equal(call(p, "a"), PIN_CALL_UNKNOWN);
	show(p, "a", SAYS);
	assert_int_equal(call(p, "a"), PIN_CALL_UNKNOWN);
	assert_int_equal(pins_accept(p, PIN_TOOL, "a", 1, a, strlen(a)), 0);
	show(p, "a", SAYS);
	assert_int_equal(call(p, "a"), PIN_CALL_FINE);
	pins_free(p);
}

static void tool(char name[16], char text[128], size_t i, const char *letter)
{
	(void)snprintf(name, 16, "%s%zu", letter, i);
	(void)snprintf(text, 128, "{\"description\":\"%zu\",\"name\":\"%s\"}",
		i, name);
}

/* Nothing of it grows with the square of the list: this would not end. */
static void a_gigantic_list_is_sorted(void **state)
{
	const size_t most = PINS_ITEMS_MAX / 2;
	struct pins *p = pins_new(PINS_FIRST);
	char name[16], text[128];
	const struct pin *pin;
	unsigned walk;

	(void)state;
	for (size_t i = 0; i < most; i++) {
		tool(name, text, i, "a");
		assert_int_equal(pins_first(p, PIN_TOOL, name, strlen(name),
					 text, strlen(text)),
			0);
	}
	assert_int_equal(pins_know(p, PIN_TOOL, plain), 0);
	pins_able(p, plain);
	walk = pins_walk(p, PIN_TOOL);
	for (size_t i = 0; i < most; i++) {
		tool(name, text, i, "b");
		(void)pins_see(p, PIN_TOOL, name, strlen(name), text,
			strlen(text), false, &pin);
	}
	pins_walked(p, PIN_TOOL, walk);
	for (size_t i = 0; i < most; i += 997) {
		tool(name, text, i, "b");
		pin = pins_find(p, PIN_TOOL, name, strlen(name));
		name[0] = 'a';
		assert_string_equal(pin->was->name, name);
	}
	pins_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_new_name_for_the_same_is_a_rename_and_blocked),
		cmocka_unit_test(the_name_may_be_all_there_is),
		cmocka_unit_test(what_differs_in_more_than_the_name_is_new),
		cmocka_unit_test(of_several_nobody_knows_which_is_which),
		cmocka_unit_test(what_is_still_there_was_not_renamed),
		cmocka_unit_test(a_client_of_another_kind_sees_no_rename),
		cmocka_unit_test(two_walks_at_a_time_find_none),
		cmocka_unit_test(a_rename_that_changes_once_more_is_none),
		cmocka_unit_test(
			what_is_kept_of_a_rename_holds_if_it_still_fits),
		cmocka_unit_test(
			what_was_retired_is_not_accepted_by_being_shown),
		cmocka_unit_test(a_gigantic_list_is_sorted),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
