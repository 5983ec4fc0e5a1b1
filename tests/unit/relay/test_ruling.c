/* SPDX-License-Identifier: Apache-2.0 */
/* What a ruling says of a message, whatever its memory was used for before. */
#include "relaytest.h"

#include "relay/ruling.h"

static void nothing_of_what_was_there_before_is_left(void **state)
{
	static const struct allowed none;
	static const struct message ping = {
		.kind = MESSAGE_REQUEST,
		.dir = DIR_C2S,
		.era = ERA_LEGACY,
		.method = METHOD_PING,
	};
	static struct ruling u;

	(void)state;
	memset(&u, 0xa5, sizeof(u));
	ruling_make(&none, &ping, false, &u);
	assert_int_equal(u.answer, RULING_FORWARD);
	assert_int_equal(u.pin, PIN_NONE);
	assert_int_equal(u.limit, RATE_NONE);
	assert_int_equal(u.approval, 0);
	assert_int_equal(u.name_len, 0);
	assert_null(u.token);
	assert_null(u.text);
	assert_null(u.reason);
	assert_false(u.as_result || u.observed || u.counts ||
		     u.counts_observed || u.quarantined || u.is_tool ||
		     u.agreed || u.named);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_of_what_was_there_before_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
