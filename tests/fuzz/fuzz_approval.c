/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What arrives on sockets about approvals: words of an approver or a keeper,
 * and the messages between our own processes, with any number of descriptors.
 *
 * The first byte says which, how many descriptors come with it, and whether
 * the rest is filled up to the length that it claims to have; the second who
 * is said to have sent it.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/approval.h"
#include "base/fd.h"
#include "base/ipc.h"
#include "base/pass.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PARCEL 0x80
#define FILLED 0x40
#define BYTES_MAX ((size_t)20000)
#define FDS_MAX 7

static void require(bool ok)
{
	if (!ok)
		abort();
}

/* The lowest number that is free: lower than before is impossible, higher
 * means that a descriptor was left open. */
static int lowest_free(void)
{
	int fd = fcntl(0, F_DUPFD_CLOEXEC, 0);

	require(fd >= 0 && close(fd) == 0);
	return fd;
}

static void send_raw(int to, const uint8_t *bytes, size_t size, size_t n_fds)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(FDS_MAX * sizeof(int))];
	} control = {.bytes = {0}};
	struct iovec part = {(void *)(uintptr_t)bytes, size};
	struct msghdr h = {.msg_iov = &part, .msg_iovlen = 1};
	_close_ int fd = memfd_create("sent", MFD_CLOEXEC);

	require(fd >= 0);
	if (n_fds) {
		h.msg_control = control.bytes;
		h.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
		control.align.cmsg_level = SOL_SOCKET;
		control.align.cmsg_type = SCM_RIGHTS;
		control.align.cmsg_len = CMSG_LEN(n_fds * sizeof(int));
	}
	for (size_t i = 0; i < n_fds; i++)
		memcpy(CMSG_DATA(&control.align) + i * sizeof(fd), &fd,
			sizeof(fd));
	require(sendmsg(to, &h, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)size);
}

static void check_session(const struct approval_word *w)
{
	struct approval_session s;

	require(w->text_len == sizeof(s));
	memcpy(&s, w->text, sizeof(s));
	require(strnlen(s.session, sizeof(s.session)) < sizeof(s.session));
	require(strnlen(s.server, sizeof(s.server)) < sizeof(s.server));
	require(strnlen(s.client, sizeof(s.client)) < sizeof(s.client));
	require(strnlen(s.profile, sizeof(s.profile)) < sizeof(s.profile));
	require(strnlen(s.workspace, sizeof(s.workspace)) <
		sizeof(s.workspace));
}

/* Whatever reads an accepted word may rely on this. */
static void check_word(const struct approval_word *w, bool from_keeper)
{
	require(w->version == APPROVAL_VERSION);
	require(w->type > WORD_NONE && w->type < _WORD_N);
	require(w->text_len <= APPROVAL_TEXT_MAX);
	require(from_keeper == (w->type >= WORD_SESSION));
	if (w->type == WORD_ATTACH)
		require(approval_channel_name(
				(enum approval_channel)w->channel) != NULL);
	if (w->type == WORD_ANSWER)
		require(approval_answer_name((enum approval_answer)w->answer) !=
				NULL &&
			w->text_len <= APPROVAL_REASON_MAX && w->any <= 1);
	if (w->type == WORD_ANSWER || w->type == WORD_QUESTION)
		require(strnlen(w->text, w->text_len) == w->text_len);
	if (w->type == WORD_QUESTION)
		require(approval_kind_name((enum approval_kind)w->kind) !=
				NULL &&
			w->text_len >= 1 && w->text_len <= APPROVAL_NAME_MAX);
	if (w->type == WORD_GONE)
		require(w->answer < _APPROVAL_N);
	if (w->type == WORD_DONE)
		require(w->status < _ANSWER_N);
	if (w->type == WORD_SESSION)
		check_session(w);
}

/* What was accepted once is accepted again, as the same, and by nobody else. */
static void send_again(const struct approval_word *w, bool from_keeper)
{
	struct approval_word again;
	int pair[2], fd = -1;

	require(ipc_pair(pair) == 0);
	require(approval_send(pair[0], w, -1) == 0);
	require(approval_recv(pair[1], from_keeper, &again, &fd) == 0);
	require(fd == -1);
	require(memcmp(w, &again, APPROVAL_HEAD + w->text_len) == 0);
	require(approval_send(pair[0], w, -1) == 0);
	require(approval_recv(pair[1], !from_keeper, &again, &fd) == -EPROTO);
	fd_close(&pair[0]);
	fd_close(&pair[1]);
}

