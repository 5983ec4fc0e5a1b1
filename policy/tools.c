/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/tools.h"

#include <stdlib.h>
#include <string.h>

#include "policy/uri.h"

enum rule_kind {
	RULE_DENY = 0,
	RULE_TOKEN,
	RULE_ASK,
	RULE_ALWAYS,
	RULE_ALLOW,
	RULE_OVER,
	_RULE_N
};

static const char *const prefixes[_RULE_N] = {
	[RULE_DENY] = "deny:",
	[RULE_TOKEN] = "token:",
	[RULE_ASK] = "ask:",
	[RULE_ALWAYS] = "always:",
	[RULE_ALLOW] = "allow:",
	[RULE_OVER] = "allow:",
};

struct rule {
	char *name;       /* "site:deny:GLOB", as the record names it */
	const char *glob; /* inside of it */
	enum rule_kind kind;
	size_t layer;
};

struct tools {
	bool policy, closed; /* of the first layer, of any */
	bool uris, picks;    /* these are URIs; it does not treat all alike */
	size_t name_max;
	size_t n_layers;
	enum decision otherwise[TOOL_LAYERS_MAX];
	size_t n_rules;
	struct rule rules[]; /* by kind: no denial is left out of a verdict's
				list for an allowance */
};

static char *const *globs_of(const struct tools_layer *l, enum rule_kind kind)
{
	char *const *const all[_RULE_N] = {
		[RULE_DENY] = l->deny,
		[RULE_TOKEN] = l->token,
		[RULE_ASK] = l->ask,
		[RULE_ALWAYS] = l->always,
		[RULE_ALLOW] = l->allow,
		[RULE_OVER] = l->over,
	};

	return all[kind];
}

static size_t count(const struct tools_layer *layers, size_t n)
{
	size_t sum = 0;

	for (size_t i = 0; i < n; i++)
		for (int k = 0; k < _RULE_N; k++)
			for (char *const *g =
					globs_of(&layers[i], (enum rule_kind)k);
				g != NULL && *g != NULL; g++)
				sum++;
	return sum;
}

static bool add_rule(struct tools *t, const char *label, size_t layer,
	enum rule_kind kind, const char *glob)
{
	struct rule *r = &t->rules[t->n_rules];
	size_t label_len = label != NULL ? strlen(label) : 0;
	size_t prefix_len = strlen(prefixes[kind]);
	size_t glob_size = strlen(glob) + 1;
	char *p = malloc(label_len + 1 + prefix_len + glob_size);

	if (p == NULL)
		return false;
	r->name = p;
	if (label != NULL) {
		p = mempcpy(p, label, label_len);
		*p++ = ':';
	}
	memcpy(p, prefixes[kind], prefix_len);
	memcpy(p + prefix_len, glob, glob_size);
	r->glob = p + prefix_len;
	r->kind = kind;
	r->layer = layer;
	t->n_rules++;
	t->picks = t->picks || strcmp(glob, "*") != 0;
	return true;
}

static bool add_kind(struct tools *t, const struct tools_layer *layers,
	size_t n, enum rule_kind kind)
{
	bool ok = true;

	for (size_t i = 0; i < n; i++)
		for (char *const *g = globs_of(&layers[i], kind);
			ok && g != NULL && *g != NULL; g++)
			ok = add_rule(t, layers[i].label, i, kind, *g);
	return ok;
}

static struct tools *new_with(
	const struct tools_layer *layers, size_t n, size_t name_max)
{
	struct tools *t = NULL;
	bool ok;

	if (n > 0 && n <= TOOL_LAYERS_MAX)
		t = calloc(
			1, sizeof(*t) + count(layers, n) * sizeof(t->rules[0]));
	ok = t != NULL;
	if (ok) {
		t->name_max = name_max;
		t->n_layers = n;
		t->policy = layers[0].closed;
	}
	for (size_t i = 0; ok && i < n; i++) {
		t->otherwise[i] = layers[i].closed    ? DECISION_DENY
				  : layers[i].tokened ? DECISION_TOKEN
						      : DECISION_ALLOW;
		t->closed = t->closed || t->otherwise[i] != DECISION_ALLOW;
	}
	for (int k = 0; ok && k < _RULE_N; k++)
		ok = add_kind(t, layers, n, (enum rule_kind)k);
	if (!ok) {
		tools_free(t);
		return NULL;
	}
	return t;
}

