/* SPDX-License-Identifier: Apache-2.0 */
/* What a schema says of a value, keyword by keyword. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/schema.h"
#include "scanned.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static struct schema *make(const char *text)
{
	struct json_value v = scanned(text, strlen(text), "");
	struct schema_fault fault = {0};
	struct schema *s = NULL;

	if (schema_new(&v, &s, &fault) != 0)
		fail_msg("%s: %zu: %s", text, fault.offset, fault.text);
	return s;
}

/* @ret_pointer has SCHEMA_POINTER_MAX + 1 bytes. */
static enum truth check(
	const char *schema, const char *text, size_t len, char *ret_pointer)
{
	struct schema_work *w = schema_work_new();
	struct json_value v = scanned(text, len, "");
	struct schema *s = make(schema);
	enum truth t;

	assert_non_null(w);
	t = schema_check(s, w, &v);
	(void)snprintf(
		ret_pointer, SCHEMA_POINTER_MAX + 1, "%s", schema_pointer(w));
	/* The same each time. */
	schema_work_begin(w);
	assert_int_equal(schema_check(s, w, &v), t);
	assert_string_equal(schema_pointer(w), ret_pointer);
	schema_free(s);
	schema_work_free(w);
	return t;
}

#define YES TRUTH_YES
#define NO TRUTH_NO
#define OPEN TRUTH_UNDECIDED
#define OWNER                                                            \
	"{\"type\": \"object\", \"properties\": {\"owner\": {\"enum\": " \
	"[\"acme\"]}, \"n\": {\"type\": \"integer\"}}, \"required\": "   \
	"[\"owner\"], \"additionalProperties\": false}"

