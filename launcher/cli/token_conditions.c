/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/token_conditions.h"

#include <string.h>

#include "policy/token_when.h"

int token_when_read(const char *when, struct err *e)
{
	char why[200];
	int r = token_when_check(when, strlen(when), why);

	if (r == 1)
		return err_status(e, 2, "the conditions of a token: %s", why);
	return r < 0 ? err_set(e, r, "the conditions of a token") : 0;
}
