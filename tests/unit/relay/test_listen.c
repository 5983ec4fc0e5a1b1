/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "relay/listen.h"
#include "relaytest.h"

static struct json_value str(const char *text)
{
	return id_of(text);
}

static void assert_uri(const char *subscribed, const char *uri, bool has)
{
	struct listen_names l = {0};
	struct json_value a = str(subscribed), b = str(uri);

	assert_int_equal(listen_add(&l, &a), 0);
	assert_int_equal(listen_has_uri(&l, &b), has);
	listen_clear(&l);
	assert_int_equal(l.n, 0);
}

static void a_resource_below_a_subscribed_one_is_one_too(void **state)
{
	(void)state;
	assert_uri("\"a://x\"", "\"a://x\"", true);
	assert_uri("\"a://x\"", "\"a:\\u002f/x\"", true);
	assert_uri("\"a://x\"", "\"a://x/y\"", true);
	assert_uri("\"a://x\"", "\"a://x?y\"", true);
	assert_uri("\"a://x/\"", "\"a://x/y\"", true);
	assert_uri("\"a://x\"", "\"a://xy\"", false);
	assert_uri("\"a://x\"", "\"a://X\"", false);
	assert_uri("\"a://x/y\"", "\"a://x\"", false);
	assert_uri("\"a://x\"", "\"\"", false);
}

static void what_is_dropped_is_gone(void **state)
{
	struct listen_names l = {0};
	struct json_value a = str("\"a\""), b = str("\"b\"");

	(void)state;
	assert_int_equal(listen_add(&l, &a), 0);
	assert_int_equal(listen_add(&l, &b), 0);
	assert_int_equal(listen_add(&l, &a), 1);
	listen_drop(&l, &a);
	listen_drop(&l, &a);
	assert_false(listen_has(&l, &a));
	assert_true(listen_has(&l, &b));
	assert_int_equal(l.n, 1);
	assert_int_equal(l.bytes, 1);
	listen_clear(&l);
}

static void names_are_bounded_in_number_and_in_bytes(void **state)
{
	struct listen_names l = {0};
	char text[4200];
	struct json_value v;
	int added = 0;

	(void)state;
	memset(text, 'x', sizeof(text));
	text[0] = text[4098] = '"';
	text[4099] = '\0';
	v = str(text);
	assert_int_equal(listen_add(&l, &v), -E2BIG); /* 4097 bytes */
	text[4097] = '"';
	text[4098] = '\0';
	for (int i = 0; i < 100; i++) {
		text[1] = (char)('0' + i % 10);
		text[2] = (char)('0' + i / 10);
		v = str(text);
		assert_int_equal(listen_has_room(&l, &v),
			added < (int)(LISTEN_BYTES_MAX / 4096));
		added += listen_add(&l, &v) == 0;
	}
	assert_int_equal(added, LISTEN_BYTES_MAX / 4096);
	v = str("\"\"");
	assert_int_equal(listen_add(&l, &v), -E2BIG);
	listen_clear(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_resource_below_a_subscribed_one_is_one_too),
		cmocka_unit_test(what_is_dropped_is_gone),
		cmocka_unit_test(names_are_bounded_in_number_and_in_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
