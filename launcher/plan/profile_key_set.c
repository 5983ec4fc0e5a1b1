/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/profile_key_set.h"

#include <string.h>

#include "policy/json.h"
#include "policy/output_caps.h"
#include "policy/pins.h"
#include "policy/wishes.h"

static void *field_at(struct profile_parse *ps, size_t offset)
{
	return (char *)ps->layer->p + offset;
}

int profile_set_list(struct profile_parse *ps, const struct profile_key *k,
	const struct json_value *v)
{
	if (k->given)
		*(bool *)field_at(ps, k->given) = true;
	return profile_strings(ps, k, v, field_at(ps, k->field));
}

int profile_set_packages(struct profile_parse *ps, const struct profile_key *k,
	const struct json_value *v)
{
	return profile_strings(ps, k, v, &ps->layer->packages);
}

int profile_set_bool(struct profile_parse *ps, const struct profile_key *k,
	const struct json_value *v)
{
	if (v->type != JSON_TRUE && v->type != JSON_FALSE)
		return profile_fail_type(ps, k, v);
	*(bool *)field_at(ps, k->field) = v->type == JSON_TRUE;
	*(bool *)field_at(ps, k->given) = true;
	return 0;
}

int profile_set_object(struct profile_parse *ps, const struct profile_key *k,
	const struct json_value *v)
{
	if (v->type != JSON_OBJECT)
		return profile_fail_type(ps, k, v);
	if (k->given)
		*(bool *)field_at(ps, k->given) = true;
	return profile_object_parse(ps, (enum profile_object)k->id, v);
}

/* A note; only the one at the top is kept, for `profile list`. */
int profile_set_why(struct profile_parse *ps, const struct profile_key *k,
	const struct json_value *v)
{
	_free_ char *s = NULL;
	int r = profile_string(ps, k, v, PROFILE_MAX_STRING, &s);

	if (r == 0 && k->id == OBJECT_TOP)
		ps->layer->about = take_ptr(s);
	return r;
}

int profile_set_version(struct profile_parse *ps, const struct profile_key *k,
	const struct json_value *v)
{
	int64_t version;

	if (v->type != JSON_NUMBER)
		return profile_fail_type(ps, k, v);
	if (!json_to_int64(v, &version) || version != 1)
		return profile_fail(ps, v->begin,
			"\"version\" is %.*s, which this version of stockade "
			"does not know; expected 1",
			v->end - v->begin > 20 ? 20 : (int)(v->end - v->begin),
			ps->text + v->begin);
	return 0;
}

int profile_set_name(struct profile_parse *ps, const struct profile_key *k,
	const struct json_value *v)
{
	_free_ char *s = NULL;
	int r = profile_string(ps, k, v, PROFILE_MAX_STRING, &s);

	if (r == 0 && strcmp(s, ps->layer->p->name) != 0)
		return profile_fail(ps, v->begin,
			"\"name\" is \"%.80s\"; expected \"%s\", as the file "
			"is called",
			s, ps->layer->p->name);
	return r;
}

int profile_set_extends(struct profile_parse *ps, const struct profile_key *k,
	const struct json_value *v)
{
	int r = profile_checked(ps, k, v, &ps->layer->extends);

	if (r == 0)
		json_position(ps->text, v->begin, &ps->layer->line,
			&ps->layer->column);
	return r;
}

/* One of two words; the second is true. */
static int parse_choice(struct profile_parse *ps, const struct profile_key *k,
	const struct json_value *v, const char *const words[2], bool *ret)
{
	uint64_t i = 0;
	int r = profile_word(ps, k, v, words, 2, &i);

	*ret = i == 1;
	return r;
}

int profile_set_git(struct profile_parse *ps, const struct profile_key *k,
	const struct json_value *v)
{
	static const char *const words[] = {"read", "write"};
	struct profile *p = ps->layer->p;

	p->sandbox.git_set = true;
	return parse_choice(ps, k, v, words, &p->sandbox.git_write);
}

