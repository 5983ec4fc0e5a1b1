/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A schema, a newline, a value: whatever they are, the schema is refused in
 * words, or comes to an answer that is the same each time; its opposite is the
 * opposite, and with one more keyword it accepts no more.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool scan(const char *text, size_t len, struct json_value *ret)
{
	static const struct json_limits limits = {.max_bytes = 1 << 20,
		.max_depth = 128,
		.max_keys = 4096,
		.allow_nul = true,
		.allow_half_surrogate = true};
	struct json_scanner *s = json_scanner_new(&limits);
	struct json_scan_result result;
	bool good;

	assert(s);
	good = json_scan(s, text, len, &result) == 0;
	json_scanner_free(s);
	if (good)
		*ret = json_top(text, &result);
	return good;
}

static enum truth check(const struct schema *s, struct schema_work *w,
	const struct json_value *v)
{
	char pointer[SCHEMA_POINTER_MAX + 1];
	enum truth t;

	schema_work_begin(w);
	t = schema_check(s, w, v);
	memcpy(pointer, schema_pointer(w), sizeof(pointer));
	assert(strlen(pointer) <= SCHEMA_POINTER_MAX);
	assert(pointer[0] == '\0' || (pointer[0] == '/' && t != TRUTH_YES));
	for (const char *p = pointer; *p; p++)
		assert((unsigned char)*p >= ' ' && *p != 0x7f);
	schema_work_begin(w);
	assert(schema_check(s, w, v) == t);
	assert(strcmp(pointer, schema_pointer(w)) == 0);
	return t;
}

/* The answer of @frame with the schema for its `%`; -1: it is too deep. */
static int check_in(const char *frame, const struct json_value *schema,
	struct schema_work *w, const struct json_value *v)
{
	size_t len = schema->end - schema->begin, n = strlen(frame);
	char *text = malloc(len + n), *to = text;
	struct schema_fault fault;
	struct schema *s = NULL;
	struct json_value whole;
	int t = -1;

	assert(text);
	for (const char *p = frame; *p; p++) {
		if (*p == '%')
			to = mempcpy(to, schema->text + schema->begin, len);
		else
			*to++ = *p;
	}
	if (scan(text, (size_t)(to - text), &whole) &&
		schema_new(&whole, &s, &fault) == 0)
		t = (int)check(s, w, v);
	schema_free(s);
	free(text);
	return t;
}

static void check_frames(const struct json_value *schema, enum truth t,
	const struct json_value *v)
{
	static const char *const more[] = {
		"{\"allOf\": [%, {\"type\": \"object\"}]}",
		"{\"allOf\": [{\"maxLength\": 2, \"minimum\": 1}, %]}",
		"{\"allOf\": [%, {\"items\": {\"type\": \"string\"}}]}",
	};
	struct schema_work *w = schema_work_new();
	int opposite;

	assert(w);
	opposite = check_in("{\"not\": %}", schema, w, v);
	if (t == TRUTH_YES)
		assert(opposite != TRUTH_YES);
	if (t == TRUTH_NO)
		assert(opposite != TRUTH_NO);
	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++)
		if (check_in(more[i], schema, w, v) == TRUTH_YES)
			assert(t == TRUTH_YES);
	schema_work_free(w);
}

static void check_value(const struct schema *s, const struct json_value *schema,
	const struct json_value *v)
{
	struct schema_work *w = schema_work_new();
	enum truth t;

	assert(w);
	t = check(s, w, v);
	schema_work_free(w);
	check_frames(schema, t, v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	const char *lf = size ? memchr(text, '\n', size) : NULL;
	struct json_value schema, v;
	struct schema_fault fault;
	struct schema *s = NULL;

	if (!lf || !scan(text, (size_t)(lf - text), &schema))
		return 0;
	if (schema_new(&schema, &s, &fault) == 0) {
		if (scan(lf + 1, size - (size_t)(lf + 1 - text), &v))
			check_value(s, &schema, &v);
	} else {
		assert(fault.offset < (size_t)(lf - text) && fault.text[0]);
	}
	schema_free(s);
	return 0;
}
