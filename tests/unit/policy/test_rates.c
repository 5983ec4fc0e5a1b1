/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "policy/rates.h"

#define S 1000000ULL
#define START (77 * S)

static struct rates *r;

static int setup(void **state)
{
	(void)state;
	r = rates_new();
	return r ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	rates_free(r);
	return 0;
}

static struct rates_call call_of(const char *tool, uint64_t at)
{
	return (struct rates_call){
		.tool = tool,
		.tool_len = tool ? strlen(tool) : 0,
		.now_us = at,
	};
}

static struct rates_verdict look(const char *tool, uint64_t at)
{
	struct rates_call c = call_of(tool, at);
	struct rates_verdict v;

	rates_decide(r, &c, &v);
	return v;
}

/* Makes the call if it may be made. */
static bool make(const char *tool, uint64_t at)
{
	struct rates_call c = call_of(tool, at);

	if (look(tool, at).n_fired)
		return false;
	(void)rates_begin(r, &c);
	return true;
}

static const char *text_of(const char *tool, uint64_t at)
{
	static char text[RATES_TEXT_MAX];
	struct rates_verdict v = look(tool, at);

	assert_true(v.n_fired > 0);
	rates_text(&v, text);
	return text;
}

static void only_a_rate_is_a_rate(void **state)
{
	static const char *const good[] = {"1/s", "60/min", "10000/h"};
	static const char *const bad[] = {"", "60", "/min", "0/min", "060/min",
		"10001/h", "100000000000000000000/h", "60/m", "60/hour",
		"60 /min", "-1/min", "60/min ", "6.5/min", "60/MIN", "60//min"};
	uint64_t n, window;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		assert_true(rates_parse(good[i], strlen(good[i]), &n, &window));
	assert_int_equal(n, 10000);
	assert_int_equal(window, 3600 * S);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(rates_parse(bad[i], strlen(bad[i]), &n, &window));
	assert_int_equal(rates_add(r, RATE_WINDOW, "60/min", NULL), 1);
	assert_int_equal(rates_add(r, RATE_WINDOW, "60/min ", NULL), 1);
	assert_int_equal(rates_add(r, RATE_BUSY, "60/min x", NULL), 1);
	assert_int_equal(rates_add(r, RATE_CALLS, "60 x", NULL), 1);
	assert_int_equal(rates_add_total(r, RATE_BUSY, 1, NULL), 1);
	assert_int_equal(rates_count(r), 0);
}

static void a_rate_holds_in_every_stretch_of_time(void **state)
{
	(void)state;
	assert_int_equal(rates_add(r, RATE_WINDOW, "3/min *", NULL), 0);
	assert_true(make("a", START));
	assert_true(make("b", START + 50 * S));
	assert_true(make("c", START + 59 * S));
	assert_false(make("d", START + 59 * S));
	assert_string_equal(text_of("d", START + 59 * S),
		"Not run: limit of 3 a minute reached, next in 1 s.");
	/* The first is out of the window, the others are not. */
	assert_true(make("e", START + 60 * S));
	assert_false(make("f", START + 60 * S));
	assert_false(make("f", START + 110 * S - 1));
	assert_true(make("f", START + 110 * S));
}

static void who_waits_as_told_is_not_refused_again(void **state)
{
	(void)state;
	assert_int_equal(rates_add(r, RATE_WINDOW, "1/min *", NULL), 0);
	assert_true(make("a", START));
	assert_string_equal(text_of("a", START + 48 * S + 1),
		"Not run: limit of 1 a minute reached, next in 12 s.");
	assert_true(make("a", START + 48 * S + 1 + 12 * S));
}

static void what_is_refused_does_not_count(void **state)
{
	(void)state;
	assert_int_equal(rates_add(r, RATE_WINDOW, "2/s *", NULL), 0);
	assert_true(make("a", START));
	assert_true(make("a", START));
	for (uint64_t i = 0; i < 1000; i++)
		assert_false(make("a", START + i * 900));
	assert_true(make("a", START + S));
}

static void all_tools_that_match_share_one_limit(void **state)
{
	(void)state;
	assert_int_equal(rates_add(r, RATE_WINDOW, "2/h create_*", NULL), 0);
	assert_true(make("create_a", START));
	assert_true(make("create_b", START));
	assert_false(make("create_c", START));
	assert_true(make("createa", START));
	assert_true(make("Create_a", START));
	assert_true(make(NULL, START));
}

static void a_star_is_about_prompts_and_resources_too(void **state)
{
	(void)state;
	assert_int_equal(rates_add(r, RATE_WINDOW, "2/h *", NULL), 0);
	assert_int_equal(rates_add(r, RATE_WINDOW, "1/h ?*", NULL), 0);
	assert_true(make(NULL, START));
	assert_true(make(NULL, START));
	assert_false(make(NULL, START));
	assert_false(make("tool", START));
}

