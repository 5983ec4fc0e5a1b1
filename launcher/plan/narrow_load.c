/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/sha256.h"
#include "plan/narrow.h"
#include "plan/policy_key.h"

#define OUT_OF_MEMORY(e) err_set((e), -ENOMEM, "planning what narrows")
#define SITE_LABEL "site"
#define SITE_FILE "policy.json"

const struct site_place site_place = {"/etc", "stockade", 0};

void narrowing_deinit(struct narrowing *w)
{
	free(w->label);
	free(w->file);
	profile_free(w->profile);
	strv_free(w->read);
	strv_free(w->write);
	strv_free(w->took);
	role_lists_deinit(&w->role_lists);
	*w = (struct narrowing){0};
}

void narrow_deinit(struct plan *p)
{
	for (size_t i = 0; i < p->n_narrowings; i++)
		narrowing_deinit(&p->narrowings[i]);
	free(p->narrowings);
	free(p->site);
}

void narrow_name(const struct narrowing *w, char *dst, size_t size)
{
	(void)snprintf(dst, size, "%s %s",
		w->site      ? "the site's policy"
		: w->context ? "context"
			     : "--narrow",
		w->file);
}

int narrow_load_site(const struct site_place *at, struct narrowing *ret,
	struct site_rules *ret_rules, struct err *e)
{
	struct narrowing w = {.site = true, .label = strdup(SITE_LABEL)};
	_free_ char *text = NULL;
	_close_ int fd = -1;
	size_t len = 0;
	int r = profile_folder_open(at->base, at->sub, at->owner, &fd, e);

	if (r == 0 && (!w.label || asprintf(&w.file, "%s/%s/" SITE_FILE,
					   at->base, at->sub) < 0))
		r = OUT_OF_MEMORY(e);
	if (r == 0)
		r = profile_file_read(
			fd, SITE_FILE, w.file, at->owner, &text, &len, e);
	if (r == 0)
		r = policy_parse(SITE_LABEL, w.file, text, len, ret_rules,
			&w.profile, e);
	if (r != 0) {
		narrowing_deinit(&w);
		return r;
	}
	sha256(text, len, w.digest);
	*ret = w;
	return 0;
}

/* Labels stand before rules in the log, so they are plain, and none is that of
 * the site or what rules themselves begin with. */
static int check_label(const char *label, const char *path, struct err *e)
{
	static const char *const taken[] = {SITE_LABEL, "deny", "ask", "always",
		"allow", "token", "rule", "role", "task", "context"};
	int r = profile_name_check(label, NULL);

	for (size_t i = 0; r == 0 && i < ELEMENTS(taken); i++)
		if (strcmp(label, taken[i]) == 0)
			r = -EINVAL;
	if (r == 0)
		return 0;
	return err_say(e, -EINVAL,
		"--narrow %s: expected a file NAME.json with at most 64 "
		"letters, digits, \".\", \"_\" and \"-\", not called site, "
		"allow, ask, always, context, deny, role, rule, task or token",
		path);
}

static int load_file(const char *path, struct narrowing *ret, struct err *e)
{
	struct narrowing w = {.label = profile_file_name(path)};
	_free_ char *text = NULL;
	size_t len = 0;
	int r = w.label ? check_label(w.label, path, e) : OUT_OF_MEMORY(e);

	if (r == 0)
		r = profile_any_read("--narrow", path, &text, &len, e);
	if (r == 0 && !(w.file = realpath(path, NULL)))
		r = err_set(e, -errno, "--narrow %s", path);
	if (r == 0)
		r = policy_parse(w.label, path, text, len, NULL, &w.profile, e);
	if (r < 0) {
		narrowing_deinit(&w);
		return r;
	}
	sha256(text, len, w.digest);
	*ret = w;
	return 0;
}

static int refuse_option(const struct plan *p, const char *option,
	const char *key, struct err *e)
{
	return err_status(e, EXIT_REFUSED,
		"%s is not permitted: the site's policy %s has \"%s\": false",
		option, p->narrowings[0].file, key);
}

static int check_options(
	const struct plan *p, const struct plan_options *o, struct err *e)
{
	if (p->site->no_degraded && o->no_proc)
		return refuse_option(
			p, "--allow-degraded", "allow_degraded", e);
	if (p->site->no_observe && o->observe)
		return refuse_option(p, "--observe", "observe", e);
	if (p->site->no_keep_uid && o->keep_uid)
		return refuse_option(p, "--keep-uid", "keep_uid", e);
	return 0;
}

static int load_site(
	struct plan *p, const struct plan_options *o, struct err *e)
{
	struct site_rules rules = {0};
	int r = narrow_load_site(
		o->site ? o->site : &site_place, &p->narrowings[0], &rules, e);

	if (r != 0)
		return r > 0 ? 0 : r;
	p->n_narrowings = 1;
	p->site = malloc(sizeof(*p->site));
	if (!p->site)
		return OUT_OF_MEMORY(e);
	*p->site = rules;
	return check_options(p, o, e);
}

static int load_files(
	struct plan *p, const struct plan_options *o, bool site, struct err *e)
{
	size_t n = strv_len(o->narrow);
	int r = 0;

	if (n > NARROW_FILES_MAX)
		return err_say(e, -E2BIG,
			"--narrow is given %zu times; expected at most %d", n,
			NARROW_FILES_MAX);
	p->narrowings = calloc(n + 1, sizeof(*p->narrowings));
	if (!p->narrowings)
		return OUT_OF_MEMORY(e);
	if (site)
		r = load_site(p, o, e);
	for (size_t i = 0; r == 0 && i < n; i++) {
		r = load_file(o->narrow[i], &p->narrowings[p->n_narrowings], e);
		p->n_narrowings += r == 0;
	}
	return r;
}

int narrow_load_files(
	struct plan *p, const struct plan_options *o, struct err *e)
{
	return load_files(p, o, o->at_site, e);
}

int narrow_load(struct plan *p, const struct plan_options *o, struct err *e)
{
	int r = load_files(p, o, true, e);

	for (size_t i = 0; r == 0 && i < p->n_narrowings; i++)
		r = narrow_paths(p, &p->narrowings[i],
			(o->site ? o->site : &site_place)->owner, e);
	return r;
}
