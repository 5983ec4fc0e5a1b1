/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/versions.h"

#include <errno.h>
#include <string.h>

#include "policy/answer.h"
#include "scanned.h"

static struct json_value value(const char *text)
{
	return scanned(text, strlen(text), "");
}

static void a_known_version_has_its_era(void **state)
{
	static const struct {
		const char *text;
		enum message_era era;
	} cases[] = {
		{"\"2024-11-05\"", ERA_LEGACY},
		{"\"2025-03-26\"", ERA_LEGACY},
		{"\"2025-06-18\"", ERA_LEGACY},
		{"\"2025-11-25\"", ERA_LEGACY},
		{"\"2026-07-28\"", ERA_MODERN},
		{"\"2026-07-2\\u0038\"", ERA_MODERN},
		{"\"2026-07-29\"", ERA_NONE},
		{"\"2026-07-28 \"", ERA_NONE},
		{"\"2026-07-28\\u0000\"", ERA_NONE},
		{"\"\"", ERA_NONE},
		{"20260728", ERA_NONE},
		{"null", ERA_NONE},
		{"[\"2026-07-28\"]", ERA_NONE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct json_value v = value(cases[i].text);

		assert_int_equal(version_era(&v), cases[i].era);
	}
}

/* Of a modern request with that _meta; the version that it asks for. */
static int modern_fault(const char *meta, const char *version)
{
	struct json_value asked = {.type = JSON_INVALID};
	struct message m = {.era = ERA_MODERN,
		.method = METHOD_TOOLS_LIST,
		.meta = value(meta)};
	int code = version_fault(&m, &asked);

	if (version)
		assert_true(json_string_eq(&asked, version));
	else
		assert_int_equal(asked.type, JSON_INVALID);
	return code;
}

#define VERSION "\"io.modelcontextprotocol/protocolVersion\":"
#define ABLE "\"io.modelcontextprotocol/clientCapabilities\":"

static void a_modern_request_says_its_version_and_what_it_can(void **state)
{
	(void)state;
	assert_int_equal(modern_fault("{" VERSION "\"2026-07-28\"," ABLE "{}}",
				 "2026-07-28"),
		0);
	assert_int_equal(modern_fault("{" VERSION "\"2027-01-01\"," ABLE "{}}",
				 "2027-01-01"),
		ANSWER_UNSUPPORTED_VERSION);
	/* One of the other era is none for a request of this one. */
	assert_int_equal(modern_fault("{" VERSION "\"2025-11-25\"," ABLE "{}}",
				 "2025-11-25"),
		ANSWER_UNSUPPORTED_VERSION);
	assert_int_equal(modern_fault("{" VERSION "\"2026-07-28\"}", NULL),
		ANSWER_INVALID_PARAMS);
	assert_int_equal(
		modern_fault("{" VERSION "\"2026-07-28\"," ABLE "[]}", NULL),
		ANSWER_INVALID_PARAMS);
	assert_int_equal(modern_fault("{" VERSION "20260728," ABLE "{}}", NULL),
		ANSWER_INVALID_PARAMS);
	assert_int_equal(
		modern_fault("{" ABLE "{}}", NULL), ANSWER_INVALID_PARAMS);
}

static int hello_fault(enum method method, const char *params)
{
	struct json_value asked;
	struct message m = {
		.era = ERA_LEGACY, .method = method, .params = value(params)};

	return version_fault(&m, &asked);
}

static void a_greeting_may_name_any_version_that_is_a_string(void **state)
{
	(void)state;
	assert_int_equal(hello_fault(METHOD_INITIALIZE,
				 "{\"protocolVersion\":\"2025-06-18\"}"),
		0);
	assert_int_equal(hello_fault(METHOD_INITIALIZE,
				 "{\"protocolVersion\":\"9999-01-01\"}"),
		0);
	assert_int_equal(hello_fault(METHOD_INITIALIZE, "{}"), 0);
	assert_int_equal(
		hello_fault(METHOD_INITIALIZE, "{\"protocolVersion\":1}"),
		ANSWER_INVALID_PARAMS);
	assert_int_equal(
		hello_fault(METHOD_INITIALIZE, "{\"protocolVersion\":null}"),
		ANSWER_INVALID_PARAMS);
	/* Elsewhere it is no version. */
	assert_int_equal(
		hello_fault(METHOD_PING, "{\"protocolVersion\":1}"), 0);
}

static void a_session_is_of_a_legacy_version_that_is_known(void **state)
{
	static const struct {
		const char *result;
		bool agreed;
	} cases[] = {
		{"{\"protocolVersion\":\"2024-11-05\"}", true},
		{"{\"protocolVersion\":\"2025-11-25\"}", true},
		{"{}", true},
		{"{\"protocolVersion\":\"2026-07-28\"}", false},
		{"{\"protocolVersion\":\"2025-11-26\"}", false},
		{"{\"protocolVersion\":null}", false},
		{"{\"protocolVersion\":[]}", false},
		{"[]", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct json_value v = value(cases[i].result);

		assert_int_equal(version_agreed(&v), cases[i].agreed);
	}
}

static int cut(const char *line, size_t max, struct out *out)
{
	struct json_value result = scanned(line, strlen(line), "/result");

	*out = (struct out)OUT_INIT(max);
	return version_cut(line, strlen(line), &result, out);
}

#define LIST "\"supportedVersions\":"

static void unknown_versions_are_cut_and_no_other_byte(void **state)
{
	static const char *const cases[][2] = {
		{"{\"result\":{" LIST "[\"1\", \"2026-07-28\"],\"a\":1}}",
			"{\"result\":{" LIST "[ \"2026-07-28\"],\"a\":1}}"},
		{"{\"result\":{" LIST "[\"2025-11-25\",null,\"x\"]}}",
			"{\"result\":{" LIST "[\"2025-11-25\"]}}"},
		{"{\"result\":{\"cacheScope\":\"public\"," LIST
		 "[7,\"2026-07-28\"]}}",
			"{\"result\":{\"cacheScope\":\"private\"," LIST
			"[\"2026-07-28\"]}}"},
	};
	struct out out;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(cut(cases[i][0], 1 << 16, &out), 0);
		assert_out(&out, cases[i][1]);
		out_deinit(&out);
	}
}

static void what_cannot_be_cut_is_said(void **state)
{
	static const struct {
		const char *line;
		int r;
	} cases[] = {
		{"{\"result\":{" LIST "[\"2026-07-28\"]}}", 1},
		{"{\"result\":{" LIST "[]}}", 1},
		{"{\"result\":{}}", 1},
		{"{\"result\":{" LIST "[\"2027-01-01\"]}}", 2},
		{"{\"result\":{" LIST "\"2026-07-28\"}}", -EINVAL},
		{"{\"result\":{" LIST "null}}", -EINVAL},
		{"{\"result\":[]}", -EINVAL},
	};
	struct out out;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(cut(cases[i].line, 1 << 16, &out), cases[i].r);
		assert_int_equal(out.len, 0);
		out_deinit(&out);
	}
	assert_int_equal(
		cut("{\"result\":{" LIST "[1,\"2026-07-28\"]}}", 8, &out),
		-ENOMEM);
	out_deinit(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_known_version_has_its_era),
		cmocka_unit_test(
			a_modern_request_says_its_version_and_what_it_can),
		cmocka_unit_test(
			a_greeting_may_name_any_version_that_is_a_string),
		cmocka_unit_test(
			a_session_is_of_a_legacy_version_that_is_known),
		cmocka_unit_test(unknown_versions_are_cut_and_no_other_byte),
		cmocka_unit_test(what_cannot_be_cut_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
