/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/approvers.h"

#include <stdio.h>

#include "base/folders.h"
#include "plan/narrow.h"
#include "plan/profile_layer.h"
#include "policy/rules.h"

/* 1: there is no such file. */
static int load_from(int dir, const char *where, uid_t owner,
	struct approvers *ret, struct err *e)
{
	char path[PATH_MAX];
	_free_ char *text = NULL;
	unsigned line = 0;
	size_t len = 0;
	int r;

	(void)snprintf(path, sizeof(path), "%s/" APPROVERS_FILE, where);
	r = profile_file_read(dir, APPROVERS_FILE, path, owner, &text, &len, e);
	if (r != 0)
		return r;
	if (len > APPROVERS_BYTES_MAX)
		return err_say(e, -EFBIG, "%s: over %d bytes", path,
			APPROVERS_BYTES_MAX);
	if (approvers_parse(text, len, ret, &line) < 0)
		return err_say(e, -EINVAL,
			"%s:%u: expected a name and 64 hex digits of a public "
			"key, at most %d such lines",
			path, line, APPROVERS_MAX);
	return 0;
}

int approvers_load_user(struct approvers *ret, struct err *e)
{
	_free_ char *path = NULL;
	_close_ int dir = -1;
	int r = folder_path(FOLDER_CONFIG, &path, e);

	if (r == 0)
		r = folder_open(FOLDER_CONFIG, "", false, &dir, e);
	return r == 0 ? load_from(dir, path, geteuid(), ret, e) : r;
}

static int load_site(
	const struct site_place *at, struct approvers *ret, struct err *e)
{
	char where[PATH_MAX];
	_close_ int dir = -1;
	int r = profile_folder_open(at->base, at->sub, at->owner, &dir, e);

	(void)snprintf(where, sizeof(where), "%s/%s", at->base, at->sub);
	if (r == 0)
		r = load_from(dir, where, at->owner, ret, e);
	return r;
}

int approvers_load(
	const struct site_place *at, struct approvers *ret, struct err *e)
{
	struct approvers a = {.n = 0};
	int r = load_site(at ? at : &site_place, &a, e);

	a.site = r == 0;
	if (r == 1)
		r = approvers_load_user(&a, e);
	if (r < 0)
		return r;
	*ret = a;
	return 0;
}

int plan_approvers(struct plan *p, const struct plan_options *o, struct err *e)
{
	bool asks = tools_may_ask(p->tools) || rules_may_ask(p->rules);

	if (!tools_may_need_token(p->tools) &&
		!rules_may_need_token(p->rules) && !(p->proof && asks))
		return 0;
	p->approvers = calloc(1, sizeof(*p->approvers));
	if (!p->approvers)
		return err_set(e, -ENOMEM, "planning");
	return approvers_load(o->site, p->approvers, e);
}
