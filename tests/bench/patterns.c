/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/patterns.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/strv.h"

/* As profiles have them: a word before, behind, in the middle, or none. */
static const struct {
	const char *before, *behind;
} shapes[] = {{"create_", "_*"}, {"*_issue_", ""}, {"get_*_", "_list"},
	{"delete_file_", ""}};

static void add(char ***list, size_t i)
{
	size_t shape = i % ELEMENTS(shapes);
	char text[64];

	(void)snprintf(text, sizeof(text), "%s%zu%s", shapes[shape].before, i,
		shapes[shape].behind);
	if (strv_add(list, text) < 0)
		exit(1);
}

struct tools *patterns_new(size_t n)
{
	_strv_ char **allow = NULL, **ask = NULL, **deny = NULL;
	char ***const lists[] = {&deny, &ask, &allow};
	struct tools_layer layer = {.closed = true};
	struct tools *t;

	for (size_t i = 1; i < n; i++)
		add(lists[i % ELEMENTS(lists)], i);
	if (strv_add(&allow, "read_*") < 0)
		exit(1);
	layer.allow = allow;
	layer.ask = ask;
	layer.deny = deny;
	t = tools_new(&layer, 1);
	if (!t)
		exit(1);
	return t;
}
