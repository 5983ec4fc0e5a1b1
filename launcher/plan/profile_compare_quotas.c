/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How much a session may do. A limit more takes away; of two for one pattern
 * the higher number is wider, if it is of the same stretch of time.
 */
#include <stdio.h>
#include <string.h>

#include "plan/profile_compare.h"
#include "plan/profile_quota.h"
#include "policy/breaker.h"
#include "policy/rates.h"

/* The limit of the same pattern, or NULL. */
static const char *same_pattern(char *const *list, const char *limit)
{
	for (; list && *list; list++)
		if (strcmp(strchr(*list, ' '), strchr(limit, ' ')) == 0)
			return *list;
	return NULL;
}

static int length(const char *limit)
{
	return (int)strcspn(limit, " ");
}

static enum change_kind kind_of(const char *was, const char *is)
{
	uint64_t n[2], window[2] = {0};
	const char *both[] = {was, is};

	for (int i = 0; i < 2; i++)
		if (!rates_parse(both[i], (size_t)length(both[i]), &n[i],
			    &window[i]))
			n[i] = strtoull(both[i], NULL, 10);
	/* 10 a second and 60 a minute: neither holds the other. */
	if (window[0] != window[1])
		return CHANGE_OTHER;
	return n[1] > n[0] ? CHANGE_WIDER : CHANGE_NARROWER;
}

static int add_limits(struct profile_changes *c, const char *key,
	char *const *a, char *const *b)
{
	const char *what = strchr(key, '.') + 1;
	int r = 0;

	for (char *const *v = b; r == 0 && v && *v; v++) {
		const char *old = same_pattern(a, *v);
		const char *pattern = *v + length(*v) + 1;

		if (!old)
			r = changes_addf(c, CHANGE_NARROWER, key,
				"%s: %s is limited to %.*s", what, pattern,
				length(*v), *v);
		else if (strcmp(old, *v) != 0)
			r = changes_addf(c, kind_of(old, *v), key,
				"%s: %s is limited to %.*s, was %.*s", what,
				pattern, length(*v), *v, length(old), old);
	}
	for (char *const *v = a; r == 0 && v && *v; v++)
		if (!same_pattern(b, *v))
			r = changes_addf(c, CHANGE_WIDER, key,
				"%s: %s is not limited any more, was %.*s",
				what, *v + length(*v) + 1, length(*v), *v);
	return r;
}

static int add_number(struct profile_changes *c, const char *key,
	enum limit_unit unit, uint64_t a, uint64_t b)
{
	char x[32], y[32];

	if (a == b)
		return 0;
	limit_write(unit, a, x, sizeof(x));
	limit_write(unit, b, y, sizeof(y));
	return changes_addf(c,
		b == 0 || (a && b > a) ? CHANGE_WIDER : CHANGE_NARROWER, key,
		"%s is %s, was %s", strchr(key, '.') + 1, b ? y : "not limited",
		a ? x : "not limited");
}

static uint64_t unlisted_of(const struct profile *p)
{
	return p->breaker_unlisted_set ? p->breaker_unlisted
				       : BREAKER_UNLISTED_DEFAULT;
}

static int add_breaker(struct profile_changes *c, const struct profile *a,
	const struct profile *b)
{
	int r = add_number(c, "breaker.unlisted", UNIT_COUNT, unlisted_of(a),
		unlisted_of(b));

	if (r == 0 && a->breaker_action != b->breaker_action)
		r = changes_addf(c,
			b->breaker_action < a->breaker_action ? CHANGE_WIDER
							      : CHANGE_NARROWER,
			"breaker.action", "an incident means %s, meant %s",
			breaker_words[b->breaker_action],
			breaker_words[a->breaker_action]);
	return r;
}

int changes_add_quotas(struct profile_changes *c, const struct profile *a,
	const struct profile *b)
{
	int r = add_limits(
		c, "protocol.rate", a->protocol.rate, b->protocol.rate);

	if (r == 0)
		r = add_limits(c, "protocol.concurrent", a->protocol.concurrent,
			b->protocol.concurrent);
	if (r == 0)
		r = add_number(c, "protocol.calls", UNIT_COUNT,
			a->protocol.calls, b->protocol.calls);
	if (r == 0)
		r = add_number(c, "protocol.bytes", UNIT_BYTES,
			a->protocol.bytes, b->protocol.bytes);
	if (r == 0)
		r = add_number(c, "protocol.call_timeout", UNIT_SECONDS,
			a->protocol.call_timeout_s, b->protocol.call_timeout_s);
	return r == 0 ? add_breaker(c, a, b) : r;
}
