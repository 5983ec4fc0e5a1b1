/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/narrow.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "plan/policy_key.h"
#include "policy/pins.h"

#define OUT_OF_MEMORY(e) err_set((e), -ENOMEM, "planning what narrows")

int narrow_took(struct plan *p, struct narrowing *w, bool tell, struct err *e,
	const char *fmt, ...)
{
	_free_ char *line = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&line, fmt, ap);
	va_end(ap);
	if (n < 0) {
		line = NULL;
		return OUT_OF_MEMORY(e);
	}
	if (strv_add(&w->took, line) < 0 ||
		(tell && strv_add(&p->notes, line) < 0))
		return OUT_OF_MEMORY(e);
	return 0;
}

/* One thing that @w does not permit. */
static int take(
	struct plan *p, struct narrowing *w, const char *what, struct err *e)
{
	char name[PATH_MAX];

	narrow_name(w, name, sizeof(name));
	return narrow_took(
		p, w, true, e, "%s is left out: %s forbids it", what, name);
}

static int narrow_switches(struct plan *p, struct narrowing *w, struct err *e)
{
	struct profile *f = p->profile;
	const struct profile *n = w->profile;
	const struct {
		bool forbidden;
		bool *value;
		const char *what;
	} rows[] = {
		{n->sandbox.state_set && !n->sandbox.state, &f->sandbox.state,
			"the profile's state"},
		{n->sandbox.git_set && !n->sandbox.git_write,
			&f->sandbox.git_write, "the profile's writing to .git"},
		{n->sandbox.nested_userns_set && !n->sandbox.nested_userns,
			&f->sandbox.nested_userns,
			"the profile's nested_userns"},
	};
	int r = 0;

	for (size_t i = 0; r == 0 && i < ELEMENTS(rows); i++)
		if (rows[i].forbidden && *rows[i].value) {
			*rows[i].value = false;
			r = take(p, w, rows[i].what, e);
		}
	return r;
}

int narrow_state(struct plan *p, struct err *e)
{
	for (size_t i = 0; i < p->n_narrowings; i++) {
		struct narrowing *w = &p->narrowings[i];
		int r;

		if (!w->profile->sandbox.state_set || w->profile->sandbox.state)
			continue;
		r = take(p, w, "option --state", e);
		return r < 0 ? r : 0;
	}
	return 1;
}

int narrow_profile(struct plan *p, struct err *e)
{
	int r = 0;

	if (p->site && p->site->require_profile && p->profile->base)
		return err_status(e, EXIT_REFUSED,
			"the site's policy %s asks for a profile, and %s is "
			"none that says what is permitted: --profile NAME "
			"(options alone are no profile)",
			p->narrowings[0].file, p->profile->name);
	for (size_t i = 0; r == 0 && i < p->n_narrowings; i++)
		r = narrow_switches(p, &p->narrowings[i], e);
	return r < 0 ? r : narrow_profile_lists(p, e);
}

/* 0 is "no limit" where no limit is the default. */
static bool is_more(enum limit_id id, uint64_t value, uint64_t than)
{
	bool open = limit_table[id].fallback == 0;

	if (open && than == 0)
		return false;
	return (open && value == 0) || value > than;
}

static void limit_text(enum limit_id id, uint64_t value, char *dst, size_t size)
{
	if (limit_table[id].fallback == 0 && value == 0)
		(void)snprintf(dst, size, "none");
	else
		limit_write(limit_table[id].unit, value, dst, size);
}

static int narrow_limit(struct plan *p, struct narrowing *w, enum limit_id id,
	bool given, struct err *e)
{
	uint64_t most = w->profile->sandbox.limits[id];
	char was[32], is[32], name[PATH_MAX];

	if (!w->profile->sandbox.limit_set[id] ||
		!is_more(id, p->limits[id], most))
		return 0;
	narrow_name(w, name, sizeof(name));
	limit_text(id, p->limits[id], was, sizeof(was));
	limit_text(id, most, is, sizeof(is));
	p->limits[id] = most;
	return narrow_took(p, w, given, e,
		"limit %s is %s instead of %s: %s permits no more",
		limit_table[id].name, is, was, name);
}

int narrow_limits(struct plan *p, const bool given[_LIMIT_N], struct err *e)
{
	int r = 0;

	for (size_t i = 0; i < p->n_narrowings; i++)
		for (int id = LIMIT_NONE + 1; r == 0 && id < _LIMIT_N; id++)
			r = narrow_limit(p, &p->narrowings[i],
				(enum limit_id)id, given[id], e);
	return r;
}

bool narrow_is_stricter(enum roots_rule a, enum roots_rule b)
{
	static const unsigned rank[_ROOTS_N] = {
		[ROOTS_ALLOW] = 0, [ROOTS_FILTER] = 1, [ROOTS_DENY] = 2};

	return rank[a] > rank[b];
}

