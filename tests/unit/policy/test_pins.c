/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "policy/json.h"
#include "policy/out.h"
#include "policy/pins.h"

static const unsigned char plain[32] = {1}, rich[32] = {2};

static struct pins *new_pins(enum pins_mode mode)
{
	struct pins *p = pins_new(mode);

	assert_non_null(p);
	pins_able(p, plain);
	return p;
}

static enum pin_seen see(struct pins *p, const char *name, const char *def)
{
	const struct pin *pin;

	return pins_see(
		p, PIN_TOOL, name, strlen(name), def, strlen(def), false, &pin);
}

static enum pin_call call(const struct pins *p, const char *name)
{
	return pins_call(p, PIN_TOOL, name, strlen(name));
}

static void close_tools(struct pins *p)
{
	const unsigned char *able;

	assert_true(pins_close(p, PIN_TOOL, &able));
	assert_memory_equal(able, plain, sizeof(plain));
	assert_false(pins_close(p, PIN_TOOL, &able));
}

static void first_use_is_accepted_until_the_list_ends(void **state)
{
	struct pins *p = new_pins(PINS_FIRST);

	(void)state;
	assert_int_equal(call(p, "a"), PIN_CALL_FINE);
	assert_int_equal(see(p, "a", "{\"x\":1}"), PIN_FIRST);
	assert_int_equal(see(p, "a", "{\"x\":1}"), PIN_SAME);
	assert_int_equal(see(p, "b", "{}"), PIN_FIRST);
	close_tools(p);
	assert_int_equal(see(p, "c", "{}"), PIN_ADDED);
	assert_int_equal(call(p, "a"), PIN_CALL_FINE);
	assert_int_equal(call(p, "c"), PIN_CALL_UNKNOWN);
	assert_int_equal(call(p, "d"), PIN_CALL_UNKNOWN);
	/* A prompt of that name is another thing; no list of them was seen. */
	assert_int_equal(pins_call(p, PIN_PROMPT, "d", 1), PIN_CALL_FINE);
	pins_free(p);
}

static void a_change_is_refused_until_it_is_gone(void **state)
{
	struct pins *p = new_pins(PINS_FIRST);

	(void)state;
	(void)see(p, "a", "{\"x\":1}");
	assert_int_equal(see(p, "a", "{\"x\":2}"), PIN_CHANGED);
	assert_int_equal(call(p, "a"), PIN_CALL_CHANGED);
	assert_int_equal(see(p, "a", "{\"x\":1}"), PIN_SAME);
	assert_int_equal(call(p, "a"), PIN_CALL_FINE);
	assert_int_equal(pins_accept(p, PIN_TOOL, "a", 1, "{\"x\":2}", 7), 0);
	assert_int_equal(see(p, "a", "{\"x\":1}"), PIN_CHANGED);
	assert_int_equal(see(p, "a", "{\"x\":2}"), PIN_SAME);
	pins_free(p);
}

static void another_client_may_find_more_and_no_change(void **state)
{
	struct pins *p = new_pins(PINS_FIRST);

	(void)state;
	(void)see(p, "a", "{}");
	close_tools(p);
	pins_able(p, rich);
	assert_false(pins_closed(p, PIN_TOOL));
	assert_int_equal(see(p, "b", "{}"), PIN_FIRST);
	assert_int_equal(see(p, "a", "[]"), PIN_CHANGED);
	/* What waits already is not accepted by a new client either. */
	pins_able(p, plain);
	assert_int_equal(see(p, "c", "{}"), PIN_ADDED);
	pins_able(p, rich);
	assert_int_equal(see(p, "c", "{}"), PIN_ADDED);
	pins_free(p);
}

