/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/port.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>

/* A pipe that polls writable has a page free; a terminal that does, this. */
#define PIPE_CHUNK 4096
#define DEVICE_CHUNK 128
#define PIPE_SIZE (1 << 20)

static int reopen(int fd, int flags)
{
	char path[64];
	int r;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	r = open(path, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return r < 0 ? -errno : r;
}

int port_take_shared(struct port *p, int fd, int flags)
{
	struct stat st;
	int own;

	if (fstat(fd, &st) < 0)
		return -errno;
	*p = (struct port){.fd = fd, .kind = PORT_SHARED};
	if (S_ISSOCK(st.st_mode)) {
		p->kind = PORT_SOCKET;
		return 0;
	}
	/* Reopening would start at offset 0 and lose O_APPEND. */
	if (S_ISREG(st.st_mode) || S_ISBLK(st.st_mode)) {
		p->kind = PORT_FILE;
		return 0;
	}
	own = reopen(fd, flags);
	if (own >= 0) {
		(void)close(fd);
		p->fd = own;
		p->kind = PORT_OWN;
		return 0;
	}
	p->chunk = S_ISFIFO(st.st_mode) ? PIPE_CHUNK : DEVICE_CHUNK;
	return 0;
}

int port_take_pipe(struct port *p, int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return -errno;
	/* Refused once the user has many pipes: slower, nothing else. */
	(void)fcntl(fd, F_SETPIPE_SZ, PIPE_SIZE);
	*p = (struct port){.fd = fd, .kind = PORT_OWN};
	return 0;
}

void port_close(struct port *p)
{
	cleanup_close(&p->fd);
	p->fd = -1;
}

static bool ready(int fd, short events)
{
	struct pollfd q = {.fd = fd, .events = events};

	return poll(&q, 1, 0) == 1;
}

ssize_t port_read(const struct port *p, void *bytes, size_t n)
{
	ssize_t r;

	if (p->fd < 0)
		return 0;
	if (p->kind == PORT_SHARED && !ready(p->fd, POLLIN))
		return -EAGAIN;
	do
		r = p->kind == PORT_SOCKET ? recv(p->fd, bytes, n, MSG_DONTWAIT)
					   : read(p->fd, bytes, n);
	while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : r;
}

ssize_t port_write(const struct port *p, const void *bytes, size_t n)
{
	ssize_t r;

	if (p->fd < 0)
		return -EPIPE;
	if (p->chunk && n > p->chunk)
		n = p->chunk;
	if (p->kind == PORT_SHARED && !ready(p->fd, POLLOUT))
		return -EAGAIN;
	do
		r = p->kind == PORT_SOCKET
			    ? send(p->fd, bytes, n, MSG_DONTWAIT | MSG_NOSIGNAL)
			    : write(p->fd, bytes, n);
	while (r < 0 && errno == EINTR);
	if (r == 0)
		return -EAGAIN;
	return r < 0 ? -errno : r;
}