static const struct {
	const char *schema, *value;
	enum truth is;
	const char *pointer;
} rows[] = {
	{"true", "{}", YES, ""},
	{"{}", "[1, {}]", YES, ""},
	{"false", "{}", NO, ""},
	/* type */
	{"{\"type\": \"object\"}", "{}", YES, ""},
	{"{\"type\": \"object\"}", "[]", NO, ""},
	{"{\"type\": \"array\"}", "[]", YES, ""},
	{"{\"type\": \"string\"}", "\"a\"", YES, ""},
	{"{\"type\": \"string\"}", "1", NO, ""},
	{"{\"type\": \"null\"}", "null", YES, ""},
	{"{\"type\": \"boolean\"}", "false", YES, ""},
	{"{\"type\": \"boolean\"}", "0", NO, ""},
	{"{\"type\": \"number\"}", "1.5", YES, ""},
	{"{\"type\": \"number\"}", "12345678901234567890", YES, ""},
	{"{\"type\": \"number\"}", "\"1\"", NO, ""},
	{"{\"type\": \"integer\"}", "1", YES, ""},
	{"{\"type\": \"integer\"}", "1.0", YES, ""},
	{"{\"type\": \"integer\"}", "1e2", YES, ""},
	{"{\"type\": \"integer\"}", "1.5", NO, ""},
	{"{\"type\": \"integer\"}", "12345678901234567890", OPEN, ""},
	{"{\"type\": [\"string\", \"null\"]}", "null", YES, ""},
	{"{\"type\": [\"string\", \"null\"]}", "1", NO, ""},
	/* enum, const */
	{"{\"enum\": [1, \"a\", null]}", "1.0", YES, ""},
	{"{\"enum\": [1, \"a\", null]}", "\"\\u0061\"", YES, ""},
	{"{\"enum\": [1, \"a\", null]}", "\"A\"", NO, ""},
	{"{\"enum\": [1, \"a\", null]}", "\"1\"", NO, ""},
	{"{\"enum\": [1, \"a\", null]}", "false", NO, ""},
	{"{\"enum\": [1]}", "1.00000000000000000001", OPEN, ""},
	{"{\"enum\": [\"a\"]}", "\"a\\u0000\"", OPEN, ""},
	{"{\"enum\": []}", "1", NO, ""},
	{"{\"const\": {\"a\": [1, {}], \"b\": true}}",
		"{\"b\": true, \"a\": [1.0, {}]}", YES, ""},
	{"{\"const\": {\"a\": [1, {}], \"b\": true}}",
		"{\"b\": true, \"a\": [{}, 1]}", NO, ""},
	{"{\"const\": {\"a\": 1}}", "{\"a\": 1, \"b\": 1}", NO, ""},
	{"{\"const\": {\"a\": 1}}", "{\"A\": 1}", OPEN, ""},
	{"{\"const\": [1, 2]}", "[1]", NO, ""},
	{"{\"const\": [1]}", "[1, 2]", NO, ""},
	{"{\"const\": true}", "false", NO, ""},
	/* numbers */
	{"{\"minimum\": 1.5}", "1.5", YES, ""},
	{"{\"minimum\": 1.5}", "1.49", NO, ""},
	{"{\"minimum\": 1.5}", "\"0\"", YES, ""},
	{"{\"minimum\": 1.5}", "1234567890123456", OPEN, ""},
	{"{\"maximum\": -3}", "-3", YES, ""},
	{"{\"maximum\": -3}", "-2.9999", NO, ""},
	{"{\"maximum\": 3}", "1e999", OPEN, ""},
	{"{\"exclusiveMinimum\": 1}", "1", NO, ""},
	{"{\"exclusiveMinimum\": 1}", "1.01", YES, ""},
	{"{\"exclusiveMaximum\": 1}", "1.0", NO, ""},
	{"{\"exclusiveMaximum\": 1}", "0.99", YES, ""},
	{"{\"multipleOf\": 0.01}", "1.15", YES, ""},
	{"{\"multipleOf\": 0.01}", "1.155", NO, ""},
	{"{\"multipleOf\": 0.1}", "0.3", YES, ""},
	{"{\"multipleOf\": 3}", "9e20", YES, ""},
	{"{\"multipleOf\": 3}", "1e20", NO, ""},
	{"{\"multipleOf\": 3}", "0", YES, ""},
	{"{\"multipleOf\": 3}", "-6", YES, ""},
	{"{\"multipleOf\": 2e200}", "1", NO, ""},
	{"{\"multipleOf\": 2e-200}", "1", YES, ""},
	{"{\"multipleOf\": 3}", "1234567890123456", OPEN, ""},
	/* strings */
	{"{\"minLength\": 2}", "\"\xc3\xa4\\u00e4\"", YES, ""},
	{"{\"minLength\": 2}", "\"\\ud83d\\ude00\"", NO, ""},
	{"{\"maxLength\": 1}", "\"\\ud83d\\ude00\"", YES, ""},
	{"{\"maxLength\": 1}", "\"ab\"", NO, ""},
	{"{\"maxLength\": 1}", "[1, 2]", YES, ""},
	{"{\"pattern\": \"b\"}", "\"abc\"", YES, ""},
	{"{\"pattern\": \"^b\"}", "\"abc\"", NO, ""},
	{"{\"pattern\": \"^b$\"}", "\"b\\n\"", NO, ""},
	{"{\"pattern\": \"^\\\\u00e4$\"}", "\"\xc3\xa4\"", YES, ""},
	{"{\"pattern\": \"b\"}", "\"b\\u0000\"", OPEN, ""},
	{"{\"pattern\": \"^a.c$\"}", "\"a\\nc\"", OPEN, ""},
	{"{\"pattern\": \"b\"}", "1", YES, ""},
	/* lists */
	{"{\"minItems\": 1}", "[]", NO, ""},
	{"{\"maxItems\": 1}", "[1, 2]", NO, ""},
	{"{\"maxItems\": 1}", "[1]", YES, ""},
	{"{\"items\": {\"type\": \"number\"}}", "[1, 2]", YES, ""},
	{"{\"items\": {\"type\": \"number\"}}", "[1, \"2\"]", NO, "/1"},
	{"{\"items\": false}", "[]", YES, ""},
	{"{\"prefixItems\": [{\"type\": \"number\"}], \"items\": false}", "[1]",
		YES, ""},
	{"{\"prefixItems\": [{\"type\": \"number\"}], \"items\": false}",
		"[1, 2]", NO, "/1"},
	{"{\"prefixItems\": [{\"type\": \"number\"}]}", "[\"a\"]", NO, "/0"},
	{"{\"prefixItems\": [{\"type\": \"number\"}]}", "[1, \"a\"]", YES, ""},
	{"{\"uniqueItems\": true}", "[1, 2, \"1\"]", YES, ""},
	{"{\"uniqueItems\": true}", "[1, 2, 1.0]", NO, ""},
	{"{\"uniqueItems\": true}",
		"[{\"a\": 1, \"b\": 2}, {\"b\": 2, \"a\": 1}]", NO, ""},
	{"{\"uniqueItems\": true}", "[false, 0, null, \"\", [], {}]", YES, ""},
	{"{\"uniqueItems\": true}", "[1e999, 1]", OPEN, ""},
	{"{\"uniqueItems\": false}", "[1, 1]", YES, ""},
	/* objects */
	{OWNER, "{\"owner\": \"acme\"}", YES, ""},
	{OWNER, "{\"n\": 1, \"own\\u0065r\": \"acme\"}", YES, ""},
	{OWNER, "{\"owner\": \"evil\"}", NO, "/owner"},
	{OWNER, "{\"owner\": \"acme\", \"n\": \"1\"}", NO, "/n"},
	{OWNER, "{\"owner\": \"acme\", \"x/y~\": 1}", NO, "/x~1y~0"},
	{OWNER, "{\"owner\": \"acme\", \"\\u001b[2J\": 1}", NO, "/?[2J"},
	{OWNER, "{\"owner\": \"acme\", \"\": 1}", NO, "/"},
	{OWNER, "{}", NO, "/owner"},
	{OWNER, "{\"owner\": \"acme\", \"OWNER\": \"acme\"}", OPEN, "/OWNER"},
	{OWNER, "{\"owner\": \"acme\", \"\xc5\xbf\": 1}", NO, "/\xc5\xbf"},
	{"{\"properties\": {\"s\": {}}}", "{\"\xc5\xbf\": 1}", OPEN,
		"/\xc5\xbf"},
	{"{\"properties\": {\"a\": {}, \"A\": false}}", "{\"a\": 1}", YES, ""},
	{"{\"properties\": {\"a\": {}, \"A\": false}}", "{\"A\": 1}", NO, "/A"},
	{"{\"required\": [\"a\"]}", "{\"A\": 1}", OPEN, "/A"},
	{"{\"required\": [\"a\"], \"additionalProperties\": false}",
		"{\"a\": 1}", NO, "/a"},
	{"{\"required\": [\"b\", \"a\"]}", "{\"b\": 1}", NO, "/a"},
	{"{\"required\": [\"b\", \"b\"]}", "{\"b\": 1}", YES, ""},
	{"{\"additionalProperties\": {\"type\": \"string\"}}",
		"{\"a\": \"\", \"b\": 1}", NO, "/b"},
	{"{\"patternProperties\": {\"^x-\": {\"type\": \"string\"}}, "
	 "\"additionalProperties\": false}",
		"{\"x-a\": \"\"}", YES, ""},
	{"{\"patternProperties\": {\"^x-\": {\"type\": \"string\"}}, "
	 "\"additionalProperties\": false}",
		"{\"x-a\": 1}", NO, "/x-a"},
	{"{\"patternProperties\": {\"^x-\": {\"type\": \"string\"}}, "
	 "\"additionalProperties\": false}",
		"{\"x\": \"\"}", NO, "/x"},
	{"{\"properties\": {\"xa\": {}}, \"patternProperties\": {\"x\": "
	 "{\"type\": \"string\"}}}",
		"{\"xa\": 1}", NO, "/xa"},
	{"{\"minProperties\": 1}", "{}", NO, ""},
	{"{\"maxProperties\": 1}", "{\"a\": 1, \"b\": 2}", NO, ""},
	{"{\"maxProperties\": 1}", "{\"a\": 1}", YES, ""},
	{"{\"properties\": {\"a\": {\"items\": {\"properties\": {\"b\": "
	 "{\"type\": \"null\"}}}}}}",
		"{\"a\": [{}, {\"b\": 0}]}", NO, "/a/1/b"},
	/* several */
	{"{\"allOf\": [{\"minimum\": 1}, {\"maximum\": 2}]}", "2", YES, ""},
	{"{\"allOf\": [{\"minimum\": 1}, {\"maximum\": 2}]}", "3", NO, ""},
	{"{\"anyOf\": [{\"minimum\": 3}, {\"maximum\": 1}]}", "3", YES, ""},
	{"{\"anyOf\": [{\"minimum\": 3}, {\"maximum\": 1}]}", "2", NO, ""},
	{"{\"anyOf\": [{\"minimum\": 3}, {\"type\": \"number\"}]}", "1e999",
		YES, ""},
	{"{\"anyOf\": [{\"minimum\": 3}, {\"type\": \"string\"}]}", "1e999",
		OPEN, ""},
	{"{\"oneOf\": [{\"minimum\": 1}, {\"maximum\": 2}]}", "2", NO, ""},
	{"{\"oneOf\": [{\"minimum\": 1}, {\"maximum\": 2}]}", "3", YES, ""},
	{"{\"oneOf\": [{\"minimum\": 1}, {\"type\": \"number\"}]}", "1e999",
		OPEN, ""},
	{"{\"oneOf\": [{\"minimum\": 1}, true, true]}", "1e999", NO, ""},
	{"{\"not\": {\"type\": \"string\"}}", "1", YES, ""},
	{"{\"not\": {\"type\": \"string\"}}", "\"\"", NO, ""},
	{"{\"not\": {\"minimum\": 3}}", "1e999", OPEN, ""},
	{"{\"not\": {\"not\": {\"const\": \"a\"}}}", "\"a\\u0000\"", OPEN, ""},
	{"{\"not\": {\"properties\": {\"a\": {\"const\": 1}}}}", "{\"a\": 2}",
		YES, ""},
	{"{\"properties\": {\"a\": {\"anyOf\": [{\"items\": false}, false]}}}",
		"{\"a\": [1]}", NO, "/a"},
	/* no meaning */
	{"{\"$schema\": \"x\", \"$comment\": \"x\", \"title\": \"x\", "
	 "\"description\": \"x\", \"default\": 1, \"examples\": [1]}",
		"{}", YES, ""},
};

