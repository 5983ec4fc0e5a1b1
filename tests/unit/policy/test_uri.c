/* SPDX-License-Identifier: Apache-2.0 */
/* Which URIs name what they seem to name. */
#include <string.h>

#include "policy/tools.h"
#include "policy/uri.h"
#include "scanned.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static const char *const plain[] = {
	"file:///a/b",
	"file:///",
	"file:///a/b/",
	"file:///a/.b/..c/d./e..",
	"file:///a/...",
	"file:///a%20b%C3%A9",
	"file:///{+path}",
	"file:///a b",
	"https://example.com/a?x=../y&z=//",
	"https://example.com/a#/../b",
	"sqlite:////abs/path",
	"db://host:5/a%2Fb",
	"note://Name/1",
	"greeting",
	"a/b",
	"urn:a:b",
	"x:",
	"demo://r/{id}",
	"\xc3\xa9:1",
	"100%",
	"a%zz",
};

static const char *const odd[] = {
	"",
	"file:///a/../b",
	"file:///a/..",
	"file:///a/./b",
	"file:///.",
	"file:///..",
	"file:///a/%2e%2e/b",
	"file:///a/.%2E/b",
	"file:///a/..%2fb",
	"file:///a%2F..%2fb",
	"file:///s%65cret",
	"file:///a%2Db",
	"file:////a",
	"file:///a//b",
	"file:///a/%2fb",
	"file:/a",
	"file:a",
	"file://localhost/a",
	"file://host/a",
	"file:../a",
	"x:../a",
	"x:..",
	"x:.",
	"../a",
	"a/../b?c",
	"a/..#c",
	"FILE:///a",
	"File:///a",
	"x\\y",
	"x%5Cy",
	"x%5cy",
	"x:/a%00",
	"x:/a\tb",
	"x:/a\nb",
	"x:/a%0ab",
	" x:/a",
	"x:/a ",
	"x:/a\x7f",
	"x:/a%7f",
};

static void a_spelling_says_what_is_read_or_it_does_not(void **state)
{
	(void)state;
	for (size_t i = 0; i < N(plain); i++)
		if (!uri_is_plain(plain[i], strlen(plain[i])))
			fail_msg("%s is odd", plain[i]);
	for (size_t i = 0; i < N(odd); i++)
		if (uri_is_plain(odd[i], strlen(odd[i])))
			fail_msg("%s is plain", odd[i]);
}

static bool listed(const struct tools_layer *layer, const char *uri)
{
	struct tools *t = tools_new_for_uris(layer, 1);
	struct tool_verdict v;

	assert_non_null(t);
	tools_decide(t, uri, strlen(uri), &v);
	tools_free(t);
	return v.listed;
}

static void what_is_odd_is_denied_where_a_list_picks(void **state)
{
	char *picks[] = {(char[]){"file:///a/*"}, NULL};
	char *all[] = {(char[]){"*"}, NULL};
	const struct tools_layer none = {0};
	const struct tools_layer allow = {.allow = picks, .closed = true};
	const struct tools_layer deny = {.deny = picks};
	const struct tools_layer any = {.allow = all, .closed = true};

	(void)state;
	assert_true(listed(&allow, "file:///a/b"));
	assert_false(listed(&allow, "file:///b"));
	assert_false(listed(&deny, "file:///a/b"));
	assert_true(listed(&deny, "file:///b"));
	for (size_t i = 1; i < N(odd); i++) {
		assert_false(listed(&allow, odd[i]));
		assert_false(listed(&deny, odd[i]));
		assert_true(listed(&any, odd[i]));
		assert_true(listed(&none, odd[i]));
	}
}

static void names_of_tools_are_no_uris(void **state)
{
	char *picks[] = {(char[]){"a/*"}, NULL};
	const struct tools_layer layer = {.allow = picks, .closed = true};
	struct tools *t = tools_new(&layer, 1);
	struct tool_verdict v;

	(void)state;
	assert_non_null(t);
	tools_decide(t, "a/../b", 6, &v);
	assert_true(v.listed);
	tools_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_spelling_says_what_is_read_or_it_does_not),
		cmocka_unit_test(what_is_odd_is_denied_where_a_list_picks),
		cmocka_unit_test(names_of_tools_are_no_uris),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
