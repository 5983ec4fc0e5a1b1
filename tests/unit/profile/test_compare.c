/* SPDX-License-Identifier: Apache-2.0 */
/* What two profiles grant differently, in words. */
#include "fixture.h"

#include <stdio.h>
#include <string.h>

#include "compared.h"
#include "plan/profile_compare.h"
#include "policy/tools.h"

#define TOP(inner) "{\"version\": 1, " inner "}"
#define BOX(inner) TOP("\"sandbox\": {" inner "}")
#define TOOLS(inner) TOP("\"protocol\": {\"tools\": {" inner "}}")
#define OUTPUT(inner) TOP("\"protocol\": {\"output\": {" inner "}}")
#define RULES(inner) TOP("\"protocol\": {\"rules\": [" inner "]}")
#define OWN \
	"{\"id\": \"own\", \"tools\": [\"a\"], \"deny_if\": {\"/x\": {\"eq\": 1}}}"
#define BIG \
	"{\"id\": \"big\", \"tools\": [\"a\"], \"ask_unless\": {\"/x\": {\"max\": 1}}}"

struct row {
	const char *a, *b;
	const char *forth, *back; /* lines, "KIND TEXT;" each */
};

static const struct row rows[] = {
	{BOX("\"read\": [\"/srv\"]"),
		BOX("\"read\": [\"/srv\", \"/srv\"], \"state\": false"), "",
		""},
	{BOX("\"read\": [\"/srv\"]"), BOX("\"read\": [\"/srv/\", \"/srv\"]"),
		SAME, SAME},
	{NONE, BOX("\"read\": [\"/srv\"]"), "wider may now read /srv;",
		"narrower may no longer read /srv;"},
	{NONE, BOX("\"write\": [\"/srv\"]"), "wider may now write to /srv;",
		"narrower may no longer read or write /srv;"},
	{BOX("\"read\": [\"~/x\"]"), BOX("\"write\": [\"${home}/x\"]"),
		"wider may now write to ${home}/x, which it could read;",
		"narrower may no longer write to ${home}/x, only read it;"},
	{BOX("\"read\": [\"/srv\"]"), BOX("\"read\": [\"/srv\", \"/srv/x\"]"),
		"other /srv/x is new, which another entry covers;",
		"other /srv/x is gone, which another entry covers;"},
	{BOX("\"read\": [\"/srv/x\"]"), BOX("\"read\": [\"/srv\"]"),
		"other /srv/x is gone, which another entry covers;"
		"wider may now read /srv;",
		"narrower may no longer read /srv;"
		"other /srv/x is new, which another entry covers;"},
	{BOX("\"read\": [\"/srv\"]"), BOX("\"read\": [\"/srvx\"]"),
		"narrower may no longer read /srv;wider may now read /srvx;",
		"narrower may no longer read /srvx;wider may now read /srv;"},
	/* Names that others trust are not covered by the folder they lie in. */
	{BOX("\"write\": [\"/srv\"]"),
		BOX("\"write\": [\"/srv\", \"/srv/.git\"]"),
		"wider may now write to /srv/.git, which it could read;",
		"narrower may no longer write to /srv/.git, only read it;"},
	/* One line for a folder and what is in it. */
	{BOX("\"read\": [\"/srv\", \"/srv/x\"]"),
		BOX("\"write\": [\"/srv\", \"/srv/x\"]"),
		"wider may now write to /srv, which it could read;",
		"narrower may no longer write to /srv, only read it;"},
	{BOX("\"state\": false"), BOX("\"state\": true"),
		"wider may now keep a private folder from run to run;",
		"narrower may no longer keep a private folder from run to "
		"run;"},
	{BOX("\"git\": \"read\""), BOX("\"git\": \"write\""),
		"wider may now write to .git in its writable folders;",
		"narrower may no longer write to .git in its writable "
		"folders;"},
	{NONE, BOX("\"nested_userns\": true"),
		"wider may now make user namespaces, which opens much of the "
		"kernel to it;",
		"narrower may no longer make user namespaces, which opens much "
		"of the kernel to it;"},
	{NONE, BOX("\"network\": [\"a.org:443\"]"),
		"wider may now connect to a.org:443;",
		"narrower may no longer connect to a.org:443;"},
	{BOX("\"network\": [\"*.a.org:443\"]"),
		BOX("\"network\": [\"*.a.org:443\", \"b.a.org:443\"]"),
		"other b.a.org:443 is new, which another entry covers;",
		"other b.a.org:443 is gone, which another entry covers;"},
	{BOX("\"network\": [\"*.a.org:443\"]"),
		BOX("\"network\": [\"*.a.org:443\", \"a.org:443\", "
		    "\"xa.org:443\", \"b.a.org:80\"]"),
		"wider may now connect to a.org:443;"
		"wider may now connect to xa.org:443;"
		"wider may now connect to b.a.org:80;",
		"narrower may no longer connect to a.org:443;"
		"narrower may no longer connect to xa.org:443;"
		"narrower may no longer connect to b.a.org:80;"},
	{NONE, BOX("\"env\": {\"pass\": [\"A\"]}"),
		"wider gets A of the client's environment;",
		"narrower no longer gets A of the client's environment;"},
	{BOX("\"env\": {\"pass\": [\"A\"]}"),
		BOX("\"env\": {\"pass\": [\"A\"], \"set\": {\"A\": \"b\"}}"),
		"narrower no longer gets A of the client's environment;"
		"other A is set to b;",
		"wider gets A of the client's environment;"
		"other A is no longer set;"},
	{BOX("\"env\": {\"set\": {\"A\": \"b\"}}"),
		BOX("\"env\": {\"set\": {\"A\": \"c\"}}"),
		"other A is set to c, was b;", "other A is set to b, was c;"},
	{BOX("\"env\": {\"set\": {\"A_TOKEN\": \"b\"}}"),
		BOX("\"env\": {\"set\": {\"A_TOKEN\": \"c\"}}"),
		"other A_TOKEN is set to (a secret, it seems), was (a secret, "
		"it seems);",
		"other A_TOKEN is set to (a secret, it seems), was (a secret, "
		"it seems);"},
	{NONE, BOX("\"limits\": {\"memory\": \"1G\", \"pids\": 40}"),
		"wider limits.memory is 1G, was 512M;"
		"narrower limits.pids is 40, was 256;",
		"narrower limits.memory is 512M, was 1G;"
		"wider limits.pids is 256, was 40;"},
	{NONE, BOX("\"limits\": {\"memory\": \"512M\"}"), "", ""},
	{NONE, BOX("\"limits\": {\"session\": \"1h\"}"),
		"narrower limits.session is 1h, was not limited;",
		"wider limits.session is not limited, was 1h;"},
	/* Tools. */
	{TOOLS("\"allow\": [\"create_*\"]"), TOOLS("\"ask\": [\"create_*\"]"),
		"narrower tools: create_* is asked for, was allowed;",
		"wider tools: create_* is allowed, was asked for;"},
	{NONE, TOOLS("\"allow\": [\"a\"]"),
		"wider tools: a is allowed, was denied;",
		"narrower tools: a is denied, was allowed;"},
	{TOOLS("\"allow\": [\"a*\"]"), TOOLS("\"allow\": [\"a*\", \"ab\"]"),
		"other tools: ab is allowed as before; it is new in "
		"\"allow\";",
		"other tools: ab is allowed as before; it is gone from "
		"\"allow\";"},
	{TOOLS("\"allow\": [\"a*\"]"),
		TOOLS("\"allow\": [\"a*\"], \"deny\": [\"ab\"]"),
		"narrower tools: ab is denied, was allowed;",
		"wider tools: ab is allowed, was denied;"},
	/* What a denial took from patterns shows when it is gone. */
	{TOOLS("\"allow\": [\"get_*\"], \"deny\": [\"*_secret\"]"),
		TOOLS("\"allow\": [\"get_*\"]"),
		"wider tools: what matches *_secret and get_* is allowed, was "
		"denied;",
		"narrower tools: what matches *_secret and get_* is denied, "
		"was allowed;"},
	{TOOLS("\"allow\": [\"x\"], \"deny\": [\"x*\"]"),
		TOOLS("\"allow\": [\"x\"]"),
		"wider tools: x is allowed, was denied;",
		"narrower tools: x is denied, was allowed;"},
	{TOOLS("\"allow\": [\"get_*\"], \"deny\": [\"put_*\"]"),
		TOOLS("\"allow\": [\"get_*\"]"),
		"other tools: put_* is denied as before; it is gone from "
		"\"deny\";",
		"other tools: put_* is denied as before; it is new in "
		"\"deny\";"},
	{TOOLS("\"ask\": [\"c*\"]"),
		TOOLS("\"ask\": [\"c*\"], \"always\": [\"cd\"]"),
		"wider tools: cd is allowed, was asked for;",
		"narrower tools: cd is asked for, was allowed;"},
	{TOOLS("\"ask\": [\"c*\"], \"allow\": [\"*\"]"),
		TOOLS("\"allow\": [\"*\"]"),
		"wider tools: c* is allowed, was asked for;",
		"narrower tools: c* is asked for, was allowed;"},
	{TOOLS("\"allow\": [\"a?\"]"), TOOLS("\"allow\": [\"a*\"]"),
		"wider tools: a* is allowed, was denied;"
		"other tools: a? is allowed as before; it is gone from "
		"\"allow\";",
		"narrower tools: a* is denied, was allowed;"
		"other tools: a? is allowed as before; it is new in "
		"\"allow\";"},
	{TOP("\"protocol\": {\"prompts\": {\"allow\": [\"p\"]}, "
	     "\"resources\": {\"allow\": [\"file:///*\"]}}"),
		NONE,
		"narrower prompts: p is denied, was allowed;"
		"narrower resources: file:///* is denied, was allowed;",
		"wider prompts: p is allowed, was denied;"
		"wider resources: file:///* is allowed, was denied;"},
	{NONE,
		TOP("\"protocol\": {\"methods\": {\"sampling/createMessage\": "
		    "\"allow\", \"elicitation/create\": \"allow\", "
		    "\"roots/list\": \"allow\"}}"),
		"wider may now ask the client's model (sampling);"
		"wider may now ask the person at the client (elicitation);"
		"wider is told all of the client's folders, was told those of "
		"the client's folders that it may touch;",
		"narrower may no longer ask the client's model (sampling);"
		"narrower may no longer ask the person at the client "
		"(elicitation);"
		"narrower is told those of the client's folders that it may "
		"touch, was told all of the client's folders;"},
	{TOP("\"protocol\": {\"methods\": {\"sampling/createMessage\": "
	     "\"allow\"}}"),
		TOP("\"protocol\": {\"methods\": {\"sampling/createMessage\": "
		    "\"ask\", \"elicitation/create\": \"ask\"}}"),
		"narrower may ask the client's model (sampling) once somebody "
		"agrees, was allowed;"
		"wider may ask the person at the client (elicitation) once "
		"somebody agrees, was denied;",
		"wider may now ask the client's model (sampling), was asked "
		"for;"
		"narrower may no longer ask the person at the client "
		"(elicitation), was asked for;"},
	{NONE,
		TOP("\"protocol\": {\"output\": {\"text\": \"2M\", \"binary\": "
		    "\"1M\"}}"),
		"wider output.text is 2M, was 1M;"
		"narrower output.binary is 1M, was 6M;",
		"narrower output.text is 1M, was 2M;"
		"wider output.binary is 6M, was 1M;"},
	{OUTPUT("\"unseen\": \"show\""), OUTPUT("\"unseen\": \"pass\""),
		"wider characters that are not seen are passed on, were made "
		"visible;",
		"narrower characters that are not seen are made visible, were "
		"passed on;"},
	{NONE, OUTPUT("\"unseen\": \"strip\""), "", ""},
	{NONE, OUTPUT("\"types\": []"),
		"narrower content of the types of a list passes, was any;",
		"wider content of any type passes, was that of a list;"},
	{OUTPUT("\"types\": [\"image/png\"]"),
		OUTPUT("\"types\": [\"image/*\", \"text/plain\"]"),
		"wider content of type image/* passes;"
		"wider content of type text/plain passes;",
		"narrower content of type image/* does not pass any more;"
		"narrower content of type text/plain does not pass any more;"},
	{NONE, OUTPUT("\"text_over\": \"error\""),
		"narrower text over its limit is refused whole, was cut;",
		"wider text over its limit is cut, was refused whole;"},
	{OUTPUT("\"over\": \"error\", \"text_over\": \"truncate\""),
		OUTPUT("\"over\": \"spill\", \"text_over\": \"truncate\""),
		"wider binary content over its limit is cut, and kept in a "
		"file that can be read, was refused whole;",
		"narrower binary content over its limit is refused whole, was "
		"cut, and kept in a file that can be read;"},
	{NONE, RULES(OWN), "narrower rules: own (deny_if) is new;",
		"wider rules: own (deny_if) is gone;"},
	{RULES(OWN), RULES(OWN "," BIG),
		"narrower rules: big (ask_unless) is new;",
		"wider rules: big (ask_unless) is gone;"},
	{RULES(OWN),
		RULES("{\"tools\": [\"a\"], \"why\": \"because\", "
		      "\"deny_if\": {\"/x\": {\"eq\": 1}}, \"id\": \"own\"}"),
		"", ""},
	{RULES(OWN),
		RULES("{\"id\": \"own\", \"tools\": [\"a\"], "
		      "\"deny_if\": {\"/x\": {\"eq\": 2}}}"),
		"wider rules: own (deny_if) is gone;"
		"narrower rules: own (deny_if) is new;",
		"wider rules: own (deny_if) is gone;"
		"narrower rules: own (deny_if) is new;"},
	{NONE, TOP("\"approval\": {\"hold\": \"2m\"}"),
		"other what is asked for waits 2m, waited 45s, or 110s for who "
		"waits longer;",
		"other what is asked for waits 45s, or 110s for who waits "
		"longer, waited 2m;"},
};