static void a_client_that_says_nothing_finds_nothing_more(void **state)
{
	struct pins *p = pins_new(PINS_FIRST);
	const unsigned char *able;

	(void)state;
	assert_non_null(p);
	assert_false(pins_closed(p, PIN_TOOL));
	assert_int_equal(pins_know(p, PIN_PROMPT, rich), 0);
	assert_false(pins_closed(p, PIN_TOOL));
	assert_int_equal(see(p, "a", "{}"), PIN_FIRST);
	assert_true(pins_close(p, PIN_TOOL, &able));
	assert_int_equal(see(p, "b", "{}"), PIN_ADDED);
	pins_free(p);
	p = pins_new(PINS_FIRST);
	assert_non_null(p);
	assert_int_equal(pins_know(p, PIN_TOOL, rich), 0);
	assert_true(pins_closed(p, PIN_TOOL));
	assert_false(pins_close(p, PIN_TOOL, &able));
	pins_free(p);
}

static void require_accepts_nothing_by_itself(void **state)
{
	struct pins *p = new_pins(PINS_REQUIRE);

	(void)state;
	assert_int_equal(call(p, "a"), PIN_CALL_UNKNOWN);
	assert_int_equal(see(p, "a", "{}"), PIN_ADDED);
	assert_int_equal(call(p, "a"), PIN_CALL_UNKNOWN);
	assert_int_equal(pins_accept(p, PIN_TOOL, "a", 1, "{}", 2), 0);
	assert_int_equal(see(p, "a", "{}"), PIN_SAME);
	assert_int_equal(call(p, "a"), PIN_CALL_FINE);
	pins_free(p);
}

static void two_of_a_name_are_none(void **state)
{
	struct pins *p = new_pins(PINS_FIRST);
	const struct pin *pin;

	(void)state;
	(void)see(p, "a", "{}");
	pins_told(p);
	assert_int_equal(
		pins_see(p, PIN_TOOL, "a", 1, "{}", 2, true, &pin), PIN_DOUBLE);
	assert_int_equal(
		pins_see(p, PIN_TOOL, "a", 1, "[]", 2, true, &pin), PIN_DOUBLE);
	assert_int_equal(call(p, "a"), PIN_CALL_UNKNOWN);
	assert_int_equal(pins_news(p)->seen, PIN_DOUBLE);
	pins_told(p);
	assert_null(pins_news(p));
	assert_int_equal(see(p, "a", "{}"), PIN_SAME);
	assert_int_equal(call(p, "a"), PIN_CALL_FINE);
	pins_free(p);
}

static void each_difference_is_told_once(void **state)
{
	struct pins *p = new_pins(PINS_FIRST);

	(void)state;
	(void)see(p, "a", "{\"x\":1}");
	assert_int_equal(pins_news(p)->seen, PIN_FIRST);
	pins_told(p);
	for (int i = 0; i < 3; i++)
		(void)see(p, "a", "{\"x\":2}");
	assert_int_equal(pins_news(p)->seen, PIN_CHANGED);
	assert_string_equal(pins_news(p)->pin->other, "{\"x\":2}");
	assert_false(pins_news(p)->pin->kept);
	pins_told(p);
	assert_null(pins_news(p));
	(void)see(p, "a", "{\"x\":3}");
	assert_string_equal(pins_news(p)->pin->other, "{\"x\":3}");
	pins_free(p);
}

static void what_the_store_has_is_told_but_not_kept_again(void **state)
{
	struct pins *p = new_pins(PINS_FIRST);

	(void)state;
	assert_int_equal(pins_first(p, PIN_TOOL, "a", 1, "1", 1), 0);
	/* Of two first runs side by side the first one counts. */
	assert_int_equal(pins_first(p, PIN_TOOL, "a", 1, "2", 1), 0);
	assert_string_equal(pins_at(p, 0)->accepted, "1");
	assert_string_equal(pins_at(p, 0)->other, "2");
	assert_int_equal(see(p, "a", "2"), PIN_CHANGED);
	assert_true(pins_news(p)->pin->kept);
	assert_int_equal(pins_accept(p, PIN_TOOL, "a", 1, "2", 1), 0);
	assert_null(pins_at(p, 0)->other);
	pins_free(p);
}

