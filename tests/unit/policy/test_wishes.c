/* SPDX-License-Identifier: Apache-2.0 */
#include "scanned.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/wishes_cut.h"

static char project[] = "/home/me/project", spaced[] = "/srv/a b";
static char *const folders[] = {project, spaced, NULL};

static struct wishes by_default(void)
{
	return (struct wishes){.folders = folders};
}

#define MODERN                                                        \
	"\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":"     \
	"\"2026-07-28\",\"io.modelcontextprotocol/clientCapabilities" \
	"\":"

/* What policy makes of a request of the client's; free() it. */
static char *masked(const struct wishes *w, const char *line)
{
	const uint64_t key[2] = {1, 2};
	struct json_scanner *s = message_scanner_new(key);
	struct out out = OUT_INIT(1 << 20);
	char *copy = strdup(line), *text;
	struct message m;
	int r;

	assert_non_null(s);
	assert_non_null(copy);
	assert_int_equal(message_read(s, DIR_C2S, copy, strlen(copy), &m), 0);
	assert_int_equal(m.verdict, VERDICT_OK);
	r = wishes_mask(w, NULL, &m, copy, strlen(copy), &out);
	assert_true(r == 0 || r == 1);
	if (r == 1)
		assert_int_equal(out.len, 0);
	text = r == 1 ? strdup(line) : strndup(out.data, out.len);
	assert_non_null(text);
	out_deinit(&out);
	free(copy);
	json_scanner_free(s);
	return text;
}

static void assert_masked(
	const struct wishes *w, const char *line, const char *expected)
{
	char *text = masked(w, line);

	assert_string_equal(text, expected);
	free(text);
}

#define HELLO(capabilities)                                               \
	"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\","        \
	"\"params\":{\"protocolVersion\":\"2025-11-25\",\"capabilities\"" \
	":" capabilities                                                  \
	",\"clientInfo\":{\"name\":\"sampling\",\"version\":\"1.10\"}}}"
#define CALL(capabilities)                                                      \
	"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\","              \
	"\"params\":{\"name\":\"t\",\"arguments\":{\"sampling\":1E400}," MODERN \
		capabilities "}}}"

static const struct {
	const char *before, *after;
} masks[] = {
	{"{\"sampling\":{}}", "{}"},
	{"{\"elicitation\":{\"form\":{},\"url\":{}},\"x\":1}", "{\"x\":1}"},
	{"{\"roots\":{\"listChanged\":true},\"sampling\":{\"tools\":{}}}",
		"{\"roots\":{\"listChanged\":true}}"},
	{"{ \"a\" : 1 , \"\\u0073ampling\" : { } , \"b\" : 1.10 }",
		"{ \"a\" : 1   , \"b\" : 1.10 }"},
	{"{\"tasks\":{\"list\":{},\"requests\":{\"sampling\":{\"createMessage"
	 "\":{}},\"elicitation\":{\"create\":{}},\"z\":0}},\"sampling\":{}}",
		"{\"tasks\":{\"list\":{},\"requests\":{\"z\":0}}}"},
	/* Not what a server is offered. */
	{"{\"x\":{\"sampling\":{}}}", "{\"x\":{\"sampling\":{}}}"},
	{"{\"tasks\":{\"sampling\":1}}", "{\"tasks\":{\"sampling\":1}}"},
	{"{\"tasks\":[],\"requests\":{\"sampling\":1}}",
		"{\"tasks\":[],\"requests\":{\"sampling\":1}}"},
	{"[]", "[]"},
	{"null", "null"},
	{"{}", "{}"},
};

static void what_is_denied_is_not_offered(void **state)
{
	const struct wishes w = by_default();

	(void)state;
	for (size_t i = 0; i < sizeof(masks) / sizeof(*masks); i++) {
		static const char *const around[][2] = {
			{HELLO("@"), ""}, {CALL("@"), ""}};

		for (size_t k = 0; k < 2; k++) {
			const char *at = strchr(around[k][0], '@');
			char before[1024], after[1024];

			(void)snprintf(before, sizeof(before), "%.*s%s%s",
				(int)(at - around[k][0]), around[k][0],
				masks[i].before, at + 1);
			(void)snprintf(after, sizeof(after), "%.*s%s%s",
				(int)(at - around[k][0]), around[k][0],
				masks[i].after, at + 1);
			assert_masked(&w, before, after);
		}
	}
}

