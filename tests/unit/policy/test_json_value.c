/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "policy/json.h"
#include "scanned.h"

static void assert_bytes(const struct json_value *v, const char *want)
{
	size_t len = v->end - v->begin;

	if (len != strlen(want) || memcmp(v->text + v->begin, want, len) != 0)
		fail_msg("have %.*s, want %s", (int)len, v->text + v->begin,
			want);
}

static struct json_value value_of(const char *text)
{
	return scanned(text, strlen(text), "");
}

/* As the scan keeps it, of an object. */
static struct json_value member_of(const char *text, const char *name)
{
	static const struct json_limits limits = {
		.max_bytes = 1024, .max_depth = 16, .max_keys = 64};
	struct json_scanner *s = json_scanner_new(&limits);
	struct json_scan_result r;

	assert_non_null(s);
	assert_int_equal(json_scan(s, text, strlen(text), &r), 0);
	json_scanner_free(s);
	for (size_t i = 0; i < r.n_members; i++)
		if (json_string_eq(&r.members[i].name, name))
			return r.members[i].value;
	fail_msg("no %s in %s", name, text);
	return r.members[0].value;
}

static void members_come_in_the_order_of_the_text(void **state)
{
	static const char text[] =
		" { \"b\" : 1.10 , \"a\":[ ],\"\\u0063\":{\"}\":\"]\"} } ";
	static const char *const want[][3] = {
		{"\"b\"", "1.10", "\"b\" : 1.10"},
		{"\"a\"", "[ ]", "\"a\":[ ]"},
		{"\"\\u0063\"", "{\"}\":\"]\"}", "\"\\u0063\":{\"}\":\"]\"}"},
	};
	struct json_value top = value_of(text);
	struct json_iter i = json_iter(&top);
	struct json_member m;
	size_t n = 0;

	(void)state;
	while (n < 3 && json_next(&i, &m)) {
		struct json_value whole =
			json_value_of(text, m.begin, m.end, JSON_INVALID);

		assert_bytes(&m.name, want[n][0]);
		assert_bytes(&m.value, want[n][1]);
		assert_bytes(&whole, want[n][2]);
		n++;
	}
	assert_int_equal(n, 3);
	assert_false(json_next(&i, &m));
}

/* What the scan has seen of the longest container changes no walk. */
static void a_walk_over_a_kept_member_is_the_same(void **state)
{
	static const struct {
		const char *text, *longest;
	} rows[] = {
		{"{\"r\":{\"a\":[1,[2,[3]]],\"b\":{\"c\":\"]}\"},\"d\":4}}",
			"[1,[2,[3]]]"},
		{"{\"r\":[ {\"a\" : 1} , [[[[]]]] , [{},{},{}] ]}",
			"[{},{},{}]"},
		{"{\"x\":{\"a\":[1,2,3]},\"r\":{\"b\":[1]}}", "[1]"},
		{"{\"r\":{\"a\":\"[1]\"},\"x\":[[1,2]]}", NULL},
		{"{\"r\":{}}", NULL},
		{"{\"r\":{\"a\":[],\"b\":{}}}", "[]"},
		{"{\"x\":[[1]],\"r\":7}", NULL},
	};

	(void)state;
	for (size_t n = 0; n < sizeof(rows) / sizeof(*rows); n++) {
		struct json_member a, b;
		struct json_iter i, k;
		struct json_value kept = member_of(rows[n].text, "r");
		struct json_value plain = json_value_of(
			kept.text, kept.begin, kept.end, kept.type);
		struct json_value longest = json_value_of(
			kept.text, kept.long_begin, kept.long_end, JSON_NULL);

		assert_bytes(&longest, rows[n].longest ? rows[n].longest : "");
		i = json_iter(&kept);
		k = json_iter(&plain);
		while (json_next(&k, &b)) {
			assert_true(json_next(&i, &a));
			assert_int_equal(a.begin, b.begin);
			assert_int_equal(a.end, b.end);
			assert_int_equal(a.value.begin, b.value.begin);
			assert_int_equal(a.value.end, b.value.end);
			assert_int_equal(a.value.type, b.value.type);
		}
		assert_false(json_next(&i, &a));
	}
}

static void elements_have_no_names(void **state)
{
	static const char *const want[] = {
		"1", "\"a,]\"", "[[],{}]", "null", "-0.5e3"};
	struct json_value top =
		value_of("[1, \"a,]\" ,[[],{}],null\n,\t-0.5e3]");
	struct json_iter i = json_iter(&top);
	struct json_member m;
	size_t n = 0;

	(void)state;
	while (n < 5 && json_next(&i, &m)) {
		assert_int_equal(m.name.type, JSON_INVALID);
		assert_int_equal(m.begin, m.value.begin);
		assert_int_equal(m.end, m.value.end);
		assert_bytes(&m.value, want[n++]);
	}
	assert_int_equal(n, 5);
	assert_false(json_next(&i, &m));
}

