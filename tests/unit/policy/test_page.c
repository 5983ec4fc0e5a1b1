/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/page.h"

#include <stdio.h>
#include <string.h>

#include "scanned.h"

static bool params_valid(const char *text)
{
	struct json_value v = scanned(text, strlen(text), "");

	return page_params_valid(&v);
}

static bool error_valid(const char *data)
{
	char text[1024];
	struct json_value v;

	(void)snprintf(text, sizeof(text), "{\"code\":-32042,%s}", data);
	v = scanned(text, strlen(text), "");
	return page_error_valid(&v);
}

static void a_form_has_a_schema_or_says_nothing_of_one(void **state)
{
	(void)state;
	assert_true(params_valid("{\"message\":\"m\"}"));
	assert_true(params_valid("{\"mode\":\"form\",\"message\":\"m\","
				 "\"requestedSchema\":{}}"));
	assert_true(
		params_valid("{\"requestedSchema\":{\"type\":\"object\"}}"));
	assert_false(params_valid("{\"requestedSchema\":[]}"));
	assert_false(params_valid("{\"requestedSchema\":\"object\"}"));
	assert_false(params_valid("{\"requestedSchema\":null}"));
	assert_false(params_valid("[]"));
	assert_false(params_valid("\"form\""));
}

static void a_mode_is_one_of_two(void **state)
{
	(void)state;
	assert_false(params_valid("{\"mode\":\"URL\"}"));
	assert_false(params_valid("{\"mode\":null}"));
	assert_false(params_valid("{\"mode\":1}"));
	assert_false(params_valid("{\"mode\":\"other\"}"));
}

static void a_form_names_no_page(void **state)
{
	(void)state;
	assert_false(params_valid("{\"url\":\"https://x.example/\"}"));
	assert_false(params_valid(
		"{\"mode\":\"form\",\"url\":\"https://x.example/\"}"));
	/* Some reader takes it for the one that counts. */
	assert_false(params_valid(
		"{\"mode\":\"form\",\"Url\":\"https://x.example/\"}"));
	assert_false(params_valid("{\"Mode\":\"url\"}"));
}

static void a_page_is_at_an_https_url_that_all_read_alike(void **state)
{
	static const char *const good[] = {
		"https://x.example/",
		"https://x.example/a?b=c#d",
		"https://x.example:8443/",
	};
	static const char *const bad[] = {
		"http://x.example/",
		"HTTPS://x.example/",
		"https:/x.example/",
		"https://",
		"//x.example/",
		"javascript:alert(1)",
		"file:///etc/passwd",
		" https://x.example/",
		"https://good.example\\\\@evil.example/",
		"https://good.example@evil.example/",
		"",
	};
	char text[256];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		(void)snprintf(text, sizeof(text),
			"{\"mode\":\"url\",\"url\":\"%s\"}", good[i]);
		assert_true(params_valid(text));
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		(void)snprintf(text, sizeof(text),
			"{\"mode\":\"url\",\"url\":\"%s\"}", bad[i]);
		assert_false(params_valid(text));
	}
	assert_false(params_valid("{\"mode\":\"url\"}"));
	assert_false(params_valid("{\"mode\":\"url\",\"url\":null}"));
}

static void a_page_that_is_too_long_is_none(void **state)
{
	static char text[16384];
	size_t n;

	(void)state;
	n = (size_t)snprintf(text, sizeof(text),
		"{\"mode\":\"url\",\"url\":\"https://x.example/");
	memset(text + n, 'a', 8192);
	(void)snprintf(text + n + 8192, sizeof(text) - n - 8192, "\"}");
	assert_false(params_valid(text));
	(void)snprintf(text + n + 4096, sizeof(text) - n - 4096, "\"}");
	assert_true(params_valid(text));
}

#define PAGE                                                \
	"{\"mode\":\"url\",\"url\":\"https://x.example/\"," \
	"\"elicitationId\":\"e\"}"

static void an_error_lists_pages_and_nothing_else(void **state)
{
	(void)state;
	assert_true(error_valid("\"data\":{\"elicitations\":[" PAGE "]}"));
	assert_true(
		error_valid("\"data\":{\"elicitations\":[" PAGE "," PAGE "]}"));
	assert_false(error_valid("\"data\":{\"elicitations\":[]}"));
	assert_false(error_valid("\"data\":{}"));
	assert_false(error_valid("\"data\":[]"));
	assert_false(error_valid("\"message\":\"m\""));
	assert_false(error_valid("\"data\":{\"elicitations\":[" PAGE ",1]}"));
	assert_false(error_valid("\"data\":{\"elicitations\":[{\"url\":"
				 "\"https://x.example/\"}]}"));
	assert_false(error_valid("\"data\":{\"elicitations\":[{\"url\":"
				 "\"http://x.example/\","
				 "\"elicitationId\":\"e\"}]}"));
	assert_false(error_valid("\"data\":{\"elicitations\":[{\"mode\":"
				 "\"form\",\"url\":\"https://x.example/\","
				 "\"elicitationId\":\"e\"}]}"));
	assert_false(error_valid("\"data\":{\"elicitations\":[{\"url\":"
				 "\"https://x.example/\","
				 "\"elicitationId\":7}]}"));
}

static void the_list_is_read_one_by_one(void **state)
{
	static const char text[] = "{\"data\":{\"elicitations\":[1,\"a\",{}]}}";
	struct json_value v = scanned(text, sizeof(text) - 1, "");
	struct json_iter i = page_error_iter(&v);
	struct json_member m;
	size_t n = 0;

	(void)state;
	while (json_next(&i, &m))
		n++;
	assert_int_equal(n, 3);
	v = scanned("[1,2]", 5, "");
	i = page_error_iter(&v);
	assert_false(json_next(&i, &m));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_form_has_a_schema_or_says_nothing_of_one),
		cmocka_unit_test(a_mode_is_one_of_two),
		cmocka_unit_test(a_form_names_no_page),
		cmocka_unit_test(a_page_is_at_an_https_url_that_all_read_alike),
		cmocka_unit_test(a_page_that_is_too_long_is_none),
		cmocka_unit_test(an_error_lists_pages_and_nothing_else),
		cmocka_unit_test(the_list_is_read_one_by_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
