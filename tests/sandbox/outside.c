/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The outside of a probe: what it is to reach, and must not.
 *
 * A child sits on the listeners, greets whoever comes with one byte and counts;
 * the program that is run gets the facts of it as its last arguments.
 */
#include <fcntl.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe.h"

#define ARGS_MAX 128

enum {
	TCP4,
	TCP6,
	UDP4,
	UDP6,
	ABSTRACT,
	ABSTRACT_DGRAM,
	PATH,
	PATH_DGRAM,
	LISTENERS
};

static const struct {
	const char *name;
	int family, type;
} kinds[LISTENERS] = {
	[TCP4] = {"tcp4", AF_INET, SOCK_STREAM},
	[TCP6] = {"tcp6", AF_INET6, SOCK_STREAM},
	[UDP4] = {"udp4", AF_INET, SOCK_DGRAM},
	[UDP6] = {"udp6", AF_INET6, SOCK_DGRAM},
	[ABSTRACT] = {"abstract", AF_UNIX, SOCK_STREAM},
	[ABSTRACT_DGRAM] = {"abstract_dgram", AF_UNIX, SOCK_DGRAM},
	[PATH] = {"path", AF_UNIX, SOCK_STREAM},
	[PATH_DGRAM] = {"path_dgram", AF_UNIX, SOCK_DGRAM},
};

struct outside {
	int fds[LISTENERS];
	char folder[64], shm[64], mq[64], home[512];
	char canaries[4][512];
	int shmid, semid, msgid;
	key_t key;
	char *args[ARGS_MAX];
	size_t n_args;
};

static bool stopped_by(const char *what)
{
	(void)fprintf(stderr, "outside: %s: %s\n", what, strerror(errno));
	return false;
}

/* Adds "--fact NAME=VALUE". */
__attribute__((format(printf, 2, 3))) static void add_fact(
	struct outside *o, const char *format, ...)
{
	char *text = NULL;
	va_list list;

	va_start(list, format);
	if (vasprintf(&text, format, list) < 0 || o->n_args + 3 > ARGS_MAX)
		abort();
	va_end(list);
	o->args[o->n_args++] = strdup("--fact");
	o->args[o->n_args++] = text;
}

static bool listen_ip(struct outside *o, int kind)
{
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr *a = kinds[kind].family == AF_INET
				     ? (struct sockaddr *)&v4
				     : (struct sockaddr *)&v6;
	socklen_t len = kinds[kind].family == AF_INET ? sizeof(v4) : sizeof(v6);
	int fd = socket(kinds[kind].family, kinds[kind].type | SOCK_CLOEXEC, 0);
	int on = 1;

	o->fds[kind] = fd;
	if (fd >= 0 && kinds[kind].family == AF_INET6)
		(void)setsockopt(
			fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (fd < 0 || bind(fd, a, len) < 0 || getsockname(fd, a, &len) < 0 ||
		(kinds[kind].type == SOCK_STREAM && listen(fd, 64) < 0))
		return stopped_by(kinds[kind].name);
	add_fact(o, "%s=%d", kinds[kind].name,
		ntohs(kinds[kind].family == AF_INET ? v4.sin_port
						    : v6.sin6_port));
	return true;
}

static bool listen_unix(struct outside *o, int kind)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	size_t at = kind == ABSTRACT || kind == ABSTRACT_DGRAM ? 1 : 0;
	int fd = socket(AF_UNIX, kinds[kind].type | SOCK_CLOEXEC, 0);

	o->fds[kind] = fd;
	(void)snprintf(a.sun_path + at, sizeof(a.sun_path) - at, "%s/%s",
		o->folder, kinds[kind].name);
	if (fd < 0 ||
		bind(fd, (struct sockaddr *)&a,
			(socklen_t)(offsetof(struct sockaddr_un, sun_path) +
				    at + strlen(a.sun_path + at))) < 0 ||
		(kinds[kind].type == SOCK_STREAM && listen(fd, 64) < 0))
		return stopped_by(kinds[kind].name);
	add_fact(o, "%s=%s", kinds[kind].name, a.sun_path + at);
	return true;
}

