/* SPDX-License-Identifier: Apache-2.0 */
/* Each finding where it belongs, and not where it nearly does. */
#include "fixture.h"

#include <stdio.h>
#include <string.h>

#include "plan/profile_lint.h"

struct row {
	const char *text;
	const char *found; /* the ids, with a blank between them */
};

#define TOP(inner) "{\"version\": 1, " inner "}"
#define TOOLS(inner) TOP("\"protocol\": {\"tools\": {" inner "}}")
#define OTHER(kind, inner)                                            \
	TOP("\"protocol\": {\"tools\": {\"allow\": [\"x\"]}, \"" kind \
	    "\": {" inner "}}")
#define PROOF(approval, inner)                           \
	TOP("\"approval\": " approval ", \"protocol\": " \
	    "{\"tools\": {\"allow\": [\"x\"]}, " inner "}")
#define BOX(inner)                                              \
	TOP("\"protocol\": {\"tools\": {\"allow\": [\"x\"]}}, " \
	    "\"sandbox\": {" inner "}")
#define SET(name, value) \
	BOX("\"env\": {\"set\": {\"" name "\": \"" value "\"}}")
#define RULE(tools, allow)                                             \
	TOP("\"protocol\": {\"tools\": {\"allow\": [\"" allow "\"]}, " \
	    "\"rules\": [{\"id\": \"r\", \"tools\": [\"" tools "\"], " \
	    "\"deny_if\": {\"/a\": {\"eq\": 1}}}]}")
#define REGEX(pattern)                                                \
	"\"protocol\": {\"tools\": {\"allow\": [\"a\"]}, \"rules\": " \
	"[{\"id\": \"r\", \"tools\": [\"a\"], \"deny_unless\": "      \
	"{\"/a\": {\"regex\": \"" pattern "\"}}}]}"
#define ROLES(classes, more)                                                    \
	"\"protocol\": {\"tools\": {\"allow\": [\"get_*\"]}, \"classes\": "     \
	"{\"read\": [\"get_*\"]}}, \"roles\": {\"ops\": {\"classes\": " classes \
	"}}, " more
#define TEN "0123456789"