static void each_difference_has_its_line_both_ways(void **state)
{
	(void)state;
	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		_profile_ struct profile *a = compared_parse(rows[i].a);
		_profile_ struct profile *b = compared_parse(rows[i].b);
		_free_ char *forth = compared_lines(a, b),
			    *back = compared_lines(b, a);

		if (strcmp(forth, rows[i].forth) != 0)
			fail_msg("%zu forth:\n%s\nand not\n%s", i, forth,
				rows[i].forth);
		if (strcmp(back, rows[i].back) != 0)
			fail_msg("%zu back:\n%s\nand not\n%s", i, back,
				rows[i].back);
	}
}

static void a_policy_in_place_of_none_denies_the_rest(void **state)
{
	struct fixture *f = *state;
	_profile_ struct profile *a = fixture_load(f, "node"), *b = NULL;
	_free_ char *forth = NULL, *back = NULL;

	fixture_write(f, "user", "mine",
		"{\"version\": 1, \"extends\": \"node\", \"protocol\": "
		"{\"tools\": {\"allow\": [\"a\"]}}}");
	b = fixture_load(f, "mine");
	forth = compared_lines(a, b);
	back = compared_lines(b, a);
	assert_string_equal(forth,
		"narrower is a policy now: what nothing allows is denied;"
		"other tools: a is allowed, was left to the client;"
		"narrower tools: every other tool is denied, was left to the "
		"client;"
		"narrower prompts: every prompt is denied, was left to the "
		"client;"
		"narrower resources: every resource is denied, was left to "
		"the client;");
	assert_non_null(strstr(back, "wider is no policy any more"));
	assert_non_null(
		strstr(back, "wider tools: every other tool is left to the "
			     "client, was denied;"));
}