static void what_is_allowed_stays_to_the_byte(void **state)
{
	struct wishes w = by_default();

	(void)state;
	w.sampling = w.elicitation = WISH_ALLOW;
	for (size_t i = 0; i < sizeof(masks) / sizeof(*masks); i++) {
		char line[1024];

		(void)snprintf(line, sizeof(line),
			"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
			"\"initialize\",\"params\":{\"capabilities\":%s}}",
			masks[i].before);
		assert_masked(&w, line, line);
	}
	w.elicitation = WISH_DENY;
	assert_masked(&w,
		HELLO("{\"sampling\":{},\"elicitation\":{},\"roots\":{}}"),
		HELLO("{\"sampling\":{},\"roots\":{}}"));
	w.roots = ROOTS_DENY;
	assert_masked(&w,
		HELLO("{\"sampling\":{},\"elicitation\":{},\"roots\":{}}"),
		HELLO("{\"sampling\":{}}"));
}

static void other_requests_have_no_capabilities(void **state)
{
	static const char *const lines[] = {
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\","
		"\"params\":{\"name\":\"t\",\"capabilities\":{\"sampling\":{}}"
		"}}",
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}",
	};
	const struct wishes w = by_default();

	(void)state;
	for (size_t i = 0; i < 2; i++)
		assert_masked(&w, lines[i], lines[i]);
}

static const struct {
	const char *uri;
	bool passes;
} roots[] = {
	{"file:///home/me/project", true},
	{"file:///home/me/project/", true},
	{"file:///home/me/project///", true},
	{"file:///home/me/project/sub/deep", true},
	{"file://localhost/home/me/project", true},
	{"file:///srv/a%20b/c", true},
	{"file:///home/me/%70roject", true},
	{"file:///home/me/project/...", true},
	{"file:///home/me/project/.git", true},
	{"file:///home/me", false},
	{"file:///home/me/projects", false},
	{"file:///home/me/project2/x", false},
	{"file:///", false},
	{"file://", false},
	{"", false},
	{"/home/me/project", false},
	{"file:/home/me/project", false},
	{"FILE:///home/me/project", false},
	{"file://host/home/me/project", false},
	{"file://localhost", false},
	{"file://localhosthome/me/project", false},
	{"http:///home/me/project", false},
	{"file:///home/me/project/..", false},
	{"file:///home/me/project/../secret", false},
	{"file:///home/me/project/%2e%2E/secret", false},
	{"file:///home/me/project/./x", false},
	{"file:///home/me/project/..%2fsecret", false},
	{"file:///home/me/project%2Fsub", false},
	{"file:///home/me/project%00", false},
	{"file:///home/me/project%", false},
	{"file:///home/me/project%2", false},
	{"file:///home/me/project%zz", false},
	{"file:///home/me//project", false},
	{"file:///home/me/project?x", false},
	{"file:///home/me/project#x", false},
	{"file:///srv/a b/c", true},
	{"file:////home/me/project", false},
};

static void roots_pass_inside_of_grants_alone(void **state)
{
	const struct wishes w = by_default(), none = {.roots = ROOTS_FILTER};

	(void)state;
	for (size_t i = 0; i < sizeof(roots) / sizeof(*roots); i++) {
		const char *uri = roots[i].uri;

		assert_int_equal(wishes_root_passes(&w, uri, strlen(uri)),
			roots[i].passes);
		assert_false(wishes_root_passes(&none, uri, strlen(uri)));
	}
	assert_false(wishes_root_passes(&w, "file:///home/me/project\0/x", 26));
}