static const struct row rows[] = {
	{TOOLS("\"allow\": [\"a\"]"), ""},
	{TOOLS("\"allow\": [\"get_*\", \"b\"], \"deny\": [\"get_x\"]"), ""},
	/* allow-swallowed */
	{TOOLS("\"allow\": [\"a\", \"b\"], \"deny\": [\"a\"]"),
		"allow-swallowed"},
	{TOOLS("\"allow\": [\"get_a\", \"b\"], \"deny\": [\"get_*\"]"),
		"allow-swallowed"},
	{TOOLS("\"allow\": [\"get_*\", \"b\"], \"deny\": [\"g*\"]"),
		"allow-swallowed"},
	{TOOLS("\"allow\": [\"get_?\", \"b\"], \"deny\": [\"get_?\"]"),
		"allow-swallowed"},
	{TOOLS("\"allow\": [\"get_*\", \"b\"], \"deny\": [\"get_?\"]"), ""},
	{TOOLS("\"allow\": [\"get_*\", \"b\"], \"deny\": [\"get_?*\"]"), ""},
	{OTHER("prompts", "\"allow\": [\"a\"], \"deny\": [\"*\"]"),
		"allow-swallowed"},
	{OTHER("prompts", "\"allow\": [\"a\"], \"deny\": [\"b\"]"), ""},
	{OTHER("resources",
		 "\"allow\": [\"file:///a\"], \"deny\": [\"file:///*\"]"),
		"allow-swallowed"},
	/* allow-asked */
	{TOOLS("\"allow\": [\"a\"], \"ask\": [\"a*\"]"), "allow-asked"},
	{TOOLS("\"allow\": [\"a*\"], \"ask\": [\"a\"]"), ""},
	{OTHER("prompts", "\"allow\": [\"a\"], \"ask\": [\"a\"]"),
		"allow-asked"},
	/* ask-swallowed */
	{TOOLS("\"allow\": [\"b\"], \"ask\": [\"a\"], \"deny\": [\"a*\"]"),
		"ask-swallowed"},
	{TOOLS("\"allow\": [\"b\"], \"ask\": [\"a*\"], \"deny\": [\"ab\"]"),
		""},
	/* token-swallowed, under-token */
	{TOOLS("\"token\": [\"a\"]"), ""},
	{TOOLS("\"token\": [\"a\"], \"deny\": [\"a*\"]"),
		"token-swallowed nothing-allowed"},
	{TOOLS("\"token\": [\"a*\"], \"deny\": [\"ab\"]"), ""},
	{TOOLS("\"allow\": [\"a\"], \"token\": [\"a*\"]"), "under-token"},
	{TOOLS("\"allow\": [\"a*\"], \"token\": [\"a\"]"), ""},
	{TOOLS("\"ask\": [\"a\"], \"token\": [\"a?\", \"a\"]"), "under-token"},
	/* always-* */
	{TOOLS("\"ask\": [\"a*\"], \"always\": [\"ab\"]"), ""},
	{TOOLS("\"ask\": [\"a*\"], \"always\": [\"b\"]"), "always-unasked"},
	{TOOLS("\"allow\": [\"b\"], \"always\": [\"b\"]"), "always-unasked"},
	{TOOLS("\"ask\": [\"a*\"], \"always\": [\"ab\"], \"deny\": [\"?b\"]"),
		"always-denied"},
	{TOOLS("\"ask\": [\"a*\"], \"always\": [\"ab\"], \"deny\": [\"?c\"]"),
		""},
	{OTHER("resources",
		 "\"ask\": [\"file:*\"], \"always\": [\"http://a\"]"),
		"always-unasked"},
	/* nothing-allowed */
	{"{\"version\": 1}", "nothing-allowed"},
	{TOOLS("\"allow\": []"), "nothing-allowed"},
	{TOOLS("\"ask\": [\"a\"]"), ""},
	{TOOLS("\"always\": [\"a\"]"), "always-unasked nothing-allowed"},
	{TOOLS("\"allow\": [\"a\"], \"deny\": [\"*\"]"),
		"allow-swallowed nothing-allowed"},
	/* matches-all */
	{TOOLS("\"allow\": [\"*\"]"), "matches-all"},
	{TOOLS("\"allow\": [\"**\"]"), "matches-all"},
	{TOOLS("\"allow\": [\"?*\"]"), "matches-all"},
	{TOOLS("\"allow\": [\"??*\"]"), ""},
	{TOOLS("\"allow\": [\"*_\"]"), ""},
	{TOOLS("\"ask\": [\"*\"]"), ""},
	{OTHER("prompts", "\"allow\": [\"*\"]"), "matches-all"},
	{OTHER("resources", "\"allow\": [\"*\"]"), "matches-all"},
	{OTHER("resources", "\"allow\": [\"*:*\"]"), ""},
	/* never-matches */
	{TOOLS("\"allow\": [\"a\\u0001\"]"), "never-matches"},
	{TOOLS("\"allow\": [\"a \"]"), "never-matches"},
	{TOOLS("\"deny\": [\" a\"], \"allow\": [\"b\"]"), "never-matches"},
	{TOOLS("\"allow\": [\"a b\"]"), ""},
	{OTHER("prompts", "\"allow\": [\"a \"]"), ""},
	{OTHER("prompts", "\"deny\": [\"a\\n\"]"), "never-matches"},
	{OTHER("resources", "\"allow\": [\"/srv/*\"]"), "never-matches"},
	{OTHER("resources", "\"allow\": [\"readme\"]"), "never-matches"},
	{OTHER("resources", "\"allow\": [\"file:///a b\"]"), "never-matches"},
	{OTHER("resources", "\"allow\": [\"*.md\", \"file:*\", \"mem:x\"]"),
		""},
	{OTHER("resources", "\"allow\": [\"{scheme}://x\"]"), ""},
	/* no-regex */
	{TOOLS("\"allow\": [\"^get_.*$\"]"), "no-regex"},
	{TOOLS("\"allow\": [\"(a|b)\"]"), "no-regex"},
	{TOOLS("\"allow\": [\"get_[a-z]*\"]"), "no-regex"},
	{TOOLS("\"allow\": [\"ns.get_*\", \"a/b-c\"]"), ""},
	{OTHER("resources", "\"allow\": [\"file:///a(1)+b\"]"), ""},
	/* covered, repeated */
	{TOOLS("\"allow\": [\"get_a\", \"get_*\"]"), "covered"},
	{TOOLS("\"allow\": [\"get_*\", \"get_?*\"]"), "covered"},
	{TOOLS("\"allow\": [\"a**\", \"a*\"]"), "covered"},
	{TOOLS("\"allow\": [\"get_*\", \"*_a\"]"), ""},
	{TOOLS("\"allow\": [\"x\"], \"deny\": [\"a*\", \"ab\"]"), "covered"},
	{TOOLS("\"ask\": [\"a*\"], \"always\": [\"ab\", \"ac\"]"), ""},
	{TOOLS("\"allow\": [\"a\", \"b\", \"a\"]"), "repeated"},
	{TOOLS("\"allow\": [\"a\", \"\\u0061\"]"), "repeated"},
	{TOOLS("\"allow\": [\"a\"], \"deny\": [\"b\"]"), ""},
	{BOX("\"read\": [\"/a\", \"/a\"]"), "repeated"},
	/* rate-idle */
	{"{\"version\":1,\"protocol\":{\"tools\":{\"allow\":[\"get_x\"]},"
	 "\"rate\":{\"*\":\"9/s\",\"get_*\":\"8/s\"}}}",
		""},
	{"{\"version\":1,\"protocol\":{\"tools\":{\"allow\":[\"get_x\"]},"
	 "\"rate\":{\"set_*\":\"8/s\"}}}",
		"rate-idle"},
	{"{\"version\":1,\"protocol\":{\"tools\":{\"allow\":[\"get_x\"]},"
	 "\"concurrent\":{\"*\":2,\"get_*\":2}}}",
		"rate-idle"},
	/* rule-idle */
	{RULE("*_b", "get_b"), ""},
	{RULE("*_b", "x*"), ""},
	{RULE("c\", \"get_*", "get_?"), ""},
	{RULE("get", "get_?"), "rule-idle"},
	{RULE("h*", "get_*"), "rule-idle"},
	{TOP("\"protocol\": {\"tools\": {\"allow\": [\"get_*\"]}, "
	     "\"schemas\": {\"*_a\": {\"type\": \"object\"}}}"),
		""},
	{TOP("\"protocol\": {\"tools\": {\"allow\": [\"get_*\"]}, "
	     "\"schemas\": {\"set_*\": {\"type\": \"object\"}}}"),
		"rule-idle"},
	/* regex-slow */
	{TOP("\"protocol\": {\"tools\": {\"allow\": [\"a\"]}, "
	     "\"schemas\": {\"a\": {\"items\": {\"pattern\": "
	     "\"^(a*)*$\"}}}}"),
		"regex-slow"},
	{TOP(REGEX("(a+)+")), "regex-slow"},
	{TOP(REGEX("([a-z]+-)*")), ""},
	/* class-empty, task-idle, unknown-default */
	{TOP(ROLES("[\"read\", \"execute\"]", "\"role\": \"ops\"")), ""},
	{TOP(ROLES("[\"write\"]", "\"role\": \"admin\"")), "class-empty"},
	{TOP(ROLES("[\"read\"]", "\"tasks\": {\"t\": {\"tools\": [\"*_b\"]}}")),
		""},
	{TOP(ROLES("[\"read\"]", "\"tasks\": {\"t\": {\"tools\": [\"b\"]}}")),
		"task-idle"},
	{TOP(ROLES("[\"read\"]", "\"role\": \"boss\"")), "unknown-default"},
	{TOP(ROLES("[\"read\"]", "\"task\": \"t\"")), "unknown-default"},
	{TOP(ROLES("[\"read\"]", "\"context\": \"c\"")), "unknown-default"},
	/* writes-nothing */
	{TOOLS("\"allow\": [\"write_file\"]"), "writes-nothing"},
	{TOOLS("\"allow\": [\"createNote\"]"), "writes-nothing"},
	{TOOLS("\"ask\": [\"notes/delete\"]"), "writes-nothing"},
	{TOOLS("\"allow\": [\"rewritten\", \"credits\", \"saved_ones\"]"), ""},
	{TOOLS("\"allow\": [\"write_*\", \"a\"], \"deny\": [\"write*\"]"),
		"allow-swallowed"},
	{TOP("\"sandbox\": {\"state\": true}, \"protocol\": {\"tools\": "
	     "{\"allow\": [\"write_file\"]}}"),
		""},
	{TOP("\"sandbox\": {\"write\": [\"/srv\"]}, \"protocol\": {\"tools\": "
	     "{\"allow\": [\"write_file\"]}}"),
		""},
	/* Paths. */
	{BOX("\"write\": [\"/srv/x\"]"), ""},
	{BOX("\"write\": [\"/srv/x/.git\"]"), "protected-write"},
	{BOX("\"write\": [\"/srv/x/.git/\"]"), "protected-write"},
	{BOX("\"write\": [\"${workspace}/.vscode\"]"), "protected-write"},
	{BOX("\"write\": [\"/srv/x/.gitx\"]"), ""},
	{BOX("\"read\": [\"/srv/x/.git\"]"), ""},
	{BOX("\"read\": [\"~/\"]"), "home-read"},
	{BOX("\"read\": [\"${home}/.\"]"), "home-read"},
	{BOX("\"read\": [\"~/.config/x\"]"), ""},
	{BOX("\"git\": \"write\""), "git-unused"},
	{BOX("\"git\": \"write\", \"write\": [\"/srv/x\"]"), ""},
	{BOX("\"read\": [\"${state}/x\"]"), "state-missing"},
	{BOX("\"env\": {\"set\": {\"A\": \"x${state}\"}}"), "state-missing"},
	{BOX("\"state\": true, \"env\": {\"set\": {\"A\": \"${state}\"}}"), ""},
	{BOX("\"read\": [\"/srv\", \"/srv/x\"]"), "path-covered"},
	{BOX("\"read\": [\"/srv/x/\", \"/srv/x\"]"), "path-covered"},
	{BOX("\"read\": [\"/srv/x\", \"/srv/xy\"]"), ""},
	{BOX("\"write\": [\"~/a\", \"${home}/a/b\"]"), "path-covered"},
	{BOX("\"write\": [\"/srv\"], \"read\": [\"/srv/x\"]"), ""},
	{BOX("\"write\": [\"/srv\", \"/srv/.git\"]"), "protected-write"},
	/* Variables. */
	{BOX("\"env\": {\"pass\": [\"A\"], \"set\": {\"A\": \"b\"}}"),
		"passed-and-set"},
	{BOX("\"env\": {\"pass\": [\"A\"], \"set\": {\"B\": \"b\"}}"), ""},
	{SET("GITHUB_TOKEN", "b"), "secret"},
	{SET("api_key", "b"), "secret"},
	{SET("DB_PASSWORD", "b"), "secret"},
	{SET("A", "TOKEN="), ""},
	{SET("TOKEN_FILE", "b"), ""},
	{SET("MONKEY", "b"), ""},
	{SET("GITHUB_TOKEN", ""), ""},
	{SET("GITHUB_TOKEN", "/run/token"), ""},
	{SET("USE_TOKEN", "true"), ""},
	{SET("A", "ghp_" TEN TEN TEN), "secret"},
	{SET("A", "Bearer ghp_" TEN TEN TEN), "secret"},
	{SET("A", "ghp_short"), ""},
	{SET("A", "xghp_" TEN TEN TEN), ""},
	{SET("A", "github_pat_" TEN TEN TEN), "secret"},
	{SET("A", "sk-ant-" TEN TEN), "secret"},
	{SET("A", "sk-learn"), ""},
	{SET("A", "risk-" TEN TEN), ""},
	{SET("A", "xoxb-" TEN), "secret"},
	{SET("A", "AKIA" TEN "ABCDEF"), "secret"},
	{SET("A", "AKIAHARA"), ""},
	{SET("A", "-----BEGIN RSA PRIVATE KEY-----"), "secret"},
	{SET("A", "-----BEGIN CERTIFICATE-----"), ""},
	{SET("A", "eyJ" TEN "." TEN "ab." TEN), "secret"},
	{SET("A", "eyJ" TEN "." TEN), ""},
	{SET("A", "postgres://u:pw@db/x"), "secret"},
	{SET("A", "postgres://u@db:5432/x"), ""},
	{SET("A", "http://a:80/@x"), ""},
	{SET("A", "http://u:@db/x"), ""},
	/* Hosts. */
	{BOX("\"network\": [\"a.org:443\"]"), "network-unopened"},
	{BOX("\"network\": [\"*.org:443\"]"), "network-unopened network-wide"},
	{BOX("\"network\": [\"*.a.org:443\"]"), "network-unopened"},
	/* limits-at-odds */
	{BOX("\"limits\": {\"tmp\": \"1G\"}"), "limits-at-odds"},
	{BOX("\"limits\": {\"tmp\": \"1G\", \"memory\": \"1G\"}"), ""},
	{BOX("\"limits\": {\"memory\": \"128M\"}"), "limits-at-odds"},
	{BOX("\"limits\": {\"file_size\": \"2G\"}"), "limits-at-odds"},
	{BOX("\"limits\": {\"file_size\": \"256M\"}"), ""},
	{BOX("\"state\": true, \"limits\": {\"file_size\": \"2G\"}"), ""},
	{OTHER("output", "\"text\": \"9M\""), "limits-at-odds"},
	{OTHER("output", "\"text\": \"8M\", \"binary\": \"8M\""), ""},
	{OTHER("output", "\"binary\": \"16M\""), "limits-at-odds"},
	{OTHER("output", "\"unseen\": \"pass\""), "unsafe-unseen"},
	{OTHER("output", "\"unseen\": \"show\", \"types\": []"), ""},
	/* no-proof */
	{TOP("\"approval\": {\"by\": \"proof\"}, "
	     "\"protocol\": {\"tools\": {\"ask\": [\"a\"]}}"),
		""},
	{PROOF("{\"by\": \"proof\"}", "\"prompts\": {\"ask\": [\"a\"]}"),
		"no-proof"},
	{PROOF("{\"by\": \"prompt\"}", "\"prompts\": {\"ask\": [\"a\"]}"), ""},
	{PROOF("{\"by\": \"proof\"}",
		 "\"resources\": {\"ask\": [\"a:b\", \"a:c\"]}"),
		"no-proof no-proof"},
	{PROOF("{\"by\": \"proof\"}",
		 "\"methods\": {\"sampling/createMessage\": \"ask\", "
		 "\"elicitation/create\": \"ask\"}"),
		"no-proof no-proof"},
	{PROOF("{\"by\": \"proof\"}",
		 "\"methods\": {\"sampling/createMessage\": \"allow\"}"),
		""},
	{PROOF("{\"by\": \"proof\", \"elicitation\": true}",
		 "\"prompts\": {\"deny\": [\"a\"]}"),
		"no-proof"},
	{PROOF("{\"elicitation\": true}", "\"prompts\": {\"deny\": [\"a\"]}"),
		""},
};

