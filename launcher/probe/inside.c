/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "probe/act.h"

#define ACT_SECONDS 5

static const struct act_table *const tables[] = {
	&file_acts, &process_acts, &network_acts, &kernel_acts};

static act_fn *act_find(const char *word, size_t len)
{
	for (size_t i = 0; i < ELEMENTS(tables); i++)
		for (size_t k = 0; k < tables[i]->n; k++) {
			const struct act_row *row = &tables[i]->rows[k];

			if (strlen(row->name) == len &&
				memcmp(row->name, word, len) == 0)
				return row->act;
		}
	return NULL;
}

_Noreturn static void act_child(
	act_fn *act, const char *arg, const char *nonce, int up)
{
	struct act_result result = {.r = -ENOSYS};

	(void)alarm(ACT_SECONDS);
	act(arg, nonce, &result);
	_exit(write(up, &result, sizeof(result)) == sizeof(result) ? 0 : 1);
}

/* In a child of its own, so that none can spoil the next. */
static struct act_result act_apart(
	act_fn *act, const char *arg, const char *nonce)
{
	struct act_result result = {.r = -PROBE_LOST};
	int pipes[2], status = 0;
	ssize_t n;
	pid_t pid;

	if (pipe(pipes) < 0)
		return result;
	pid = fork();
	if (pid == 0)
		act_child(act, arg, nonce, pipes[1]);
	(void)close(pipes[1]);
	n = pid > 0 ? read(pipes[0], &result, sizeof(result)) : -1;
	(void)close(pipes[0]);
	if (pid > 0)
		(void)waitpid(pid, &status, 0);
	if (n != sizeof(result))
		result = (struct act_result){
			.r = -PROBE_LOST -
			     (WIFSIGNALED(status) ? WTERMSIG(status) : 0)};
	return result;
}

/* Each signal's byte shows outside that it came. */
static int wait_for_signals(void)
{
	sigset_t set;
	int number;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGUSR1);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0 ||
		write(STDOUT_FILENO, "+", 1) != 1)
		return 1;
	while (sigwait(&set, &number) == 0)
		if (write(STDOUT_FILENO, "!", 1) != 1)
			return 0;
	return 1;
}

int probe_inside(int argc, char **argv)
{
	if (argc == 1 && strcmp(argv[0], "wait") == 0)
		return wait_for_signals();
	for (int i = 1; i < argc; i++) {
		const char *colon = strchr(argv[i], ':');
		act_fn *act =
			colon ? act_find(argv[i], (size_t)(colon - argv[i]))
			      : NULL;
		struct act_result x;

		if (!act)
			continue;
		x = act_apart(act, colon + 1, argv[0]);
		(void)fprintf(stderr, "probe %s %d %ld %lld %lld\n", argv[0],
			i - 1, x.r, (long long)x.dev, (long long)x.ino);
	}
	return 0;
}
