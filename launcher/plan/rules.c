/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/build.h"

int plan_rules(struct profile *profile, struct plan **ret, struct err *e)
{
	static const struct plan_options none = {0};
	_plan_ struct plan *p = calloc(1, sizeof(*p));
	int r;

	if (!p) {
		profile_free(profile);
		return err_set(e, -ENOMEM, "planning");
	}
	p->profile = profile;
	r = plan_names(p, &none, e);
	if (r == 0)
		*ret = take_ptr(p);
	return r;
}
