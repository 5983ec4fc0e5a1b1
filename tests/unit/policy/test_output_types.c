/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/output_types.h"

#include <stdio.h>
#include <string.h>

#include "scanned.h"

#define MAX_OUT (64U << 10)
#define TYPE_NOTE(type, n)                                                     \
	"[stockade: " type " of " n " bytes left out, policy does not permit " \
	"its type]"
#define NO_BASE64(type, n)                                              \
	"[stockade: " type " of " n " bytes left out, it is not valid " \
	"base64]"
#define TEXT(note) "{\"type\":\"text\",\"text\":\"" note "\"}"

static char *png_and_text[] = {(char[]){"image/png"}, (char[]){"TEXT/*"}, NULL};

static struct output_types types_of(char *const *list)
{
	return (struct output_types){.lists = {list}, .n = 1};
}

/* What becomes of a message whose result has these members. */
static int cut_by(const struct output_types *t, enum method method,
	const char *members, struct out *out)
{
	static char line[16384];
	struct json_value result;
	size_t len = (size_t)snprintf(line, sizeof(line),
		"{\"jsonrpc\":\"2.0\", \"id\":1.0,\"result\":{%s} }", members);

	assert_true(len < sizeof(line));
	result = scanned(line, len, "/result");
	return output_types_cut(t, method, line, len, &result, out);
}

static void assert_becomes(const struct output_types *t, enum method method,
	const char *members, const char *want)
{
	struct out out = OUT_INIT(MAX_OUT);
	char text[16384];
	int r = cut_by(t, method, members, &out);

	if (r != (want != NULL))
		fail_msg("%d for %s", r, members);
	if (want) {
		(void)snprintf(text, sizeof(text),
			"{\"jsonrpc\":\"2.0\", \"id\":1.0,\"result\":{%s} }",
			want);
		assert_out(&out, text);
		(void)scanned(out.data, out.len, "/result");
	} else {
		assert_int_equal(out.len, 0);
	}
	out_deinit(&out);
}

static const struct {
	const char *mime; /* as JSON; NULL: absent */
	bool passes;
} spellings[] = {
	{"\"image/png\"", true},
	{"\"IMAGE/PNG; x=y\"", true},
	{"\"image/png;\"", true},
	{"\"image/png \\t;x\"", true},
	{"\"im\\u0061ge\\/png\"", true},
	{"\"text/html\"", true},
	{"\"image/jpeg\"", false},
	{"\"image/pngx\"", false},
	{"\"ximage/png\"", false},
	{"\" image/png\"", false},
	{"\"image/png, image/jpeg\"", false},
	{"\"image/ png\"", false},
	{"\"text/\"", false},
	{"\"text/a/b\"", false},
	{"\"text/a b\"", false},
	{"\"text/\\u200bhtml\"", false},
	{"\"text/h\\u0000\"", false},
	{"\"text\"", false},
	{"\"/\"", false},
	{"\"\"", false},
	{"\";image/png\"", false},
	{"1", false},
	{"null", false},
	{"[\"image/png\"]", false},
	{NULL, false},
};

static void a_type_is_its_essence_in_either_case(void **state)
{
	struct output_types t = types_of(png_and_text);

	(void)state;
	for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
		struct json_value v = {0};

		if (spellings[i].mime)
			v = scanned(spellings[i].mime,
				strlen(spellings[i].mime), "");
		if (output_type_permitted(&t, &v) != spellings[i].passes)
			fail_msg("%s", spellings[i].mime);
	}
}

static void a_type_without_end_is_none(void **state)
{
	char mime[400] = "\"text/";
	char *all[] = {(char[]){"*/*"}, NULL};
	struct output_types t = types_of(all);
	struct json_value v;

	(void)state;
	memset(mime + 6, 'a', 300);
	mime[306] = '"';
	v = scanned(mime, 307, "");
	assert_false(output_type_permitted(&t, &v));
}

