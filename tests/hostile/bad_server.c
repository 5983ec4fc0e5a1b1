/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A server that misbehaves in one way, named by its first argument: at its
 * start, or, where the way ends in "-call", when a tool is called. The second
 * argument tells its processes from all others; the third, if there is one, is
 * a file to which every line that comes is appended before anything else.
 * Otherwise it answers each request with a text, and ends at end of file.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

struct request {
	char *id; /* as it was written; NULL for a notification */
	bool is_call;
};

struct way {
	const char *name;
	/* Instead of the answer; at the start @r is NULL. */
	void (*act)(const struct request *r);
};

static void say(const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = write(STDOUT_FILENO, bytes, len);

		if (n < 0)
			_exit(9);
		bytes += n;
		len -= (size_t)n;
	}
}

static void say_text(const char *s)
{
	say(s, strlen(s));
}

static void answer_with(const char *id, const char *text)
{
	char line[512];

	(void)snprintf(line, sizeof(line),
		"{\"jsonrpc\":\"2.0\",\"id\":%s,\"result\":{\"content\":"
		"[{\"type\":\"text\",\"text\":\"%s\"}]}}\n",
		id, text);
	say_text(line);
}

_Noreturn static void sleep_forever(void)
{
	for (;;)
		(void)pause();
}

static void act_serve(const struct request *r)
{
	if (r)
		answer_with(r->id, "fine");
}

static void act_mute(const struct request *r)
{
	(void)r;
}

static void act_exit(const struct request *r)
{
	(void)r;
	_exit(3);
}

static void act_abort(const struct request *r)
{
	(void)r;
	abort();
}

/* Does not read: only a signal ends it. */
static void act_deaf(const struct request *r)
{
	(void)r;
	sleep_forever();
}

static void act_stubborn(const struct request *r)
{
	(void)r;
	for (int i = 1; i < NSIG; i++)
		(void)signal(i, SIG_IGN);
	sleep_forever();
}

static void act_garbage(const struct request *r)
{
	static const char bytes[] =
		"hello, I am starting\n\x1b]0;owned\x07\x1b[2J\n"
		"\xff\xfe\0\0\n[]\n{}\nnull\n\"x\"\n{\"jsonrpc\":\"2.0\"}\n"
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{},\"error\":{}}\n"
		"\xef\xbb\xbf{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n"
		"\n\n   \n";

	(void)r;
	say(bytes, sizeof(bytes) - 1);
}

_Noreturn static void flood(int fd, const char *line)
{
	static char block[65536];
	size_t len = strlen(line), n = 0;

	for (; n + len <= sizeof(block); n += len)
		memcpy(block + n, line, len);
	while (write(fd, block, n) > 0)
		;
	sleep_forever();
}

static void act_flood_noise(const struct request *r)
{
	(void)r;
	flood(STDOUT_FILENO, "noise that is no message\n");
}

static void act_flood_line(const struct request *r)
{
	(void)r;
	flood(STDOUT_FILENO, "never a newline ");
}

static void act_flood_stderr(const struct request *r)
{
	(void)r;
	flood(STDERR_FILENO, "\x1b[31mstderr\x1b[0m has much to say\n");
}

static void act_flood_notifications(const struct request *r)
{
	(void)r;
	flood(STDOUT_FILENO,
		"{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\","
		"\"params\":{\"level\":\"info\",\"data\":\"again\"}}\n");
}

/* A great many, each with its number, and then the answer. */
static void act_notify(const struct request *r)
{
	char line[256];

	for (unsigned i = 0; i < 20000; i++) {
		(void)snprintf(line, sizeof(line),
			"{\"jsonrpc\":\"2.0\",\"method\":"
			"\"notifications/message\",\"params\":{\"level\":"
			"\"info\",\"data\":%u}}\n",
			i);
		say_text(line);
	}
	act_serve(r);
}

static void act_flood_requests(const struct request *r)
{
	char line[256];

	(void)r;
	for (unsigned i = 0;; i++) {
		(void)snprintf(line, sizeof(line),
			"{\"jsonrpc\":\"2.0\",\"id\":%u,\"method\":"
			"\"roots/list\"}\n",
			i);
		say_text(line);
	}
}

static void act_forks(const struct request *r)
{
	(void)r;
	for (;;)
		if (fork() < 0 && getpid() % 16)
			(void)usleep(1000);
}

