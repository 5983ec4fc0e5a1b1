/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/approve_text.h"

#define LIMIT ((size_t)256 << 20)

static struct json_value value_of(const char *text, size_t len)
{
	const struct json_limits limits = {
		.max_bytes = (size_t)16 << 20,
		.max_depth = 160,
		.max_keys = 200000,
		.allow_nul = true,
		.allow_half_surrogate = true,
	};
	struct json_scanner *s = json_scanner_new(&limits);
	struct json_scan_result r;

	assert_non_null(s);
	assert_int_equal(json_scan(s, text, len, &r), 0);
	json_scanner_free(s);
	return json_top(text, &r);
}

typedef void (*writer)(struct out *, const struct json_value *);

static void expect(writer write, const char *text, const char *wanted)
{
	struct json_value v = value_of(text, strlen(text));
	struct out o = OUT_INIT(LIMIT);

	write(&o, &v);
	assert_false(o.failed);
	out_bytes(&o, "", 1);
	assert_string_equal(o.data, wanted);
	out_deinit(&o);
}

static void pretty_60(struct out *o, const struct json_value *v)
{
	text_pretty(o, v, 60);
}

static void brief_20(struct out *o, const struct json_value *v)
{
	text_brief(o, v, 20);
}

static void nothing_but_printable_ascii_is_shown(void **state)
{
	(void)state;
	expect(text_compact, "\"a\\u001b[31m\\u009b\x7f\"",
		"\"a\\u001b[31m\\u009b\\u007f\"");
	expect(text_compact, "\"\xe2\x80\xae\xe2\x80\x8b\xc3\xa9\"",
		"\"\\u202e\\u200b\\u00e9\"");
	expect(text_compact, "\"\xf0\x9f\x98\x80\"", "\"\\ud83d\\ude00\"");
	expect(text_compact, "{\"k\xc2\xa0\" : [ 1 ,\n2.50 , null ] }",
		"{\"k\\u00a0\":[1,2.50,null]}");
}

static void what_can_be_spelled_in_many_ways_is_spelled_in_one(void **state)
{
	(void)state;
	expect(text_compact, "\"\\u0072\\u006D \\u002drf \\/\"",
		"\"rm -rf /\"");
	expect(text_compact, "\"\\u0022\\u005c\\u000a\\u0009\"",
		"\"\\\"\\\\\\n\\t\"");
	expect(text_compact, "\"\\uD83D\\uDE00\\ud800\"",
		"\"\\ud83d\\ude00\\ud800\"");
}

static void an_armoured_string_decodes_to_what_is_shown(void **state)
{
	(void)state;
	expect(text_armoured, "\"\\u001b\\n\\\\\\\"\xc3\xa9\"",
		"\"\\\\u001b\\\\n\\\\\\\\\\\"\\\\u00e9\"");
}

static void a_brief_text_says_that_it_was_cut(void **state)
{
	(void)state;
	expect(brief_20, "{\"a\":1}", "{\"a\":1}");
	expect(brief_20, "{\"abcdefghij\":\"klmnopqrstuvw\"}",
		"{\"abcdefghij\":\"kl...");
}

static void structure_is_shown_in_lines(void **state)
{
	(void)state;
	expect(pretty_60, "{\"a\":{\"b\":[]},\"c\":\"d\"}",
		"{\"a\": {\"b\": []}, \"c\": \"d\"}");
	expect(pretty_60,
		"{\"path\":\"/a/rather/long/path/that/needs/room\",\"n\":[1,2],"
		"\"deep\":{\"er\":{\"and\":\"deeper and deeper and deeper yet\"}}}",
		"{\n"
		"  \"path\": \"/a/rather/long/path/that/needs/room\",\n"
		"  \"n\": [1, 2],\n"
		"  \"deep\": {\n"
		"    \"er\": {\"and\": \"deeper and deeper and deeper yet\"}\n"
		"  }\n"
		"}");
}

