/* SPDX-License-Identifier: Apache-2.0 */
#include "scanned.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/answer.h"

static const struct {
	const char *text, *canonical;
} cases[] = {
	{"{}", "{}"},
	{" { } ", "{}"},
	{"[ ]", "[]"},
	{" [ 1 , [ ] , { } , null,true ,false]", "[1,[],{},null,true,false]"},
	{"{\"b\" : 1 , \"a\" : 2}", "{\"a\":2,\"b\":1}"},
	{"{\"aa\":1,\"a\":2,\"\":3}", "{\"\":3,\"a\":2,\"aa\":1}"},
	{"{\"b\":{\"d\":1,\"c\":[{\"z\":1,\"y\":2}]},\"a\":[]}",
		"{\"a\":[],\"b\":{\"c\":[{\"y\":2,\"z\":1}],\"d\":1}}"},
	{"[{\"b\":{\"y\":1,\"x\":[{}]},\"a\":0},{\"d\":1,\"c\":2}]",
		"[{\"a\":0,\"b\":{\"x\":[{}],\"y\":1}},{\"c\":2,\"d\":1}]"},
	{"{\"c\":[{\"b\":1,\"a\":2},{\"b\":{}}],\"a\":{\"q\":1,\"p\":2}}",
		"{\"a\":{\"p\":2,\"q\":1},\"c\":[{\"a\":2,\"b\":1},{\"b\":{}}]}"},
	/* Numbers as they were written. */
	{"[1.10, 1E400, -0, 0.0, 1e0, 100000000000000000000000]",
		"[1.10,1E400,-0,0.0,1e0,100000000000000000000000]"},
	{" 1.50 ", "1.50"},
	/* The shortest escapes. */
	{"\"\\u0061\\/\\u00e9\\ud83d\\ude00\"", "\"a/é😀\""},
	{"\"\\u0022\\u005C\\u0008\\u000C\\u000A\\u000d\\u0009\"",
		"\"\\\"\\\\\\b\\f\\n\\r\\t\""},
	{"\"\\u0000\\u001F\\u007f\"", "\"\\u0000\\u001f\x7f\""},
	{"\"\\\"\\\\\\b\\f\\n\\r\\t\"", "\"\\\"\\\\\\b\\f\\n\\r\\t\""},
	{"\"\\\\u0061\"", "\"\\\\u0061\""},
	{"\"[{,:}]\"", "\"[{,:}]\""},
	/* Names are compared unescaped, by UTF-8: U+FFFF before U+10000, which
	 * UTF-16 has the other way round. */
	{"{\"b\":1,\"\\u0061\":2}", "{\"a\":2,\"b\":1}"},
	{"{\"\\ud800\\udc00\":1,\"\\uffff\":2}",
		"{\"\xef\xbf\xbf\":2,\"\xf0\x90\x80\x80\":1}"},
	{"{\"\\u00e9\":1,\"z\":2,\"\\\"\":3,\"[\":4}",
		"{\"\\\"\":3,\"[\":4,\"z\":2,\"é\":1}"},
	{"{\"a\\nb\":1,\"a\\tb\":2,\"a\":3}",
		"{\"a\":3,\"a\\tb\":2,\"a\\nb\":1}"},
};

static void values_have_one_form(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *text = cases[i].text;
		struct json_value v = scanned(text, strlen(text), "");
		struct out o = OUT_INIT(1000);

		assert_int_equal(canonical_write(&o, &v), 0);
		assert_out(&o, cases[i].canonical);
		out_deinit(&o);
	}
}

static void absent_arguments_are_an_empty_object(void **state)
{
	struct json_value absent = {0};
	struct out o = OUT_INIT(1000);

	(void)state;
	assert_int_equal(canonical_write(&o, &absent), 0);
	assert_out(&o, "{}");
	out_deinit(&o);
}

static void only_the_value_is_written(void **state)
{
	static const char line[] = "{\"params\":{\"name\":\"x\",\"arguments\" :"
				   " {\"b\":[1,2],\"a\":0} ,\"z\":{}}}";
	struct json_value v =
		scanned(line, sizeof(line) - 1, "/params/arguments");
	struct out o = OUT_INIT(1000);

	(void)state;
	assert_int_equal(canonical_write(&o, &v), 0);
	assert_out(&o, "{\"a\":0,\"b\":[1,2]}");
	out_deinit(&o);
}

static void memory_is_bounded(void **state)
{
	static const char text[] = "{\"b\":1,\"a\":2}";
	struct json_value v = scanned(text, sizeof(text) - 1, "");
	struct out o = OUT_INIT(12);

	(void)state;
	assert_int_equal(canonical_write(&o, &v), -ENOMEM);
	out_deinit(&o);
	o = (struct out)OUT_INIT(13);
	assert_int_equal(canonical_write(&o, &v), 0);
	out_deinit(&o);
}

/* Values nested @depth deep, each object's names in the wrong order. */
static char *nested(unsigned depth, size_t *ret_len)
{
	static const char step[] = "{\"b\":1,\"a\":";
	char *text = malloc((sizeof(step) + 1) * depth + 2);
	size_t n = 0;

	assert_non_null(text);
	for (unsigned i = 0; i < depth; i++, n += sizeof(step) - 1)
		memcpy(text + n, step, sizeof(step));
	text[n++] = '0';
	memset(text + n, '}', depth);
	*ret_len = n + depth;
	return text;
}

static void depth_is_bounded(void **state)
{
	struct out o = OUT_INIT(100000);
	size_t len;
	char *text = nested(128, &len);
	struct json_value v = scanned(text, len, "");

	(void)state;
	assert_int_equal(canonical_write(&o, &v), 0);
	assert_int_equal(o.len, len);
	assert_memory_equal(o.data, "{\"a\":{\"a\":{", 11);
	free(text);

	out_reset(&o);
	text = nested(129, &len);
	v = (struct json_value){
		.text = text, .begin = 0, .end = len, .type = JSON_OBJECT};
	assert_int_equal(canonical_write(&o, &v), -E2BIG);
	free(text);
	out_deinit(&o);
}

