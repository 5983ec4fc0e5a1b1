/* SPDX-License-Identifier: Apache-2.0 */
#include "probe/world.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "base/fd.h"

/* Inside, numbers of processes are small: not by accident that of ours. */
#define PID_LEAST 512
#define START_MS 5000

extern char **environ;

static int listen_at(const struct sockaddr *a, socklen_t len, int type)
{
	_close_ int fd =
		socket(a->sa_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || bind(fd, a, len) < 0 ||
		(type == SOCK_STREAM && listen(fd, 16) < 0))
		return -errno;
	return take_fd(&fd);
}

static int listen_loopback(int type, int *ret_port)
{
	struct sockaddr_in a = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(a);
	int fd = listen_at((struct sockaddr *)&a, len, type);

	if (fd >= 0 && getsockname(fd, (struct sockaddr *)&a, &len) == 0)
		*ret_port = ntohs(a.sin_port);
	return fd;
}

/* A machine may have no IPv6. */
static int listen_loopback6(int *ret_port)
{
	struct sockaddr_in6 a = {
		.sin6_family = AF_INET6,
		.sin6_addr = IN6ADDR_LOOPBACK_INIT,
	};
	socklen_t len = sizeof(a);
	int fd = listen_at((struct sockaddr *)&a, len, SOCK_STREAM);

	if (fd >= 0 && getsockname(fd, (struct sockaddr *)&a, &len) == 0)
		*ret_port = ntohs(a.sin6_port);
	return fd < 0 ? -1 : fd;
}

/* Anybody may connect: that the sandbox has another uid is not to help it. */
static int listen_unix(const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	size_t n = strlen(path);
	int fd;

	memcpy(a.sun_path, path, n + 1);
	if (path[0] == '@')
		a.sun_path[0] = '\0';
	fd = listen_at((struct sockaddr *)&a,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + n),
		SOCK_STREAM);
	if (fd >= 0 && path[0] != '@' && chmod(path, 0777) < 0) {
		(void)close(fd);
		return -errno;
	}
	return fd;
}

static int world_sockets(struct probe_world *w, struct err *e)
{
	w->fds[EFFECT_TCP] = listen_loopback(SOCK_STREAM, &w->ports[0]);
	w->fds[EFFECT_TCP6] = listen_loopback6(&w->ports[1]);
	w->fds[EFFECT_UDP] = listen_loopback(SOCK_DGRAM, &w->ports[2]);
	w->fds[EFFECT_ABSTRACT] = listen_unix(w->abstract);
	w->fds[EFFECT_PATH] = listen_unix(w->socket);
	for (int i = EFFECT_TCP; i <= EFFECT_PATH; i++)
		if (w->fds[i] < 0 && i != EFFECT_TCP6)
			return err_set(e, w->fds[i], "a socket to reach for");
	return 0;
}

static int world_folder(struct probe_world *w, struct err *e)
{
	_close_ int fd = -1;
	char folder[] = "/tmp/stockade-probe-XXXXXX";
	int r;

	if (!mkdtemp(folder))
		return err_set(e, -errno, "/tmp");
	memcpy(w->folder, folder, sizeof(folder));
	(void)snprintf(w->file, sizeof(w->file), "%s/file", folder);
	(void)snprintf(w->socket, sizeof(w->socket), "%s/socket", folder);
	(void)snprintf(w->abstract, sizeof(w->abstract), "@stockade-probe-%s",
		w->nonce);
	fd = open(w->file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	r = fd < 0 ? -errno : fd_write_all(fd, w->nonce, strlen(w->nonce));
	/* Its bits are not what is to keep anybody out. */
	if (r == 0 && (fchmod(fd, 0644) < 0 || chmod(folder, 0777) < 0))
		r = -errno;
	return r < 0 ? err_set(e, r, "%s", w->file) : 0;
}

_Noreturn static void helper_exec(const char *exe, int out)
{
	char name[] = "stockade", word[] = PROBE_WORD, wait[] = "wait";
	char *argv[] = {name, word, wait, NULL};

	if (dup2(out, STDOUT_FILENO) >= 0)
		(void)execve(exe, argv, environ);
	_exit(1);
}

static int helper_start(struct probe_world *w, const char *exe, int out)
{
	pid_t pid = fork();

	/* Small numbers are let go by. */
	for (int i = 0; pid > 0 && pid < PID_LEAST && i < PID_LEAST; i++) {
		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, NULL, 0);
		pid = fork();
	}
	if (pid == 0)
		helper_exec(exe, out);
	w->helper = pid;
	return pid < 0 ? -errno : 0;
}

