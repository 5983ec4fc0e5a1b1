/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/build.h"
#include "plan/narrow.h"

/* What ${workspace} and ${home} of a rule stand for, where nothing is run:
 * where the person is who asks. One that is not there stands for nothing. */
static void find_places(struct plan *p)
{
	const char *home = getenv("HOME");

	p->workspace = realpath(".", NULL);
	p->home = home && home[0] == '/' ? realpath(home, NULL) : NULL;
}

int plan_rules(struct profile *profile, const struct plan_options *o,
	struct plan **ret, struct err *e)
{
	struct plan_options dry = *o;
	_plan_ struct plan *p = calloc(1, sizeof(*p));
	int r;

	if (!p) {
		profile_free(profile);
		return err_set(e, -ENOMEM, "planning");
	}
	dry.dry = true;
	p->profile = profile;
	find_places(p);
	r = narrow_load_files(p, o, e);
	if (r == 0)
		r = plan_declare(p, o, e);
	if (r == 0)
		r = plan_names(p, &dry, e);
	if (r == 0)
		*ret = take_ptr(p);
	return r;
}
