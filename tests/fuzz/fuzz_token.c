/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A token: whatever it is, it is refused, or written again byte for byte; its
 * conditions hold or do not, the same each time, and hold for no arguments
 * where they are none. The same bytes as a list of approvers.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/approvers.h"
#include "base/token.h"
#include "policy/token_when.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_when(const struct token *t)
{
	size_t n = strlen(t->when);
	char why[200];
	bool good = token_when_check(t->when, n, why) == 0;
	bool holds =
		token_when_holds(t->when, n, t->tool, strlen(t->tool), NULL);

	assert(good || !holds);
	assert(holds ==
		token_when_holds(t->when, n, t->tool, strlen(t->tool), NULL));
}

static void try_token(const char *text, size_t size)
{
	char again[TOKEN_BYTES_MAX + 256];
	struct token t;
	size_t body = 0;
	int n, m;

	if (token_parse(text, size, &t, &body) < 0)
		return;
	assert(body < size && t.uses > 0 && t.uses <= TOKEN_USES_MAX);
	assert(t.until > t.from && t.until - t.from <= TOKEN_LIFE_MAX_S);
	n = token_write(&t, again, sizeof(again));
	assert(n > 0 && (size_t)n == body && memcmp(again, text, body) == 0);
	m = token_write_signature(
		t.signature, again + n, sizeof(again) - (size_t)n);
	assert(m > 0 && body + (size_t)m == size &&
		memcmp(again, text, size) == 0);
	if (t.about == TOKEN_ABOUT_WHEN)
		try_when(&t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct approvers a;
	unsigned line = 0;

	try_token(text, size);
	if (approvers_parse(text, size, &a, &line) == 0)
		for (size_t i = 0; i < a.n; i++)
			assert(approvers_find(&a, a.all[i].id) == &a.all[i] &&
				approver_name_valid(
					a.all[i].name, strlen(a.all[i].name)));
	else
		assert(line > 0);
	return 0;
}
