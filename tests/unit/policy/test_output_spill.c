/* SPDX-License-Identifier: Apache-2.0 */
#include "scanned.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "policy/output.h"
#include "policy/output_spill.h"

#define SPILL_BOTH .text_over = OVER_SPILL, .binary_over = OVER_SPILL

static const struct output_caps caps = {
	.text_bytes = 5, .binary_bytes = 4, SPILL_BOTH};

static struct output_spill spill;

static void plan(const struct output_caps *c, enum method m, const char *line)
{
	struct json_value v = scanned(line, strlen(line), "/result");

	memset(&spill, 0xff, sizeof(spill));
	assert_int_equal(output_spill(c, m, line, &v, &spill), 0);
}

static void assert_file(enum method m, const char *line, size_t i,
	const char *suffix, const char *content)
{
	struct json_value v = scanned(line, strlen(line), "/result");
	struct out o = OUT_INIT(4096);

	assert_true(i < spill.n);
	assert_string_equal(spill.files[i].suffix, suffix);
	assert_false(spill.files[i].kept);
	assert_int_equal(
		output_spill_write(&caps, m, &v, &spill.files[i], &o), 0);
	assert_out(&o, content);
	out_deinit(&o);
}

#define RESULT(x) "{\"result\":{" x "}}"

static const struct {
	enum method method;
	const char *line, *suffix, *content;
} ones[] = {
	{METHOD_TOOLS_CALL,
		RESULT("\"content\":[{\"type\":\"text\",\"text\":"
		       "\"a\\\"\\n\\u00e9\\ud83d\\ude00b\"}]"),
		"txt", "a\"\né😀b"},
	/* A newline between two, where there is none. */
	{METHOD_TOOLS_CALL,
		RESULT("\"content\":[{\"type\":\"text\",\"text\":\"123\"},"
		       "{\"type\":\"text\",\"text\":\"456\\n\"},{\"type\":"
		       "\"text\",\"text\":\"\"},{\"text\":\"7\",\"type\":"
		       "\"text\"}]"),
		"txt", "123\n456\n7"},
	{METHOD_TOOLS_CALL,
		RESULT("\"content\":[{\"type\":\"text\",\"text\":\"1\"}, "
		       "{\"type\":\"resource_link\", \"uri\":\"a:b\"}]"),
		"txt", "1\n{\"type\":\"resource_link\", \"uri\":\"a:b\"}"},
	{METHOD_PROMPTS_GET,
		RESULT("\"messages\":[{\"role\":\"user\",\"content\":{\"type\":"
		       "\"text\",\"text\":\"123456\"}}]"),
		"txt", "123456"},
	{METHOD_RESOURCES_READ,
		RESULT("\"contents\":[{\"uri\":\"a:b\",\"text\":\"123456\"}]"),
		"txt", "123456"},
	{METHOD_TASKS_GET,
		RESULT("\"taskId\":\"t\",\"result\":{\"content\":[{\"type\":"
		       "\"text\",\"text\":\"123456\"}]}"),
		"txt", "123456"},
	{METHOD_TOOLS_CALL,
		RESULT("\"content\":[{\"type\":\"image\",\"mimeType\":"
		       "\"image\\/png\",\"data\":\"QUJD\\u0052A==\"}]"),
		"png", "ABCD"},
	{METHOD_RESOURCES_READ,
		RESULT("\"contents\":[{\"uri\":\"a:b\",\"mimeType\":"
		       "\"application/pdf\",\"blob\":\"QUJDRA==\"}]"),
		"pdf", "ABCD"},
	/* Nothing that a browser runs; no type that is none. */
	{METHOD_TOOLS_CALL,
		RESULT("\"content\":[{\"type\":\"image\",\"mimeType\":"
		       "\"image/svg+xml\",\"data\":\"QUJDRA==\"}]"),
		"bin", "ABCD"},
	{METHOD_TOOLS_CALL,
		RESULT("\"content\":[{\"type\":\"image\",\"mimeType\":"
		       "[\"image/png\"],\"data\":\"QUJDRA==\"}]"),
		"bin", "ABCD"},
	{METHOD_TOOLS_CALL,
		RESULT("\"content\":[{\"type\":\"image\",\"mimeType\":"
		       "\"image/png\",\"data\":\"QUJDRA\"}]"),
		"b64", "QUJDRA"},
	/* What cannot be cut. */
	{METHOD_TOOLS_CALL,
		RESULT("\"content\":[],\"structuredContent\":{\"a\": 1.50}"),
		"json", "{\"content\":[],\"structuredContent\":{\"a\": 1.50}}"},
};

