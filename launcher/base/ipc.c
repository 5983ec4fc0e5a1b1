/* SPDX-License-Identifier: Apache-2.0 */
#include "base/ipc.h"

#include <assert.h>
#include <string.h>
#include <sys/socket.h>

#include "base/approval.h"
#include "base/pass.h"

#define BIT(role) (1U << (role))

/* Who may say what, with what. A type without a row is said by nobody. */
static const struct {
	uint32_t from;
	uint32_t text_least, text_most;
	bool fd; /* may come with a descriptor */
} permit[_IPC_N] = {
	[IPC_READY] = {BIT(ROLE_RELAY) | BIT(ROLE_KEEPER) | BIT(ROLE_INIT) |
		       BIT(ROLE_SERVER)},
	[IPC_FAILED] = {BIT(ROLE_RELAY) | BIT(ROLE_KEEPER) | BIT(ROLE_INIT) |
			BIT(ROLE_SERVER)},
	[IPC_GO] = {BIT(ROLE_SUPERVISOR)},
	[IPC_CLIENT_EOF] = {BIT(ROLE_RELAY)},
	[IPC_CLIENT_GONE] = {BIT(ROLE_RELAY)},
	[IPC_SERVER_EOF] = {BIT(ROLE_RELAY)},
	[IPC_STOP] = {BIT(ROLE_SUPERVISOR)},
	[IPC_SERVER_EXIT] = {BIT(ROLE_INIT) | BIT(ROLE_SUPERVISOR)},
	[IPC_LIMIT] = {BIT(ROLE_INIT)},
	[IPC_TOTALS] = {BIT(ROLE_RELAY)},
	[IPC_CREDIT] = {BIT(ROLE_KEEPER)},
	[IPC_KEEPER_DONE] = {BIT(ROLE_KEEPER)},
	[IPC_QUESTION] = {BIT(ROLE_RELAY), sizeof(struct approval_question),
		sizeof(struct approval_question), true},
	[IPC_LET_GO] = {BIT(ROLE_RELAY)},
	[IPC_WITHDRAW] = {BIT(ROLE_RELAY)},
	[IPC_ANSWERED] = {BIT(ROLE_KEEPER), 0, APPROVAL_REASON_MAX, false},
	[IPC_APPROVERS] = {BIT(ROLE_KEEPER)},
	[IPC_LOOK] = {BIT(ROLE_KEEPER)},
	[IPC_SEEN] = {BIT(ROLE_SUPERVISOR), sizeof(struct approval_peer),
		sizeof(struct approval_peer), false},
	[IPC_SPILL] = {BIT(ROLE_RELAY)},
	[IPC_SPILL_DONE] = {BIT(ROLE_RELAY)},
	[IPC_SPILLED] = {BIT(ROLE_KEEPER), 0, 4096, true},
};

static_assert(sizeof(struct approval_question) <= IPC_TEXT_MAX &&
		      sizeof(struct approval_peer) <= IPC_TEXT_MAX,
	"each fits into a message");

static bool ipc_permitted(enum ipc_role from, const struct ipc_msg *m, bool fd)
{
	static const struct ipc_totals none;

	if (m->type == IPC_NONE || m->type >= _IPC_N)
		return false;
	if (!(permit[m->type].from & BIT(from)) ||
		m->text < permit[m->type].text_least ||
		m->text > permit[m->type].text_most ||
		(fd && !permit[m->type].fd))
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

	if (m->text || !ipc_permitted(from, m, false))
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
	if ((size_t)n != sizeof(m) || m.text || !ipc_permitted(from, &m, false))
		return -EPROTO;
	*ret = m;
	return 0;
}

int ipc_send_parcel(int fd, enum ipc_role from, const struct ipc_parcel *p)
{
	const struct iovec parts[] = {
		{(void *)(uintptr_t)&p->m, sizeof(p->m)},
		{(void *)(uintptr_t)p->text, p->m.text},
	};

	if (p->m.text > IPC_TEXT_MAX || !ipc_permitted(from, &p->m, p->fd >= 0))
		return -EPROTO;
	return pass_send(fd, parts, ELEMENTS(parts), p->fd);
}

int ipc_recv_parcel(int fd, enum ipc_role from, struct ipc_parcel *ret)
{
	struct iovec parts[] = {
		{&ret->m, sizeof(ret->m)},
		{ret->text, sizeof(ret->text)},
	};
	_close_ int came = -1;
	ssize_t n = pass_recv(fd, parts, ELEMENTS(parts), &came);

	ret->fd = -1;
	if (n <= 0)
		return n < 0 ? (int)n : 1;
	if ((size_t)n < sizeof(ret->m) ||
		(size_t)n - sizeof(ret->m) != ret->m.text ||
		!ipc_permitted(from, &ret->m, came >= 0))
		return -EPROTO;
	ret->fd = take_fd(&came);
	return 0;
}
