/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usage: probe [--expect bare|wrapped] [--fact NAME=VALUE]...
 *        probe --table
 *        probe --outside COMMAND...
 *
 * Without --expect, "NAME RESULT" lines on standard error, where a wrapper
 * leaves them alone; with it, TAP on standard output. --outside makes what is
 * to be attacked and runs COMMAND with the facts of it.
 */
#include "probe.h"

#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROBE_SECONDS 20

static const struct probe_table *const tables[] = {&namespace_probes,
	&mount_probes, &process_probes, &proc_probes, &exec_probes,
	&privilege_probes, &kernel_probes, &socket_probes, &network_probes,
	&ipc_probes, &file_probes, &limit_probes};

enum mode { MODE_PLAIN = 0, MODE_BARE, MODE_WRAPPED };

struct tally {
	unsigned n, failed;
};

/*
 * Bare, root's probes would rearrange the machine: they get mounts and a host
 * name of their own first.
 */
static void contain(void)
{
	if (geteuid() == 0 && unshare(CLONE_NEWNS | CLONE_NEWUTS) == 0)
		(void)mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
}

_Noreturn static void child(
	const struct probe *p, const struct facts *f, bool bare, int up)
{
	long r;

	if (bare)
		contain();
	(void)alarm(PROBE_SECONDS);
	r = p->act(f, p->arg);
	_exit(write(up, &r, sizeof(r)) == sizeof(r) ? 0 : 1);
}

static pid_t fork_apart(const struct facts *f)
{
	long taken = fact_number(f, "pid");
	pid_t pid = fork();

	/* Inside, pids are small: not by accident that of the outside. */
	if (pid == 0 && getpid() == taken)
		_exit(0);
	if (pid > 0 && pid == taken) {
		(void)waitpid(pid, NULL, 0);
		return fork_apart(f);
	}
	return pid;
}

static void describe(long r, char *dst, size_t size)
{
	const char *name = r < 0 ? strerrorname_np((int)-r) : NULL;

	if (r == 0)
		name = "ok";
	if (name)
		(void)snprintf(dst, size, "%s", name);
	else
		(void)snprintf(dst, size, "%ld", r);
}

static void run_probe(const struct probe *p, const struct facts *f, bool bare,
	char *ret, size_t size)
{
	int pipes[2], status = 0;
	long r = 0;
	bool told;
	pid_t pid;

	if (pipe(pipes) < 0) {
		describe(-errno, ret, size);
		return;
	}
	pid = fork_apart(f);
	if (pid == 0)
		child(p, f, bare, pipes[1]);
	(void)close(pipes[1]);
	told = pid > 0 && read(pipes[0], &r, sizeof(r)) == sizeof(r);
	(void)close(pipes[0]);
	if (pid > 0)
		(void)waitpid(pid, &status, 0);
	if (told)
		describe(r, ret, size);
	else if (pid > 0 && WIFSIGNALED(status))
		(void)snprintf(
			ret, size, "SIG%s", sigabbrev_np(WTERMSIG(status)));
	else
		(void)snprintf(ret, size, "lost");
}

/* Whether the word at @item, @len bytes, is @word and holds here. */
static bool is_word(const char *word, const char *item, size_t len)
{
	const char *mark = memchr(item, '!', len);
	size_t n = mark ? (size_t)(mark - item) : len;
	char path[256];

	if (strlen(word) != n || strncmp(item, word, n) != 0)
		return false;
	(void)snprintf(path, sizeof(path), "%.*s", (int)(len - n - 1),
		mark ? mark + 1 : "");
	return !mark || access(path, F_OK) < 0;
}

/* Whether @word is one of the words of @list. */
static bool is_one_of(const char *word, const char *list)
{
	for (const char *s = list; *s; s += strcspn(s, " ")) {
		s += strspn(s, " ");
		if (is_word(word, s, strcspn(s, " ")))
			return true;
	}
	return false;
}

static const char *expected(const struct probe *p, enum mode mode, bool root)
{
	if (mode == MODE_BARE)
		return root || !p->bare_user ? p->bare : p->bare_user;
	return root || !p->wrapped_user ? p->wrapped : p->wrapped_user;
}

static void judge(const struct probe *p, const char *got, const char *wanted,
	struct tally *t)
{
	bool good = is_one_of("any", wanted) || is_one_of(got, wanted);

	t->n++;
	if (!good)
		t->failed++;
	(void)printf("%s %u - %s: %s is %s%s%s\n", good ? "ok" : "not ok", t->n,
		p->area, p->name, got, good ? "" : ", expected ",
		good ? "" : wanted);
	(void)fflush(stdout);
}

static void each(const struct probe *p, const struct facts *f, enum mode mode,
	bool bare, struct tally *t)
{
	bool as_root = fact_number(f, "uid") == 0;
	char got[64];

	if (bare && strcmp(p->bare, "never") == 0) {
		if (mode == MODE_PLAIN)
			(void)fprintf(stderr, "%s never\n", p->name);
		return;
	}
	run_probe(p, f, bare, got, sizeof(got));
	if (mode == MODE_PLAIN)
		(void)fprintf(stderr, "%s %s\n", p->name, got);
	else
		judge(p, got, expected(p, mode, as_root), t);
}

static int run_all(const struct facts *f, enum mode mode, bool bare)
{
	struct tally t = {0};

	for (size_t i = 0; i < ELEMENTS(tables); i++)
		for (size_t k = 0; k < tables[i]->n; k++)
			each(&tables[i]->rows[k], f, mode, bare, &t);
	if (mode != MODE_PLAIN)
		(void)printf("1..%u\n", t.n);
	return t.failed ? 1 : 0;
}

static int print_table(void)
{
	for (size_t i = 0; i < ELEMENTS(tables); i++)
		for (size_t k = 0; k < tables[i]->n; k++) {
			const struct probe *p = &tables[i]->rows[k];

			(void)printf("%s\t%s\t%s\t%s\t%s\t%s\n", p->name,
				p->area, p->bare, expected(p, MODE_BARE, false),
				p->wrapped, expected(p, MODE_WRAPPED, false));
		}
	return 0;
}

/* Whether stockade wraps us: bare probes must know, for they take care. */
bool probe_wrapped(void)
{
	char name[64] = "";

	return gethostname(name, sizeof(name) - 1) == 0 &&
	       strcmp(name, "stockade") == 0;
}

static int usage(void)
{
	(void)fprintf(stderr,
		"usage: probe [--expect bare|wrapped] [--fact NAME=VALUE]...\n"
		"       probe --table\n"
		"       probe --outside COMMAND...\n");
	return 2;
}

int main(int argc, char **argv)
{
	char *words[64];
	struct facts f = {.words = words};
	enum mode mode = MODE_PLAIN;

	if (argc == 2 && strcmp(argv[1], "--executed") == 0)
		return 42;
	if (argc == 2 && strcmp(argv[1], "--table") == 0)
		return print_table();
	if (argc > 2 && strcmp(argv[1], "--outside") == 0)
		return outside_run(argv + 2);
	for (int i = 1; i < argc; i += 2) {
		if (i + 1 == argc)
			return usage();
		if (strcmp(argv[i], "--fact") == 0 && f.n < ELEMENTS(words))
			words[f.n++] = argv[i + 1];
		else if (strcmp(argv[i], "--expect") == 0)
			mode = strcmp(argv[i + 1], "bare") == 0 ? MODE_BARE
								: MODE_WRAPPED;
		else
			return usage();
	}
	return run_all(&f, mode, !probe_wrapped());
}
