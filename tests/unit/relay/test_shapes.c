/* SPDX-License-Identifier: Apache-2.0 */
#include "relaytest.h"

#include <stdio.h>

#include "policy/message.h"
#include "relay/shapes.h"

static struct shapes shapes;
static char list[1 << 16];

static int set_up(void **state)
{
	(void)state;
	memset(&shapes, 0, sizeof(shapes));
	shapes_init(&shapes);
	return 0;
}

static void note(void)
{
	static const uint64_t key[2];
	struct json_scanner *s = message_scanner_new(key);
	struct json_scan_result r;
	struct json_value top;

	assert_non_null(s);
	assert_int_equal(json_scan(s, list, strlen(list), &r), 0);
	top = json_top(list, &r);
	shapes_note(&shapes, &top);
	json_scanner_free(s);
}

/* Tools t@first and on; each has this schema. */
static void note_tools(unsigned first, unsigned n, const char *schema)
{
	int used = snprintf(list, sizeof(list), "{\"tools\":[");

	for (unsigned i = 0; i < n; i++)
		used += snprintf(list + used, sizeof(list) - (size_t)used,
			"%s{\"name\":\"t%u\",\"outputSchema\":%s}",
			i ? "," : "", first + i, schema);
	(void)snprintf(list + used, sizeof(list) - (size_t)used, "]}");
	note();
}

static enum shape find(unsigned i)
{
	char name[16];

	return shapes_find_bytes(
		&shapes, name, (size_t)snprintf(name, sizeof(name), "t%u", i));
}

static void each_of_many_tools_is_known(void **state)
{
	(void)state;
	note_tools(0, 1000, "{}");
	for (unsigned i = 0; i < 1000; i++)
		assert_int_equal(find(i), SHAPE_LOOSE);
	assert_int_equal(find(1000), SHAPE_UNKNOWN);
}

static void the_last_list_counts(void **state)
{
	(void)state;
	note_tools(0, 3, "{}");
	note_tools(1, 1, "{\"pattern\":\"a\"}");
	note_tools(2, 1, "null");
	assert_int_equal(find(0), SHAPE_LOOSE);
	assert_int_equal(find(1), SHAPE_STRICT);
	assert_int_equal(find(2), SHAPE_NONE);
}

static void of_too_many_one_gives_way(void **state)
{
	unsigned known = 0;

	(void)state;
	for (unsigned i = 0; i < 20000; i += 1000)
		note_tools(i, 1000, "{}");
	for (unsigned i = 0; i < 20000; i++)
		known += find(i) != SHAPE_UNKNOWN;
	assert_in_range(known, SHAPES_SLOTS / 2, SHAPES_SLOTS);
	assert_int_equal(find(19999), SHAPE_LOOSE);
}

#define TEST(f) cmocka_unit_test_setup(f, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_of_many_tools_is_known),
		TEST(the_last_list_counts),
		TEST(of_too_many_one_gives_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
