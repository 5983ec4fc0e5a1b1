/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "relay/pending.h"
#include "relaytest.h"

static struct call *add(struct pending *p, const char *id)
{
	struct json_value v = id_of(id);

	return pending_add(p, &v);
}

static struct call *find(struct pending *p, const char *id)
{
	return pending_find_bytes(p, id, strlen(id));
}

static void a_number_is_not_the_string_of_it(void **state)
{
	struct pending p;

	(void)state;
	pending_init(&p, 10);
	assert_non_null(add(&p, "1"));
	assert_null(find(&p, "\"1\""));
	assert_null(find(&p, "10"));
	assert_non_null(find(&p, "1"));
	pending_deinit(&p);
}

static void a_string_is_found_however_it_is_written(void **state)
{
	struct pending p;
	struct call *c;

	(void)state;
	pending_init(&p, 10);
	c = add(&p, "\"a/\xc3\xa4\"");
	assert_ptr_equal(find(&p, "\"\\u0061\\/\\u00e4\""), c);
	assert_null(find(&p, "\"A/\xc3\xa4\""));
	assert_memory_equal(c->bytes, "\"a/\xc3\xa4\"", c->id_len);
	pending_deinit(&p);
}

static void what_was_removed_is_not_found_again(void **state)
{
	struct pending p;

	(void)state;
	pending_init(&p, 10);
	(void)add(&p, "1");
	(void)add(&p, "2");
	pending_remove(&p, find(&p, "1"));
	assert_null(find(&p, "1"));
	assert_non_null(find(&p, "2"));
	assert_int_equal(p.n, 1);
	pending_deinit(&p);
	assert_int_equal(p.n, 0);
}

static void there_are_no_more_than_the_bound(void **state)
{
	struct pending p;
	char id[16];

	(void)state;
	pending_init(&p, 1000);
	for (int i = 0; i < 1000; i++) {
		(void)snprintf(id, sizeof(id), "%d", i);
		assert_non_null(add(&p, id));
	}
	assert_null(add(&p, "1000"));
	for (int i = 0; i < 1000; i++) {
		(void)snprintf(id, sizeof(id), "%d", i);
		pending_remove(&p, find(&p, id));
	}
	assert_int_equal(p.n, 0);
	assert_null(p.oldest);
	assert_null(p.newest);
	assert_non_null(add(&p, "1000"));
	pending_deinit(&p);
}

static void an_id_that_is_too_long_is_not_kept(void **state)
{
	char id[MESSAGE_ID_MAX + 2];
	struct pending p;

	(void)state;
	memset(id, 'x', sizeof(id));
	id[0] = id[MESSAGE_ID_MAX] = '"';
	id[MESSAGE_ID_MAX + 1] = '\0';
	pending_init(&p, 10);
	assert_null(add(&p, id));
	assert_null(find(&p, id));
	id[MESSAGE_ID_MAX] = '\0';
	id[MESSAGE_ID_MAX - 1] = '"';
	assert_non_null(add(&p, id));
	assert_non_null(find(&p, id));
	pending_deinit(&p);
}

static void the_oldest_cancelled_ones_are_forgotten(void **state)
{
	struct pending p;
	char id[16];

	(void)state;
	pending_init(&p, 10);
	(void)add(&p, "\"live\"");
	for (int i = 0; i < PENDING_CANCELLED + 5; i++) {
		(void)snprintf(id, sizeof(id), "%d", i);
		pending_cancel(&p, add(&p, id));
	}
	assert_null(find(&p, "4"));
	assert_true(find(&p, "5")->cancelled);
	assert_false(find(&p, "\"live\"")->cancelled);
	assert_int_equal(p.n, 1);
	assert_int_equal(p.n_cancelled, PENDING_CANCELLED);
	pending_deinit(&p);
}

static void cancelling_twice_counts_once(void **state)
{
	struct pending p;
	struct call *c;

	(void)state;
	pending_init(&p, 10);
	c = add(&p, "1");
	pending_cancel(&p, c);
	pending_cancel(&p, c);
	assert_int_equal(p.n, 0);
	assert_int_equal(p.n_cancelled, 1);
	pending_remove(&p, c);
	assert_int_equal(p.n_cancelled, 0);
	pending_deinit(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_number_is_not_the_string_of_it),
		cmocka_unit_test(a_string_is_found_however_it_is_written),
		cmocka_unit_test(what_was_removed_is_not_found_again),
		cmocka_unit_test(there_are_no_more_than_the_bound),
		cmocka_unit_test(an_id_that_is_too_long_is_not_kept),
		cmocka_unit_test(the_oldest_cancelled_ones_are_forgotten),
		cmocka_unit_test(cancelling_twice_counts_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