/* Each place that content stands in. */
static const struct {
	enum method method;
	const char *members, *want; /* NULL: as it was */
} places[] = {
	{METHOD_TOOLS_CALL,
		"\"content\":[{\"type\":\"image\",\"mimeType\":\"image/png\","
		"\"data\":\"YWJj\"}]",
		NULL},
	{METHOD_TOOLS_CALL,
		"\"x\" : 1.10,\"content\":[ {\"type\":\"text\",\"text\":\"a\"} "
		", {\"type\":\"image\",\"mimeType\":\"image/jpeg\",\"data\":"
		"\"YWJj\"} ],\"isError\":false",
		"\"x\" : 1.10,\"content\":[ {\"type\":\"text\",\"text\":\"a\"} "
		", " TEXT(TYPE_NOTE("image/jpeg", "4")) " ],\"isError\":false"},
	{METHOD_TOOLS_CALL,
		"\"content\":[{\"type\":\"audio\",\"data\":\"YWJj\"}]",
		"\"content\":[" TEXT(TYPE_NOTE("binary content", "4")) "]"},
	/* A text beside it changes nothing. */
	{METHOD_TOOLS_CALL,
		"\"content\":[{\"text\":\"a\",\"type\":\"im\\u0061ge\","
		"\"data\":\"YWJj\",\"mimeType\":\"a/b\"}]",
		"\"content\":[" TEXT(TYPE_NOTE("a/b", "4")) "]"},
	{METHOD_TOOLS_CALL,
		"\"content\":[{\"type\":\"text\",\"text\":\"a\",\"mimeType\":"
		"\"a/b\"},{\"type\":\"resource_link\",\"uri\":\"a:b\",\"name\":"
		"\"n\",\"mimeType\":\"a/b\"}]",
		NULL},
	/* An item of a kind that is not known. */
	{METHOD_TOOLS_CALL,
		"\"content\":[{\"type\":\"video\",\"data\":\"YWJj\"},{\"blob\":"
		"\"YWJj\",\"type\":1},{\"type\":\"new\"},7,null]",
		"\"content\":[" TEXT(TYPE_NOTE("binary content", "4")) "," TEXT(
			TYPE_NOTE("binary content", "4")) ",{\"type\":\"new\"},"
							  "7,null]"},
	/* Embedded resources. */
	{METHOD_TOOLS_CALL,
		"\"content\":[{\"type\":\"resource\",\"resource\":{\"uri\":"
		"\"a:b\",\"text\":\"t\"}},{\"type\":\"resource\",\"resource\":"
		"{\"uri\":\"a:b\",\"text\":\"t\",\"mimeType\":\"text/x\"}},"
		"{\"type\":\"resource\",\"resource\":{\"uri\":\"a:b\",\"blob\":"
		"\"YQ==\",\"mimeType\":\"image/png\"}}]",
		NULL},
	{METHOD_TOOLS_CALL,
		"\"content\":[{\"type\":\"resource\",\"resource\":{\"uri\":"
		"\"a:b\",\"blob\":\"YQ==\"}},{\"type\":\"resource\","
		"\"resource\":{\"uri\":\"a:b\",\"text\":\"t\",\"mimeType\":"
		"\"a/b\"}}]",
		"\"content\":[" TEXT(TYPE_NOTE("binary content", "4")) "," TEXT(
			TYPE_NOTE("a/b", "1")) "]"},
	/* What is text and blob is held to both. */
	{METHOD_TOOLS_CALL,
		"\"content\":[{\"type\":\"resource\",\"resource\":{\"uri\":"
		"\"a:b\",\"text\":\"t\",\"blob\":1,\"mimeType\":\"text/x\"}}]",
		"\"content\":[" TEXT(NO_BASE64("text/x", "0")) "]"},
	{METHOD_TOOLS_CALL,
		"\"structuredContent\":{\"content\":[{\"type\":\"image\","
		"\"data\":\"!\"}]},\"content\":[]",
		NULL},
	{METHOD_PROMPTS_GET,
		"\"messages\":[{\"role\":\"user\",\"content\":{\"type\":"
		"\"image\",\"mimeType\":\"a/b\",\"data\":\"YWJj\"}},{\"role\":"
		"\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\"},"
		"{\"type\":\"image\",\"mimeType\":\"c/d\",\"data\":\"\"}]},"
		"{\"role\":\"user\",\"content\":{\"type\":\"text\",\"text\":"
		"\"t\"}},5]",
		"\"messages\":[{\"role\":\"user\",\"content\":" TEXT(TYPE_NOTE(
			"a/b",
			"4")) "},{\"role\":\"user\",\"content\":" TEXT(TYPE_NOTE("c/"
										 "d",
			"0")) "},{\"role\":\"user\",\"content\":{\"type\":"
			      "\"text\",\"text\":\"t\"}},5]"},
	{METHOD_RESOURCES_READ,
		"\"contents\":[{\"uri\":\"a:\\u0062\",\"mimeType\":\"a/b\","
		"\"blob\":\"YWJj\",\"_meta\":{}},{\"uri\":\"a:c\",\"text\":"
		"\"t\"},{\"mimeType\":\"a/b\",\"text\":\"t\",\"uri\":\"a:d\"},"
		"{\"uri\":\"a:e\",\"mimeType\":\"image/png\",\"blob\":\"\"}]",
		"\"contents\":[{\"uri\":\"a:\\u0062\",\"text\":\"" TYPE_NOTE(
			"a/b", "4") "\"},{\"uri\":\"a:c\",\"text\":\"t\"},"
				    "{\"uri\":\"a:d\",\"text\":"
				    "\"" TYPE_NOTE("a/b", "1") "\"},{\"uri\":"
							       "\"a:e\","
							       "\"mimeType\":"
							       "\"image/png\","
							       "\"blob\":"
							       "\"\"}]"},
	{METHOD_TASKS_GET,
		"\"status\":\"completed\",\"result\":{\"content\":[{\"type\":"
		"\"image\",\"data\":\"YWJj\"}]}",
		"\"status\":\"completed\",\"result\":{\"content\":[" TEXT(
			TYPE_NOTE("binary content", "4")) "]}"},
	{METHOD_TASKS_RESULT,
		"\"content\":[{\"type\":\"image\",\"data\":\"YWJj\"}]",
		"\"content\":[" TEXT(TYPE_NOTE("binary content", "4")) "]"},
	/* What is no content is not looked at. */
	{METHOD_TOOLS_LIST,
		"\"content\":[{\"type\":\"image\",\"data\":\"YWJj\"}]", NULL},
	{METHOD_TOOLS_CALL, "\"content\":{\"type\":\"image\"}", NULL},
};

