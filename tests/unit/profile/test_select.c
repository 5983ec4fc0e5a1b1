/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <string.h>

#define POLICY \
	"\"protocol\": {\"tools\": {\"allow\": [\"a\"], \"deny\": [\"b\"]}}"

struct selected {
	struct profile *p;
	char **narrowed;
};

static void selected_deinit(struct selected *s)
{
	profile_free(s->p);
	strv_free(s->narrowed);
}

#define _selected_ _cleanup_(selected_deinit)

static struct selected choose(const struct fixture *f, const char *name,
	const char *package, const char *runtime)
{
	struct selected s = {0};
	struct err e = {0};
	int r = profile_select_from(
		&f->store, name, package, runtime, &s.p, &s.narrowed, &e);

	if (r != 0)
		fail_msg("%d %s", r, e.text);
	return s;
}

static void chosen_is(const struct fixture *f, const char *package,
	const char *runtime, const char *expected)
{
	_selected_ struct selected s = choose(f, NULL, package, runtime);

	assert_string_equal(s.p->name, expected);
}

static void named_profile_is_taken_whole(void **state)
{
	const struct fixture *f = *state;
	_selected_ struct selected s = choose(f, "filesystem",
		"@modelcontextprotocol/server-memory", "python");

	assert_string_equal(s.p->name, "filesystem");
	assert_list(s.p->sandbox.write, "${workspace}");
	assert_null(s.narrowed);
}

static void unknown_named_profile_is_told(void **state)
{
	const struct fixture *f = *state;
	struct selected s = {0};
	struct err e = {0};

	assert_int_equal(profile_select_from(&f->store, "nowhere", NULL, "node",
				 &s.p, &s.narrowed, &e),
		1);
	assert_null(s.p);
}

static void reference_servers_are_found_by_their_packages(void **state)
{
	const struct fixture *f = *state;

	chosen_is(f, "@modelcontextprotocol/server-filesystem", "node",
		"filesystem");
	chosen_is(f, "@modelcontextprotocol/server-memory", "node", "memory");
	chosen_is(f, "@modelcontextprotocol/server-everything", "node",
		"everything");
	chosen_is(f, "@modelcontextprotocol/server-sequential-thinking", "node",
		"sequential-thinking");
	chosen_is(f, "mcp-server-git", "python", "git");
	chosen_is(f, "mcp-server-time", "python", "time");
	chosen_is(f, "MCP_Server.Time", "python", "time");
	chosen_is(f, "mcp__server--time", "python", "time");
}

/* A name that only looks like a reference server's brings its tools no use,
 * and one of npm is never folded as PyPI's are. */
static void packages_of_similar_names_get_a_base(void **state)
{
	const struct fixture *f = *state;

	chosen_is(f, "@evil/server-filesystem", "node", "node");
	chosen_is(f, "server-memory", "node", "node");
	chosen_is(f, "memory", "node", "node");
	chosen_is(f, "time", "python", "python");
	chosen_is(f, "mcp_server_git", "node", "node");
	chosen_is(f, "mcp-server-git2", "python", "python");
	chosen_is(f, "mcp-server-", "python", "python");
	chosen_is(f, "@ModelContextProtocol/server-memory", "node", "node");
	chosen_is(f, "../../x", "node", "node");
	chosen_is(f, "", "node", "node");
}

static void base_follows_the_runtime(void **state)
{
	const struct fixture *f = *state;

	chosen_is(f, NULL, "node", "node");
	chosen_is(f, NULL, "python", "python");
	chosen_is(f, NULL, "static", "static");
	chosen_is(f, NULL, "other", "default");
	chosen_is(f, NULL, "browser", "default");
	chosen_is(f, NULL, "git", "default");
	chosen_is(f, NULL, NULL, "default");
}

static void found_profile_brings_no_harm(void **state)
{
	const struct fixture *f = *state;
	_selected_ struct selected s = {0};

	fixture_write(f, "user", "mine",
		"{\"version\": 1, \"packages\": [\"some-server\"], "
		"\"sandbox\": {\"read\": [\"/srv\"], \"write\": [\"/data\", "
		"\"${state}/x\", \"${workspace}\"], \"state\": true, \"git\": "
		"\"write\", \"network\": [\"a.org:443\"], \"env\": {\"pass\": "
		"[\"API_TOKEN\"], \"set\": {\"A\": \"b\"}}, \"limits\": "
		"{\"pids\": 32}}, " POLICY "}");
	s = choose(f, NULL, "some-server", "node");
	assert_string_equal(s.p->name, "mine");
	assert_list(s.p->sandbox.read, "/srv");
	assert_list(s.p->sandbox.write, "${state}/x");
	assert_list(s.p->sandbox.network, "");
	assert_list(s.p->sandbox.env_pass, "");
	assert_list(s.p->sandbox.env_set, "A=b");
	assert_list(s.p->protocol.tools.allow, "a");
	assert_list(s.p->protocol.tools.deny, "b");
	assert_true(s.p->sandbox.state);
	assert_false(s.p->sandbox.git_write);
	assert_true(s.p->sandbox.limits[LIMIT_PIDS] == 32);
	assert_int_equal(strv_len(s.narrowed), 5);
	assert_string_equal(s.narrowed[0],
		"profile mine was found by the package's name, so writing to "
		"/data is left out: --profile mine or --rw /data grants it");
	assert_string_equal(s.narrowed[1],
		"profile mine was found by the package's name, so writing to "
		"${workspace} is left out: --profile mine grants it");
	assert_non_null(strstr(s.narrowed[2], "--network a.org:443"));
	assert_non_null(strstr(s.narrowed[3], "--env API_TOKEN"));
	assert_non_null(strstr(s.narrowed[4], "writing to .git"));
}

