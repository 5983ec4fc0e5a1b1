/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A descriptor that is read or written without ever blocking, whatever it is.
 *
 * The client's 0 and 1 are shared with the client: O_NONBLOCK set on them would
 * be set for it too. So pipes, terminals and devices are opened once more
 * through /proc/self/fd, which gives an open file description of our own;
 * sockets are asked for each transfer; files never block. Where the second
 * opening is refused (another user's terminal), the shared description is
 * polled before each transfer and takes little at a time.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/cleanup.h"

enum port_kind {
	PORT_NONE = 0,
	PORT_OWN,    /* our own description, O_NONBLOCK */
	PORT_SOCKET, /* MSG_DONTWAIT */
	PORT_FILE,   /* always ready */
	PORT_SHARED, /* blocking, shared with others */
};

struct port {
	int fd; /* -1 when closed */
	enum port_kind kind;
	size_t chunk; /* most bytes of one write; 0 no bound */
};

/*
 * Takes over @fd, a descriptor shared with the client. @flags is O_RDONLY or
 * O_WRONLY. Before the process shuts itself in: it opens.
 */
int port_take_shared(struct port *p, int fd, int flags) _must_use_;

/* Takes over a pipe of our own: O_NONBLOCK, and as large as it may be. */
int port_take_pipe(struct port *p, int fd) _must_use_;

void port_close(struct port *p);

/* Bytes read, 0 at the end, -EAGAIN, or another -errno: nothing more comes. */
ssize_t port_read(const struct port *p, void *bytes, size_t n) _must_use_;

/* Bytes written (> 0), -EAGAIN, or another -errno: nobody reads. */
ssize_t port_write(
	const struct port *p, const void *bytes, size_t n) _must_use_;