static void every_source_counts_for_itself(void **state)
{
	struct rates_verdict v;

	(void)state;
	assert_int_equal(rates_add(r, RATE_WINDOW, "5/min *", NULL), 0);
	assert_int_equal(rates_add(r, RATE_WINDOW, "2/min a", "site"), 0);
	assert_true(make("a", START));
	assert_true(make("a", START));
	v = look("a", START);
	assert_int_equal(v.n_fired, 1);
	assert_string_equal(v.fired[0], "site:rate:a");
	assert_null(v.fired[1]);
	for (int i = 0; i < 3; i++)
		assert_true(make("b", START));
	v = look("a", START);
	assert_int_equal(v.n_fired, 2);
	assert_string_equal(v.fired[0], "rate:*");
	assert_string_equal(v.fired[1], "site:rate:a");
}

static void what_ends_makes_room_for_another(void **state)
{
	struct rates_call c = call_of("a", START);
	uint64_t taken;

	(void)state;
	assert_int_equal(rates_add(r, RATE_BUSY, "2 *", NULL), 0);
	assert_int_equal(rates_add(r, RATE_BUSY, "1 a", NULL), 0);
	taken = rates_begin(r, &c);
	assert_int_equal(taken, 3);
	assert_string_equal(
		text_of("a", START), "Not run: limit of 1 at a time reached.");
	assert_true(make("b", START));
	assert_string_equal(text_of("c", START + 9999 * S),
		"Not run: limit of 2 at a time reached.");
	rates_end(r, taken);
	assert_int_equal(look("a", START).n_fired, 0);
	/* Nothing is given back twice. */
	rates_end(r, taken);
	rates_end(r, taken);
	assert_true(make("a", START));
	assert_true(make("c", START));
	assert_false(make("c", START));
}

static void a_session_has_so_many_calls_and_bytes(void **state)
{
	(void)state;
	assert_int_equal(rates_add_total(r, RATE_CALLS, 2, "ci"), 0);
	assert_int_equal(
		rates_add_total(r, RATE_BYTES, (uint64_t)10 << 20, NULL), 0);
	assert_true(make("a", START));
	rates_bytes(r, ((uint64_t)10 << 20) - 1);
	assert_true(make(NULL, START));
	assert_string_equal(text_of("a", START + 9999 * S),
		"Not run: limit of 2 calls a session reached.");
	rates_bytes(r, 1);
	rates_bytes(r, UINT64_MAX);
	assert_string_equal(text_of("a", START),
		"Not run: limit of 10M of results a session reached.");
	assert_string_equal(look("a", START).fired[0], "ci:calls");
}

static void no_more_is_taken_than_there_is_room_for(void **state)
{
	int i = 0;

	(void)state;
	while (rates_add(r, RATE_WINDOW, "10000/h *", NULL) == 0)
		i++;
	assert_int_equal(i, RATES_CALLS_MAX / 10000);
	while (rates_add(r, RATE_BUSY, "1 *", NULL) == 0)
		i++;
	assert_int_equal(i, RATES_CALLS_MAX / 10000 + RATES_BUSY_MAX);
	while (rates_add(r, RATE_WINDOW, "1/s x", NULL) == 0)
		i++;
	assert_int_equal(i, RATES_MAX);
	assert_int_equal(rates_add_total(r, RATE_CALLS, 1, NULL), 1);
}

/* At any moment, of whatever calls come whenever, no window has too many. */
static void no_window_ever_has_too_many(void **state)
{
	static uint64_t made[4096];
	uint64_t now = START;
	size_t n = 0;
	unsigned seed = 1;

	(void)state;
	assert_int_equal(rates_add(r, RATE_WINDOW, "7/s *", NULL), 0);
	for (int i = 0; i < 20000 && n < 4096; i++) {
		seed = seed * 1103515245U + 12345U;
		now += seed >> 16 & 0x3ffff;
		if (make("x", now))
			made[n++] = now;
	}
	assert_true(n > 500);
	for (size_t i = 7; i < n; i++)
		assert_true(made[i] - made[i - 7] >= S);
}

int main(void)
{
#define T(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(only_a_rate_is_a_rate),
		T(a_rate_holds_in_every_stretch_of_time),
		T(who_waits_as_told_is_not_refused_again),
		T(what_is_refused_does_not_count),
		T(all_tools_that_match_share_one_limit),
		T(a_star_is_about_prompts_and_resources_too),
		T(every_source_counts_for_itself),
		T(what_ends_makes_room_for_another),
		T(a_session_has_so_many_calls_and_bytes),
		T(no_more_is_taken_than_there_is_room_for),
		T(no_window_ever_has_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
