/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the relay is told: which names may be called, got and read, what the
 * server may ask of the client, how much a result may carry.
 */
#include <limits.h>
#include <stdio.h>

#include "plan/approvers.h"
#include "plan/narrow.h"
#include "plan/profile_schemas.h"
#include "policy/output.h"
#include "policy/tools.h"

#define OUT_OF_MEMORY(e) err_set((e), -ENOMEM, "planning")

void plan_names_deinit(struct plan *p)
{
	strv_free(p->names.allow);
	strv_free(p->names.ask);
	strv_free(p->names.always);
	strv_free(p->names.token);
	strv_free(p->names.deny);
	tools_free(p->tools);
	tools_free(p->prompts);
	tools_free(p->resources);
	tools_free(p->observed_tools);
	tools_free(p->observed_prompts);
	tools_free(p->observed_resources);
	free(p->approvers);
	rules_free(p->rules);
	rules_free(p->observed_rules);
	plan_quotas_deinit(p);
}

static int join(char ***ret, char *const *list, char *const *more)
{
	int r = 0;

	*ret = strv_copy(list);
	if (!*ret)
		return -ENOMEM;
	for (; r == 0 && more && *more; more++)
		r = strv_add(ret, *more);
	return r;
}

static int join_options(struct plan *p, const struct plan_options *o)
{
	const struct profile_names *of = &p->profile->protocol.tools;
	int r = join(&p->names.allow, of->allow, o->tools);

	if (r == 0)
		r = join(&p->names.ask, of->ask, o->ask);
	if (r == 0)
		r = join(&p->names.always, of->always, NULL);
	if (r == 0)
		r = join(&p->names.token, of->token, NULL);
	if (r == 0)
		r = join(&p->names.deny, of->deny, o->deny);
	return r;
}

static struct tools_layer layer_of(const struct profile_names *n)
{
	return (struct tools_layer){
		.allow = n->allow,
		.ask = n->ask,
		.always = n->always,
		.token = n->token,
		.deny = n->deny,
	};
}

typedef struct tools *tools_make(const struct tools_layer *layers, size_t n);

/* Each beside the others: the strictest counts. */
static struct tools_layer role_layer(
	const struct role_lists *r, const char *label)
{
	return (struct tools_layer){
		.label = label,
		.deny = r->deny,
		.token = r->token,
		.allow = r->allow,
		.over = r->over,
		.closed = r->otherwise == GRANT_DENY,
		.tokened = r->otherwise == GRANT_TOKEN,
	};
}

struct layers {
	struct tools_layer all[TOOL_LAYERS_MAX];
	size_t n;
};

/* Role and task speak of tools alone. */
static void add_declared(const struct plan *p, struct layers *l)
{
	if (p->role)
		l->all[l->n++] = role_layer(&p->role_lists, "role");
	if (p->task)
		l->all[l->n++] = (struct tools_layer){
			.label = "task",
			.allow = p->task_of.tools,
			.closed = true,
		};
}

static void add_narrowing(
	const struct narrowing *w, size_t at, bool tools, struct layers *l)
{
	const struct profile_names *names =
		(const void *)((const char *)w->profile + at);

	l->all[l->n] = layer_of(names);
	l->all[l->n].label = w->label;
	l->all[l->n++].closed = names->allow_given;
	if (tools && w->has_role)
		l->all[l->n++] = role_layer(&w->role_lists, w->label);
}

/* The profile's layer, or one that says nothing, then what the session is
 * declared to be, then those that narrow it: @at is where a profile has the
 * lists in question. */
static struct tools *make_tools(const struct plan *p,
	const struct profile_names *own, bool closed, size_t at,
	tools_make *make)
{
	bool tools = at == offsetof(struct profile, protocol.tools);
	struct layers l = {.n = 1};

	if (3 + 2 * p->n_narrowings > TOOL_LAYERS_MAX)
		return NULL;
	if (own)
		l.all[0] = layer_of(own);
	l.all[0].closed = own && closed;
	if (own && tools)
		add_declared(p, &l);
	for (size_t i = 0; i < p->n_narrowings; i++)
		add_narrowing(&p->narrowings[i], at, tools, &l);
	return make(l.all, l.n);
}

/* What the profile says, with @own, and what narrows it. */
static int make_set(const struct plan *p, bool own, struct tools **tools,
	struct tools **prompts, struct tools **resources)
{
	const struct profile *f = p->profile;

	*tools = make_tools(p, own ? &p->names : NULL, p->policy,
		offsetof(struct profile, protocol.tools), tools_new);
	/* No option makes a policy for these, so only a profile can. */
	*prompts = make_tools(p, own ? &f->protocol.prompts : NULL, !f->base,
		offsetof(struct profile, protocol.prompts), tools_new);
	*resources = make_tools(p, own ? &f->protocol.resources : NULL,
		!f->base, offsetof(struct profile, protocol.resources),
		tools_new_for_uris);
	return *tools && *prompts && *resources ? 0 : -ENOMEM;
}

/*
 * The role that rules of what narrows may except. A profile lifts none of them,
 * neither by a role that it makes up nor by one that it makes the default: it
 * has to be asked for, and be defined where the rule is or built in. A context
 * is of the profile itself.
 */
static const char *excepted_role(
	const struct plan *p, const struct narrowing *w)
{
	enum grant of[_CLASS_N];

	if (!p->role || w->context)
		return p->role;
	if (!p->role_asked)
		return NULL;
	if (profile_has_role(w->profile, p->role))
		return p->role;
	return role_builtin(p->role, of) &&
			       !profile_has_role(p->profile, p->role)
		       ? p->role
		       : NULL;
}