/* Each says first where in the profile it is. */
static bool is_of_a_part(const char *what)
{
	static const char *const parts[] = {"protocol", "sandbox", "role",
		"roles", "task", "tasks", "context", "contexts", "approval"};
	size_t n = strcspn(what, ".: ");

	for (size_t i = 0; i < ELEMENTS(parts); i++)
		if (strlen(parts[i]) == n && strncmp(what, parts[i], n) == 0)
			return true;
	return false;
}

static char *ids_of(const struct profile *p, const struct profile_layer *own)
{
	_findings_ struct lint_findings found = {0};
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(f);
	assert_int_equal(profile_lint(p, own, &found), 0);
	for (size_t i = 0; i < found.n; i++) {
		const char *what = found.v[i].text;

		(void)fprintf(f, "%s%s", i ? " " : "",
			lint_rules[found.v[i].id].name);
		assert_true(is_of_a_part(what));
		assert_non_null(strchr(what, ':'));
	}
	assert_int_equal(fclose(f), 0);
	return text;
}

static void each_finding_comes_where_it_should(void **state)
{
	(void)state;
	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		_layer_ struct profile_layer *l = NULL;
		_free_ char *ids = NULL;
		struct err e = {0};

		if (profile_layer_parse("x", "x.json", rows[i].text,
			    strlen(rows[i].text), &l, &e) != 0)
			fail_msg("%s: %s", rows[i].text, e.text);
		ids = ids_of(l->p, l);
		if (strcmp(ids, rows[i].found) != 0)
			fail_msg("%s:\n\"%s\" and not \"%s\"", rows[i].text,
				ids, rows[i].found);
	}
}