static void each_keyword_says_what_it_says(void **state)
{
	char pointer[SCHEMA_POINTER_MAX + 1];

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		enum truth t = check(rows[i].schema, rows[i].value,
			strlen(rows[i].value), pointer);

		if (t != rows[i].is || strcmp(pointer, rows[i].pointer) != 0)
			fail_msg("%s: %s: %d %s", rows[i].schema, rows[i].value,
				(int)t, pointer);
	}
}

static const struct {
	const char *schema, *at, *says;
} refused[] = {
	{"1", "1", "expected a schema"},
	{"[]", "[]", "expected a schema"},
	{"{\"$ref\": \"#\"}", "\"$ref\"", "\"$ref\" is no keyword"},
	{"{\"format\": \"uri\"}", "\"format\"", "no keyword"},
	{"{\"if\": true}", "\"if\"", "no keyword"},
	{"{\"$id\": \"a\"}", "\"$id\"", "no keyword"},
	{"{\"a\\nb\": 1}", "\"a", "\"a?b\" is no keyword"},
	{"{\"Type\": \"string\"}", "\"Type\"", "no keyword"},
	{"{\"definitions\": {}}", "\"definitions\"", "no keyword"},
	{"{\"contains\": {}}", "\"contains\"", "no keyword"},
	{"{\"propertyNames\": {}}", "\"propertyNames\"", "no keyword"},
	{"{\"unevaluatedProperties\": false}", "\"unev", "no keyword"},
	{"{\"type\": \"list\"}", "\"list\"", "\"type\": expected string"},
	{"{\"type\": []}", "[]", "expected string"},
	{"{\"type\": 1}", "1", "expected string"},
	{"{\"enum\": 1}", "1", "a list of values"},
	{"{\"enum\": [[12345678901234567]]}", "[[", "15 digits"},
	{"{\"const\": 1e999}", "1e999", "15 digits"},
	{"{\"minimum\": \"1\"}", "\"1\"", "15 digits"},
	{"{\"exclusiveMinimum\": true}", "true", "a number"},
	{"{\"maximum\": 0.1234567890123456}", "0.1", "15 digits"},
	{"{\"multipleOf\": 0}", "0", "a number above 0"},
	{"{\"multipleOf\": -1}", "-1", "a number above 0"},
	{"{\"minLength\": -1}", "-1", "a whole number"},
	{"{\"minLength\": 1.5}", "1.5", "a whole number"},
	{"{\"pattern\": 1}", "1", "a regular expression"},
	{"{\"pattern\": \"(\"}", "\"(\"", "missing"},
	{"{\"pattern\": \"(?<=a)b\"}", "\"(", "kind of group"},
	{"{\"pattern\": \"a\\u0000\"}", "\"a", "a regular expression"},
	{"{\"uniqueItems\": 1}", "1", "true or false"},
	{"{\"items\": [{}]}", "[{}]", "expected a schema"},
	{"{\"prefixItems\": []}", "[]", "a list of schemas"},
	{"{\"prefixItems\": {}}", "{}", "a list of schemas"},
	{"{\"allOf\": []}", "[]", "a list of schemas"},
	{"{\"anyOf\": [1]}", "1", "expected a schema"},
	{"{\"not\": 1}", "1", "expected a schema"},
	{"{\"properties\": []}", "[]", "an object of schemas"},
	{"{\"properties\": {\"a\": {\"b\": 1}}}", "\"b\"", "no keyword"},
	{"{\"patternProperties\": {\"(\": {}}}", "{\"(", "missing"},
	{"{\"additionalProperties\": 1}", "1", "expected a schema"},
	{"{\"required\": \"a\"}", "\"a\"", "a list of names"},
	{"{\"required\": [1]}", "[1]", "a list of names"},
	{"{\"required\": true}", "true", "a list of names"},
};