static void a_long_text_goes_on_in_new_quotes(void **state)
{
	(void)state;
	expect(pretty_60,
		"{\"text\":\"#include <stdio.h>\\n\\nint main(void) { return 0; "
		"}\\n\",\"more\":true}",
		"{\n"
		"  \"text\": \"#include <stdio.h>\\n\"\n"
		"      \"\\n\"\n"
		"      \"int main(void) { return 0; }\\n\",\n"
		"  \"more\": true\n"
		"}");
}

/* Of the output, without the breaks: it has to be the same value. */
static void same_value(const char *text, size_t len)
{
	struct json_value v = value_of(text, len), shown;
	struct out o = OUT_INIT(LIMIT), a = OUT_INIT(LIMIT),
		   b = OUT_INIT(LIMIT);

	/* Wider than any string: none is broken. */
	text_pretty(&o, &v, (size_t)1 << 30);
	assert_false(o.failed);
	shown = value_of(o.data, o.len);
	text_compact(&a, &v);
	text_compact(&b, &shown);
	assert_int_equal(a.len, b.len);
	assert_memory_equal(a.data, b.data, a.len);
	out_deinit(&o);
	out_deinit(&a);
	out_deinit(&b);
}

static void a_hundred_thousand_keys_are_all_shown(void **state)
{
	struct out o = OUT_INIT(LIMIT), shown = OUT_INIT(LIMIT);
	struct json_value v;
	char key[32];

	(void)state;
	for (int i = 0; i < 100000; i++) {
		(void)snprintf(
			key, sizeof(key), "%s\"k%d\":%d", i ? "," : "{", i, i);
		out_str(&o, key);
	}
	out_str(&o, "}");
	same_value(o.data, o.len);
	v = value_of(o.data, o.len);
	text_pretty(&shown, &v, 80);
	out_bytes(&shown, "", 1);
	assert_false(shown.failed);
	assert_non_null(strstr(shown.data, "\n  \"k0\": 0,\n"));
	assert_non_null(strstr(shown.data, "\n  \"k99999\": 99999\n}"));
	out_deinit(&o);
	out_deinit(&shown);
}

static void the_worst_shapes_stay_within_bounds(void **state)
{
	static const char *const units[] = {
		"[1,", "{\"a\":", "\"\xc3\xa9\",", "[],", "1,", "[[1],"};

	(void)state;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		bool nests = i < 2;
		struct out o = OUT_INIT(LIMIT), shown = OUT_INIT(LIMIT);
		struct json_value v;

		out_str(&o, "[");
		for (int n = 0; n < (nests ? 120 : 300000); n++)
			out_str(&o, i == 5 ? "[[1],2]," : units[i]);
		out_str(&o, "0");
		for (int n = 0; nests && n < 120; n++)
			out_str(&o, i == 0 ? "]" : "}");
		out_str(&o, "]");
		v = value_of(o.data, o.len);
		text_pretty(&shown, &v, 80);
		assert_false(shown.failed);
		assert_true(shown.len < 8 * o.len + 100000);
		same_value(o.data, o.len);
		out_deinit(&o);
		out_deinit(&shown);
	}
}

static void bytes_that_are_no_text_are_shown_as_bytes(void **state)
{
	static const char bytes[] = "a\xff\xe2\x80\xae\"\n";
	struct out o = OUT_INIT(LIMIT);

	(void)state;
	text_bytes(&o, bytes, sizeof(bytes) - 1);
	out_bytes(&o, "", 1);
	assert_string_equal(o.data, "a\\xff\\u202e\"\\n");
	out_deinit(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_but_printable_ascii_is_shown),
		cmocka_unit_test(
			what_can_be_spelled_in_many_ways_is_spelled_in_one),
		cmocka_unit_test(an_armoured_string_decodes_to_what_is_shown),
		cmocka_unit_test(a_brief_text_says_that_it_was_cut),
		cmocka_unit_test(structure_is_shown_in_lines),
		cmocka_unit_test(a_long_text_goes_on_in_new_quotes),
		cmocka_unit_test(a_hundred_thousand_keys_are_all_shown),
		cmocka_unit_test(the_worst_shapes_stay_within_bounds),
		cmocka_unit_test(bytes_that_are_no_text_are_shown_as_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
