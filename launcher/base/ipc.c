/* SPDX-License-Identifier: Apache-2.0 */
#include "base/ipc.h"

#include <string.h>
#include <sys/socket.h>

#define BIT(role) (1U << (role))

/* Who may say what. A type without a row bit is said by nobody. */
static const uint32_t permit[_IPC_N] = {
	[IPC_READY] = BIT(ROLE_RELAY) | BIT(ROLE_KEEPER) | BIT(ROLE_INIT) |
		      BIT(ROLE_SERVER),
	[IPC_FAILED] = BIT(ROLE_RELAY) | BIT(ROLE_KEEPER) | BIT(ROLE_INIT) |
		       BIT(ROLE_SERVER),
	[IPC_GO] = BIT(ROLE_SUPERVISOR),
	[IPC_CLIENT_EOF] = BIT(ROLE_RELAY),
	[IPC_CLIENT_GONE] = BIT(ROLE_RELAY),
	[IPC_SERVER_EOF] = BIT(ROLE_RELAY),
	[IPC_STOP] = BIT(ROLE_SUPERVISOR),
	[IPC_SERVER_EXIT] = BIT(ROLE_INIT) | BIT(ROLE_SUPERVISOR),
	[IPC_LIMIT] = BIT(ROLE_INIT),
	[IPC_TOTALS] = BIT(ROLE_RELAY),
	[IPC_CREDIT] = BIT(ROLE_KEEPER),
	[IPC_KEEPER_DONE] = BIT(ROLE_KEEPER),
};

static bool ipc_permitted(enum ipc_role from, const struct ipc_msg *m)
{
	static const struct ipc_totals none;

	if (m->type == IPC_NONE || m->type >= _IPC_N || m->zero)
		return false;
	if (!(permit[m->type] & BIT(from)))
		return false;
	return m->type == IPC_TOTALS ||
	       memcmp(&m->totals, &none, sizeof(none)) == 0;
}

int ipc_pair(int ret_fds[2])
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ret_fds) < 0)
		return -errno;
	return 0;
}

int ipc_send(int fd, enum ipc_role from, const struct ipc_msg *m)
{
	ssize_t n;

	if (!ipc_permitted(from, m))
		return -EPROTO;
	do
		n = send(fd, m, sizeof(*m), MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

int ipc_recv(int fd, enum ipc_role from, bool wait, struct ipc_msg *ret)
{
	struct ipc_msg m;
	ssize_t n;

	do
		n = recv(fd, &m, sizeof(m),
			MSG_TRUNC | (wait ? 0 : MSG_DONTWAIT));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == ECONNRESET ? 1 : -errno;
	if (n == 0)
		return 1;
	if ((size_t)n != sizeof(m) || !ipc_permitted(from, &m))
		return -EPROTO;
	*ret = m;
	return 0;
}