static void what_has_no_room_is_not_accepted(void **state)
{
	struct pins *p = new_pins(PINS_FIRST);
	const struct pin *pin;
	char *big = malloc(PINS_BYTES_MAX), name[16];

	(void)state;
	assert_non_null(big);
	memset(big, 'x', PINS_BYTES_MAX);
	assert_int_equal(pins_see(p, PIN_TOOL, "a", 1, big, PINS_BYTES_MAX - 8,
				 false, &pin),
		PIN_FIRST);
	assert_int_equal(
		pins_see(p, PIN_TOOL, "b", 1, big, 9, false, &pin), PIN_FULL);
	assert_int_equal(call(p, "b"), PIN_CALL_UNKNOWN);
	assert_int_equal(call(p, "c"), PIN_CALL_UNKNOWN);
	assert_int_equal(pins_see(p, PIN_TOOL, "a", 1, big, 9, false, &pin),
		PIN_CHANGED);
	assert_int_equal(call(p, "a"), PIN_CALL_CHANGED);
	pins_free(p);
	p = new_pins(PINS_FIRST);
	for (int i = 0; i <= PINS_ITEMS_MAX; i++) {
		(void)snprintf(name, sizeof(name), "%d", i);
		assert_int_equal(see(p, name, "{}"),
			i < PINS_ITEMS_MAX ? PIN_FIRST : PIN_FULL);
	}
	assert_int_equal(call(p, name), PIN_CALL_UNKNOWN);
	pins_free(p);
	free(big);
}

static void fields_that_differ_are_named(void **state)
{
	static const char a[] = "{\"a\":1,\"b\":{\"x\":1},\"d\":1}",
			  b[] = "{\"a\":1,\"b\":{\"x\":2},\"c\":1}";
	struct pin_field f[PINS_FIELDS_MAX];

	(void)state;
	assert_int_equal(pins_fields(a, sizeof(a) - 1, b, sizeof(b) - 1, f), 3);
	assert_memory_equal(f[0].name, "b", 1);
	assert_memory_equal(f[1].name, "c", 1);
	assert_memory_equal(f[2].name, "d", 1);
	assert_int_equal(pins_fields(a, sizeof(a) - 1, a, sizeof(a) - 1, f), 0);
	assert_int_equal(pins_fields("null", 4, "\"x\"", 3, f), 1);
	assert_int_equal(f[0].len, 0);
}

static void names_are_bytes_and_sorted(void **state)
{
	struct pins *p = new_pins(PINS_FIRST);

	(void)state;
	(void)see(p, "b", "1");
	(void)see(p, "a", "1");
	(void)see(p, "ab", "1");
	(void)see(p, "A", "1");
	assert_string_equal(pins_at(p, 0)->name, "A");
	assert_string_equal(pins_at(p, 1)->name, "a");
	assert_string_equal(pins_at(p, 2)->name, "ab");
	assert_string_equal(pins_at(p, 3)->name, "b");
	assert_int_equal(pins_count(p), 4);
	close_tools(p);
	assert_int_equal(pins_call(p, PIN_TOOL, "a\0", 2), PIN_CALL_UNKNOWN);
	pins_free(p);
}

/* What is pinned of the resource @text. */
static void form_is(const char *text, const char *expected)
{
	const struct json_limits limits = {
		.max_bytes = 4096, .max_depth = 16, .max_keys = 64};
	struct json_scanner *s = json_scanner_new(&limits);
	struct out o = OUT_INIT(4096);
	struct json_scan_result scan;
	struct json_value v;

	assert_non_null(s);
	assert_int_equal(json_scan(s, text, strlen(text), &scan), 0);
	v = json_top(text, &scan);
	out_str(&o, "before");
	assert_int_equal(pins_write(&o, PIN_RESOURCE, &v), 0);
	assert_int_equal(o.len, strlen("before") + strlen(expected));
	assert_memory_equal(
		o.data + strlen("before"), expected, strlen(expected));
	out_deinit(&o);
	json_scanner_free(s);
}

