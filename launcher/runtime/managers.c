/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/managers.h"

int manager_resolve(struct scan *s, const char *path, const char *real,
	const char **ret_path)
{
	(void)s;
	(void)path;
	(void)real;
	(void)ret_path;
	return 0;
}
