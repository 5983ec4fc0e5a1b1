/* SPDX-License-Identifier: Apache-2.0 */
#include "compared.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "plan/profile_compare.h"

struct profile *compared_parse(const char *text)
{
	_free_ char *extends = NULL;
	struct profile *p = NULL;
	struct err e = {0};

	if (profile_parse("x.json", text, strlen(text), &p, &extends, &e) != 0)
		fail_msg("%s: %s", text, e.text);
	return p;
}

char *compared_lines(const struct profile *a, const struct profile *b)
{
	_changes_ struct profile_changes c = {0};
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(f);
	assert_int_equal(profile_compare(a, b, &c), 0);
	for (size_t i = 0; i < c.n; i++)
		(void)fprintf(
			f, "%s %s;", change_words[c.v[i].kind], c.v[i].text);
	assert_int_equal(fclose(f), 0);
	return text;
}