static void each_place_is_held_to_the_list(void **state)
{
	struct output_types t = types_of(png_and_text), none = {.n = 0};

	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		assert_becomes(&t, places[i].method, places[i].members,
			places[i].want);
		assert_becomes(
			&none, places[i].method, places[i].members, NULL);
	}
}

static void what_is_permitted_is_strict_base64(void **state)
{
	static const struct {
		const char *data;
		bool good;
	} rows[] = {
		{"\"\"", true},
		{"\"YQ==\"", true},
		{"\"+\\/\\u002bA\"", true},
		{"\"YQ=\"", false},
		{"\"YQ\"", false},
		{"\"YR==\"", false},
		{"\"YW Jj\"", false},
		{"\"YWJj\\n\"", false},
		{"\"YWJ_\"", false},
		{"\"YQ==YWJj\"", false},
		{"\"data:a/b;base64,YWJj\"", false},
		{"7", false},
		{"[\"YWJj\"]", false},
	};
	struct output_types t = types_of(png_and_text);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct out out = OUT_INIT(MAX_OUT);
		char text[256];
		int r;

		(void)snprintf(text, sizeof(text),
			"\"content\":[{\"type\":\"image\",\"mimeType\":"
			"\"image/png\",\"data\":%s}]",
			rows[i].data);
		r = cut_by(&t, METHOD_TOOLS_CALL, text, &out);
		if (r != !rows[i].good ||
			(r && !strstr(out.data, "it is not valid base64")))
			fail_msg("%s", rows[i].data);
		out_deinit(&out);
	}
}

static void every_list_has_to_have_a_type(void **state)
{
	char *images[] = {(char[]){"image/*"}, NULL},
	     *png[] = {(char[]){"image/png"}, NULL};
	struct output_types t = {.lists = {images, png}, .n = 2};
	struct json_value is = scanned("\"image/png\"", 11, "");
	struct json_value no = scanned("\"image/gif\"", 11, "");

	(void)state;
	assert_true(output_type_permitted(&t, &is));
	assert_false(output_type_permitted(&t, &no));
	t.lists[t.n++] = NULL;
	assert_false(output_type_permitted(&t, &is));
}

static void notes_are_bounded(void **state)
{
	struct output_types t = types_of(NULL);
	struct out out = OUT_INIT(MAX_OUT);
	static char text[8192] = "\"content\":[";
	size_t n = strlen(text), notes = 0;
	struct json_value list;

	(void)state;
	for (int i = 0; i < 100; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n,
			"%s{\"type\":\"image\",\"data\":\"YWJj\"}",
			i ? "," : "");
	(void)snprintf(text + n, sizeof(text) - n,
		",{\"type\":\"text\",\"text\":\"end\"}]");
	assert_int_equal(cut_by(&t, METHOD_TOOLS_CALL, text, &out), 1);
	list = scanned(out.data, out.len, "/result/content");
	assert_int_equal(list.type, JSON_ARRAY);
	out_bytes(&out, "", 1);
	for (const char *p = out.data; (p = strstr(p, "[stockade: ")); p++)
		notes++;
	assert_int_equal(notes, 32);
	assert_non_null(strstr(out.data, "more content left out]"));
	assert_non_null(strstr(out.data, "\"end\""));
	out_deinit(&out);
}

static void what_does_not_fit_is_no_half_line(void **state)
{
	struct output_types t = types_of(NULL);
	struct out out = OUT_INIT(64);

	(void)state;
	assert_true(cut_by(&t, METHOD_TOOLS_CALL,
			    "\"content\":[{\"type\":\"image\"}]", &out) < 0);
	out_deinit(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_type_is_its_essence_in_either_case),
		cmocka_unit_test(a_type_without_end_is_none),
		cmocka_unit_test(each_place_is_held_to_the_list),
		cmocka_unit_test(what_is_permitted_is_strict_base64),
		cmocka_unit_test(every_list_has_to_have_a_type),
		cmocka_unit_test(notes_are_bounded),
		cmocka_unit_test(what_does_not_fit_is_no_half_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