static bool has_word(const char *words, const char *word)
{
	size_t n = strlen(word);

	for (; (words = strstr(words, word)); words += n)
		if (words[n] == ' ' || words[n] == '\0')
			return true;
	return false;
}

static void the_table_has_a_row_for_each_finding(void **state)
{
	(void)state;
	for (int id = LINT_ID_NONE + 1; id < _LINT_ID_N; id++) {
		bool any = id == LINT_TOO_MANY;

		for (size_t i = 0; i < ELEMENTS(rows); i++)
			any |= has_word(rows[i].found, lint_rules[id].name);
		if (!any)
			fail_msg("no row has %s", lint_rules[id].name);
	}
}

static void too_many_patterns_are_said_to_be(void **state)
{
	_profile_ struct profile *p = profile_new("x");
	_free_ char *ids = NULL;

	(void)state;
	for (int i = 0; i < 1500; i++)
		assert_true(
			strv_addf(&p->protocol.tools.allow, "t%d_*", i) == 0);
	ids = ids_of(p, NULL);
	assert_string_equal(ids, "too-many");
}

/* Patterns of rules as well: this takes no minutes. */
static void too_many_rules_are_said_to_be(void **state)
{
	_profile_ struct profile *p = profile_new("x");
	_free_ char *ids = NULL;
	char stars[129] = "";

	(void)state;
	for (size_t i = 0; i < 64; i++)
		memcpy(stars + 2 * i, "*a", 3);
	for (int i = 0; i < 200; i++) {
		assert_true(strv_addf(&p->protocol.tools.allow, "x%d%s", i,
				    stars) == 0);
		assert_true(strv_addf(&p->protocol.rules,
				    "{\"deny_if\":{\"/a\":{\"eq\":1}},\"id\":"
				    "\"r%d\",\"tools\":[\"y%s\"]}",
				    i, stars) == 0);
	}
	ids = ids_of(p, NULL);
	assert_non_null(strstr(ids, "too-many"));
}

