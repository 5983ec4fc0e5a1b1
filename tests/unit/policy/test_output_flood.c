/* SPDX-License-Identifier: Apache-2.0 */
#include "capped.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A flood beside the text that is counted: in each place that has one. */
static const char *const hiding_places[] = {
	"{\"result\":{\"content\":[],\"_meta\":{\"x\":\"@\"}}}",
	"{\"result\":{\"content\":\"@\"}}",
	"{\"result\":{\"content\":{\"a\":\"@\"}}}",
	"{\"result\":{\"inputRequests\":{\"a\":\"@\"}}}",
	"{\"result\":{\"@\":0}}",
	"{\"result\":\"@\"}",
	"{\"result\":[\"@\"]}",
	"{\"result\":{\"content\":[{\"type\":\"@\"}]}}",
	"{\"result\":{\"content\":[{\"type\":\"video\",\"data\":\"@\"}]}}",
	"{\"result\":{\"content\":[{\"type\":\"text\",\"text\":\"\",\"_meta\":"
	"\"@\"}]}}",
	"{\"result\":{\"content\":[{\"type\":\"text\",\"text\":\"\","
	"\"@\":0}]}}",
	"{\"result\":{\"content\":[{\"type\":\"image\",\"data\":\"\","
	"\"mimeType\":\"@\"}]}}",
	"{\"result\":{\"content\":[{\"type\":\"resource_link\",\"uri\":"
	"\"@\"}]}}",
	"{\"result\":{\"content\":[{\"type\":\"resource\",\"resource\":"
	"{\"text\":\"\",\"uri\":\"@\"}}]}}",
	"{\"result\":{\"structuredContent\":\"@\",\"isError\":true}}",
};

static void nothing_hides_from_the_caps(void **state)
{
	static char flood[2001], line[4096];

	(void)state;
	memset(flood, 'f', 2000);
	for (size_t i = 0; i < sizeof(hiding_places) / sizeof(char *); i++) {
		struct capped c;
		size_t n;

		n = framed(line, sizeof(line), hiding_places[i], flood);
		c = cap_len(METHOD_TOOLS_CALL, 1000, 1000, line, n);
		assert_true(c.status == 1 || c.status == 2);
		assert_true(c.cut.text_seen > 1000 || c.cut.binary_seen > 1000);
		if (c.status == 1)
			assert_true(c.out.len < 500);
		out_deinit(&c.out);
		c = cap_len(METHOD_TOOLS_CALL, 3000, 3000, line, n);
		assert_int_equal(c.status, 0);
	}
}

static char *many(const char *item, unsigned n, size_t *ret_len)
{
	size_t item_len = strlen(item), len;
	char *line = malloc(n * (item_len + 1) + 100);

	assert_non_null(line);
	len = (size_t)sprintf(line, "{\"result\":{\"content\":[");
	for (unsigned i = 0; i < n; i++) {
		memcpy(line + len, item, item_len + 1);
		len += item_len;
		line[len++] = ',';
	}
	line[len - 1] = ']';
	*ret_len = len + (size_t)sprintf(line + len, "}}");
	return line;
}

static void a_flood_of_images_leaves_a_handful_of_notes(void **state)
{
	size_t len;
	char *line = many("{\"type\":\"image\",\"data\":\"AA\"}", 100, &len);
	struct capped c = cap_len(METHOD_TOOLS_CALL, 0, 10, line, len);
	struct json_value v;

	(void)state;
	assert_int_equal(c.status, 1);
	v = scanned(c.out.data, c.out.len, "/result/content/36/text");
	assert_true(json_string_eq(&v, "[stockade: more binary content left "
				       "out, over the limit of 10]"));
	v = scanned(c.out.data, c.out.len, "");
	assert_int_equal(json_pointer(&v, "/result/content/37", &v), 1);
	out_deinit(&c.out);
	free(line);
}