static void empty_containers_and_scalars_hold_nothing(void **state)
{
	static const char *const texts[] = {
		"[]", "{}", "[ ]", "{\n}", "1", "\"[1]\"", "null"};
	struct json_member m;

	(void)state;
	for (size_t n = 0; n < 7; n++) {
		struct json_value v = value_of(texts[n]);
		struct json_iter i = json_iter(&v);

		assert_false(json_next(&i, &m));
		assert_false(json_get(&v, "", &v));
	}
}

static void types_are_told(void **state)
{
	static const enum json_type want[] = {JSON_NULL, JSON_TRUE, JSON_FALSE,
		JSON_NUMBER, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT};
	struct json_value top = value_of("[null,true,false,0,-1,\"\",[],{}]");
	struct json_iter i = json_iter(&top);
	struct json_member m;

	(void)state;
	for (size_t n = 0; n < 8; n++) {
		assert_true(json_next(&i, &m));
		assert_int_equal(m.value.type, want[n]);
	}
}

static void a_member_is_got_by_its_unescaped_name(void **state)
{
	struct json_value v,
		top = value_of(
			"{\"x\":{\"name\":0},\"n\\u0061me\":1,"
			"\"Name\":2,\"na\":3,\"\":4,\"\\ud83d\\ude00\":5,"
			"\"a\\\"b\":6}");

	(void)state;
	assert_true(json_get(&top, "name", &v));
	assert_bytes(&v, "1");
	assert_true(json_get(&top, "na", &v));
	assert_bytes(&v, "3");
	assert_true(json_get(&top, "", &v));
	assert_bytes(&v, "4");
	assert_true(json_get(&top, "\xf0\x9f\x98\x80", &v));
	assert_bytes(&v, "5");
	assert_true(json_get(&top, "a\"b", &v));
	assert_bytes(&v, "6");
	assert_false(json_get(&top, "NAME", &v));
	assert_false(json_get(&top, "nam", &v));
	assert_false(json_get(&top, "n\\u0061me", &v));
}

/* The document and pointers of RFC 6901 section 5, and more. */
static void pointers_are_those_of_the_standard(void **state)
{
	static const char doc[] =
		"{\"foo\":[\"bar\",\"baz\"],\"\":0,\"a/b\":1,\"c%d\":2,"
		"\"e^f\":3,\"g|h\":4,\"i\\\\j\":5,\"k\\\"l\":6,\" \":7,"
		"\"m~n\":8,\"01\":9,\"~1\":10,\"u\\u0076\":{\"w\":[[11]]}}";
	static const struct {
		const char *pointer;
		int r;
		const char *want;
	} cases[] = {
		{"", 0, doc},
		{"/foo", 0, "[\"bar\",\"baz\"]"},
		{"/foo/0", 0, "\"bar\""},
		{"/foo/1", 0, "\"baz\""},
		{"/", 0, "0"},
		{"/a~1b", 0, "1"},
		{"/c%d", 0, "2"},
		{"/e^f", 0, "3"},
		{"/g|h", 0, "4"},
		{"/i\\j", 0, "5"},
		{"/k\"l", 0, "6"},
		{"/ ", 0, "7"},
		{"/m~0n", 0, "8"},
		{"/01", 0, "9"},
		{"/~01", 0, "10"},
		{"/uv/w/0/0", 0, "11"},
		{"/foo/2", 1, ""},
		{"/foo/-", 1, ""},
		{"/foo/00", 1, ""},
		{"/foo/01", 1, ""},
		{"/foo/-1", 1, ""},
		{"/foo/", 1, ""},
		{"/foo/1/0", 1, ""},
		{"/foo/ 1", 1, ""},
		{"/foo/1.0", 1, ""},
		{"/foo/18446744073709551617", 1, ""},
		{"/fo", 1, ""},
		{"/fooo", 1, ""},
		{"/Foo", 1, ""},
		{"//", 1, ""},
		{"/a/b", 1, ""},
		{"/uv/w/0/0/0", 1, ""},
		{"foo", -EINVAL, ""},
		{"/m~n", -EINVAL, ""},
		{"/~", -EINVAL, ""},
		{"/~2", -EINVAL, ""},
		{"/foo/~", -EINVAL, ""},
		{"#/foo", -EINVAL, ""},
	};
	struct json_value v, top = value_of(doc);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		v = top;
		assert_int_equal(
			json_pointer(&top, cases[i].pointer, &v), cases[i].r);
		if (cases[i].r == 0)
			assert_bytes(&v, cases[i].want);
		else
			assert_int_equal(v.end, top.end);
	}
}

