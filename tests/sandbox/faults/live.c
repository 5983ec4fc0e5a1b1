/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A server that answers every request alike until its input ends, and leaves
 * behind what a careless one may: a daemon in a session of its own that ignores
 * every signal that can be ignored, and a child that stays in its group.
 * "live stay" goes on itself, too, when its input has ended and it is asked to.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void linger(void)
{
	for (int sig = 1; sig < NSIG; sig++)
		(void)signal(sig, SIG_IGN);
	for (int fd = 0; fd < 3; fd++)
		(void)close(fd);
	for (;;)
		(void)pause();
}

static void leave_behind(void)
{
	if (fork() == 0)
		linger();
	if (fork() == 0) {
		(void)setsid();
		if (fork() == 0)
			linger();
		_exit(0);
	}
}

/* "id":NUMBER of a request, or -1. */
static long id_of(const char *line)
{
	const char *id = strstr(line, "\"id\":");

	return id ? strtol(id + strlen("\"id\":"), NULL, 10) : -1;
}

int main(int argc, char **argv)
{
	static char line[65536];

	(void)argv;
	leave_behind();
	while (fgets(line, sizeof(line), stdin)) {
		long id = id_of(line);

		if (id >= 0)
			(void)printf("{\"jsonrpc\":\"2.0\",\"id\":%ld,"
				     "\"result\":{\"content\":[]}}\n",
				id);
		(void)fflush(stdout);
	}
	if (argc > 1)
		linger();
	return 0;
}