static void what_is_cut_is_in_the_file(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(ones) / sizeof(ones[0]); i++) {
		plan(&caps, ones[i].method, ones[i].line);
		assert_int_equal(spill.n, 1);
		assert_file(ones[i].method, ones[i].line, 0, ones[i].suffix,
			ones[i].content);
	}
}

static const char mixed[] = RESULT(
	"\"content\":[{\"type\":\"image\",\"data\":\"QUJD\"},"
	"{\"type\":\"text\",\"text\":\"123456\"},"
	"{\"type\":\"image\",\"mimeType\":\"image/gif\",\"data\":\"REVG\"},"
	"{\"type\":\"audio\",\"data\":\"R0hJ\"}]");

static void each_left_out_item_has_its_own_file(void **state)
{
	(void)state;
	plan(&caps, METHOD_TOOLS_CALL, mixed);
	assert_int_equal(spill.n, 3);
	assert_file(METHOD_TOOLS_CALL, mixed, 0, "txt", "123456");
	assert_file(METHOD_TOOLS_CALL, mixed, 1, "gif", "DEF");
	assert_file(METHOD_TOOLS_CALL, mixed, 2, "bin", "GHI");
}

static void only_what_is_to_be_kept_is_kept(void **state)
{
	static const struct {
		enum output_over text, binary;
		size_t n;
	} rows[] = {
		{OVER_TRUNCATE, OVER_TRUNCATE, 0},
		{OVER_SPILL, OVER_TRUNCATE, 1},
		{OVER_TRUNCATE, OVER_SPILL, 2},
		{OVER_ERROR, OVER_SPILL, 0},
		{OVER_SPILL, OVER_ERROR, 0},
	};
	struct output_caps c = caps;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		c.text_over = rows[i].text;
		c.binary_over = rows[i].binary;
		plan(&c, METHOD_TOOLS_CALL, mixed);
		assert_int_equal(spill.n, rows[i].n);
	}
	c = (struct output_caps){
		.text_bytes = 100, .binary_bytes = 100, SPILL_BOTH};
	plan(&c, METHOD_TOOLS_CALL, mixed);
	assert_int_equal(spill.n, 0);
}

static void no_more_files_than_there_is_room_for(void **state)
{
	char line[4096];
	size_t n = (size_t)sprintf(line, "{\"result\":{\"content\":[");

	(void)state;
	for (int i = 0; i < 20; i++)
		n += (size_t)sprintf(line + n,
			"%s{\"type\":\"image\",\"data\":\"QUJDRA==\"}",
			i > 0 ? "," : "");
	(void)sprintf(line + n, "]}}");
	plan(&caps, METHOD_TOOLS_CALL, line);
	assert_int_equal(spill.n, OUTPUT_FILES_MAX);
}

static void instructions_and_lists_are_not_kept(void **state)
{
	(void)state;
	plan(&caps, METHOD_INITIALIZE, RESULT("\"instructions\":\"123456\""));
	assert_int_equal(spill.n, 0);
}

static void keep(size_t i, const char *path)
{
	struct output_file *f = &spill.files[i];

	f->kept = true;
	f->bytes = 6 + i;
	(void)snprintf(f->path, sizeof(f->path), "%s", path);
	memset(f->sha256, (int)('a' + i), 64);
	f->sha256[64] = '\0';
}

