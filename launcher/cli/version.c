/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "base/log.h"
#include "cli/option.h"
#include "cli/verb.h"

int verb_version(int argc, char **argv)
{
	static const struct verb_info info = {
		.name = "version",
		.usage = "",
		.about = "Print the version of stockade.",
	};
	struct err e = {0};
	char **args;
	int r = options_parse(&info, argc, argv, NULL, &args, &e);

	if (r == 0 && args[0])
		r = err_status(&e, 2, "version: takes no operand");
	if (r < 0)
		return log_err(&e);
	if (r == 0)
		(void)printf("stockade %s\n", STOCKADE_VERSION);
	return 0;
}