/* Were it quadratic, this would be hours. */
static void a_million_small_items_are_no_burden(void **state)
{
	static const char item[] = "{\"type\":\"text\",\"text\":\"abc\"}";
	size_t len;
	char *line = many(item, 1000000, &len);
	struct capped c = cap_len(METHOD_TOOLS_CALL, 300, 0, line, len);
	struct json_value v;

	(void)state;
	assert_int_equal(c.status, 1);
	assert_int_equal(c.cut.text_seen, 3000000);
	v = scanned(c.out.data, c.out.len, "/result/content/100/text");
	assert_true(json_string_eq(
		&v, "[stockade: cut here, 300 of 3000000 bytes shown]"));
	assert_true(c.out.len < 102 * sizeof(item) + 100);
	out_deinit(&c.out);
	free(line);
}

/* The same counts again, as simply as can be, over what came out. */
static void count_item(
	const struct json_value *item, uint64_t *text, uint64_t *binary)
{
	struct json_value v, holder = *item;

	if (json_get(item, "resource", &v))
		holder = v;
	if (json_get(&holder, "text", &v) &&
		!(json_string_copy(&v, NULL, 0) >= 10 &&
			memcmp(v.text + v.begin, "\"[stockade:", 11) == 0))
		*text += json_string_copy(&v, NULL, 0);
	if (json_get(&holder, "data", &v) || json_get(&holder, "blob", &v))
		*binary += json_string_copy(&v, NULL, 0);
}

#define NOTE_MAX 64

static void assert_within(
	const struct capped *c, uint64_t text_cap, uint64_t binary_cap)
{
	struct json_value content =
		scanned(c->out.data, c->out.len, "/result/content");
	struct json_iter i = json_iter(&content);
	struct json_member m;
	uint64_t text = 0, binary = 0;

	while (json_next(&i, &m))
		count_item(&m.value, &text, &binary);
	assert_true(text <= text_cap + NOTE_MAX);
	assert_true(binary <= binary_cap);
}

static size_t random_result(struct random *r, char *line)
{
	static const char *const items[] = {
		"{\"type\":\"text\",\"text\":\"plain\"}",
		"{\"type\":\"text\",\"text\":\"\\ud83d\\ude00é€\\u0000\"}",
		"{ \"text\" : \"\\ud800\" , \"type\":\"te\\u0078t\"}",
		"{\"type\":\"text\",\"text\":\"\"}",
		"{\"type\":\"image\",\"data\":\"AAAA\",\"mimeType\":\"a\"}",
		"{\"type\":\"audio\",\"data\":\"AAAAAAAA\",\"mimeType\":\"a\"}",
		"{\"type\":\"resource\",\"resource\":{\"text\":\"\\\\\\\"\"}}",
		"{\"type\":\"resource\",\"resource\":{\"blob\":\"AA==\"}}",
		"{\"type\":\"resource_link\",\"uri\":\"u\",\"name\":\"n\"}",
		"{\"type\":\"x\"}",
	};
	size_t n = (size_t)sprintf(line, "{\"result\":{%s\"content\":[",
		random_below(r, 4) > 0 ? "" : "\"structuredContent\":[1.0],");
	uint32_t count = random_below(r, 7);

	for (uint32_t i = 0; i < count; i++)
		n += (size_t)sprintf(line + n, "%s%s%s", i > 0 ? "," : "",
			random_below(r, 4) > 0 ? "" : " ",
			items[random_below(r, 10)]);
	n += (size_t)sprintf(line + n, "]%s",
		random_below(r, 4) > 0 ? "" : ",\"isError\":true");
	return n + (size_t)sprintf(line + n, "}}");
}

static void every_cut_is_json_within_the_caps(void **state)
{
	struct random r = {31};
	unsigned n[3] = {0};
	char line[2048];

	(void)state;
	for (int round = 0; round < 50000; round++) {
		size_t len = random_result(&r, line);
		uint64_t text = random_below(&r, 40);
		uint64_t binary = random_below(&r, 20);
		struct capped c =
			cap_len(METHOD_TOOLS_CALL, text, binary, line, len);

		assert_in_range(c.status, 0, 2);
		n[c.status]++;
		if (c.status == 1)
			assert_within(&c, text, binary);
		out_deinit(&c.out);
	}
	for (size_t i = 0; i < 3; i++)
		assert_true(n[i] > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_hides_from_the_caps),
		cmocka_unit_test(a_flood_of_images_leaves_a_handful_of_notes),
		cmocka_unit_test(a_million_small_items_are_no_burden),
		cmocka_unit_test(every_cut_is_json_within_the_caps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
