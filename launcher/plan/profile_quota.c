/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/profile_quota.h"

#include <stdio.h>
#include <string.h>

#include "policy/breaker.h"
#include "policy/json.h"
#include "policy/rates.h"

#define TIB (1ULL << 40)

const struct limit_info quota_table[_QUOTA_N] = {
	[QUOTA_CALLS] = {"calls", UNIT_COUNT, 0, 0, 1000000000,
		"calls of a session; 0 is no limit"},
	[QUOTA_BYTES] = {"bytes", UNIT_BYTES, 0, 0, TIB,
		"bytes of a session's results; 0 is no limit"},
	[QUOTA_TIMEOUT] = {"call_timeout", UNIT_SECONDS, 0, 0, 86400,
		"time one call may take; 0 is no limit"},
};

static const struct limit_info concurrent_info = {
	"concurrent", UNIT_COUNT, 0, 1, RATES_COUNT_MAX, "calls at a time"};

static void *field_at(struct profile_parse *ps, size_t offset)
{
	return (char *)ps->layer->p + offset;
}

/* "60/min" */
static int read_rate(struct profile_parse *ps, const struct profile_key *k,
	const struct json_value *v, char **ret)
{
	uint64_t count, window;
	int r = profile_string(ps, k, v, PROFILE_MAX_STRING, ret);

	if (r < 0 || rates_parse(*ret, strlen(*ret), &count, &window))
		return r;
	return profile_fail(ps, v->begin,
		"\"%s\" is \"%.40s\"; expected a number from 1 to %d and /s, "
		"/min or /h, such as \"60/min\"",
		k->name, *ret, RATES_COUNT_MAX);
}

static int read_concurrent(struct profile_parse *ps,
	const struct profile_key *k, const struct json_value *v, char **ret)
{
	uint64_t n;
	int r = profile_quantity(ps, k, v, &concurrent_info, &n);

	if (r == 0 && asprintf(ret, "%llu", (unsigned long long)n) < 0) {
		*ret = NULL;
		return err_set(ps->e, -ENOMEM, "profile %s", ps->file);
	}
	return r;
}

typedef int read_fn(struct profile_parse *ps, const struct profile_key *k,
	const struct json_value *v, char **ret);

static int add_limit(struct profile_parse *ps, const struct profile_key *k,
	const struct json_value *v, read_fn *read, const char *pattern)
{
	char ***list = field_at(ps, k->field);
	_free_ char *value = NULL;
	int r = read(ps, k, v, &value);

	if (r < 0)
		return r;
	if (strv_len(*list) == RATES_MAX)
		return profile_fail(ps, v->begin,
			"\"%s\" has more than %d patterns", k->name, RATES_MAX);
	return strv_addf(list, "%s %s", value, pattern) < 0
		       ? err_set(ps->e, -ENOMEM, "profile %s", ps->file)
		       : 0;
}

/* The members are not keys of ours but patterns of tools; a value without is
 * that of all calls. */
static int set_limits(struct profile_parse *ps, const struct profile_key *k,
	const struct json_value *v, read_fn *read)
{
	struct json_member m;
	struct json_iter i;
	int r = 0;

	if (v->type == JSON_STRING || v->type == JSON_NUMBER)
		return add_limit(ps, k, v, read, "*");
	if (v->type != JSON_OBJECT)
		return profile_fail_type(ps, k, v);
	i = json_iter(v);
	while (r == 0 && json_next(&i, &m)) {
		const struct profile_key name = {
			.name = k->name, .check = profile_check_pattern};
		_free_ char *pattern = NULL;

		r = profile_checked(ps, &name, &m.name, &pattern);
		if (r == 0)
			r = add_limit(ps, k, &m.value, read, pattern);
	}
	return r;
}

int profile_set_rate(struct profile_parse *ps, const struct profile_key *k,
	const struct json_value *v)
{
	return set_limits(ps, k, v, read_rate);
}

int profile_set_concurrent(struct profile_parse *ps,
	const struct profile_key *k, const struct json_value *v)
{
	return set_limits(ps, k, v, read_concurrent);
}

int profile_set_quota(struct profile_parse *ps, const struct profile_key *k,
	const struct json_value *v)
{
	*(bool *)field_at(ps, k->given) = true;
	return profile_quantity(
		ps, k, v, &quota_table[k->id], field_at(ps, k->field));
}

int profile_set_unlisted(struct profile_parse *ps, const struct profile_key *k,
	const struct json_value *v)
{
	static const struct limit_info unlisted = {"unlisted", UNIT_COUNT, 0, 1,
		BREAKER_UNLISTED_MAX, "calls of unlisted tools"};

	ps->layer->p->breaker_unlisted_set = true;
	return profile_quantity(
		ps, k, v, &unlisted, &ps->layer->p->breaker_unlisted);
}

int profile_set_action(struct profile_parse *ps, const struct profile_key *k,
	const struct json_value *v)
{
	ps->layer->p->breaker_action_set = true;
	return profile_word(ps, k, v, breaker_words, _BREAKER_N,
		&ps->layer->p->breaker_action);
}

int profile_set_breaker(struct profile_parse *ps, const struct profile_key *k,
	const struct json_value *v)
{
	if (v->type == JSON_STRING)
		return profile_set_action(ps, k, v);
	if (v->type != JSON_OBJECT)
		return profile_fail_type(ps, k, v);
	return profile_object_parse(ps, OBJECT_BREAKER, v);
}