struct tools *tools_new(const struct tools_layer *layers, size_t n)
{
	return new_with(layers, n, TOOL_NAME_MAX);
}

struct tools *tools_new_for_uris(const struct tools_layer *layers, size_t n)
{
	struct tools *t = new_with(layers, n, URI_NAME_MAX);

	if (t != NULL)
		t->uris = true;
	return t;
}

void tools_free(struct tools *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; i < t->n_rules; i++)
		free(t->rules[i].name);
	free(t);
}

bool tools_have_policy(const struct tools *t)
{
	return t->policy;
}

bool tools_pass_all(const struct tools *t)
{
	return !t->closed && t->n_rules == 0;
}

static bool has_kind(const struct tools *t, enum rule_kind kind)
{
	for (size_t i = 0; i < t->n_rules; i++)
		if (t->rules[i].kind == kind)
			return true;
	return false;
}

bool tools_may_ask(const struct tools *t)
{
	return has_kind(t, RULE_ASK);
}

bool tools_may_need_token(const struct tools *t)
{
	return has_kind(t, RULE_TOKEN);
}

static bool name_is_possible(
	const struct tools *t, const char *name, size_t len)
{
	return len > 0 && len <= t->name_max && memchr(name, 0, len) == NULL &&
	       (!t->uris || !t->picks || uri_is_plain(name, len));
}

static bool rule_matches(const struct rule *r, const char *name, size_t len)
{
	if (r->kind == RULE_ALWAYS)
		return strlen(r->glob) == len &&
		       memcmp(r->glob, name, len) == 0;
	return glob_match(r->glob, name, len);
}

/* What one layer says, of the kinds of its rules that matched. */
static enum decision layer_says(
	const bool hit[_RULE_N], enum decision otherwise)
{
	if (hit[RULE_OVER])
		return DECISION_ALLOW;
	if (hit[RULE_DENY])
		return DECISION_DENY;
	if (hit[RULE_TOKEN])
		return DECISION_TOKEN;
	if (hit[RULE_ASK])
		return hit[RULE_ALWAYS] ? DECISION_ALLOW : DECISION_ASK;
	return hit[RULE_ALLOW] ? DECISION_ALLOW : otherwise;
}

void tools_decide(const struct tools *t, const char *name, size_t len,
	struct tool_verdict *ret)
{
	struct tool_verdict v = {.decision = DECISION_ALLOW};
	bool hit[TOOL_LAYERS_MAX][_RULE_N] = {{false}};

	if (!name_is_possible(t, name, len)) {
		*ret = (struct tool_verdict){.decision = DECISION_DENY};
		return;
	}
	for (size_t i = 0; i < t->n_rules; i++) {
		const struct rule *r = &t->rules[i];

		if (!rule_matches(r, name, len))
			continue;
		hit[r->layer][r->kind] = true;
		if (v.n_matched++ < TOOL_RULES_MAX)
			v.rules[v.n_matched - 1] = r->name;
	}
	for (size_t i = 0; i < t->n_layers; i++) {
		enum decision d = layer_says(hit[i], t->otherwise[i]);

		if (d < v.decision)
			v.decision = d;
	}
	/* A pattern of --tool makes a policy; one of --deny alone does not. */
	if (v.decision == DECISION_ALLOW && !t->policy)
		v.decision = DECISION_CLIENT;
	v.listed = v.decision != DECISION_DENY;
	*ret = v;
}