static void assert_roots(
	const struct wishes *w, const char *before, const char *after)
{
	char line[1024], expected[1024];
	struct json_value result;
	struct out out = OUT_INIT(4096);
	int r;

	(void)snprintf(line, sizeof(line),
		"{\"jsonrpc\":\"2.0\",\"result\":%s,\"id\":1}", before);
	(void)snprintf(expected, sizeof(expected),
		"{\"jsonrpc\":\"2.0\",\"result\":%s,\"id\":1}", after);
	result = scanned(line, strlen(line), "/result");
	r = wishes_filter_roots(w, line, strlen(line), &result, &out);
	assert_int_equal(r, strcmp(before, after) == 0 ? 1 : 0);
	if (r == 0) {
		assert_int_equal(out.len, strlen(expected));
		assert_memory_equal(out.data, expected, out.len);
	}
	out_deinit(&out);
}

#define IN "{\"uri\":\"file:///home/me/project\",\"name\":\"p\"}"
#define OUTSIDE "{\"uri\":\"file:///home/me\",\"name\":\"h\"}"

static void roots_outside_are_cut_from_the_answer(void **state)
{
	struct wishes w = by_default();

	(void)state;
	assert_roots(&w, "{\"roots\":[" IN "]}", "{\"roots\":[" IN "]}");
	assert_roots(&w, "{\"roots\":[" OUTSIDE "," IN "," OUTSIDE "]}",
		"{\"roots\":[" IN "]}");
	assert_roots(&w, "{\"roots\":[" OUTSIDE "]}", "{\"roots\":[]}");
	assert_roots(&w,
		"{\"x\":1.10,\"roots\":[1,null,{},{\"uri\":1},[],{\"URI\":"
		"\"file:///home/me/project\"}, " IN " ],\"y\":[]}",
		"{\"x\":1.10,\"roots\":[ " IN " ],\"y\":[]}");
	assert_roots(&w, "{}", "{}");
	assert_roots(&w, "{\"roots\":{}}", "{\"roots\":{}}");
	assert_roots(&w, "{\"roots\":null}", "{\"roots\":null}");
	assert_roots(&w, "[]", "[]");
	w.roots = ROOTS_ALLOW;
	assert_roots(
		&w, "{\"roots\":[" OUTSIDE "]}", "{\"roots\":[" OUTSIDE "]}");
	w.roots = ROOTS_DENY;
	assert_roots(&w, "{\"roots\":[" IN "]}", "{\"roots\":[]}");
}

static void roots_in_a_request_are_cut_too(void **state)
{
	const struct wishes w = by_default();

#define AGAIN(roots_list, capabilities)                                \
	"{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/call\","     \
	"\"params\":{\"inputResponses\":{\"a\":{\"roots\":" roots_list \
	"},\"b\":{\"action\":\"accept\"}}," MODERN capabilities        \
	"},\"name\":\"t\"}}"
	(void)state;
	assert_masked(&w, AGAIN("[" OUTSIDE "," IN "]", "{\"sampling\":{}}"),
		AGAIN("[" IN "]", "{}"));
	assert_masked(&w, AGAIN("[" IN "]", "{}"), AGAIN("[" IN "]", "{}"));
}

static void assert_result(
	const struct wishes *w, const char *requests, enum wish is)
{
	char line[512];
	struct json_value result;

	(void)snprintf(line, sizeof(line),
		"{\"result\":{\"resultType\":\"input_required\","
		"\"inputRequests\":%s}}",
		requests);
	result = scanned(line, strlen(line), "/result");
	assert_int_equal(wishes_permit_result(w, &result), is);
}

