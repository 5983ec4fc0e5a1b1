/* SPDX-License-Identifier: Apache-2.0 */
#include "relaytest.h"

#include <stdio.h>
#include <string.h>

#include "policy/message.h"
#include "relay/titles.h"

static struct titles titles;
static struct tools *asks;

static int set_up(void **state)
{
	static char a[] = "a*", all[] = "*";
	static char *ask[] = {a, NULL}, *allow[] = {all, NULL};
	const struct tools_layer l = {
		.ask = ask,
		.allow = allow,
		.closed = true,
	};

	(void)state;
	memset(&titles, 0, sizeof(titles));
	asks = tools_new(&l, 1);
	return asks ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	tools_free(asks);
	return 0;
}

static void note(const char *list)
{
	static const uint64_t key[2];
	struct json_scanner *s = message_scanner_new(key);
	struct json_scan_result r;
	struct json_value top;

	assert_non_null(s);
	assert_int_equal(json_scan(s, list, strlen(list), &r), 0);
	top = json_top(list, &r);
	titles_note(&titles, asks, &top);
	json_scanner_free(s);
}

static const char *find(const char *name)
{
	return titles_find(&titles, name, strlen(name));
}

static void those_that_are_asked_for_are_kept(void **state)
{
	(void)state;
	note("{\"tools\":[{\"name\":\"a1\",\"title\":\"One\"},"
	     "{\"annotations\":{\"title\":\"Two\"},\"name\":\"a\\u0032\"},"
	     "{\"name\":\"b\",\"title\":\"Not asked\"}]}");
	assert_string_equal(find("a1"), "One");
	assert_string_equal(find("a2"), "Two");
	assert_string_equal(find("b"), "");
	assert_string_equal(find("a3"), "");
	assert_string_equal(find(""), "");
	note("{\"tools\":[{\"name\":\"a1\",\"title\":\"Uno\"}]}");
	assert_string_equal(find("a1"), "Uno");
}

static void what_is_none_is_none(void **state)
{
	static const char *const lists[] = {"{}", "[]", "{\"tools\":{}}",
		"{\"tools\":[1,null,[],{},{\"name\":1,\"title\":\"x\"},"
		"{\"name\":\"\",\"title\":\"x\"},"
		"{\"name\":\"a\",\"title\":1},"
		"{\"name\":\"a\",\"annotations\":1},"
		"{\"name\":\"a\",\"annotations\":{\"title\":[]}},"
		"{\"name\":\"a\",\"title\":\"x\\u0000y\"},"
		"{\"name\":\"a\\u0000\",\"title\":\"x\"}]}"};

	(void)state;
	for (size_t i = 0; i < ELEMENTS(lists); i++)
		note(lists[i]);
	assert_string_equal(find("a"), "");
}

static void long_ones_are_cut_between_characters(void **state)
{
	char list[1024], text[512] = "";

	(void)state;
	for (int i = 0; i < 100; i++)
		(void)strcat(text, "\u00e4");
	(void)snprintf(list, sizeof(list),
		"{\"tools\":[{\"name\":\"a\",\"title\":\"x%s\"}]}", text);
	note(list);
	assert_int_equal(strlen(find("a")), 127);
	(void)snprintf(list, sizeof(list),
		"{\"tools\":[{\"name\":\"a%0300d\",\"title\":\"x\"}]}", 1);
	note(list);
}

static void the_oldest_give_way(void **state)
{
	char list[128], name[16];

	(void)state;
	for (int i = 0; i < 3 * TITLES_MAX; i++) {
		(void)snprintf(list, sizeof(list),
			"{\"tools\":[{\"name\":\"a%d\",\"title\":\"t%d\"}]}", i,
			i);
		note(list);
	}
	for (int i = 2 * TITLES_MAX; i < 3 * TITLES_MAX; i++) {
		(void)snprintf(name, sizeof(name), "a%d", i);
		assert_int_equal(find(name)[0], 't');
	}
	assert_string_equal(find("a1"), "");
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		EACH(those_that_are_asked_for_are_kept),
		EACH(what_is_none_is_none),
		EACH(long_ones_are_cut_between_characters),
		EACH(the_oldest_give_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