static int narrow_wish(struct plan *p, struct narrowing *w, const char *method,
	enum wish most, enum wish *wish, struct err *e)
{
	enum wish is = wish_strictest(*wish, most);

	if (is == *wish)
		return 0;
	*wish = is;
	if (is == WISH_DENY)
		return take(p, w, method, e);
	return narrow_took(p, w, false, e, "%s has to be asked for", method);
}

static int narrow_wishes(struct plan *p, struct narrowing *w, struct err *e)
{
	const struct profile *n = w->profile;
	int r = 0;

	if (n->protocol.sampling_set)
		r = narrow_wish(p, w, "sampling/createMessage",
			(enum wish)n->protocol.sampling, &p->wishes.sampling,
			e);
	if (r == 0 && n->protocol.elicitation_set)
		r = narrow_wish(p, w, "elicitation/create",
			(enum wish)n->protocol.elicitation,
			&p->wishes.elicitation, e);
	if (r == 0 && n->proof && !p->proof) {
		p->proof = true;
		r = narrow_took(p, w, false, e,
			"what is asked for needs an operation token");
	}
	if (r == 0 && n->elicit_set && !n->elicit && p->elicit) {
		p->elicit = false;
		r = take(p, w, "approval by elicitation", e);
	}
	if (r == 0 && n->protocol.roots_set &&
		narrow_is_stricter(
			(enum roots_rule)n->protocol.roots, p->wishes.roots)) {
		p->wishes.roots = (enum roots_rule)n->protocol.roots;
		r = narrow_took(p, w, false, e, "roots/list is %s",
			roots_words[p->wishes.roots]);
	}
	return r;
}

static int narrow_cap(struct plan *p, struct narrowing *w, const char *what,
	bool set, uint64_t most, uint64_t *cap, struct err *e)
{
	char was[32], is[32];

	if (!set || *cap <= most)
		return 0;
	limit_write(UNIT_BYTES, *cap, was, sizeof(was));
	limit_write(UNIT_BYTES, most, is, sizeof(is));
	*cap = most;
	return narrow_took(
		p, w, false, e, "output %s is %s instead of %s", what, is, was);
}

/* What is in force by a policy is not only observed. */
static int narrow_pins(struct plan *p, struct narrowing *w, struct err *e)
{
	const struct profile *n = w->profile;
	uint64_t was = p->pins_mode;

	if (!n->protocol.pins_set || n->protocol.pins == PINS_OFF)
		return 0;
	p->pins_observed = false;
	if (n->protocol.pins >= was)
		return 0;
	p->pins_mode = n->protocol.pins;
	return narrow_took(p, w, false, e, "pins are %s instead of %s",
		pins_mode_words[p->pins_mode], pins_mode_words[was]);
}

static int narrow_unseen(struct plan *p, struct narrowing *w, struct err *e)
{
	const struct profile *n = w->profile;
	enum clean_policy most = (enum clean_policy)n->protocol.unseen;
	enum clean_policy was = p->caps.unseen;

	if (!n->protocol.unseen_set || most >= was)
		return 0;
	p->caps.unseen = most;
	return narrow_took(p, w, false, e, "output unseen is %s instead of %s",
		clean_words[most], clean_words[was]);
}

/* Whether the types of content are what a list says anyway. */
static bool types_are_of(const struct profile *f, char **list)
{
	if (!f->protocol.types_given)
		return false;
	for (char **v = f->protocol.types; v && *v; v++)
		if (!strv_contains(list, *v))
			return false;
	return true;
}

/* Each list has to have a type: a further one takes away only. */
static int narrow_types(struct plan *p, struct narrowing *w, struct err *e)
{
	struct output_types *t = &p->caps.types;
	char **list = w->profile->protocol.types;

	if (!w->profile->protocol.types_given)
		return 0;
	if (t->n == OUTPUT_TYPES_MAX)
		return err_say(e, -E2BIG, "too many lists of output types");
	t->lists[t->n++] = list;
	if (types_are_of(p->profile, list))
		return 0;
	return narrow_took(p, w, false, e,
		"output types are those of a list of %zu more", strv_len(list));
}

int narrow_answers(struct plan *p, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < p->n_narrowings; i++) {
		struct narrowing *w = &p->narrowings[i];
		const struct profile *n = w->profile;

		r = narrow_wishes(p, w, e);
		if (r == 0)
			r = narrow_pins(p, w, e);
		if (r == 0)
			r = narrow_cap(p, w, "text", n->protocol.text_set,
				n->protocol.text_bytes, &p->caps.text_bytes, e);
		if (r == 0)
			r = narrow_cap(p, w, "binary", n->protocol.binary_set,
				n->protocol.binary_bytes, &p->caps.binary_bytes,
				e);
		if (r == 0)
			r = narrow_unseen(p, w, e);
		if (r == 0)
			r = narrow_types(p, w, e);
	}
	return r;
}
