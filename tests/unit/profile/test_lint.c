/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <string.h>

struct row {
	const char *text;
	const char *with; /* "" where nothing is to be said */
};

#define TOOLS(allow, deny)                                               \
	"{\"version\": 1, \"protocol\": {\"tools\": {\"allow\": [" allow \
	"], \"deny\": [" deny "]}}}"
#define SANDBOX(inner)                                             \
	"{\"version\": 1, \"protocol\": {\"tools\": {\"allow\": [" \
	"\"x\"]}}, \"sandbox\": {" inner "}}"

static const struct row rows[] = {
	{TOOLS("\"a\"", ""), ""},
	{TOOLS("\"a\", \"b\"", "\"c\""), ""},
	{TOOLS("\"get_*\", \"b\"", "\"get_x\""), ""},
	{TOOLS("\"get_*\", \"b\"", "\"get_?\""), ""},
	{TOOLS("\"get_*\", \"b\"", "\"get_?*\""), ""},
	{TOOLS("\"a\", \"b\"", "\"a\""), "\"a\" is allowed, but \"a\" denies"},
	{TOOLS("\"get_a\", \"b\"", "\"get_*\""), "\"get_*\" denies it"},
	{TOOLS("\"get_*\", \"b\"", "\"g*\""), "\"g*\" denies it"},
	{TOOLS("\"get_?\", \"b\"", "\"get_?\""), "\"get_?\" denies it"},
	{TOOLS("\"a\", \"b\"", "\"*\""), "no tool can be called"},
	{"{\"version\": 1}", "no tool can be called"},
	{SANDBOX("\"write\": [\"/srv/x\"]"), ""},
	{SANDBOX("\"write\": [\"/srv/x/.git\"]"), "execute or trust"},
	{SANDBOX("\"write\": [\"${workspace}/.vscode\"]"), "execute or trust"},
	{SANDBOX("\"git\": \"write\""), "has no effect without"},
	{SANDBOX("\"git\": \"write\", \"write\": [\"/srv/x\"]"), ""},
	{SANDBOX("\"read\": [\"${state}/x\"]"), "\"state\" is not true"},
	{SANDBOX("\"env\": {\"set\": {\"A\": \"x${state}\"}}"),
		"\"state\" is not true"},
	{SANDBOX("\"state\": true, \"env\": {\"set\": {\"A\": \"${state}\"}}"),
		""},
	{SANDBOX("\"env\": {\"pass\": [\"A\"], \"set\": {\"A\": \"b\"}}"),
		"A is passed and set"},
	{SANDBOX("\"env\": {\"set\": {\"GITHUB_TOKEN\": \"b\"}}"),
		"GITHUB_TOKEN looks like a secret"},
	{SANDBOX("\"env\": {\"set\": {\"A\": \"TOKEN=\"}}"), ""},
	{SANDBOX("\"network\": [\"a.org:443\"]"), "opens no network"},
	{SANDBOX("\"network\": [\"*.org:443\"]"), "top level domain"},
};

static void each_warning_comes_where_it_should(void **state)
{
	(void)state;
	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		_profile_ struct profile *p = NULL;
		_strv_ char **warnings = NULL;
		_free_ char *extends = NULL, *joined = NULL;
		struct err e = {0};

		if (profile_parse("x.json", rows[i].text, strlen(rows[i].text),
			    &p, &extends, &e) != 0)
			fail_msg("%s: %s", rows[i].text, e.text);
		assert_int_equal(profile_lint(p, &warnings), 0);
		joined = fixture_join(warnings);
		if (rows[i].with[0] ? !strstr(joined, rows[i].with)
				    : joined[0] != '\0')
			fail_msg("%s: %s", rows[i].text, joined);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_warning_comes_where_it_should),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
