/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Build time: conditions on arguments, turned into libseccomp's rules.
 *
 * In libseccomp a rule without conditions silently overrides those with
 * conditions on the same call, and what no rule matches gets the filter's
 * default. So a condition here is a decision tree, and every leaf of it, the
 * refusals too, becomes rules of their own that exclude each other.
 */
#pragma once

#include <seccomp.h>

/*
 * Adds the rules of condition @name for call @nr (named @call). Leaves that
 * fall to the filter's default add nothing. -1 with a line on stderr.
 */
int condition_add(
	scmp_filter_ctx ctx, int nr, const char *call, const char *name);