static void what_is_not_checked_is_refused_in_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < N(refused); i++) {
		const char *text = refused[i].schema;
		struct json_value v = scanned(text, strlen(text), "");
		struct schema_fault f = {0};
		struct schema *s = NULL;

		if (schema_new(&v, &s, &f) != 1 ||
			strstr(f.text, refused[i].says) == NULL ||
			strncmp(text + f.offset, refused[i].at,
				strlen(refused[i].at)) != 0)
			fail_msg("%s: %zu: %s", text, f.offset, f.text);
		assert_null(s);
	}
}

static void put_times(struct out *o, const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out_str(o, text);
}

static void schemas_in_schemas_are_bounded(void **state)
{
	(void)state;
	for (size_t n = 31; n <= 32; n++) {
		struct out o = OUT_INIT(1 << 16);
		struct schema_fault f = {0};
		struct schema *s = NULL;
		struct json_value v;

		put_times(&o, "{\"not\":", n);
		put_times(&o, "{}", 1);
		put_times(&o, "}", n);
		v = scanned(o.data, o.len, "");
		assert_int_equal(schema_new(&v, &s, &f), n > 31);
		schema_free(s);
		out_deinit(&o);
	}
}

/* Values that would take hours, or more stack than there is. */
static void what_takes_too_long_is_undecided(void **state)
{
	static const struct {
		const char *schema, *before, *times, *after;
		size_t n;
	} big[] = {
		{"{\"uniqueItems\": true}", "[", "7654321,", "0]", 100000},
		{"{\"uniqueItems\": true}", "[", "{\"a\":1},", "0]", 50000},
		{"{\"uniqueItems\": true}", "[", "[[[[[[[[[]]]]]]]]],", "0]",
			20000},
		{"{\"items\": {\"enum\": [1, 2, 3, 4, 5, 6, 7, 8]}}", "[", "8,",
			"8]", 1000000},
		{"{\"items\": {\"pattern\": \"(a+)+[bc]\"}}", "[",
			"\"aaaaaaaaaaaaaaaaaaaaaaaaaaaa\",", "\"\"]", 100000},
		{"{\"allOf\": [{\"maxItems\": 3000000}, {\"maxItems\": "
		 "3000000}, {\"maxItems\": 3000000}, {\"maxItems\": 3000000}, "
		 "{\"maxItems\": 3000000}, {\"maxItems\": 3000000}, "
		 "{\"maxItems\": 3000000}, {\"maxItems\": 3000000}]}",
			"[", "0,", "0]", 2500000},
	};
	char pointer[SCHEMA_POINTER_MAX + 1];

	(void)state;
	for (size_t i = 0; i < N(big); i++) {
		struct out o = OUT_INIT(1 << 23);

		out_str(&o, big[i].before);
		put_times(&o, big[i].times, big[i].n);
		out_str(&o, big[i].after);
		assert_false(o.failed);
		if (check(big[i].schema, o.data, o.len, pointer) == TRUTH_YES)
			fail_msg("%s", big[i].schema);
		out_deinit(&o);
	}
}