static void strings_are_unescaped(void **state)
{
	static const struct {
		const char *text;
		const char *want;
		size_t len;
	} cases[] = {
		{"\"\"", "", 0},
		{"\"plain\"", "plain", 5},
		{"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t", 8},
		{"\"a\\u0000b\"", "a\0b", 3},
		{"\"\\u0041\\u00e9\\u20aC\"", "A\xc3\xa9\xe2\x82\xac", 6},
		{"\"\\ud83d\\ude00\"", "\xf0\x9f\x98\x80", 4},
		{"\"\\ud800\"", "\xef\xbf\xbd", 3},
		{"\"\\udc00\\ud800x\"", "\xef\xbf\xbd\xef\xbf\xbdx", 7},
		{"\"\\ud800\\ud83d\\ude00\"", "\xef\xbf\xbd\xf0\x9f\x98\x80",
			7},
		{"\"\\ud800\\u0041\"",
			"\xef\xbf\xbd"
			"A",
			4},
		{"\"\\\\u0041\"", "\\u0041", 6},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct json_value v = value_of(cases[i].text);
		const char *want = cases[i].want;
		size_t len = cases[i].len;
		char dst[32];

		assert_int_equal(json_string_copy(&v, dst, sizeof(dst)), len);
		assert_memory_equal(dst, want, len);
		assert_true(json_string_is(&v, want, len));
		assert_false(json_string_is(&v, "plain text", 10));
		assert_false(len > 0 && json_string_is(&v, want, len - 1));
	}
}

static void a_copy_is_cut_but_its_length_is_told(void **state)
{
	struct json_value v = value_of("\"ab\\u20accd\"");
	char dst[8] = "........";

	(void)state;
	assert_int_equal(json_string_copy(&v, dst, 4), 7);
	assert_memory_equal(dst, "ab\xe2\x82....", 8);
	assert_int_equal(json_string_copy(&v, NULL, 0), 7);
}

static void what_looks_like_the_bytes_is_not_the_string(void **state)
{
	struct json_value v = value_of("\"a\\nb\"");
	struct json_value number = value_of("12");

	(void)state;
	assert_false(json_string_is(&v, "a\\nb", 4));
	assert_true(json_string_eq(&v, "a\nb"));
	assert_false(json_string_eq(&v, "a\nb "));
	assert_false(json_string_eq(&v, "a"));
	assert_false(json_string_eq(&v, ""));
	assert_false(json_string_eq(&number, "12"));
	assert_int_equal(json_string_copy(&number, NULL, 0), 0);
}

static void integers_are_exact_or_none(void **state)
{
	static const struct {
		const char *text;
		bool ok;
		int64_t want;
	} cases[] = {
		{"0", true, 0},
		{"-0", true, 0},
		{"42", true, 42},
		{"-7", true, -7},
		{"9223372036854775807", true, INT64_MAX},
		{"-9223372036854775808", true, INT64_MIN},
		{"9223372036854775808", false, 0},
		{"-9223372036854775809", false, 0},
		{"99999999999999999999999", false, 0},
		{"1.0", false, 0},
		{"1e0", false, 0},
		{"1E2", false, 0},
		{"-1.5", false, 0},
		{"\"1\"", false, 0},
		{"true", false, 0},
		{"[1]", false, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct json_value v = value_of(cases[i].text);
		int64_t n = 0;

		assert_int_equal(json_to_int64(&v, &n), cases[i].ok);
		assert_true(n == cases[i].want);
	}
}

static void halves_are_mended_in_place_and_pairs_left(void **state)
{
	char text[] = "[\"\\ud83d\",\"\\ud83d\\ude00\",\"\\uDE00\\\\ud83d\","
		      "\"\\ud83d\\ud83d\\ude00\",\"\\u0041\\\"\\udfff\"]";
	static const char want[] =
		"[\"\\ufffd\",\"\\ud83d\\ude00\",\"\\ufffd\\\\ud83d\","
		"\"\\ufffd\\ud83d\\ude00\",\"\\u0041\\\"\\ufffd\"]";

	(void)state;
	assert_int_equal(json_mend_surrogates(text, strlen(text)), 4);
	assert_string_equal(text, want);
	assert_int_equal(json_mend_surrogates(text, strlen(text)), 0);
}

static void positions_count_lines_and_characters(void **state)
{
	static const char text[] = "{\n\t\"\xc3\xa9\xf0\x9f\x98\x80\": x\n}";
	static const unsigned want[][3] = {
		{0, 1, 1},
		{1, 1, 2},
		{2, 2, 1},
		{3, 2, 2},
		{4, 2, 3},
		{6, 2, 4},
		{10, 2, 5},
		{13, 2, 8},
		{15, 3, 1},
	};
	unsigned line, column;

	(void)state;
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		json_position(text, want[i][0], &line, &column);
		assert_int_equal(line, want[i][1]);
		assert_int_equal(column, want[i][2]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_come_in_the_order_of_the_text),
		cmocka_unit_test(a_walk_over_a_kept_member_is_the_same),
		cmocka_unit_test(elements_have_no_names),
		cmocka_unit_test(empty_containers_and_scalars_hold_nothing),
		cmocka_unit_test(types_are_told),
		cmocka_unit_test(a_member_is_got_by_its_unescaped_name),
		cmocka_unit_test(pointers_are_those_of_the_standard),
		cmocka_unit_test(strings_are_unescaped),
		cmocka_unit_test(a_copy_is_cut_but_its_length_is_told),
		cmocka_unit_test(what_looks_like_the_bytes_is_not_the_string),
		cmocka_unit_test(integers_are_exact_or_none),
		cmocka_unit_test(halves_are_mended_in_place_and_pairs_left),
		cmocka_unit_test(positions_count_lines_and_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
