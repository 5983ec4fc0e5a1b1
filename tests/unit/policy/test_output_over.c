/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is an error when it is over, what is cut whatever a profile says, error
 * answers, and what holds for all of it.
 */
#include "scanned.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "policy/message.h"
#include "policy/output.h"
#include "policy/output_spill.h"

static int cap(const struct output_caps *caps, enum method m, const char *line,
	struct out *o, struct output_cut *cut)
{
	struct json_value v = scanned(line, strlen(line), "/result");

	return output_cap(caps, m, line, strlen(line), &v, NULL, o, cut);
}

#define TEXT "{\"type\":\"text\",\"text\":\"123456\"}"
#define IMAGE "{\"type\":\"image\",\"data\":\"AAAAAAAA\"}"
#define RESULT(x) "{\"result\":{" x "}}"

static void what_is_to_be_an_error_is_not_cut(void **state)
{
	static const struct {
		enum output_over text, binary;
		const char *line;
		enum output_verdict verdict;
	} rows[] = {
		{OVER_ERROR, 0, RESULT("\"content\":[" TEXT "]"),
			OUTPUT_FORBID},
		{OVER_ERROR, 0, RESULT("\"content\":[" IMAGE "]"), OUTPUT_CUT},
		{0, OVER_ERROR, RESULT("\"content\":[" TEXT "]"), OUTPUT_CUT},
		{0, OVER_ERROR, RESULT("\"content\":[" IMAGE "]"),
			OUTPUT_FORBID},
		{OVER_SPILL, OVER_ERROR,
			RESULT("\"content\":[" TEXT "," IMAGE "]"),
			OUTPUT_FORBID},
		{OVER_ERROR, OVER_ERROR, RESULT("\"content\":[]"), OUTPUT_FITS},
		{OVER_ERROR, OVER_ERROR,
			RESULT("\"structuredContent\":{\"a\":\"bcdef\"}"),
			OUTPUT_FORBID},
	};
	struct out o = OUT_INIT(4096);
	struct output_cut cut;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct output_caps c = {
			.text_bytes = 5,
			.binary_bytes = 4,
			.text_over = rows[i].text,
			.binary_over = rows[i].binary,
		};

		assert_int_equal(
			cap(&c, METHOD_TOOLS_CALL, rows[i].line, &o, &cut),
			rows[i].verdict);
		assert_int_equal(o.len > 0, rows[i].verdict == OUTPUT_CUT);
		assert_int_equal(cut.cut, rows[i].verdict == OUTPUT_CUT);
		out_reset(&o);
	}
	out_deinit(&o);
}

static void the_words_say_size_and_limit_and_nothing_to_run(void **state)
{
	struct output_caps c = {
		.text_bytes = 5,
		.binary_bytes = 4,
		.text_over = OVER_ERROR,
	};
	struct out o = OUT_INIT(4096);
	struct output_cut cut;

	(void)state;
	assert_int_equal(
		cap(&c, METHOD_TOOLS_CALL,
			RESULT("\"content\":[" TEXT "," IMAGE "]"), &o, &cut),
		OUTPUT_FORBID);
	output_over_text(&o, &c, OUTPUT_FORBID, &cut, NULL);
	assert_out(&o, "The server's answer was over the output limit. It has "
		       "6 bytes of text, the limit is 5. It has 8 bytes of "
		       "binary content, the limit is 4. Nothing of it is "
		       "shown.");
	out_deinit(&o);
}

static void instructions_are_cut_in_every_way(void **state)
{
	static const char before[] = RESULT(
		"\"instructions\" : \"1\\u00e9345\", \"capabilities\":{}");
	static const char after[] =
		RESULT("\"instructions\" : \"1\\u00e93\\n[stockade: cut here, "
		       "4 of 6 bytes shown]\", \"capabilities\":{}");
	static const enum method methods[] = {
		METHOD_INITIALIZE, METHOD_DISCOVER};
	struct out o = OUT_INIT(4096);
	struct output_cut cut;

	(void)state;
	for (int over = 0; over < _OVER_N; over++)
		for (size_t i = 0; i < 2; i++) {
			struct output_caps c = {
				.text_bytes = 4,
				.text_over = (enum output_over)over,
			};

			assert_int_equal(cap(&c, methods[i], before, &o, &cut),
				OUTPUT_CUT);
			assert_out(&o, after);
			out_reset(&o);
		}
	out_deinit(&o);
}

