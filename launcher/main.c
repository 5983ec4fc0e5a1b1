/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "cli/verb.h"

struct verb {
	const char *name;
	int (*main)(int argc, char **argv);
	const char *about;
};

static const struct verb verbs[] = {
	{"version", verb_version, "print the version"},
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < ELEMENTS(verbs); i++)
		if (strcmp(argv[1], verbs[i].name) == 0)
			return verbs[i].main(argc - 1, argv + 1);
	log_line("%s: unknown verb; see stockade help",
		argc > 1 ? argv[1] : "(none)");
	return 2;
}