static void what_is_big_and_plain_is_decided(void **state)
{
	char pointer[SCHEMA_POINTER_MAX + 1];
	struct out o = OUT_INIT(1 << 23);

	(void)state;
	out_str(&o, "{\"content\": \"");
	put_times(&o, "0123456789abcdef", 60000);
	out_str(&o, "\", \"list\": [");
	put_times(&o, "{\"id\": 17, \"name\": \"some name\"},", 20000);
	out_str(&o, "{\"id\": 18}]}");
	assert_false(o.failed);
	assert_int_equal(
		check("{\"properties\": {\"content\": {\"type\": \"string\", "
		      "\"maxLength\": 1000000}, \"list\": {\"maxItems\": "
		      "50000, \"items\": {\"properties\": {\"id\": {\"type\": "
		      "\"integer\", \"minimum\": 1}, \"name\": {\"pattern\": "
		      "\"^[a-z ]+$\"}}, \"required\": [\"id\"], "
		      "\"additionalProperties\": false}}}}",
			o.data, o.len, pointer),
		TRUTH_YES);
	out_deinit(&o);
}

static void a_long_name_is_cut_where_it_is_named(void **state)
{
	char text[1200], pointer[SCHEMA_POINTER_MAX + 1];

	(void)state;
	(void)snprintf(text, sizeof(text), "{\"%0*d\": 1}", 1100, 0);
	assert_int_equal(check("{\"additionalProperties\": false}", text,
				 strlen(text), pointer),
		TRUTH_NO);
	assert_int_equal(strlen(pointer), SCHEMA_POINTER_MAX);
}