/* What is hidden beside the instructions, and in answers of other methods. */
static void what_has_no_end_to_cut_is_refused(void **state)
{
	static const enum method methods[] = {METHOD_INITIALIZE,
		METHOD_DISCOVER, METHOD_COMPLETION_COMPLETE, METHOD_TASKS_LIST,
		METHOD_PING, METHOD_UNKNOWN};
	static const size_t sizes[] = {OUTPUT_LEAST + 500, 500, 900000};
	struct output_caps c = {.text_bytes = 600, .binary_bytes = 600};
	static char line[OUTPUT_LEAST + 1000];
	struct out o = OUT_INIT(4096);
	struct output_cut cut;

	(void)state;
	for (size_t k = 0; k < 3; k++) {
		(void)snprintf(line, sizeof(line),
			"{\"result\":{\"x\":\"%*d\"}}", (int)sizes[k], 1);
		for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]);
			i++) {
			assert_int_equal(cap(&c, methods[i], line, &o, &cut),
				k == 0 ? OUTPUT_WHOLE : OUTPUT_FITS);
			assert_int_equal(o.len, 0);
		}
	}
	/* A large cap holds for these too. */
	c.text_bytes = 2 * OUTPUT_LEAST;
	(void)snprintf(line, sizeof(line), "{\"result\":{\"x\":\"%*d\"}}",
		(int)sizes[0], 1);
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		assert_int_equal(
			cap(&c, methods[i], line, &o, &cut), OUTPUT_FITS);
}

static const struct {
	const char *before, *after;
} errors[] = {
	{"{\"code\":-1,\"message\":\"12345\"}", NULL},
	{"{\"code\":-1,\"message\":\"123\",\"data\":12}", NULL},
	{"{\"code\":-1,\"message\":\"123456\"}",
		"{\"code\":-1,\"message\":\"12345\\n[stockade: cut here, 5 of "
		"6 bytes shown]\"}"},
	{"{\"code\":-1 , \"message\":\"123\", \"data\":[1.0]}",
		"{\"code\":-1 , \"message\":\"123\\n[stockade: data of 5 bytes "
		"left out]\" }"},
	{"{\"data\":\"1234\",\"message\":\"\",\"code\":-1}",
		"{\"message\":\"[stockade: data of 6 bytes left out]\","
		"\"code\":-1}"},
	{"{\"data\":null,\"message\":\"\\ud83d\\ude00\\ud83d\\ude00\","
	 "\"code\":1}",
		"{\"message\":\"\\ud83d\\ude00\\n[stockade: cut here, 4 of 8 "
		"bytes shown][stockade: data of 4 bytes left out]\","
		"\"code\":1}"},
};

static void an_error_loses_its_data_and_then_its_end(void **state)
{
	static const struct output_caps c = {
		.text_bytes = 5, .text_over = OVER_ERROR};
	char line[512], want[512];

	(void)state;
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		struct out o = OUT_INIT(4096);
		struct json_value v;
		struct output_cut cut;

		(void)snprintf(line, sizeof(line), "{\"error\" :%s ,\"id\":1}",
			errors[i].before);
		v = scanned(line, strlen(line), "/error");
		assert_int_equal(
			output_cap_error(&c, line, strlen(line), &v, &o, &cut),
			errors[i].after ? OUTPUT_CUT : OUTPUT_FITS);
		assert_int_equal(cut.cut, errors[i].after != NULL);
		if (errors[i].after) {
			(void)snprintf(want, sizeof(want),
				"{\"error\" :%s ,\"id\":1}", errors[i].after);
			assert_out(&o, want);
		} else {
			assert_int_equal(o.len, 0);
		}
		out_deinit(&o);
	}
}

static void an_error_without_a_message_is_none(void **state)
{
	static const char line[] = "{\"error\":{\"code\":1}}";
	static const struct output_caps c = {.text_bytes = 5};
	struct json_value v = scanned(line, strlen(line), "/error");
	struct out o = OUT_INIT(64);
	struct output_cut cut;

	(void)state;
	assert_int_equal(
		output_cap_error(&c, line, sizeof(line) - 1, &v, &o, &cut),
		-EINVAL);
}

