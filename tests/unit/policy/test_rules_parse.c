/* SPDX-License-Identifier: Apache-2.0 */
/* What is no rule is refused, and where. */
#include <string.h>

#include "policy/rules.h"
#include "scanned.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static const struct rules_places places = {"/code/space", "/home/me", NULL};

#define RULE(inner) "[{\"id\": \"r\", \"tools\": [\"t\"], " inner "}]"
#define IF(inner) RULE("\"deny_if\": {\"/a\": {" inner "}}")
static const struct {
	const char *list, *at, *says;
} refused[] = {
	{"{}", "{}", "expected a list of rules"},
	{"[1]", "1", "expected a rule"},
	{"[{}]", "{}", "there is no \"id\""},
	{"[{\"id\": \"r\"}]", "{\"id\"", "there is no \"tools\""},
	{"[{\"id\": \"r\", \"tools\": [\"t\"]}]", "{\"id\"", "no condition"},
	{"[{\"id\": \"a b\"}]", "\"a b\"", "letters"},
	{"[{\"id\": \"\"}]", "\"\"", "letters"},
	{"[{\"id\": 1}]", "1", "letters"},
	{RULE("\"tools\": []"), NULL, NULL},
	{"[{\"tools\": []}]", "[]", "a list of patterns"},
	{"[{\"tools\": [\"\"]}]", "\"\"", "a list of patterns"},
	{"[{\"tools\": [1]}]", "1", "a list of patterns"},
	{RULE("\"why\": 1"), "1", "a note"},
	{RULE("\"message\": \"a\\nb\""), "\"a\\n", "on one line"},
	{RULE("\"allow_if\": {}"), "\"allow_if\"", "no key of a rule"},
	{RULE("\"token_if\": {}"), "{}", "at least one condition"},
	{RULE("\"except_roles\": []"), "[]", "list of names"},
	{RULE("\"deny_if\": {}"), "{}", "at least one condition"},
	{RULE("\"deny_if\": []"), "[]", "an object of conditions"},
	{RULE("\"deny_if\": {\"a\": {\"eq\": 1}}"), "\"a\"", "JSON Pointer"},
	{RULE("\"deny_if\": {\"\": {\"eq\": 1}}"), "\"\"", "JSON Pointer"},
	{RULE("\"deny_if\": {\"/~2\": {\"eq\": 1}}"), "\"/~2\"", "Pointer"},
	{RULE("\"deny_if\": {\"/*/*/*/*/*\": {\"eq\": 1}}"), "\"/*",
		"at most 4"},
	{RULE("\"deny_if\": {\"/a\": 1}"), "1", "an object of operators"},
	{RULE("\"deny_if\": {\"/a\": {}}"), "{}", "at least one operator"},
	{RULE("\"deny_if\": {\"/a\": {\"eq\": 1}}, \"ask_if\": "
	      "{\"/a\": {\"eq\": 2}}"),
		"\"ask_if\"", "two rules"},
	{IF("\"like\": 1"), "\"like\"", "no operator"},
	{IF("\"regex\": 1"), "1", "a regular expression"},
	{IF("\"regex\": []"), "[]", "a regular expression"},
	{IF("\"regex\": \"a(\""), "\"a(\"",
		"\"regex\": at byte 3 of the pattern: missing"},
	{IF("\"regex\": [\"a\", \"(?<=a)\"]"), "[\"a\"",
		"at byte 1 of the pattern: this kind of group"},
	{IF("\"regex\": \"a\\\\Cb\""), "\"a", "this escape is not permitted"},
	{IF("\"eq\": [1]"), "[1]", "a string, a number"},
	{IF("\"eq\": 12345678901234567890"), "12345", "15 digits"},
	{IF("\"eq\": \"\\u0000\""), "\"\\u", "a string"},
	{IF("\"in\": []"), "[]", "a list of strings"},
	{IF("\"in\": \"a\""), "\"a\"", "a list of strings"},
	{IF("\"glob\": 1"), "1", "a pattern"},
	{IF("\"glob\": []"), "[]", "a pattern"},
	{IF("\"under\": \"a\""), "\"a\"", "an absolute folder"},
	{IF("\"under\": \"/a/../b\""), "\"/a/", "an absolute folder"},
	{IF("\"under\": \"/a/\""), "\"/a/", "an absolute folder"},
	{IF("\"under\": \"${state}/a\""), "\"${", "an absolute folder"},
	{IF("\"host_in\": \"https://a.org\""), "\"https", "a host such as"},
	{IF("\"host_in\": []"), "[]", "a host such as"},
	{IF("\"min\": \"1\""), "\"1\"", "a number"},
	{IF("\"max_len\": -1"), "-1", "a whole number"},
	{IF("\"max_len\": 1.5"), "1.5", "a whole number"},
	{IF("\"type\": \"array\""), "\"array\"", "list or object"},
	{IF("\"type\": []"), "[]", "list or object"},
	{IF("\"present\": 1"), "1", "true or false"},
	{IF("\"present\": false, \"eq\": 1"), "{\"pres", "stands alone"},
	{"[{\"id\": \"r\", \"tools\": [\"t\"], \"deny_if\": {\"/a\": {\"eq\": "
	 "1}}}, {\"id\": \"r\", \"tools\": [\"t\"], \"deny_if\": {\"/a\": "
	 "{\"eq\": 1}}}]",
		"[{", "rule:r is there twice"},
};

static void what_is_no_rule_is_refused_where_it_stands(void **state)
{
	(void)state;
	for (size_t i = 0; i < N(refused); i++) {
		struct rules *r = rules_new();
		const char *list = refused[i].list;
		struct rules_fault fault = {0};
		struct json_value v;

		if (!refused[i].at) { /* duplicate keys do not get here */
			assert_false(scans(list, strlen(list), &v));
			rules_free(r);
			continue;
		}
		v = scanned(list, strlen(list), "");
		if (rules_add(r, &v, NULL, &places, &fault) != 1 ||
			strncmp(list + fault.offset, refused[i].at,
				strlen(refused[i].at)) != 0 ||
			!strstr(fault.text, refused[i].says))
			fail_msg("%s: at %zu: %s", list, fault.offset,
				fault.text);
		rules_free(r);
	}
}

/* A place that there is not is not taken for another. */
static void a_folder_without_a_place_is_refused(void **state)
{
	static const char list[] = IF("\"under\": \"${workspace}/a\"");
	static const struct rules_places none = {NULL, "/home/me", NULL};
	struct json_value v = scanned(list, strlen(list), "");
	struct rules *r = rules_new();
	struct rules_fault fault;

	(void)state;
	assert_int_equal(rules_add(r, &v, NULL, &none, &fault), 1);
	assert_non_null(strstr(fault.text, "${workspace}"));
	rules_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_rule_is_refused_where_it_stands),
		cmocka_unit_test(a_folder_without_a_place_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