static void results_that_ask_for_what_is_denied_do_not_pass(void **state)
{
	struct wishes w = by_default();

#define SAMPLING "{\"method\":\"sampling/createMessage\",\"params\":{}}"
#define ELICITATION "{\"method\":\"elicitation/create\",\"params\":{}}"
#define ROOTS "{\"method\":\"roots/list\"}"
	(void)state;
	assert_result(&w, "{}", WISH_ALLOW);
	assert_result(&w, "{\"a\":" ROOTS "}", WISH_ALLOW);
	assert_result(&w, "{\"a\":" SAMPLING "}", WISH_DENY);
	assert_result(&w, "{\"a\":" ROOTS ",\"b\":" ELICITATION "}", WISH_DENY);
	assert_result(&w, "{\"a\":{\"method\":\"tools/call\"}}", WISH_DENY);
	assert_result(&w,
		"{\"a\":{\"method\":\"sampling\\/createMess"
		"\\u0061ge\"}}",
		WISH_DENY);
	assert_result(&w, "{\"a\":1}", WISH_DENY);
	assert_result(&w, "{\"a\":{}}", WISH_DENY);
	assert_result(&w, "[]", WISH_ALLOW);
	assert_result(&w, "null", WISH_ALLOW);
	assert_result(&w, "[" ROOTS "]", WISH_DENY);
	assert_result(&w, "[" SAMPLING "]", WISH_DENY);
	assert_result(&w,
		"\""
		"sampling"
		"\"",
		WISH_DENY);
	w.sampling = w.elicitation = WISH_ALLOW;
	assert_result(
		&w, "{\"a\":" SAMPLING ",\"b\":" ELICITATION "}", WISH_ALLOW);
	w.elicitation = WISH_ASK;
	assert_result(
		&w, "{\"b\":" ELICITATION ",\"a\":" SAMPLING "}", WISH_ASK);
	assert_result(&w, "{\"a\":" SAMPLING "}", WISH_ALLOW);
	assert_result(&w, "{\"b\":" ELICITATION ",\"a\":1}", WISH_DENY);
	w.sampling = WISH_DENY;
	assert_result(
		&w, "{\"b\":" ELICITATION ",\"a\":" SAMPLING "}", WISH_DENY);
	w.roots = ROOTS_DENY;
	assert_result(&w, "{\"a\":" ROOTS "}", WISH_DENY);
}

static void requests_are_permitted_by_method(void **state)
{
	struct wishes w = {0};

	(void)state;
	assert_int_equal(
		wishes_permit(&w, METHOD_SAMPLING_CREATE_MESSAGE), WISH_DENY);
	assert_int_equal(
		wishes_permit(&w, METHOD_ELICITATION_CREATE), WISH_DENY);
	assert_int_equal(wishes_permit(&w, METHOD_ROOTS_LIST), WISH_ALLOW);
	assert_int_equal(wishes_permit(&w, METHOD_PING), WISH_ALLOW);
	w.sampling = WISH_ALLOW;
	assert_int_equal(
		wishes_permit(&w, METHOD_SAMPLING_CREATE_MESSAGE), WISH_ALLOW);
	assert_int_equal(
		wishes_permit(&w, METHOD_ELICITATION_CREATE), WISH_DENY);
	w.elicitation = WISH_ASK;
	assert_int_equal(
		wishes_permit(&w, METHOD_ELICITATION_CREATE), WISH_ASK);
	w.roots = ROOTS_DENY;
	assert_int_equal(wishes_permit(&w, METHOD_ROOTS_LIST), WISH_DENY);
}

static void what_both_permit_is_the_stricter(void **state)
{
	static const enum wish ranked[] = {WISH_DENY, WISH_ASK, WISH_ALLOW};

	(void)state;
	for (size_t a = 0; a < 3; a++)
		for (size_t b = 0; b < 3; b++)
			assert_int_equal(wish_strictest(ranked[a], ranked[b]),
				ranked[a < b ? a : b]);
}

static void what_is_asked_for_is_offered(void **state)
{
	struct wishes w = by_default();

	(void)state;
	w.elicitation = WISH_ASK;
	assert_masked(&w, HELLO("{\"elicitation\":{},\"sampling\":{}}"),
		HELLO("{\"elicitation\":{}}"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_denied_is_not_offered),
		cmocka_unit_test(what_is_allowed_stays_to_the_byte),
		cmocka_unit_test(other_requests_have_no_capabilities),
		cmocka_unit_test(roots_pass_inside_of_grants_alone),
		cmocka_unit_test(roots_outside_are_cut_from_the_answer),
		cmocka_unit_test(roots_in_a_request_are_cut_too),
		cmocka_unit_test(
			results_that_ask_for_what_is_denied_do_not_pass),
		cmocka_unit_test(requests_are_permitted_by_method),
		cmocka_unit_test(what_both_permit_is_the_stricter),
		cmocka_unit_test(what_is_asked_for_is_offered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
