/* SPDX-License-Identifier: Apache-2.0 */
/*
 * extends: the chain is folded from its end, so that each profile is added to
 * what it extends. Lists join, scalars replace; nothing takes away, so a
 * base's deny stays.
 */
#include <stdio.h>
#include <string.h>

#include "plan/profile_rules.h"

void profile_layer_free(struct profile_layer *l)
{
	if (!l)
		return;
	free(l->file);
	free(l->about);
	free(l->extends);
	strv_free(l->packages);
	strv_free(l->repeated);
	profile_free(l->p);
	free(l);
}

void profile_chain_deinit(struct profile_chain *c)
{
	for (size_t i = 0; i < c->n; i++)
		profile_layer_free(c->layers[i]);
	c->n = 0;
}

static int list_join(char ***list, char *const *more)
{
	return more && *more ? strv_join(list, more) : 0;
}

/* Where NAME of "NAME=VALUE" stands in @list, or NULL. */
static char **variable_find(char **list, const char *setting)
{
	size_t n = (size_t)(strchr(setting, '=') - setting) + 1;

	for (; list && *list; list++)
		if (strncmp(*list, setting, n) == 0)
			return list;
	return NULL;
}

static int variables_join(char ***list, char *const *more)
{
	for (; more && *more; more++) {
		char **old = variable_find(*list, *more);
		char *copy = old ? strdup(*more) : NULL;

		if (old && !copy)
			return -ENOMEM;
		if (!old && strv_add(list, *more) < 0)
			return -ENOMEM;
		if (old) {
			free(*old);
			*old = copy;
		}
	}
	return 0;
}

/* Where the limit of the same pattern stands in @list, or NULL. */
static char **limit_find_pattern(char **list, const char *limit)
{
	for (; list && *list; list++)
		if (strcmp(strchr(*list, ' '), strchr(limit, ' ')) == 0)
			return list;
	return NULL;
}

static int limits_join(char ***list, char *const *more)
{
	for (; more && *more; more++) {
		char **old = limit_find_pattern(*list, *more);
		char *copy = old ? strdup(*more) : NULL;

		if (old ? !copy : strv_add(list, *more) < 0)
			return -ENOMEM;
		if (old) {
			free(*old);
			*old = copy;
		}
	}
	return 0;
}

static int join(size_t i, char ***list, char *const *more)
{
	if (profile_list_replaces(i))
		return variables_join(list, more);
	if (i == LIST_RATE || i == LIST_CONCURRENT)
		return limits_join(list, more);
	return list_join(list, more);
}

static void scalar_replace(
	bool *value, bool *given, bool new_value, bool new_given)
{
	if (!new_given)
		return;
	*value = new_value;
	*given = true;
}

static void number_replace(
	uint64_t *value, bool *given, uint64_t new_value, bool new_given)
{
	if (!new_given)
		return;
	*value = new_value;
	*given = true;
}

static void quotas_replace(struct profile *p, const struct profile *q)
{
	number_replace(&p->protocol.calls, &p->protocol.calls_set,
		q->protocol.calls, q->protocol.calls_set);
	number_replace(&p->protocol.bytes, &p->protocol.bytes_set,
		q->protocol.bytes, q->protocol.bytes_set);
	number_replace(&p->protocol.call_timeout_s,
		&p->protocol.call_timeout_set, q->protocol.call_timeout_s,
		q->protocol.call_timeout_set);
	number_replace(&p->breaker_unlisted, &p->breaker_unlisted_set,
		q->breaker_unlisted, q->breaker_unlisted_set);
	number_replace(&p->breaker_action, &p->breaker_action_set,
		q->breaker_action, q->breaker_action_set);
}