static void act_memory(const struct request *r)
{
	const size_t step = (size_t)4 << 20;

	(void)r;
	for (;;) {
		char *p = mmap(NULL, step, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (p == MAP_FAILED)
			(void)usleep(10000);
		else
			memset(p, 1, step);
	}
}

static void act_close_stdout(const struct request *r)
{
	(void)r;
	(void)signal(SIGTERM, SIG_IGN);
	(void)close(STDOUT_FILENO);
	sleep_forever();
}

static void act_close_stdin(const struct request *r)
{
	(void)r;
	(void)close(STDIN_FILENO);
	sleep_forever();
}

/* Answers that nobody asked for around the one that somebody did. */
static void act_forge(const struct request *r)
{
	answer_with("\"forged\"", "forged");
	answer_with("999999", "forged");
	answer_with(r->id, "fine");
	answer_with("-1", "forged");
}

/* Answers what it has not been asked yet. */
static void act_foresee(const struct request *r)
{
	answer_with(r->id, "fine");
	for (int i = 0; i < 100; i++) {
		char id[16];

		(void)snprintf(id, sizeof(id), "%d", i);
		answer_with(id, "forged");
	}
}

static void act_twice(const struct request *r)
{
	answer_with(r->id, "fine");
	answer_with(r->id, "forged");
}

static void say_much(char c, size_t len)
{
	char block[65536];

	memset(block, c, sizeof(block));
	while (len > 0) {
		size_t n = len < sizeof(block) ? len : sizeof(block);

		say(block, n);
		len -= n;
	}
}

/* 12 MiB in one line, its id at the end, as SDK servers write it. */
static void act_huge(const struct request *r)
{
	say_text("{\"jsonrpc\":\"2.0\",\"result\":{\"content\":[{\"type\":"
		 "\"text\",\"text\":\"");
	say_much('x', (size_t)12 << 20);
	say_text("\"}]},\"id\":");
	say_text(r->id);
	say_text("}\n");
}

static void act_half(const struct request *r)
{
	say_text("{\"jsonrpc\":\"2.0\",\"id\":");
	say_text(r->id);
	say_text(",\"result\":{\"content\":[");
	_exit(0);
}

static void act_bad_utf8(const struct request *r)
{
	answer_with(r->id, "\xc0\xaf\xff");
}

static void act_surrogate(const struct request *r)
{
	answer_with(r->id, "cut \\ud83d here");
}

/* No trace of the marker in what ps shows, and no relation to its parent. */
static void act_hide(const struct request *r)
{
	extern char **environ;

	(void)r;
	for (char **e = environ; e && *e; e++)
		memset(*e, 0, strlen(*e));
	/* What ps shows lies between the first argument and the first variable.
	 */
	if (environ && *environ > program_invocation_name)
		memset(program_invocation_name, 'x',
			(size_t)(*environ - program_invocation_name));
	for (int i = 0; i < 20; i++)
		if (fork() == 0) {
			(void)setsid();
			if (fork() != 0)
				_exit(0);
			(void)prctl(PR_SET_NAME, "[kworker/0:1]");
			(void)prctl(PR_SET_PDEATHSIG, 0);
			for (int sig = 1; sig < NSIG; sig++)
				(void)signal(sig, SIG_IGN);
			for (int fd = 0; fd < 64; fd++)
				(void)close(fd);
			sleep_forever();
		}
	while (wait(NULL) > 0)
		;
}

static void act_kill_group(const struct request *r)
{
	(void)r;
	(void)kill(0, SIGKILL);
}

/* Everything that it can see, init with it. */
static void act_kill_all(const struct request *r)
{
	(void)kill(1, SIGKILL);
	(void)kill(1, SIGSTOP);
	(void)kill(getppid(), SIGSTOP);
	(void)kill(-1, SIGKILL);
	act_serve(r);
}

static void act_stop(const struct request *r)
{
	(void)r;
	(void)raise(SIGSTOP);
}

static const struct way ways[] = {
	{"serve", act_serve},
	{"mute", act_mute},
	{"exit", act_exit},
	{"abort", act_abort},
	{"deaf", act_deaf},
	{"stubborn", act_stubborn},
	{"garbage", act_garbage},
	{"flood-noise", act_flood_noise},
	{"flood-line", act_flood_line},
	{"flood-stderr", act_flood_stderr},
	{"flood-notifications", act_flood_notifications},
	{"notify", act_notify},
	{"flood-requests", act_flood_requests},
	{"forks", act_forks},
	{"memory", act_memory},
	{"close-stdout", act_close_stdout},
	{"close-stdin", act_close_stdin},
	{"forge", act_forge},
	{"foresee", act_foresee},
	{"twice", act_twice},
	{"huge", act_huge},
	{"half", act_half},
	{"bad-utf8", act_bad_utf8},
	{"surrogate", act_surrogate},
	{"hide", act_hide},
	{"kill-group", act_kill_group},
	{"kill-all", act_kill_all},
	{"stop", act_stop},
};

static const struct way *way_find(const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (strlen(ways[i].name) == len &&
			strncmp(ways[i].name, name, len) == 0)
			return &ways[i];
	return NULL;
}

/* Looks for the id where a client of the tests writes it: no JSON reader. */
static struct request request_parse(const char *line)
{
	static const char key[] = "\"id\":";
	struct request r = {
		.is_call = strstr(line, "\"tools/call\"") != NULL,
	};
	const char *id = strstr(line, key);

	if (id) {
		id += sizeof(key) - 1;
		r.id = strndup(id, strcspn(id, ",}"));
	}
	return r;
}

static void record(int fd, const char *line, size_t len)
{
	if (fd >= 0 && write(fd, line, len) != (ssize_t)len)
		_exit(8);
}

static void serve(const struct way *on_call, int log)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t len;

	while ((len = getline(&line, &room, stdin)) >= 0) {
		struct request r = request_parse(line);

		record(log, line, (size_t)len);
		if (r.id && r.is_call && on_call)
			on_call->act(&r);
		else if (r.id)
			answer_with(r.id, "fine");
		free(r.id);
	}
	free(line);
}

int main(int argc, char **argv)
{
	static const char suffix[] = "-call";
	const struct way *way;
	size_t len;
	bool on_call;
	int log = -1;

	if (argc < 3)
		return 2;
	len = strlen(argv[1]);
	on_call = len > sizeof(suffix) - 1 &&
		  strcmp(argv[1] + len - (sizeof(suffix) - 1), suffix) == 0;
	if (on_call)
		len -= sizeof(suffix) - 1;
	way = way_find(argv[1], len);
	if (!way)
		return 2;
	if (argc > 3) {
		log = open(argv[3], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
			0600);
		if (log < 0)
			return 2;
	}
	if (!on_call)
		way->act(NULL);
	serve(on_call ? way : NULL, log);
	return 0;
}