/* What a found profile extends is cut back as well. */
static void inherited_grants_are_cut_back_too(void **state)
{
	const struct fixture *f = *state;
	_selected_ struct selected s = {0};

	fixture_write(f, "user", "base",
		"{\"version\": 1, \"sandbox\": {\"write\": [\"/data\"], "
		"\"network\": [\"a.org:443\"]}}");
	fixture_write(f, "user", "mine",
		"{\"version\": 1, \"extends\": \"base\", \"packages\": "
		"[\"some-server\"]}");
	s = choose(f, NULL, "some-server", "node");
	assert_list(s.p->sandbox.write, "");
	assert_list(s.p->sandbox.network, "");
	assert_int_equal(strv_len(s.narrowed), 2);
}

static void found_profile_has_the_digest_of_what_is_left(void **state)
{
	const struct fixture *f = *state;
	_selected_ struct selected found = choose(
		f, NULL, "@modelcontextprotocol/server-filesystem", "node");
	_selected_ struct selected named = choose(f, "filesystem", NULL, NULL);
	_selected_ struct selected memory =
		choose(f, NULL, "@modelcontextprotocol/server-memory", "node");
	_selected_ struct selected whole = choose(f, "memory", NULL, NULL);

	assert_memory_not_equal(found.p->digest, named.p->digest, 32);
	assert_list(found.p->sandbox.read, "${workspace}");
	assert_list(found.p->sandbox.write, "");
	assert_memory_equal(memory.p->digest, whole.p->digest, 32);
	assert_null(memory.narrowed);
}

static void users_file_called_like_the_package_is_found(void **state)
{
	const struct fixture *f = *state;

	fixture_write(f, "user", "server-github", "{\"version\": 1}");
	chosen_is(f, "@modelcontextprotocol/server-github", "node",
		"server-github");
	fixture_write(f, "site", "slack", "{\"version\": 1}");
	chosen_is(f, "mcp-server-slack", "python", "slack");
	chosen_is(f, "@acme/server-slack", "node", "slack");
	chosen_is(f, "slack", "static", "slack");
	chosen_is(f, "slack-server", "node", "node");
}

static void users_profile_is_found_before_the_built_in_one(void **state)
{
	const struct fixture *f = *state;

	fixture_write(f, "user", "mine",
		"{\"version\": 1, \"packages\": [\"mcp-server-git\"]}");
	chosen_is(f, "mcp-server-git", "python", "mine");
}

/* The built-in profile leads to its name, which the user's file has taken. */
static void built_in_package_leads_to_the_users_profile_of_that_name(
	void **state)
{
	const struct fixture *f = *state;
	_selected_ struct selected s = {0};

	fixture_write(f, "user", "time",
		"{\"version\": 1, \"extends\": \"time\", \"sandbox\": "
		"{\"read\": [\"/srv\"]}}");
	s = choose(f, NULL, "mcp-server-time", "python");
	assert_list(s.p->sandbox.read, "/srv");
}

static void package_that_two_files_claim_is_refused(void **state)
{
	const struct fixture *f = *state;
	struct selected s = {0};
	struct err e = {0};

	fixture_write(
		f, "user", "a", "{\"version\": 1, \"packages\": [\"p\"]}");
	fixture_write(
		f, "user", "b", "{\"version\": 1, \"packages\": [\"p\"]}");
	assert_int_equal(profile_select_from(&f->store, NULL, "p", "node", &s.p,
				 &s.narrowed, &e),
		-EINVAL);
	assert_non_null(strstr(e.text, "/user/a.json and"));
	assert_non_null(strstr(e.text, "/user/b.json both name"));
}

/* It may be the very profile that was meant for this package. */
static void broken_profile_stops_the_search(void **state)
{
	const struct fixture *f = *state;
	struct selected s = {0};
	struct err e = {0};

	fixture_write(f, "user", "broken", "{\"version\": 1,}");
	assert_true(profile_select_from(&f->store, NULL, "p", "node", &s.p,
			    &s.narrowed, &e) < 0);
	assert_non_null(strstr(e.text, "/user/broken.json:1:15: "));
	chosen_is(f, NULL, "node", "node");
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(named_profile_is_taken_whole),
		TEST(unknown_named_profile_is_told),
		TEST(reference_servers_are_found_by_their_packages),
		TEST(packages_of_similar_names_get_a_base),
		TEST(base_follows_the_runtime),
		TEST(found_profile_brings_no_harm),
		TEST(inherited_grants_are_cut_back_too),
		TEST(found_profile_has_the_digest_of_what_is_left),
		TEST(users_file_called_like_the_package_is_found),
		TEST(users_profile_is_found_before_the_built_in_one),
		TEST(built_in_package_leads_to_the_users_profile_of_that_name),
		TEST(package_that_two_files_claim_is_refused),
		TEST(broken_profile_stops_the_search),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
