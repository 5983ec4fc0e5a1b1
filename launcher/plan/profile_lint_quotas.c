/* SPDX-License-Identifier: Apache-2.0 */
/* Limits that nothing ever comes to. */
#include <stdlib.h>
#include <string.h>

#include "plan/profile_glob.h"
#include "plan/profile_lint.h"
#include "policy/rates.h"

static bool is_live(struct lint *l, const char *pattern)
{
	return strcmp(pattern, "*") == 0 || lint_is_callable(l, pattern);
}

/* Whether what limits all calls limits this one as much: of the same stretch of
 * time, with no more calls. */
static bool is_lower(const char *all, const char *limit)
{
	uint64_t a, b, of_a = 0, of_b = 0;

	if (strcmp(strchr(all, ' '), " *") != 0 ||
		strcmp(strchr(limit, ' '), " *") == 0)
		return false;
	if (!rates_parse(all, strcspn(all, " "), &a, &of_a))
		a = strtoull(all, NULL, 10);
	if (!rates_parse(limit, strcspn(limit, " "), &b, &of_b))
		b = strtoull(limit, NULL, 10);
	return of_a == of_b && a <= b;
}

static int lint_list(
	struct lint *l, const char *key, size_t list, char *const *limits)
{
	int r = 0;

	for (char *const *v = limits; r == 0 && v && *v; v++) {
		const char *pattern = strchr(*v, ' ') + 1;

		if (!lint_is_own(l, list, *v))
			continue;
		if (!l->p->base && !is_live(l, pattern))
			r = lint_add(l, LINT_RATE_IDLE,
				"%s: \"%s\" is about no tool that can be "
				"called",
				key, pattern);
		for (char *const *all = limits; r == 0 && *all; all++)
			if (is_lower(*all, *v))
				r = lint_add(l, LINT_RATE_IDLE,
					"%s: \"%s\" is never reached: all "
					"calls together are limited to %.*s",
					key, pattern, (int)strcspn(*all, " "),
					*all);
	}
	return r;
}

int lint_quotas(struct lint *l)
{
	int r = lint_list(l, "protocol.rate", LIST_RATE, l->p->protocol.rate);

	return r == 0 ? lint_list(l, "protocol.concurrent", LIST_CONCURRENT,
				l->p->protocol.concurrent)
		      : r;
}
