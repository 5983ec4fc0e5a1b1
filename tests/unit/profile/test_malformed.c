/* SPDX-License-Identifier: Apache-2.0 */
/*
 * malformed.txt: a line "> TEXT" (with \n, \t, \\ and \xNN) and behind it the
 * whole error that it gets, "= LINE:COLUMN: what; expected …".
 */
#include "fixture.h"

#include <stdio.h>
#include <string.h>

static const char *golden;

static char hex_byte(const char *digits)
{
	char two[3] = {digits[0], digits[1], 0};

	return (char)(unsigned char)strtoul(two, NULL, 16);
}

static size_t unescape(const char *src, char *dst)
{
	size_t n = 0;

	while (*src) {
		if (src[0] != '\\') {
			dst[n++] = *src++;
		} else if (src[1] == 'x') {
			dst[n++] = hex_byte(src + 2);
			src += 4;
		} else {
			const char *named = strchr("n\nt\t", src[1]);

			dst[n++] = named ? named[1] : '\\';
			src += 2;
		}
	}
	return n;
}

/* The error of a text, without the name of the file. */
static void refuse(const char *escaped, char *dst, size_t size)
{
	_free_ char *text = malloc(strlen(escaped) + 1);
	_profile_ struct profile *p = NULL;
	_free_ char *extends = NULL;
	struct err e = {0};
	size_t len;
	int r;

	assert_non_null(text);
	len = unescape(escaped, text);
	r = profile_parse("dir/me.json", text, len, &p, &extends, &e);
	(void)snprintf(dst, size, "%s",
		r == 0                                     ? "accepted"
		: strncmp(e.text, "dir/me.json:", 12) == 0 ? e.text + 12
							   : e.text);
	if (r < 0)
		assert_null(p);
}

static void each_malformed_profile_is_refused_with_its_place(void **state)
{
	FILE *f = fopen(golden, "re");
	char line[8192], input[8192] = "", seen[1200];
	unsigned n = 0, wrong = 0;

	(void)state;
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "> ", 2) == 0)
			(void)snprintf(input, sizeof(input), "%s", line + 2);
		if (strncmp(line, "= ", 2) != 0)
			continue;
		refuse(input, seen, sizeof(seen));
		n++;
		if (strcmp(seen, line + 2) == 0)
			continue;
		wrong++;
		print_message("# %s\n#  expected %s\n#  got      %s\n", input,
			line + 2, seen);
	}
	(void)fclose(f);
	assert_true(n >= 150);
	assert_int_equal(wrong, 0);
}

/* Each prefix of a good profile is no profile: nothing of it may count. */
static void each_truncated_profile_is_refused(void **state)
{
	static const char whole[] =
		"{\"version\": 1, \"extends\": \"node\", \"sandbox\": {\"read\":"
		" [\"/srv\"], \"limits\": {\"pids\": 16}}, \"protocol\": "
		"{\"tools\": {\"allow\": [\"a\", \"b*\"]}}}";
	_free_ char *extends = NULL;
	_profile_ struct profile *p = NULL;
	struct err e = {0};

	(void)state;
	for (size_t n = 0; n + 1 < sizeof(whole); n++) {
		assert_int_equal(
			profile_parse("x.json", whole, n, &p, &extends, &e),
			n + 1 == sizeof(whole) ? 0 : -EINVAL);
		assert_null(p);
	}
	e.text[0] = '\0';
	assert_int_equal(profile_parse("x.json", whole, sizeof(whole) - 1, &p,
				 &extends, &e),
		0);
	assert_string_equal(extends, "node");
}

/* HEAD, @n times @item with the number in it, TAIL: the error that it gets. */
struct sized {
	const char *head, *item;
	size_t n;
	const char *tail, *with;
};

static char *sized_text(const struct sized *s, size_t *ret_len)
{
	char *text = NULL;
	FILE *f = open_memstream(&text, ret_len);

	assert_non_null(f);
	(void)fputs(s->head, f);
	for (size_t i = 0; i < s->n; i++) {
		const char *at = strchr(s->item, '#');

		(void)fprintf(f, "%.*s%08zu%s", (int)(at - s->item), s->item, i,
			at + 1);
	}
	(void)fputs(s->tail, f);
	(void)fclose(f);
	return text;
}

static void oversized_profile_is_refused(void **state)
{
	static const struct sized cases[] = {
		{"{\"version\": 1, \"why\": \"", "#", 1 << 17, "\"}",
			"too long; expected at most 1 MiB"},
		{"{\"version\": 1, \"why\": \"", "#", 513, "\"}",
			"a string of 4104 bytes in \"why\"; expected at most "
			"4096"},
		{"{\"version\": 1, \"sandbox\": {\"read\": [\"/a\"", ",\"/#\"",
			4096, "]}}", "too many entries; expected at most 4096"},
		{"{\"version\": 1, \"sandbox\": {\"env\": {\"set\": {",
			"\"A#\": \"\",", 5000, "\"B\": \"\"}}}}",
			"expected at most 4096 in an object"},
		{"{\"version\": 1, \"protocol\": {\"tools\": {\"allow\": [\"",
			"#", 33, "\"]}}}", "the pattern has 264 bytes"},
		{"{\"version\": 1, \"sandbox\": {\"read\": [\"/", "#", 511,
			"1234567\"]}}", "is too long"},
	};

	(void)state;
	for (size_t i = 0; i < ELEMENTS(cases); i++) {
		size_t len = 0;
		_free_ char *text = sized_text(&cases[i], &len);
		_profile_ struct profile *p = NULL;
		_free_ char *extends = NULL;
		struct err e = {0};

		assert_true(profile_parse(
				    "x.json", text, len, &p, &extends, &e) < 0);
		if (!strstr(e.text, cases[i].with))
			fail_msg("\"%s\" is not in \"%s\"", cases[i].with,
				e.text);
	}
}

static void largest_lists_are_read(void **state)
{
	static char text[1 << 17] =
		"{\"version\": 1, \"sandbox\": {\"write\": [\"/a\"";
	_profile_ struct profile *p = NULL;
	_free_ char *extends = NULL;
	size_t len = strlen(text);
	struct err e = {0};

	(void)state;
	for (int i = 1; i < 4096; i++)
		len += (size_t)sprintf(text + len, ",\"/%d\"", i);
	len += (size_t)sprintf(text + len, "]}}");
	assert_int_equal(
		profile_parse("x.json", text, len, &p, &extends, &e), 0);
	assert_int_equal(strv_len(p->sandbox.write), 4096);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			each_malformed_profile_is_refused_with_its_place),
		cmocka_unit_test(each_truncated_profile_is_refused),
		cmocka_unit_test(oversized_profile_is_refused),
		cmocka_unit_test(largest_lists_are_read),
	};

	golden = argc > 1 ? argv[1] : "malformed.txt";
	return cmocka_run_group_tests(tests, NULL, NULL);
}
