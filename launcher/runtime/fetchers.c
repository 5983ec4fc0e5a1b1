/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/fetchers.h"

void fetcher_advise(struct scan *s, const struct chain *c, char *const *argv)
{
	(void)s;
	(void)c;
	(void)argv;
}