static void scalars_add(struct profile *p, const struct profile *q)
{
	scalar_replace(&p->sandbox.state, &p->sandbox.state_set,
		q->sandbox.state, q->sandbox.state_set);
	scalar_replace(&p->sandbox.git_write, &p->sandbox.git_set,
		q->sandbox.git_write, q->sandbox.git_set);
	scalar_replace(&p->sandbox.nested_userns, &p->sandbox.nested_userns_set,
		q->sandbox.nested_userns, q->sandbox.nested_userns_set);
	for (int i = LIMIT_NONE + 1; i < _LIMIT_N; i++)
		number_replace(&p->sandbox.limits[i], &p->sandbox.limit_set[i],
			q->sandbox.limits[i], q->sandbox.limit_set[i]);
	number_replace(&p->protocol.sampling, &p->protocol.sampling_set,
		q->protocol.sampling, q->protocol.sampling_set);
	number_replace(&p->protocol.elicitation, &p->protocol.elicitation_set,
		q->protocol.elicitation, q->protocol.elicitation_set);
	number_replace(&p->protocol.roots, &p->protocol.roots_set,
		q->protocol.roots, q->protocol.roots_set);
	number_replace(&p->protocol.pins, &p->protocol.pins_set,
		q->protocol.pins, q->protocol.pins_set);
	number_replace(&p->protocol.text_bytes, &p->protocol.text_set,
		q->protocol.text_bytes, q->protocol.text_set);
	number_replace(&p->protocol.binary_bytes, &p->protocol.binary_set,
		q->protocol.binary_bytes, q->protocol.binary_set);
	number_replace(&p->hold_s, &p->hold_set, q->hold_s, q->hold_set);
	scalar_replace(&p->proof, &p->proof_set, q->proof, q->proof_set);
	scalar_replace(&p->elicit, &p->elicit_set, q->elicit, q->elicit_set);
	number_replace(&p->protocol.over, &p->protocol.over_set,
		q->protocol.over, q->protocol.over_set);
	number_replace(&p->protocol.text_over, &p->protocol.text_over_set,
		q->protocol.text_over, q->protocol.text_over_set);
	number_replace(&p->protocol.binary_over, &p->protocol.binary_over_set,
		q->protocol.binary_over, q->protocol.binary_over_set);
	quotas_replace(p, q);
	number_replace(&p->protocol.unseen, &p->protocol.unseen_set,
		q->protocol.unseen, q->protocol.unseen_set);
	p->protocol.types_given |= q->protocol.types_given;
	p->protocol.present |= q->protocol.present;
	p->protocol.tools.allow_given |= q->protocol.tools.allow_given;
	p->protocol.prompts.allow_given |= q->protocol.prompts.allow_given;
	p->protocol.resources.allow_given |= q->protocol.resources.allow_given;
}

static int layer_add(struct profile *p, struct profile_layer *l, struct err *e)
{
	for (size_t i = 0; i < _LIST_N; i++) {
		size_t most =
			i == LIST_RULES ? PROFILE_MAX_RULES : PROFILE_MAX_ITEMS;
		char ***list = profile_list_at(p, i);
		char **more = *profile_list_at(l->p, i);
		int r = join(i, list, more);

		if (r < 0)
			return err_set(e, r, "profile %s", l->file);
		if (strv_len(*list) > most)
			return err_say(e, -E2BIG,
				"%s: %s has more than %zu entries with what "
				"the profile extends",
				l->file, profile_lists[i].name, most);
	}
	scalars_add(p, l->p);
	return 0;
}

/*
 * A built-in base is no policy. It stops being one as soon as a file of the
 * user's or the site's has a part in it.
 */
static bool chain_is_base(
	const struct profile_chain *c, const struct profile *p)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->layers[i]->origin != ORIGIN_BUILTIN)
			return false;
	return !p->protocol.present;
}

int profile_chain_merge(
	const struct profile_chain *c, struct profile **ret, struct err *e)
{
	_profile_ struct profile *p = profile_new(c->layers[0]->p->name);
	int r = p ? 0 : -ENOMEM;

	for (size_t i = c->n; r == 0 && i > 0; i--)
		r = layer_add(p, c->layers[i - 1], e);
	for (size_t i = 0; r == 0 && i < c->n; i++)
		r = strv_add(&p->sources, c->layers[i]->file);
	if (r < 0)
		return err_set(e, r, "profile %s", c->layers[0]->file);
	r = profile_rules_check(p, e);
	if (r < 0)
		return r;
	p->base = chain_is_base(c, p);
	r = profile_digest(p);
	if (r < 0)
		return err_set(e, r, "profile %s", p->name);
	*ret = take_ptr(p);
	return 0;
}