static const char *const patterns[] = {
	"a", "b", "a*", "*b", "*", "?", "a?", "ab"};
static const char *const names[] = {"a", "b", "ab", "aa", "ba", "bb", "aab",
	"abb", "aba", "bab", "c", "ca", "cb", "ac"};

#define N_ENTRIES (ELEMENTS(patterns) * 3) /* each in each of three lists */

/* A profile with two entries. */
static struct profile *with_entries(size_t x, size_t y)
{
	struct profile *p = profile_new("x");
	const size_t both[] = {x, y};

	assert_non_null(p);
	for (size_t i = 0; i < 2; i++) {
		struct profile_names *n = &p->protocol.tools;
		char ***const lists[] = {&n->allow, &n->ask, &n->deny};

		assert_int_equal(
			strv_add(lists[both[i] / ELEMENTS(patterns)],
				patterns[both[i] % ELEMENTS(patterns)]),
			0);
	}
	assert_int_equal(profile_digest(p), 0);
	return p;
}

static enum decision decision_of(const struct profile *p, const char *name)
{
	const struct tools_layer l = {.allow = p->protocol.tools.allow,
		.ask = p->protocol.tools.ask,
		.deny = p->protocol.tools.deny,
		.closed = true};
	struct tools *t = tools_new(&l, 1);
	struct tool_verdict v;