static bool make_listeners(struct outside *o)
{
	for (int i = 0; i < LISTENERS; i++)
		if (!(kinds[i].family == AF_UNIX ? listen_unix(o, i)
						 : listen_ip(o, i)))
			return false;
	return true;
}

static bool make_file(
	struct outside *o, char path[512], const char *folder, const char *fact)
{
	int fd;

	(void)snprintf(path, 512, "%s/stockade-probe-canary-%d", folder,
		(int)getpid());
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		return stopped_by(path);
	(void)close(fd);
	add_fact(o, "%s=%s", fact, path);
	return true;
}

static bool make_files(struct outside *o)
{
	const char *home = getenv("HOME");

	(void)snprintf(o->home, sizeof(o->home), "%s", home ? home : "/");
	add_fact(o, "home=%s", o->home);
	return make_file(o, o->canaries[0], o->home, "canary_home") &&
	       make_file(o, o->canaries[3], o->folder, "canary_tmp") &&
	       make_file(o, o->canaries[1], "/var/tmp", "canary_var_tmp") &&
	       make_file(o, o->canaries[2], "/dev/shm", "canary_shm");
}

static bool make_ipc(struct outside *o)
{
	mqd_t queue;

	o->key = (key_t)(0x53000000 | getpid());
	o->shmid = shmget(o->key, 4096, IPC_CREAT | IPC_EXCL | 0600);
	o->semid = semget(o->key, 1, IPC_CREAT | IPC_EXCL | 0600);
	o->msgid = msgget(o->key, IPC_CREAT | IPC_EXCL | 0600);
	if (o->shmid < 0 || o->semid < 0 || o->msgid < 0)
		return stopped_by("SysV IPC");
	add_fact(o, "key=%d", (int)o->key);
	add_fact(o, "shmid=%d", o->shmid);
	(void)snprintf(
		o->shm, sizeof(o->shm), "/stockade-probe-%d", (int)getpid());
	if (close(shm_open(o->shm, O_RDWR | O_CREAT | O_EXCL, 0600)) < 0)
		return stopped_by("shm_open");
	add_fact(o, "shm=%s", o->shm);
	(void)snprintf(o->mq, sizeof(o->mq), "%s", o->shm);
	queue = mq_open(o->mq, O_RDWR | O_CREAT | O_EXCL, 0600, NULL);
	if (queue == (mqd_t)-1 && errno != ENOSYS)
		return stopped_by("mq_open");
	if (queue != (mqd_t)-1)
		(void)mq_close(queue);
	add_fact(o, "mq=%s", o->mq);
	return true;
}

static void clean_up(struct outside *o)
{
	for (size_t i = 0; i < ELEMENTS(o->canaries); i++)
		if (o->canaries[i][0])
			(void)unlink(o->canaries[i]);
	if (o->shmid >= 0)
		(void)shmctl(o->shmid, IPC_RMID, NULL);
	if (o->semid >= 0)
		(void)semctl(o->semid, 0, IPC_RMID);
	if (o->msgid >= 0)
		(void)msgctl(o->msgid, IPC_RMID, NULL);
	if (o->shm[0])
		(void)shm_unlink(o->shm);
	if (o->mq[0])
		(void)mq_unlink(o->mq);
	for (int i = PATH; i <= PATH_DGRAM; i++) {
		char path[128];

		(void)snprintf(
			path, sizeof(path), "%s/%s", o->folder, kinds[i].name);
		(void)unlink(path);
	}
	(void)rmdir(o->folder);
}