/* What is extended cannot be taken away: a denial of it is meant. */
static void what_is_extended_is_not_spoken_of(void **state)
{
	struct fixture *f = *state;
	_chain_ struct profile_chain c = {0};
	_profile_ struct profile *p = NULL;
	_free_ char *ids = NULL, *all = NULL;
	struct err e = {0};

	fixture_write(f, "user", "mine",
		"{\"version\": 1, \"extends\": \"memory\", \"protocol\": "
		"{\"tools\": {\"deny\": [\"delete_*\"]}}}");
	assert_int_equal(profile_chain_load(&f->store, "mine", &c, &e), 0);
	assert_int_equal(profile_chain_merge(&c, &p, &e), 0);
	ids = ids_of(p, c.layers[0]);
	assert_string_equal(ids, "");
	all = ids_of(p, NULL);
	assert_non_null(strstr(all, "allow-swallowed"));
}

static void no_built_in_profile_has_a_finding(void **state)
{
	struct fixture *f = *state;
	_strv_ char **names = NULL;
	struct err e = {0};

	assert_int_equal(
		profile_store_list(&f->store, ORIGIN_BUILTIN, &names, &e), 0);
	assert_true(strv_len(names) > 5);
	for (char **n = names; *n; n++) {
		_chain_ struct profile_chain c = {0};
		_profile_ struct profile *p = NULL;
		_free_ char *ids = NULL;

		assert_int_equal(profile_chain_load(&f->store, *n, &c, &e), 0);
		assert_int_equal(profile_chain_merge(&c, &p, &e), 0);
		ids = ids_of(p, c.layers[0]);
		if (ids[0])
			fail_msg("%s: %s", *n, ids);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_finding_comes_where_it_should),
		cmocka_unit_test(the_table_has_a_row_for_each_finding),
		cmocka_unit_test(too_many_patterns_are_said_to_be),
		cmocka_unit_test(too_many_rules_are_said_to_be),
		cmocka_unit_test_setup_teardown(
			what_is_extended_is_not_spoken_of, fixture_setup,
			fixture_teardown),
		cmocka_unit_test_setup_teardown(
			no_built_in_profile_has_a_finding, fixture_setup,
			fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