	assert_non_null(t);
	tools_decide(t, name, strlen(name), &v);
	tools_free(t);
	return v.decision;
}

static bool grants_more(const struct profile *a, const struct profile *b)
{
	for (size_t i = 0; i < ELEMENTS(names); i++)
		if (decision_of(b, names[i]) > decision_of(a, names[i]))
			return true;
	return false;
}

/* Each profile of two entries against each that differs in one of them. */
static void nothing_that_grants_more_is_missed(void **state)
{
	size_t n_wider = 0;

	(void)state;
	for (size_t x = 0; x < N_ENTRIES; x++)
		for (size_t y = 0; y < N_ENTRIES; y++)
			for (size_t z = 0; z < N_ENTRIES; z++) {
				_profile_ struct profile *a =
					with_entries(x, y);
				_profile_ struct profile *b =
					with_entries(x, z);
				_free_ char *lines = compared_lines(a, b);

				if (!grants_more(a, b))
					continue;
				n_wider++;
				if (!strstr(lines, "wider tools:"))
					fail_msg("%zu %zu %zu: %s", x, y, z,
						lines);
			}
	assert_true(n_wider > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_difference_has_its_line_both_ways),
		cmocka_unit_test_setup_teardown(
			a_policy_in_place_of_none_denies_the_rest,
			fixture_setup, fixture_teardown),
		cmocka_unit_test(nothing_that_grants_more_is_missed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