/* The profile's rules, unless they are only observed, and those of what
 * narrows. */
static int make_rules(
	const struct plan *p, bool own, struct rules **ret, struct err *e)
{
	struct rules_places places = {p->workspace, p->home, p->role};
	_rules_ struct rules *rules = rules_new();
	char name[PATH_MAX];
	int r = rules ? 0 : OUT_OF_MEMORY(e);

	(void)snprintf(name, sizeof(name), "profile %s", p->profile->name);
	if (r == 0 && own)
		r = profile_rules_add(rules, p->profile->protocol.rules, NULL,
			&places, name, e);
	if (r == 0 && own)
		r = profile_schemas_add(
			rules, p->profile->protocol.schemas, NULL, name, e);
	for (size_t i = 0; r == 0 && i < p->n_narrowings; i++) {
		const struct narrowing *w = &p->narrowings[i];

		narrow_name(w, name, sizeof(name));
		places.role = excepted_role(p, w);
		r = profile_rules_add(rules, w->profile->protocol.rules,
			w->label, &places, name, e);
		if (r == 0)
			r = profile_schemas_add(rules,
				w->profile->protocol.schemas, w->label, name,
				e);
	}
	if (r == 0)
		*ret = take_ptr(rules);
	return r;
}

static int make_all_rules(struct plan *p, struct err *e)
{
	int r = make_rules(p, !p->observe, &p->rules, e);

	return r == 0 && p->observe ? make_rules(p, true, &p->observed_rules, e)
				    : r;
}

static int make_all(struct plan *p)
{
	int r = make_set(p, !p->observe, &p->tools, &p->prompts, &p->resources);

	if (r == 0 && p->observe)
		r = make_set(p, true, &p->observed_tools, &p->observed_prompts,
			&p->observed_resources);
	return r;
}

/* What is observed passes, but for what narrows. */
static void observe_wishes(struct plan *p)
{
	struct wishes w = {
		.sampling = WISH_ALLOW,
		.elicitation = WISH_ALLOW,
		.roots = ROOTS_ALLOW,
		.folders = p->roots,
	};

	if (!p->observe)
		return;
	for (size_t i = 0; i < p->n_narrowings; i++) {
		const struct profile *n = p->narrowings[i].profile;
		enum roots_rule roots = (enum roots_rule)n->protocol.roots;

		if (n->protocol.sampling_set)
			w.sampling = wish_strictest(
				w.sampling, (enum wish)n->protocol.sampling);
		if (n->protocol.elicitation_set)
			w.elicitation = wish_strictest(w.elicitation,
				(enum wish)n->protocol.elicitation);
		if (n->protocol.roots_set && narrow_is_stricter(roots, w.roots))
			w.roots = roots;
	}
	p->observed_wishes = p->wishes;
	p->wishes = w;
}

/* No operation token is about what a server asks: where a prompt is not enough,
 * nobody can agree to it. */
static void prove_wishes(struct wishes *w, bool proof)
{
	if (proof && w->sampling == WISH_ASK)
		w->sampling = WISH_DENY;
	if (proof && w->elicitation == WISH_ASK)
		w->elicitation = WISH_DENY;
}

static void plan_output(struct plan *p)
{
	const struct profile *f = p->profile;

	p->caps = (struct output_caps){
		.text_bytes = f->protocol.text_set ? f->protocol.text_bytes
						   : OUTPUT_TEXT_DEFAULT,
		.binary_bytes = f->protocol.binary_set
					? f->protocol.binary_bytes
					: OUTPUT_BINARY_DEFAULT,
		.text_over = (enum output_over)profile_text_over(f),
		.binary_over = (enum output_over)profile_binary_over(f),
		.unseen = (enum clean_policy)f->protocol.unseen,
	};
	if (f->protocol.types_given)
		p->caps.types.lists[p->caps.types.n++] = f->protocol.types;
}

int plan_names(struct plan *p, const struct plan_options *o, struct err *e)
{
	int r = join_options(p, o);

	p->policy = !p->profile->base || strv_len(o->tools) > 0 ||
		    strv_len(o->ask) > 0;
	p->proof = p->profile->proof;
	p->elicit = p->profile->elicit;
	p->wishes = (struct wishes){
		.sampling = (enum wish)p->profile->protocol.sampling,
		.elicitation = (enum wish)p->profile->protocol.elicitation,
		.roots = (enum roots_rule)p->profile->protocol.roots,
		.folders = p->roots,
	};
	plan_output(p);
	p->pins_mode = profile_pins(p->profile);
	p->pins_observed = p->observe;
	if (r == 0)
		r = narrow_answers(p, e);
	observe_wishes(p);
	prove_wishes(&p->wishes, p->proof);
	prove_wishes(&p->observed_wishes, p->proof);
	if (r == 0)
		r = make_all(p);
	if (r < 0)
		return OUT_OF_MEMORY(e);
	r = make_all_rules(p, e);
	if (r == 0)
		r = plan_quotas(p, e);
	if (r == 0 && !o->dry)
		r = plan_approvers(p, o, e);
	if (r < 0)
		return r;
	if (!p->policy)
		r = strv_addf(&p->notes,
			"no tool policy: every tool passes, but what --deny "
			"%snames; --tool PATTERN or --profile NAME makes one",
			p->n_narrowings ? "or what narrows " : "");
	return r < 0 ? OUT_OF_MEMORY(e) : 0;
}
