/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/log.h"
#include "cli/verb.h"

int main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "help";

	if (strcmp(word, "--help") == 0)
		word = "help";
	if (strcmp(word, "--version") == 0)
		word = "version";
	for (size_t i = 0; i < n_all_verbs; i++)
		if (strcmp(word, all_verbs[i].name) == 0)
			return all_verbs[i].main(argc > 1 ? argc - 1 : argc,
				argc > 1 ? argv + 1 : argv);
	log_line("%s: unknown verb; see stockade help", word);
	return 2;
}