/* A process that says when it gets a signal, with the variable in its own. */
static int world_helper(struct probe_world *w, const char *exe, struct err *e)
{
	_close_ int out = -1;
	struct pollfd p = {.events = POLLIN};
	int pipes[2], r;
	char byte;

	if (pipe2(pipes, O_CLOEXEC | O_NONBLOCK) < 0)
		return err_set(e, -errno, "a process to reach for");
	w->fds[EFFECT_SIGNAL] = p.fd = pipes[0];
	out = pipes[1];
	r = helper_start(w, exe, out);
	if (r == 0 && (poll(&p, 1, START_MS) != 1 || read(p.fd, &byte, 1) != 1))
		r = -ETIMEDOUT;
	return r < 0 ? err_set(e, r, "a process to reach for") : 0;
}

int probe_world_init(struct probe_world *w, const char *exe, struct err *e)
{
	unsigned char random[16];
	int r;

	randombytes_buf(random, sizeof(random));
	(void)sodium_bin2hex(
		w->nonce, sizeof(w->nonce), random, sizeof(random));
	if (setenv(PROBE_VARIABLE, w->nonce, 1) < 0)
		return err_set(e, -errno, "environment");
	r = world_folder(w, e);
	if (r == 0)
		r = world_sockets(w, e);
	if (r == 0)
		r = world_helper(w, exe, e);
	if (r < 0)
		return r;
	/* On purpose without O_CLOEXEC, and high. */
	w->leak = fcntl(w->fds[EFFECT_PATH], F_DUPFD, 40);
	return w->leak < 0 ? err_set(e, -errno, "a descriptor") : 0;
}

void probe_world_deinit(struct probe_world *w)
{
	if (w->helper > 0) {
		(void)kill(w->helper, SIGKILL);
		(void)waitpid(w->helper, NULL, 0);
	}
	for (int i = 0; i < _EFFECT_N; i++)
		fd_close(&w->fds[i]);
	fd_close(&w->leak);
	if (!w->folder[0])
		return;
	(void)unlink(w->file);
	(void)unlink(w->socket);
	(void)rmdir(w->folder);
}

/* One that has come: bytes, or a connection's; 0 if there is none. */
static size_t world_take(
	const struct probe_world *w, enum row_effect effect, char got[64])
{
	_close_ int fd = -1;
	ssize_t n;

	if (effect == EFFECT_SIGNAL || effect == EFFECT_UDP) {
		n = read(w->fds[effect], got, 64);
		return n > 0 ? (size_t)n : 0;
	}
	fd = accept4(w->fds[effect], NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return 0;
	n = read(fd, got, 64);
	return n > 0 ? (size_t)n : 1;
}

/* Others may try the ports that they find: ours says who it is. */
static bool world_is_ours(const struct probe_world *w, enum row_effect effect,
	const char *got, size_t n)
{
	if (effect != EFFECT_TCP && effect != EFFECT_TCP6 &&
		effect != EFFECT_UDP)
		return true;
	return n == strlen(w->nonce) && memcmp(got, w->nonce, n) == 0;
}

/* Whether something has come since the last look. */
static bool world_came(const struct probe_world *w, enum row_effect effect)
{
	char got[64];
	bool came = false;
	size_t n;

	while ((n = world_take(w, effect, got)) > 0)
		came = came || world_is_ours(w, effect, got, n);
	return came;
}

/* It is ours by its name, which nobody could know. */
static bool world_written(const struct probe_row *row)
{
	return row->path && unlink(row->path) == 0;
}

void probe_world_look(struct probe_world *w, struct probe_rows *r)
{
	bool came[_EFFECT_N] = {false};

	for (int i = EFFECT_TCP; i <= EFFECT_SIGNAL; i++)
		came[i] = w->fds[i] >= 0 && world_came(w, (enum row_effect)i);
	for (size_t i = 0; i < r->n; i++) {
		struct probe_row *row = &r->v[i];

		row->seen = row->effect == EFFECT_FILE ? world_written(row)
						       : came[row->effect];
	}
}