static void size_and_age_of_a_resource_are_left_out(void **state)
{
	(void)state;
	form_is("{\"size\":1}", "{}");
	form_is("{\"size\":1,\"a\":2}", "{\"a\":2}");
	form_is("{ \"z\":1, \"s\\u0069ze\":1, \"a\":2}", "{\"a\":2,\"z\":1}");
	form_is("{\"size\":\"1\"}", "{\"size\":\"1\"}");
	form_is("{\"size\":{}}", "{\"size\":{}}");
	form_is("{\"annotations\":{\"lastModified\":\"2025-01-12T15:00:58Z\"},"
		"\"size\":3}",
		"{}");
	form_is("{\"annotations\":{\"lastModified\":\"2025\",\"size\":1}}",
		"{\"annotations\":{\"size\":1}}");
	form_is("{\"annotations\":{\"a\":1,\"lastModified\":\"2025\","
		"\"z\":1},\"b\":1}",
		"{\"annotations\":{\"a\":1,\"z\":1},\"b\":1}");
	form_is("{\"annotations\":{}}", "{\"annotations\":{}}");
	form_is("{\"annotations\":{\"lastModified\":\"now\"}}",
		"{\"annotations\":{\"lastModified\":\"now\"}}");
	form_is("{\"annotations\":{\"lastModified\":\"\\u0032\"}}", "{}");
	form_is("{\"annotations\":[{\"lastModified\":\"2\"}]}",
		"{\"annotations\":[{\"lastModified\":\"2\"}]}");
	form_is("\"size\"", "\"size\"");
}

static void what_was_accepted_by_somebody_holds(void **state)
{
	struct pins *p = new_pins(PINS_FIRST);
	const struct pin *pin;

	(void)state;
	assert_int_equal(see(p, "a", "{}"), PIN_FIRST);
	close_tools(p);
	assert_null(pins_find(p, PIN_TOOL, "b", 1));
	pins_take(p, PIN_TOOL, "b", 1);
	pins_take(p, PIN_TOOL, "a", 1);
	assert_int_equal(call(p, "a"), PIN_CALL_FINE);
	assert_int_equal(see(p, "a", "{\"x\":1}"), PIN_CHANGED);
	assert_int_equal(see(p, "b", "{\"x\":2}"), PIN_ADDED);
	pins_take(p, PIN_TOOL, "a", 1);
	pins_take(p, PIN_TOOL, "b", 1);
	assert_int_equal(call(p, "a"), PIN_CALL_FINE);
	assert_int_equal(call(p, "b"), PIN_CALL_FINE);
	pin = pins_find(p, PIN_TOOL, "a", 1);
	assert_non_null(pin);
	assert_string_equal(pin->accepted, "{\"x\":1}");
	assert_null(pin->other);
	assert_int_equal(see(p, "a", "{\"x\":1}"), PIN_SAME);
	assert_int_equal(see(p, "a", "{}"), PIN_CHANGED);
	assert_int_equal(call(p, "a"), PIN_CALL_CHANGED);
	pins_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(size_and_age_of_a_resource_are_left_out),
		cmocka_unit_test(what_was_accepted_by_somebody_holds),
		cmocka_unit_test(first_use_is_accepted_until_the_list_ends),
		cmocka_unit_test(a_change_is_refused_until_it_is_gone),
		cmocka_unit_test(another_client_may_find_more_and_no_change),
		cmocka_unit_test(a_client_that_says_nothing_finds_nothing_more),
		cmocka_unit_test(require_accepts_nothing_by_itself),
		cmocka_unit_test(two_of_a_name_are_none),
		cmocka_unit_test(each_difference_is_told_once),
		cmocka_unit_test(what_the_store_has_is_told_but_not_kept_again),
		cmocka_unit_test(what_has_no_room_is_not_accepted),
		cmocka_unit_test(fields_that_differ_are_named),
		cmocka_unit_test(names_are_bytes_and_sorted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
