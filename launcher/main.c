/* SPDX-License-Identifier: Apache-2.0 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/verb.h"
#include "probe/act.h"

/*
 * Before the first malloc(3): a static program's heap begins in the middle of a
 * page, and where the kernel then refuses glibc's (2.36) brk(2) to the end of
 * it, a later malloc() fails an assertion instead of returning NULL.
 */
static bool begin_heap_on_page(void)
{
	const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	const uintptr_t odd = (uintptr_t)sbrk(0) % page;

	return odd == 0 || sbrk((intptr_t)(page - odd)) != (void *)-1;
}

/* What was printed may have gone nowhere: then nothing was told. Who said so
 * already has a status of its own. */
static int check_printed(int status)
{
	bool lost = fflush(stdout) != 0;
	int e = errno;

	if (status > 1 || !(lost || ferror(stdout)))
		return status;
	log_line("standard output%s%s", lost ? ": " : " could not be written",
		lost ? strerror(e) : "");
	return EXIT_REFUSED;
}

int main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "help";

	if (!begin_heap_on_page()) {
		log_line("out of memory");
		return EXIT_REFUSED;
	}
	/* Our own program as a sandbox's server: no verb of anybody's. */
	if (strcmp(word, PROBE_WORD) == 0)
		return probe_inside(argc - 2, argv + 2);
	if (strcmp(word, "--help") == 0)
		word = "help";
	if (strcmp(word, "--version") == 0)
		word = "version";
	for (size_t i = 0; i < n_all_verbs; i++)
		if (strcmp(word, all_verbs[i].name) == 0)
			return check_printed(
				all_verbs[i].main(argc > 1 ? argc - 1 : argc,
					argc > 1 ? argv + 1 : argv));
	log_line("%s: unknown verb; see stockade help", word);
	return 2;
}