static void the_notes_say_where_it_is(void **state)
{
	static const char after[] = RESULT(
		"\"content\":[{\"type\":\"image\",\"data\":\"QUJD\"},"
		"{\"type\":\"text\",\"text\":\"12345\\n[stockade: cut here, 5 "
		"of 6 bytes shown; all of it, 6 bytes with SHA-256 "
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		", is in /a \\\"b\\\\]\"},"
		"{\"type\":\"text\",\"text\":\"[stockade: image/gif of 4 bytes "
		"left out, over the limit of 4; it could not be kept]\"},"
		"{\"type\":\"text\",\"text\":\"[stockade: binary content of 4 "
		"bytes left out, over the limit of 4; all of it, 8 bytes with "
		"SHA-256 "
		"cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
		", is in /c]\"}]");
	struct json_value v = scanned(mixed, sizeof(mixed) - 1, "/result");
	struct out o = OUT_INIT(4096);
	struct output_cut cut;

	(void)state;
	plan(&caps, METHOD_TOOLS_CALL, mixed);
	keep(0, "/a \"b\\");
	keep(2, "/c");
	assert_int_equal(output_cap(&caps, METHOD_TOOLS_CALL, mixed,
				 sizeof(mixed) - 1, &v, &spill, &o, &cut),
		OUTPUT_CUT);
	assert_out(&o, after);
	out_deinit(&o);
}

static void what_cannot_be_cut_is_told_in_words(void **state)
{
	static const char line[] = RESULT("\"structuredContent\":{\"a\":1.50}");
	static const char words[] =
		"The server's answer was over the output limit and could not "
		"be cut. It has 10 bytes of text, the limit is 5. Nothing of "
		"it is shown. All of it, 6 bytes with SHA-256 "
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		", is in /x/1.json";
	struct json_value v = scanned(line, sizeof(line) - 1, "/result");
	struct out o = OUT_INIT(4096);
	struct output_cut cut;

	(void)state;
	plan(&caps, METHOD_TOOLS_CALL, line);
	keep(0, "/x/1.json");
	assert_int_equal(output_cap(&caps, METHOD_TOOLS_CALL, line,
				 sizeof(line) - 1, &v, &spill, &o, &cut),
		OUTPUT_WHOLE);
	assert_int_equal(o.len, 0);
	output_over_text(&o, &caps, OUTPUT_WHOLE, &cut, &spill);
	assert_out(&o, words);
	out_reset(&o);
	spill.files[0].kept = false;
	output_over_text(&o, &caps, OUTPUT_WHOLE, &cut, &spill);
	out_bytes(&o, "", 1);
	assert_non_null(strstr(o.data, "shown. It could not be kept."));
	out_deinit(&o);
}

static void another_text_and_a_small_bound_are_errors(void **state)
{
	static const char copy[sizeof(mixed)];
	struct json_value v = scanned(mixed, sizeof(mixed) - 1, "/result");
	struct out o = OUT_INIT(3);

	(void)state;
	assert_int_equal(
		output_spill(&caps, METHOD_TOOLS_CALL, copy, &v, &spill),
		-EINVAL);
	plan(&caps, METHOD_TOOLS_CALL, mixed);
	assert_int_equal(output_spill_write(&caps, METHOD_TOOLS_CALL, &v,
				 &spill.files[0], &o),
		-ENOMEM);
	out_deinit(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_cut_is_in_the_file),
		cmocka_unit_test(each_left_out_item_has_its_own_file),
		cmocka_unit_test(only_what_is_to_be_kept_is_kept),
		cmocka_unit_test(no_more_files_than_there_is_room_for),
		cmocka_unit_test(instructions_and_lists_are_not_kept),
		cmocka_unit_test(the_notes_say_where_it_is),
		cmocka_unit_test(what_cannot_be_cut_is_told_in_words),
		cmocka_unit_test(another_text_and_a_small_bound_are_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
