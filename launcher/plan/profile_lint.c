/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/profile_lint.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "policy/clean_policy.h"
#include "policy/message.h"

const char *const lint_words[_LINT_SEVERITY_N] = {
	[LINT_HINT] = "hint",
	[LINT_WARNING] = "warning",
};

const struct lint_rule lint_rules[_LINT_ID_N] = {
	[LINT_ID_NONE] = {"", LINT_NONE},
#define X(id, name, severity) [LINT_##id] = {name, LINT_##severity},
	LINT_IDS(X)
#undef X
};

void lint_findings_deinit(struct lint_findings *f)
{
	for (size_t i = 0; i < f->n; i++)
		free(f->v[i].text);
	free(f->v);
	*f = (struct lint_findings){0};
}

int lint_add(struct lint *l, enum lint_id id, const char *fmt, ...)
{
	struct lint_findings *f = l->found;
	struct lint_finding *grown =
		reallocarray(f->v, f->n + 1, sizeof(*grown));
	char *text = NULL;
	va_list ap;
	int n;

	if (!grown)
		return -ENOMEM;
	f->v = grown;
	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		return -ENOMEM;
	f->v[f->n++] = (struct lint_finding){id, text};
	return 0;
}

/* Above, a profile that nobody wrote by hand would take seconds. */
#define PAIRS_MAX 1000000

bool lint_may_compare(struct lint *l, size_t cost)
{
	if (l->pairs <= PAIRS_MAX)
		l->pairs += cost;
	return l->pairs <= PAIRS_MAX;
}

bool lint_is_own(const struct lint *l, size_t list, const char *entry)
{
	return !l->own ||
	       strv_contains(*profile_list_at(l->own->p, list), entry);
}

static int lint_repeated(struct lint *l)
{
	int r = 0;

	for (char **v = l->own ? l->own->repeated : NULL; v && *v && r == 0;
		v++)
		r = lint_add(l, LINT_REPEATED, "%s stands there twice", *v);
	return r;
}

static uint64_t limit_of(const struct profile *p, enum limit_id id)
{
	return p->sandbox.limit_set[id] ? p->sandbox.limits[id]
					: limit_table[id].fallback;
}

/* "a (X) is more than b (Y)" and what follows from it. */
static int lint_more(
	struct lint *l, enum limit_id a, enum limit_id b, const char *what)
{
	char x[32], y[32];

	if (limit_of(l->p, a) <= limit_of(l->p, b))
		return 0;
	limit_write(limit_table[a].unit, limit_of(l->p, a), x, sizeof(x));
	limit_write(limit_table[b].unit, limit_of(l->p, b), y, sizeof(y));
	return lint_add(l, LINT_LIMITS_AT_ODDS,
		"sandbox.limits: %s (%s) is more than %s (%s)%s",
		limit_table[a].name, x, limit_table[b].name, y, what);
}

static int lint_cap(struct lint *l, const char *name, bool set, uint64_t bytes)
{
	if (!set || bytes <= MESSAGE_LINE_MAX)
		return 0;
	return lint_add(l, LINT_LIMITS_AT_ODDS,
		"protocol.output: %s is more than the 8 MiB that a message may "
		"have, so nothing comes near it",
		name);
}

static int lint_limits(struct lint *l)
{
	const struct profile *p = l->p;
	int r = lint_more(l, LIMIT_TMP, LIMIT_MEMORY,
		", of which /tmp takes what is in it");

	if (r == 0 && p->sandbox.limit_set[LIMIT_FILE_SIZE] &&
		!p->sandbox.state && strv_len(p->sandbox.write) == 0)
		r = lint_more(l, LIMIT_FILE_SIZE, LIMIT_TMP,
			", and files can be written nowhere else");
	if (r == 0)
		r = lint_cap(l, "text", p->protocol.text_set,
			p->protocol.text_bytes);
	if (r == 0)
		r = lint_cap(l, "binary", p->protocol.binary_set,
			p->protocol.binary_bytes);
	return r;
}

static int lint_unseen(struct lint *l)
{
	if (l->p->protocol.unseen != CLEAN_PASS)
		return 0;
	return lint_add(l, LINT_UNSAFE_UNSEEN,
		"protocol.output.unseen: \"pass\" lets a server say to the "
		"model what nobody sees");
}

int profile_lint(const struct profile *p, const struct profile_layer *own,
	struct lint_findings *ret)
{
	_findings_ struct lint_findings found = {0};
	struct lint l = {.p = p, .own = own, .found = &found};
	int r = lint_names(&l);

	if (r == 0)
		r = lint_rules_idle(&l);
	if (r == 0)
		r = lint_quotas(&l);
	if (r == 0)
		r = lint_roles(&l);
	if (r == 0 && l.pairs > PAIRS_MAX)
		r = lint_add(&l, LINT_TOO_MANY,
			"protocol: too many patterns to compare each with each; "
			"not all was looked at");
	if (r == 0)
		r = lint_paths(&l);
	if (r == 0)
		r = lint_environment(&l);
	if (r == 0)
		r = lint_limits(&l);
	if (r == 0)
		r = lint_unseen(&l);
	if (r == 0)
		r = lint_proof(&l);
	if (r == 0)
		r = lint_repeated(&l);
	if (r < 0)
		return r;
	*ret = found;
	found = (struct lint_findings){0};
	return 0;
}