/* A result out of pieces that go together, or do not. */
static size_t random_line(struct random *r, char *line)
{
	static const char *const pieces[] = {
		"{\"type\":\"text\",\"text\":\"h\\u00e9\\ud83d\\ude00 x\"}",
		"{\"type\":\"text\",\"text\":\"\\\"\\\\\\n\\/\"}",
		"{\"type\":\"image\",\"data\":\"AAAAAAAA\",\"mimeType\":\"a\"}",
		"{\"uri\":\"u:\",\"text\":\"0123456789\"}",
		"{\"uri\":\"u:\",\"blob\":\"QUJDRA==\"}",
		"{\"role\":\"u\",\"content\":{\"type\":\"text\",\"text\":\"0\"}}",
		"{\"type\":\"resource_link\",\"uri\":\"u:\"}",
		"{\"type\":\"new\"}", "1.50"};
	static const char *const names[] = {
		"content", "messages", "contents", "instructions"};
	size_t n = (size_t)sprintf(line,
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{%s\"%s\":[",
		random_below(r, 3) ? "" : "\"structuredContent\":{\"a\":1},",
		names[random_below(r, 3)]);

	for (uint32_t i = 0, k = random_below(r, 12); i < k; i++)
		n += (size_t)sprintf(line + n, "%s%s", i ? " ," : "",
			pieces[random_below(r, 9)]);
	return n + (size_t)sprintf(line + n, "]%s}}",
			   random_below(r, 3) ? "" : ",\"isError\":true");
}

/* Every other one is kept, under a long path. */
static void keep_some(struct output_spill *s)
{
	for (size_t i = 0; i < s->n; i += 2) {
		s->files[i].kept = true;
		s->files[i].bytes = UINT64_MAX;
		memset(s->files[i].path, '"', OUTPUT_PATH_MAX);
		s->files[i].path[OUTPUT_PATH_MAX] = '\0';
		memset(s->files[i].sha256, 'a', 64);
		s->files[i].sha256[64] = '\0';
	}
}

static void whatever_the_caps_the_line_is_a_message_within_them(void **state)
{
	static const enum method methods[] = {METHOD_TOOLS_CALL,
		METHOD_PROMPTS_GET, METHOD_RESOURCES_READ, METHOD_TASKS_GET};
	static const uint64_t key[2] = {1, 2};
	static struct output_spill spill;
	static const struct output_caps none = {
		.text_bytes = UINT64_MAX, .binary_bytes = UINT64_MAX};
	struct json_scanner *scanner = message_scanner_new(key);
	struct random r = {11};
	unsigned seen[4] = {0};
	char line[4096];

	(void)state;
	for (int round = 0; round < 30000; round++) {
		size_t len = random_line(&r, line);
		enum method m = methods[random_below(&r, 4)];
		struct output_caps c = {
			.text_bytes = random_below(&r, 120),
			.binary_bytes = random_below(&r, 24),
			.text_over = random_below(&r, _OVER_N),
			.binary_over = random_below(&r, _OVER_N),
		};
		struct json_value v = scanned(line, len, "/result");
		struct out o = OUT_INIT(len + OUTPUT_GROWTH_MAX);
		struct out nothing = OUT_INIT(0);
		struct output_cut cut, again;
		struct message msg;
		int n;

		assert_int_equal(output_spill(&c, m, line, &v, &spill), 0);
		keep_some(&spill);
		n = output_cap(&c, m, line, len, &v, &spill, &o, &cut);
		assert_in_range(n, 0, 3);
		seen[n]++;
		if (n == OUTPUT_CUT) {
			assert_int_equal(message_read(scanner, DIR_S2C, o.data,
						 o.len, &msg),
				0);
			assert_int_equal(msg.verdict, VERDICT_OK);
			assert_int_equal(msg.kind, MESSAGE_RESULT);
			assert_int_equal(
				output_cap(&none, m, o.data, o.len, &msg.result,
					NULL, &nothing, &again),
				OUTPUT_FITS);
			assert_true(again.binary_seen <= c.binary_bytes);
			assert_true(again.text_seen <=
				    c.text_bytes + OUTPUT_GROWTH_MAX);
		}
		out_deinit(&o);
	}
	for (size_t i = 0; i < 4; i++)
		assert_true(seen[i] > 500);
	json_scanner_free(scanner);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_to_be_an_error_is_not_cut),
		cmocka_unit_test(
			the_words_say_size_and_limit_and_nothing_to_run),
		cmocka_unit_test(instructions_are_cut_in_every_way),
		cmocka_unit_test(what_has_no_end_to_cut_is_refused),
		cmocka_unit_test(an_error_loses_its_data_and_then_its_end),
		cmocka_unit_test(an_error_without_a_message_is_none),
		cmocka_unit_test(
			whatever_the_caps_the_line_is_a_message_within_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