static void try_word(
	const uint8_t *bytes, size_t size, bool from_keeper, size_t n_fds)
{
	/* As large as the datagram: an overrun is seen. */
	_free_ uint8_t *exact = malloc(size ? size : 1);
	struct approval_word w, received;
	bool good;
	int pair[2], fd = -1, r;

	require(exact != NULL && ipc_pair(pair) == 0);
	memcpy(exact, bytes, size);
	good = approval_word_check(exact, size, from_keeper, &w);
	if (good) {
		check_word(&w, from_keeper);
		send_again(&w, from_keeper);
	}
	send_raw(pair[0], exact, size, n_fds);
	r = approval_recv(pair[1], from_keeper, &received, &fd);
	require(r == 0 || r == -EPROTO || (r == 1 && size == 0));
	if (r == 0)
		require(good && n_fds <= (from_keeper ? 1 : 0));
	else
		require(!good || n_fds > (from_keeper ? 1 : 0));
	require((fd >= 0) == (r == 0 && n_fds == 1));
	fd_close(&fd);
	fd_close(&pair[0]);
	fd_close(&pair[1]);
}

static void try_parcel(
	const uint8_t *bytes, size_t size, enum ipc_role from, size_t n_fds)
{
	_free_ struct ipc_parcel *p = malloc(sizeof(*p));
	_free_ struct ipc_parcel *again = malloc(sizeof(*again));
	struct ipc_msg small;
	int pair[2], r;

	require(p && again && ipc_pair(pair) == 0);
	send_raw(pair[0], bytes, size, n_fds);
	r = ipc_recv_parcel(pair[1], from, p);
	require(r == 0 || r == -EPROTO || (r == 1 && size == 0));
	require((p->fd >= 0) == (r == 0 && n_fds == 1));
	if (r == 0) {
		require(p->m.text <= IPC_TEXT_MAX && p->m.type > IPC_NONE &&
			p->m.type < _IPC_N);
		require(p->fd < 0 || fcntl(p->fd, F_GETFD) & FD_CLOEXEC);
		require(ipc_send_parcel(pair[0], from, p) == 0);
		require(ipc_recv_parcel(pair[1], from, again) == 0);
		require(memcmp(&p->m, &again->m, sizeof(p->m)) == 0 &&
			memcmp(p->text, again->text, p->m.text) == 0 &&
			(p->fd >= 0) == (again->fd >= 0));
		fd_close(&again->fd);
	}
	fd_close(&p->fd);
	/* Who expects neither text nor descriptor gets none: recv(2) has the
	 * kernel close those. */
	send_raw(pair[0], bytes, size, n_fds);
	if (ipc_recv(pair[1], from, false, &small) == 0)
		require((r == 0 || n_fds > 0) && small.text == 0);
	fd_close(&pair[0]);
	fd_close(&pair[1]);
}

/* Grows to what its head says, so that long messages need no long input. */
static size_t fill(uint8_t *bytes, size_t size, bool parcel)
{
	size_t head = parcel ? sizeof(struct ipc_msg) : APPROVAL_HEAD;
	size_t at = parcel ? offsetof(struct ipc_msg, text)
			   : offsetof(struct approval_word, text_len);
	uint32_t text;

	if (size < head)
		size = head;
	memcpy(&text, bytes + at, sizeof(text));
	return text < BYTES_MAX - head ? head + text : size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_free_ uint8_t *bytes = calloc(1, BYTES_MAX);
	int before = lowest_free();
	size_t n_fds;

	if (size < 2 || size - 2 > BYTES_MAX)
		return 0;
	require(bytes != NULL);
	n_fds = data[0] % (FDS_MAX + 1);
	memcpy(bytes, data + 2, size - 2);
	size -= 2;
	if (data[0] & FILLED)
		size = fill(bytes, size, data[0] & PARCEL);
	if (data[0] & PARCEL)
		try_parcel(
			bytes, size, (enum ipc_role)(data[1] % _ROLE_N), n_fds);
	else
		try_word(bytes, size, data[1] & 1, n_fds);
	require(lowest_free() == before);
	return 0;
}
