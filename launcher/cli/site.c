/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/site.h"

#include <stdio.h>

#include "plan/narrow.h"
#include "plan/policy_key.h"

int site_text(char *dst, size_t size)
{
	struct narrowing w = {0};
	struct site_rules rules = {0};
	struct err e = {0};
	int r = narrow_load_site(&site_place, &w, &rules, &e);

	(void)snprintf(dst, size, "%s", r < 0 ? e.text : r == 0 ? w.file : "");
	narrowing_deinit(&w);
	return r;
}
