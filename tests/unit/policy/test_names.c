/* SPDX-License-Identifier: Apache-2.0 */
/* Prompts and resources, where they differ from tools. */
#include "scanned.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/lib/tools_of.h"

static char good[] = "good*", demo[] = "demo://*", secret[] = "*secret*";
static char *const good_only[] = {good, NULL},
		   *const demo_only[] = {demo, NULL},
		   *const no_secret[] = {secret, NULL};

static void assert_filtered(const struct tools *t, enum names names,
	const char *before, const char *after)
{
	char line[1024], expected[1024];
	struct out out = OUT_INIT(sizeof(line) + FILTER_GROWTH_MAX);
	struct filter_stats stats;
	struct json_value result;
	int r;

	(void)snprintf(line, sizeof(line), "{\"result\":%s,\"id\":1}", before);
	(void)snprintf(
		expected, sizeof(expected), "{\"result\":%s,\"id\":1}", after);
	result = scanned(line, strlen(line), "/result");
	r = names_filter_list(
		t, names, line, strlen(line), &result, &out, &stats);
	assert_int_equal(r, strcmp(before, after) == 0 ? 1 : 0);
	if (r == 0) {
		assert_int_equal(out.len, strlen(expected));
		assert_memory_equal(out.data, expected, out.len);
	}
	out_deinit(&out);
}

static void each_list_has_its_own_names(void **state)
{
	struct tools *prompts = tools_of(good_only, NULL, true);
	struct tools *uris = tools_of_uris(demo_only, no_secret, true);

	(void)state;
	assert_non_null(prompts);
	assert_non_null(uris);
	assert_filtered(prompts, NAMES_PROMPTS,
		"{\"prompts\":[{\"name\":\"bad\"},{\"name\":\"good\",\"n\":1.10}"
		",{\"title\":\"good\"}],\"tools\":[{\"name\":\"bad\"}]}",
		"{\"prompts\":[{\"name\":\"good\",\"n\":1.10}"
		"],\"tools\":[{\"name\":\"bad\"}]}");
	assert_filtered(uris, NAMES_RESOURCES,
		"{\"resources\":[{\"name\":\"demo://a\",\"uri\":\"x:\"},"
		"{\"uri\":\"demo:\\/\\/a\"},{\"uri\":\"demo://secret/x\"}]}",
		"{\"resources\":[{\"uri\":\"demo:\\/\\/a\"}]}");
	assert_filtered(uris, NAMES_TEMPLATES,
		"{\"resourceTemplates\":[{\"uriTemplate\":\"demo://{id}\"},"
		"{\"uriTemplate\":\"file:///{p}\"},{\"uri\":\"demo://a\"}]}",
		"{\"resourceTemplates\":[{\"uriTemplate\":\"demo://{id}\"}]}");
	tools_free(prompts);
	tools_free(uris);
}

static void two_prompts_of_one_name_go_two_uris_stay(void **state)
{
	struct tools *prompts = tools_of(good_only, NULL, true);
	struct tools *uris = tools_of_uris(demo_only, NULL, true);
	static const char twice[] =
		"{\"resources\":[{\"uri\":\"demo://a\"},{\"uri\":\"demo://a\"}]}";

	(void)state;
	assert_non_null(prompts);
	assert_non_null(uris);
	assert_filtered(prompts, NAMES_PROMPTS,
		"{\"prompts\":[{\"name\":\"good\"},{\"name\":\"good1\"},"
		"{\"name\":\"g\\u006fod\"}]}",
		"{\"prompts\":[{\"name\":\"good1\"}]}");
	assert_filtered(uris, NAMES_RESOURCES, twice, twice);
	tools_free(prompts);
	tools_free(uris);
}

static void a_list_under_another_name_is_none(void **state)
{
	static const char line[] = "{\"result\":{\"tools\":[]},\"id\":1}";
	struct json_value result = scanned(line, sizeof(line) - 1, "/result");
	struct tools *t = tools_of(good_only, NULL, true);
	struct out out = OUT_INIT(1024);
	struct filter_stats stats;

	(void)state;
	assert_non_null(t);
	for (enum names n = NAMES_PROMPTS; n < _NAMES_N; n++)
		assert_int_equal(names_filter_list(t, n, line, sizeof(line) - 1,
					 &result, &out, &stats),
			-EINVAL);
	assert_int_equal(names_filter_list(t, NAMES_TOOLS, line,
				 sizeof(line) - 1, &result, &out, &stats),
		1);
	tools_free(t);
	out_deinit(&out);
}

static void uris_may_be_longer_than_names(void **state)
{
	static char any[] = "*";
	char *const all[] = {any, NULL};
	struct tools *names = tools_of(all, NULL, true);
	struct tools *uris = tools_of_uris(all, NULL, true);
	char text[URI_NAME_MAX + 1];
	struct tool_verdict v;

	(void)state;
	assert_non_null(names);
	assert_non_null(uris);
	memset(text, 'x', sizeof(text));
	tools_decide(names, text, TOOL_NAME_MAX, &v);
	assert_true(v.listed);
	tools_decide(names, text, TOOL_NAME_MAX + 1, &v);
	assert_false(v.listed);
	tools_decide(uris, text, URI_NAME_MAX, &v);
	assert_true(v.listed);
	tools_decide(uris, text, URI_NAME_MAX + 1, &v);
	assert_false(v.listed);
	tools_free(names);
	tools_free(uris);
}

static void only_without_any_pattern_everything_passes(void **state)
{
	struct tools *none = tools_of(NULL, NULL, false);
	struct tools *denies = tools_of(NULL, no_secret, false);
	struct tools *policy = tools_of(NULL, NULL, true);

	(void)state;
	assert_true(none && denies && policy);
	assert_true(tools_pass_all(none));
	assert_false(tools_pass_all(denies));
	assert_false(tools_pass_all(policy));
	tools_free(none);
	tools_free(denies);
	tools_free(policy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_list_has_its_own_names),
		cmocka_unit_test(two_prompts_of_one_name_go_two_uris_stay),
		cmocka_unit_test(a_list_under_another_name_is_none),
		cmocka_unit_test(uris_may_be_longer_than_names),
		cmocka_unit_test(only_without_any_pattern_everything_passes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
