/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the session is declared to be: role, task, context, tenant. By option,
 * else by the profile; known before anything is started, and by nothing that a
 * client or a server says.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/sha256.h"
#include "plan/narrow.h"
#include "plan/policy_key.h"
#include "plan/profile_rules.h"

#define OUT_OF_MEMORY(e) err_set((e), -ENOMEM, "planning what is declared")
#define KNOWN_MAX 512

void plan_declare_deinit(struct plan *p)
{
	free(p->role);
	free(p->task);
	free(p->context);
	free(p->tenant);
	role_lists_deinit(&p->role_lists);
	task_deinit(&p->task_of);
}

static int choose(const struct plan *p, const char *what, const char *option,
	char **ret, struct err *e)
{
	const char *name =
		option ? option : profile_named(p->profile->session, what);
	struct err inner = {0};

	if (!name)
		return 0;
	if (profile_check_plain(name, &inner) < 0)
		return err_say(e, -EINVAL, "--%s %s", what, inner.text);
	*ret = strdup(name);
	return *ret ? 0 : OUT_OF_MEMORY(e);
}

static int unknown(const struct plan *p, const char *what, const char *name,
	char *const *list, bool builtin, struct err *e)
{
	char known[KNOWN_MAX];

	profile_names_text(list, builtin, known, sizeof(known));
	return err_status(e, EXIT_REFUSED,
		"profile %s has no %s %s; expected one of: %s",
		p->profile->name, what, name, known);
}

static int find_role(struct plan *p, struct err *e)
{
	int r;

	if (!p->role)
		return 0;
	r = profile_role_lists(p->profile, p->role, &p->role_lists);
	if (r > 0)
		return unknown(p, "role", p->role, p->profile->roles, true, e);
	p->expires_s = TASK_EXPIRES_DEFAULT;
	return r < 0 ? OUT_OF_MEMORY(e) : 0;
}

static int find_task(struct plan *p, struct err *e)
{
	int r;

	if (!p->task)
		return 0;
	r = profile_task(p->profile, p->task, &p->task_of);
	if (r > 0)
		return unknown(p, "task", p->task, p->profile->tasks, false, e);
	p->expires_s = p->task_of.expires_s;
	return r < 0 ? OUT_OF_MEMORY(e) : 0;
}

/* A file of --narrow has a version; a context of a profile need not. */
static int context_text(const char *kept, char **ret)
{
	struct json_value top, version;
	const char *comma;
	int n, r = profile_kept_scan(kept, strlen(kept), &top);

	*ret = NULL;
	if (r < 0)
		return r;
	if (top.type != JSON_OBJECT || kept[0] != '{')
		return -EINVAL;
	comma = strcmp(kept, "{}") == 0 ? "" : ",";
	n = json_get(&top, "version", &version)
		    ? asprintf(ret, "%s", kept)
		    : asprintf(ret, "{\"version\":1%s%s", comma, kept + 1);
	if (n < 0)
		*ret = NULL;
	return n < 0 ? -ENOMEM : 0;
}

static int add_context(
	struct plan *p, const char *kept, unsigned nth, struct err *e)
{
	struct narrowing w = {.context = true};
	_free_ char *text = NULL;
	int r = context_text(kept, &text);

	if (r == 0 &&
		asprintf(&w.label, nth ? "context.%u" : "context", nth) < 0) {
		w.label = NULL;
		r = -ENOMEM;
	}
	if (r == 0 && !(w.file = strdup(p->context)))
		r = -ENOMEM;
	if (r < 0 || !text || !w.label || !w.file) {
		narrowing_deinit(&w);
		return OUT_OF_MEMORY(e);
	}
	r = policy_parse(
		w.label, w.file, text, strlen(text), NULL, &w.profile, e);
	if (r < 0) {
		narrowing_deinit(&w);
		return r;
	}
	sha256(text, strlen(text), w.digest);
	p->narrowings[p->n_narrowings++] = w;
	return 0;
}

static int find_context(struct plan *p, struct err *e)
{
	struct narrowing *grown;
	size_t len = p->context ? strlen(p->context) : 0;
	unsigned n = 0;
	int r = 0;

	if (!p->context)
		return 0;
	grown = reallocarray(p->narrowings, p->n_narrowings + PROFILE_MAX_CHAIN,
		sizeof(*grown));
	if (!grown)
		return OUT_OF_MEMORY(e);
	p->narrowings = grown;
	for (char **v = p->profile->contexts; r == 0 && v && *v; v++)
		if (strncmp(*v, p->context, len) == 0 && (*v)[len] == '=')
			r = add_context(p, *v + len + 1, n++, e);
	return r == 0 && n == 0 ? unknown(p, "context", p->context,
					  p->profile->contexts, false, e)
				: r;
}

/* What only narrows may say of its own what the role comes to. One that is
 * built in it narrows where it has classes. */
static int narrow_role(struct plan *p, struct narrowing *w, struct err *e)
{
	const struct profile *f = w->profile;

	if (!p->role || (!profile_has_role(f, p->role) &&
				(profile_has_role(p->profile, p->role) ||
					strv_len(f->protocol.classes) == 0)))
		return 0;
	w->has_role = true;
	return profile_role_lists(f, p->role, &w->role_lists) < 0
		       ? OUT_OF_MEMORY(e)
		       : 0;
}

static int check_rules(
	const struct plan *p, const struct narrowing *w, struct err *e)
{
	char name[PATH_MAX];

	narrow_name(w, name, sizeof(name));
	return profile_rules_excepted(
		w->profile, w->context ? p->profile : NULL, name, e);
}

static int say_unclassified(struct plan *p, struct err *e)
{
	if (!p->role || profile_has_role(p->profile, p->role) ||
		strv_len(p->profile->protocol.classes) > 0)
		return 0;
	if (strv_addf(&p->notes,
		    "profile %s has no \"classes\": to the role %s each tool "
		    "is one that executes",
		    p->profile->name, p->role) < 0)
		return OUT_OF_MEMORY(e);
	return 0;
}

int plan_declare(struct plan *p, const struct plan_options *o, struct err *e)
{
	int r = choose(p, "role", o->role, &p->role, e);

	p->role_asked = o->role != NULL;
	if (r == 0)
		r = choose(p, "task", o->task, &p->task, e);
	if (r == 0)
		r = choose(p, "context", o->context, &p->context, e);
	if (r == 0)
		r = choose(p, "tenant", o->tenant, &p->tenant, e);
	if (r == 0)
		r = find_role(p, e);
	if (r == 0)
		r = find_task(p, e);
	if (r == 0)
		r = find_context(p, e);
	for (size_t i = 0; r == 0 && i < p->n_narrowings; i++)
		r = narrow_role(p, &p->narrowings[i], e);
	for (size_t i = 0; r == 0 && i < p->n_narrowings; i++)
		r = check_rules(p, &p->narrowings[i], e);
	p->stands = p->stands || p->expires_s > 0;
	return r < 0 ? r : say_unclassified(p, e);
}

int plan_declare_run(
	struct plan *p, const struct plan_options *o, struct err *e)
{
	size_t before = p->n_narrowings;
	int r = plan_declare(p, o, e);

	for (size_t i = before; r == 0 && i < p->n_narrowings; i++)
		r = narrow_paths(p, &p->narrowings[i], geteuid(), e);
	if (r == 0 && p->n_narrowings > before)
		r = narrow_list(
			p, NARROW_ENV, "option --env", &p->variables, e);
	return r;
}
