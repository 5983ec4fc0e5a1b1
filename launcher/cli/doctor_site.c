/* SPDX-License-Identifier: Apache-2.0 */
/*
 * doctor: what the site has to say.
 */
#include "cli/doctor.h"
#include "cli/site.h"

static void probe_policy(const struct doctor_check *c, struct finding *f)
{
	char text[1024];
	int r = site_text(text, sizeof(text));

	(void)c;
	if (r < 0)
		finding_fails(f,
			"Whoever keeps the site's policy has to mend it: while "
			"it cannot be used, no server runs.",
			"%s", text);
	else if (r > 0)
		finding_ok(f, "there is none, so nothing narrows a run");
	else
		finding_ok(f, "%s narrows every run", text);
}

static const struct doctor_check checks[] = {
	{"site-policy", "site's policy", probe_policy, 0},
};

const struct doctor_checks doctor_site = {checks, ELEMENTS(checks)};