/* A byte back to whoever came. */
static void greet(int fd, int type)
{
	struct sockaddr_storage from;
	socklen_t len = sizeof(from);
	char byte;

	if (type == SOCK_STREAM) {
		int peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

		if (peer >= 0) {
			(void)send(peer, "!", 1, MSG_NOSIGNAL);
			(void)close(peer);
		}
		return;
	}
	if (recvfrom(fd, &byte, 1, 0, (struct sockaddr *)&from, &len) > 0 &&
		len > sizeof(sa_family_t))
		(void)sendto(fd, "!", 1, MSG_NOSIGNAL, (struct sockaddr *)&from,
			len);
}

/* Until the other end of @alive is closed; then what came. */
static void serve(const struct outside *o, int alive, unsigned *counts)
{
	struct pollfd p[LISTENERS + 1];

	for (int i = 0; i < LISTENERS; i++)
		p[i] = (struct pollfd){.fd = o->fds[i], .events = POLLIN};
	p[LISTENERS] = (struct pollfd){.fd = alive};
	for (;;) {
		bool any = false;

		if (poll(p, ELEMENTS(p), -1) < 0)
			return;
		for (int i = 0; i < LISTENERS; i++) {
			if (!(p[i].revents & POLLIN))
				continue;
			any = true;
			counts[i]++;
			greet(o->fds[i], kinds[i].type);
		}
		/* What had arrived before the end counts. */
		if (!any && p[LISTENERS].revents)
			return;
	}
}

_Noreturn static void listener(const struct outside *o, int alive)
{
	unsigned counts[LISTENERS] = {0};

	serve(o, alive, counts);
	for (int i = 0; i < LISTENERS; i++)
		(void)printf("reached %s %u\n", kinds[i].name, counts[i]);
	(void)fflush(stdout);
	_exit(0);
}

/* What a careless client leaves open and set. */
_Noreturn static void run(struct outside *o, char *const argv[], int silence)
{
	int root = open("/", O_RDONLY | O_DIRECTORY);

	if (dup2(silence, STDIN_FILENO) < 0)
		_exit(125);
	for (int fd = 3; fd <= 9; fd++)
		if (root < 0 || dup2(root, fd) < 0)
			_exit(125);
	(void)setenv("STOCKADE_PROBE_SECRET", "hunter2", 1);
	(void)setenv("NODE_OPTIONS", "--require=/tmp/evil.js", 1);
	(void)setenv("SSH_AUTH_SOCK", "/tmp/agent", 1);
	(void)setenv("DISPLAY", ":0", 1);
	(void)execvp(argv[0], o->args);
	(void)stopped_by(argv[0]);
	_exit(127);
}

static int both(struct outside *o, char *const argv[])
{
	int alive[2], silence[2], status = 0;
	pid_t serving, running;

	/* The second is a client that says nothing, and stays. */
	if (pipe2(alive, O_CLOEXEC) < 0 || pipe2(silence, O_CLOEXEC) < 0)
		return 125;
	serving = fork();
	if (serving == 0) {
		(void)close(alive[1]);
		listener(o, alive[0]);
	}
	running = fork();
	if (running == 0)
		run(o, argv, silence[0]);
	if (waitpid(running, &status, 0) != running)
		return 125;
	(void)close(alive[0]);
	(void)close(alive[1]);
	(void)waitpid(serving, NULL, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int outside_run(char *const argv[])
{
	struct outside o = {.shmid = -1, .semid = -1, .msgid = -1};
	int status = 125;

	for (; argv[o.n_args]; o.n_args++) {
		if (o.n_args > ARGS_MAX / 2)
			return 2;
		o.args[o.n_args] = argv[o.n_args];
	}
	(void)snprintf(
		o.folder, sizeof(o.folder), "/tmp/stockade-outside-XXXXXX");
	if (!mkdtemp(o.folder))
		return stopped_by(o.folder) ? 0 : 125;
	/* Where Yama is, only for being asked; the probe is our child. */
	(void)prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
	add_fact(&o, "pid=%d", (int)getpid());
	add_fact(&o, "uid=%d", (int)geteuid());
	if (make_listeners(&o) && make_files(&o) && make_ipc(&o))
		status = both(&o, argv);
	clean_up(&o);
	return status;
}
