/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/approve_always.h"

#include <string.h>

#include "cli/approve_shown.h"

static const char *const lists[_APPROVAL_KIND_N] = {
	[APPROVAL_TOOL] = "protocol/tools/always",
	[APPROVAL_PROMPT] = "protocol/prompts/always",
	[APPROVAL_RESOURCE] = "protocol/resources/always",
};

int always_prepare(const struct waiting *w, struct always *ret, struct err *e)
{
	const char *profile = w->link->about.profile;
	int r;

	*ret = (struct always){.store = {.user_fd = -1, .site_fd = -1}};
	if (approval_kind_stands(w->kind)) {
		(void)err_say(e, -ENOTSUP, "%s",
			approval_status_text(ANSWER_NOT_OFFERED));
		return 1;
	}
	if (!approval_kind_always(w->kind)) {
		(void)err_say(e, -ENOTSUP,
			"what a server asks of its client is agreed to one by "
			"one: session is as far as it goes");
		return 1;
	}
	if (!profile[0]) {
		(void)err_say(e, -ENOTSUP,
			"this session has no profile of its own that could "
			"say so (its tools come from options or a built-in "
			"base): session is as far as it goes");
		return 1;
	}
	if (shown_by_rule(w)) {
		(void)err_say(e, -ENOTSUP,
			"a rule about its arguments asks for it, which no name "
			"in \"always\" lifts: session is as far as it goes");
		return 1;
	}
	r = profile_store_open(&ret->store, e);
	if (r == 0)
		r = profile_edit_prepare(&ret->store, profile, lists[w->kind],
			w->name, &ret->edit, e);
	if (r < 0)
		return r;
	ret->writes = r == 0;
	if (!ret->writes)
		return 0;
	r = profile_edit_preview(&ret->edit, &ret->preview);
	return r < 0 ? err_set(e, r, "the profile's difference") : 0;
}

int always_write(const struct always *a, struct verdict *v, struct err *e)
{
	int r;

	if (!a->writes)
		return 0;
	r = profile_edit_write(&a->store, &a->edit, e);
	if (r < 0)
		return r;
	memcpy(v->digests[0], a->edit.old_digest, 32);
	memcpy(v->digests[1], a->edit.new_digest, 32);
	return 0;
}

void always_deinit(struct always *a)
{
	free(take_ptr(a->preview));
	profile_edit_deinit(&a->edit);
	profile_store_deinit(&a->store);
}
