/* SPDX-License-Identifier: Apache-2.0 */
#include "base/ipc.h"

#include <assert.h>
#include <string.h>
#include <sys/socket.h>

#include "base/approval.h"
#include "base/pass.h"
#include "base/token.h"

#define BIT(role) (1U << (role))

/* Who may say what, with what. A type without a row is said by nobody. */
static const struct {
	uint32_t from;
	uint32_t text_least, text_most;
	bool fd; /* may come with a descriptor */
} permit[_IPC_N] = {
	[IPC_READY] = {.from = BIT(ROLE_RELAY) | BIT(ROLE_KEEPER) |
			       BIT(ROLE_INIT) | BIT(ROLE_SERVER)},
	[IPC_FAILED] = {.from = BIT(ROLE_RELAY) | BIT(ROLE_KEEPER) |
				BIT(ROLE_INIT) | BIT(ROLE_SERVER)},
	[IPC_GO] = {.from = BIT(ROLE_SUPERVISOR)},
	[IPC_CLIENT_EOF] = {.from = BIT(ROLE_RELAY)},
	[IPC_CLIENT_GONE] = {.from = BIT(ROLE_RELAY)},
	[IPC_SERVER_EOF] = {.from = BIT(ROLE_RELAY)},
	[IPC_STOP] = {.from = BIT(ROLE_SUPERVISOR)},
	[IPC_SERVER_EXIT] = {.from = BIT(ROLE_INIT) | BIT(ROLE_SUPERVISOR)},
	[IPC_LIMIT] = {.from = BIT(ROLE_INIT)},
	[IPC_TOTALS] = {.from = BIT(ROLE_RELAY)},
	[IPC_CREDIT] = {.from = BIT(ROLE_KEEPER)},
	[IPC_KEEPER_DONE] = {.from = BIT(ROLE_KEEPER)},
	[IPC_QUESTION] = {.from = BIT(ROLE_RELAY),
		.text_least = sizeof(struct approval_question),
		.text_most = sizeof(struct approval_question),
		.fd = true},
	[IPC_LET_GO] = {.from = BIT(ROLE_RELAY)},
	[IPC_WITHDRAW] = {.from = BIT(ROLE_RELAY)},
	[IPC_FORM] = {.from = BIT(ROLE_RELAY)},
	[IPC_ANSWERED] = {.from = BIT(ROLE_KEEPER),
		.text_most = APPROVAL_REASON_MAX},
	[IPC_APPROVERS] = {.from = BIT(ROLE_KEEPER)},
	[IPC_LOOK] = {.from = BIT(ROLE_KEEPER)},
	[IPC_SEEN] = {.from = BIT(ROLE_SUPERVISOR),
		.text_least = sizeof(struct approval_peer),
		.text_most = sizeof(struct approval_peer)},
	[IPC_SPILL] = {.from = BIT(ROLE_RELAY)},
	[IPC_SPILL_DONE] = {.from = BIT(ROLE_RELAY)},
	[IPC_PINS] = {.from = BIT(ROLE_RELAY), .fd = true},
	[IPC_TRIPPED] = {.from = BIT(ROLE_RELAY)},
	[IPC_TRIP] = {.from = BIT(ROLE_SUPERVISOR)},
	[IPC_SPILLED] = {.from = BIT(ROLE_KEEPER),
		.text_most = 4096,
		.fd = true},
	[IPC_TOKEN] = {.from = BIT(ROLE_RELAY),
		.text_least = sizeof(struct token_query),
		.text_most = sizeof(struct token_query)},
	[IPC_TOKEN_WHEN] = {.from = BIT(ROLE_KEEPER),
		.text_least = 1,
		.text_most = TOKEN_WHEN_MAX},
	[IPC_TOKEN_FITS] = {.from = BIT(ROLE_RELAY)},
	[IPC_TOKEN_DONE] = {.from = BIT(ROLE_KEEPER),
		.text_most = TOKEN_ID_HEX},
};

static_assert(sizeof(struct approval_question) <= IPC_TEXT_MAX &&
		      sizeof(struct token_query) <= IPC_TEXT_MAX &&
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
	bool reset = false;
	ssize_t n;

	do
		n = recv(fd, &m, sizeof(m),
			MSG_TRUNC | (wait ? 0 : MSG_DONTWAIT));
	while (n < 0 && (errno == EINTR || pass_again(errno, &reset)));
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