#define N_MANY 300000

/* Were any of it quadratic, this would be minutes: one object after the other
 * at the bottom of 100 arrays. */
static void depth_and_number_do_not_multiply(void **state)
{
	static const char object[] = "{\"b\":1,\"a\":2},";
	const size_t size = N_MANY * (sizeof(object) - 1);
	char *text = malloc(size + 300);
	struct out o = OUT_INIT(size + 300);
	struct json_value v;
	size_t n = 100;

	(void)state;
	assert_non_null(text);
	memset(text, '[', 100);
	for (size_t i = 0; i < N_MANY; i++, n += sizeof(object) - 1)
		memcpy(text + n, object, sizeof(object) - 1);
	text[n - 1] = ']';
	memset(text + n, ']', 99);
	v = scanned(text, n + 99, "");
	assert_int_equal(canonical_write(&o, &v), 0);
	assert_int_equal(o.len, n + 99);
	assert_memory_equal(o.data + 100, "{\"a\":2,\"b\":1},{", 15);
	free(text);
	out_deinit(&o);
}

/*
 * One value written in two ways: members in another order, other escapes,
 * other white space.
 */
struct pen {
	struct random *r;
	char text[16384];
	size_t len;
};

static void put(struct pen *p, const char *s)
{
	size_t n = strlen(s);

	assert_true(p->len + n < sizeof(p->text));
	memcpy(p->text + p->len, s, n);
	p->len += n;
}

static void blank(struct pen *p)
{
	static const char *const blanks[] = {"", "", "", " ", "\t", "\r \n"};

	put(p, blanks[random_below(p->r, 6)]);
}

/* Ways to write a character; all in one row mean the same. */
static const char *const spellings[][4] = {
	{"a", "\\u0061", "a", "\\u0061"},
	{"b", "\\u0062", "b", "b"},
	{"/", "\\/", "\\u002f", "\\u002F"},
	{"\\n", "\\u000a", "\\u000A", "\\n"},
	{"\\\"", "\\u0022", "\\\"", "\\\""},
	{"\\\\", "\\u005c", "\\u005C", "\\\\"},
	{"é", "\\u00e9", "\\u00E9", "é"},
	{"😀", "\\ud83d\\ude00", "\\uD83D\\uDE00", "😀"},
	{"\\u0001", "\\u0001", "\\u0001", "\\u0001"},
	{"{", "\\u007b", "{", "\\u007B"},
};
#define N_SPELLINGS (sizeof(spellings) / sizeof(spellings[0]))

/* The string that @what stands for. */
static void put_string(struct pen *p, uint32_t what)
{
	put(p, "\"");
	for (uint32_t rest = what; rest > 0; rest /= N_SPELLINGS)
		put(p, spellings[rest % N_SPELLINGS][random_below(p->r, 4)]);
	put(p, "\"");
}

/* The value that @what stands for: the same in every writing. */
static void put_value(struct pen *p, uint32_t what, unsigned depth)
{
	struct random meaning = {what};
	uint32_t kind = random_below(&meaning, depth > 0 ? 4 : 2);
	uint32_t n = random_below(&meaning, 5);
	uint32_t first = kind == 2 ? random_below(p->r, n + 1) : 0;

	blank(p);
	if (kind == 0)
		put(p, what % 2 > 0 ? "1.10" : "1E400");
	else if (kind == 1)
		put_string(p, what % 5000);
	else
		put(p, kind == 2 ? "{" : "[");
	for (uint32_t i = 0; kind >= 2 && i < n; i++) {
		uint32_t item = (first + i) % n; /* members from anywhere on */

		put(p, i > 0 ? "," : "");
		blank(p);
		if (kind == 2) {
			put_string(p, 1 + item * 37 + what % 11);
			blank(p);
			put(p, ":");
		}
		put_value(p, what * 31 + item * 7 + 1, depth - 1);
	}
	if (kind >= 2)
		put(p, kind == 2 ? "}" : "]");
	blank(p);
}

static void write_canonical(struct pen *p, uint32_t what, struct out *o)
{
	struct json_value v;

	p->len = 0;
	put_value(p, what, 4);
	v = scanned(p->text, p->len, "");
	assert_int_equal(canonical_write(o, &v), 0);
}

static void equal_meaning_gives_equal_bytes(void **state)
{
	static struct pen p;
	struct random r = {23};
	struct json_value v;

	(void)state;
	p.r = &r;
	for (uint32_t what = 1; what < 5000; what++) {
		struct out a = OUT_INIT(100000), b = OUT_INIT(100000);
		struct out again = OUT_INIT(100000);

		write_canonical(&p, what, &a);
		write_canonical(&p, what, &b);
		assert_int_equal(a.len, b.len);
		assert_memory_equal(a.data, b.data, a.len);

		v = scanned(a.data, a.len, "");
		assert_int_equal(canonical_write(&again, &v), 0);
		assert_int_equal(a.len, again.len);
		assert_memory_equal(a.data, again.data, a.len);
		out_deinit(&a);
		out_deinit(&b);
		out_deinit(&again);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_have_one_form),
		cmocka_unit_test(absent_arguments_are_an_empty_object),
		cmocka_unit_test(only_the_value_is_written),
		cmocka_unit_test(memory_is_bounded),
		cmocka_unit_test(depth_is_bounded),
		cmocka_unit_test(depth_and_number_do_not_multiply),
		cmocka_unit_test(equal_meaning_gives_equal_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