int profile_set_by(struct profile_parse *ps, const struct profile_key *k,
	const struct json_value *v)
{
	static const char *const words[] = {"prompt", "proof"};

	ps->layer->p->proof_set = true;
	return parse_choice(ps, k, v, words, &ps->layer->p->proof);
}

int profile_set_limit(struct profile_parse *ps, const struct profile_key *k,
	const struct json_value *v)
{
	struct profile *p = ps->layer->p;

	p->sandbox.limit_set[k->id] = true;
	return profile_quantity(
		ps, k, v, &limit_table[k->id], &p->sandbox.limits[k->id]);
}

int profile_set_cap(struct profile_parse *ps, const struct profile_key *k,
	const struct json_value *v)
{
	const struct limit_info cap = {k->name, UNIT_BYTES, 0, 1024, 1U << 28,
		"what a result may carry"};

	*(bool *)field_at(ps, k->given) = true;
	return profile_quantity(ps, k, v, &cap, field_at(ps, k->field));
}

int profile_set_hold(struct profile_parse *ps, const struct profile_key *k,
	const struct json_value *v)
{
	static const struct limit_info hold = {
		"hold", UNIT_SECONDS, 0, 1, 1800, "how long a call is held"};

	ps->layer->p->hold_set = true;
	return profile_quantity(ps, k, v, &hold, &ps->layer->p->hold_s);
}

int profile_set_over(struct profile_parse *ps, const struct profile_key *k,
	const struct json_value *v)
{
	*(bool *)field_at(ps, k->given) = true;
	return profile_word(
		ps, k, v, output_over_words, _OVER_N, field_at(ps, k->field));
}

int profile_set_unseen(struct profile_parse *ps, const struct profile_key *k,
	const struct json_value *v)
{
	*(bool *)field_at(ps, k->given) = true;
	return profile_word(
		ps, k, v, clean_words, _CLEAN_N, field_at(ps, k->field));
}

/* What a server asks of its client; "ask" needs somebody to be asked. */
int profile_set_method(struct profile_parse *ps, const struct profile_key *k,
	const struct json_value *v)
{
	*(bool *)field_at(ps, k->given) = true;
	return profile_word(
		ps, k, v, wish_words, _WISH_N, field_at(ps, k->field));
}

int profile_set_roots(struct profile_parse *ps, const struct profile_key *k,
	const struct json_value *v)
{
	struct profile *p = ps->layer->p;

	p->protocol.roots_set = true;
	return profile_word(
		ps, k, v, roots_words, _ROOTS_N, &p->protocol.roots);
}

int profile_set_pins(struct profile_parse *ps, const struct profile_key *k,
	const struct json_value *v)
{
	struct profile *p = ps->layer->p;

	p->protocol.pins_set = true;
	return profile_word(
		ps, k, v, pins_mode_words, _PINS_MODE_N, &p->protocol.pins);
}

/* The members of "set" are not keys of ours but names of variables. */
int profile_set_variables(struct profile_parse *ps, const struct profile_key *k,
	const struct json_value *v)
{
	struct profile *p = ps->layer->p;
	struct json_member m;
	struct json_iter i;

	if (v->type != JSON_OBJECT)
		return profile_fail_type(ps, k, v);
	i = json_iter(v);
	while (json_next(&i, &m)) {
		static const struct profile_key name = {
			.name = "set", .check = profile_check_variable};
		_free_ char *n = NULL, *value = NULL;
		int r = profile_checked(ps, &name, &m.name, &n);

		if (r == 0 && m.value.type != JSON_STRING)
			return profile_fail(ps, m.value.begin,
				"\"%s\" is set to %s; expected %s", n,
				json_type_text(m.value.type), k->expected);
		if (r == 0)
			r = profile_checked(ps, k, &m.value, &value);
		if (r < 0)
			return r;
		if (strv_addf(&p->sandbox.env_set, "%s=%s", n, value) < 0)
			return err_set(ps->e, -ENOMEM, "profile %s", ps->file);
	}
	return 0;
}