/* Of random parts: what one more keyword under allOf accepts, each did. */
static void one_more_keyword_never_accepts_more(void **state)
{
	static const char *const parts[] = {
		"{\"type\": \"object\"}",
		"{\"type\": [\"integer\", \"array\"]}",
		"{\"not\": {\"type\": \"string\"}}",
		"{\"minimum\": 2}",
		"{\"enum\": [1, \"a\", {\"a\": 1}, [1, 2]]}",
		"{\"properties\": {\"a\": {\"maximum\": 1}}}",
		"{\"additionalProperties\": {\"type\": \"number\"}}",
		"{\"required\": [\"a\"]}",
		"{\"uniqueItems\": true}",
		"{\"items\": {\"minimum\": 1}}",
		"{\"pattern\": \"^a.?$\"}",
		"{\"maxLength\": 1}",
		"{\"oneOf\": [{\"type\": \"number\"}, {\"multipleOf\": 2}]}",
		"{\"anyOf\": [{\"minProperties\": 1}, {\"minItems\": 2}]}",
	};
	static const char *const values[] = {"1", "2", "1e999", "\"a\"",
		"\"a\\n\"", "\"ab\"", "\"\\u0000\"", "[]", "[1, 2]", "[1, 1.0]",
		"[0]", "{}", "{\"a\": 1}", "{\"A\": 1}",
		"{\"a\": 2, \"b\": \"\"}", "null", "true"};
	char pointer[SCHEMA_POINTER_MAX + 1], both[512];

	(void)state;
	for (size_t i = 0; i < N(parts); i++)
		for (size_t k = 0; k < N(parts); k++)
			for (size_t v = 0; v < N(values); v++) {
				size_t n = strlen(values[v]);
				enum truth x =
					check(parts[i], values[v], n, pointer);
				enum truth y =
					check(parts[k], values[v], n, pointer);

				(void)snprintf(both, sizeof(both),
					"{\"allOf\": [%s, %s]}", parts[i],
					parts[k]);
				assert_int_equal(check(both, values[v], n,
							 pointer) == TRUTH_YES,
					x == TRUTH_YES && y == TRUTH_YES);
			}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_keyword_says_what_it_says),
		cmocka_unit_test(what_is_not_checked_is_refused_in_words),
		cmocka_unit_test(schemas_in_schemas_are_bounded),
		cmocka_unit_test(what_takes_too_long_is_undecided),
		cmocka_unit_test(what_is_big_and_plain_is_decided),
		cmocka_unit_test(a_long_name_is_cut_where_it_is_named),
		cmocka_unit_test(one_more_keyword_never_accepts_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
