/* SPDX-License-Identifier: Apache-2.0 */
#include "base/pass.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Room for more than one is taken: what is too much is then seen, and closed,
 * rather than lost. */
#define SEEN_MAX 4

union control {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(SEEN_MAX * sizeof(int))];
};

int pass_send(int fd, const struct iovec *parts, size_t n, int pass_fd)
{
	union control c = {.bytes = {0}};
	struct msghdr h = {
		.msg_iov = (struct iovec *)(uintptr_t)parts,
		.msg_iovlen = n,
	};
	ssize_t sent;

	if (pass_fd >= 0) {
		h.msg_control = c.bytes;
		h.msg_controllen = CMSG_SPACE(sizeof(int));
		c.align.cmsg_level = SOL_SOCKET;
		c.align.cmsg_type = SCM_RIGHTS;
		c.align.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&c.align), &pass_fd, sizeof(int));
	}
	do
		sent = sendmsg(fd, &h, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : 0;
}

/* Returns how many there were; the first goes to *ret_fd, the others are
 * closed. */
static size_t take_descriptors(struct msghdr *h, int *ret_fd)
{
	size_t seen = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(h); c; c = CMSG_NXTHDR(h, c)) {
		size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < n; i++, seen++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof(fd), sizeof(fd));
			if (seen == 0)
				*ret_fd = fd;
			else
				(void)close(fd);
		}
	}
	return seen;
}

bool pass_again(int error, bool *reset)
{
	bool first = error == ECONNRESET && !*reset;

	*reset = *reset || first;
	return first;
}

ssize_t pass_recv(int fd, struct iovec *parts, size_t n, int *ret_fd)
{
	union control c;
	struct msghdr h = {
		.msg_iov = parts,
		.msg_iovlen = n,
		.msg_control = c.bytes,
		.msg_controllen = sizeof(c.bytes),
	};
	_close_ int came = -1;
	bool reset = false;
	size_t seen;
	ssize_t got;

	do
		got = recvmsg(fd, &h, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (got < 0 && (errno == EINTR || pass_again(errno, &reset)));
	if (got < 0)
		return errno == ECONNRESET ? 0 : -errno;
	seen = take_descriptors(&h, &came);
	if (seen > 1 || h.msg_flags & (MSG_TRUNC | MSG_CTRUNC))
		return -EPROTO;
	/* An empty datagram with a descriptor is no end of the connection. */
	if (got == 0 && seen)
		return -EPROTO;
	*ret_fd = take_fd(&came);
	return got;
}
