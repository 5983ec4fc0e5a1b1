/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/approval.h"
#include "base/ipc.h"

static int pair[2];

static int set_up(void **state)
{
	(void)state;
	return ipc_pair(pair);
}

static int tear_down(void **state)
{
	(void)state;
	(void)close(pair[0]);
	(void)close(pair[1]);
	return 0;
}

/* As ipc.h has it, written down once more and by hand. */
static const struct {
	enum ipc_type type;
	enum ipc_role from;
	uint32_t least, most;
	bool fd;
} rows[] = {
	{IPC_GO, ROLE_SUPERVISOR, 0, 0, false},
	{IPC_CREDIT, ROLE_KEEPER, 0, 0, false},
	{IPC_QUESTION, ROLE_RELAY, sizeof(struct approval_question),
		sizeof(struct approval_question), true},
	{IPC_LET_GO, ROLE_RELAY, 0, 0, false},
	{IPC_WITHDRAW, ROLE_RELAY, 0, 0, false},
	{IPC_FORM, ROLE_RELAY, 0, 0, false},
	{IPC_ANSWERED, ROLE_KEEPER, 0, APPROVAL_REASON_MAX, false},
	{IPC_APPROVERS, ROLE_KEEPER, 0, 0, false},
	{IPC_LOOK, ROLE_KEEPER, 0, 0, false},
	{IPC_SEEN, ROLE_SUPERVISOR, sizeof(struct approval_peer),
		sizeof(struct approval_peer), false},
	{IPC_SPILL, ROLE_RELAY, 0, 0, false},
	{IPC_SPILLED, ROLE_KEEPER, 0, 4096, true},
};

/* How many descriptors there are: a leak shows in the next one's number. */
static int next_fd(void)
{
	int fd = dup(pair[0]);

	(void)close(fd);
	return fd;
}

/* Sends what ipc_send_parcel() would not, as a hijacked peer can. */
static void send_raw(const struct ipc_parcel *p, size_t n_fds)
{
	union {
		char bytes[CMSG_SPACE(3 * sizeof(int))];
		struct cmsghdr head;
	} c = {.bytes = {0}};
	int fds[3] = {pair[0], pair[1], pair[0]};
	struct iovec parts[] = {
		{(void *)(uintptr_t)&p->m, sizeof(p->m)},
		{(void *)(uintptr_t)p->text, p->m.text},
	};
	struct msghdr h = {.msg_iov = parts, .msg_iovlen = 2};

	if (n_fds) {
		h.msg_control = c.bytes;
		h.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
		c.head.cmsg_level = SOL_SOCKET;
		c.head.cmsg_type = SCM_RIGHTS;
		c.head.cmsg_len = CMSG_LEN(n_fds * sizeof(int));
		memcpy(CMSG_DATA(&c.head), fds, n_fds * sizeof(int));
	}
	assert_true(sendmsg(pair[0], &h, MSG_DONTWAIT) > 0);
}

static void try_one(size_t row, uint32_t text, bool fd)
{
	static struct ipc_parcel p, got;
	int want = text >= rows[row].least && text <= rows[row].most &&
				   (!fd || rows[row].fd)
			   ? 0
			   : -EPROTO;
	int before = next_fd();

	p.m = (struct ipc_msg){.type = rows[row].type, .text = text, .a = 5};
	p.fd = fd ? pair[0] : -1;
	memset(p.text, 'x', sizeof(p.text));
	assert_int_equal(ipc_send_parcel(pair[0], rows[row].from, &p), want);
	if (want)
		send_raw(&p, fd);
	assert_int_equal(ipc_recv_parcel(pair[1], rows[row].from, &got), want);
	if (want == 0) {
		assert_memory_equal(&got.m, &p.m, sizeof(p.m));
		assert_memory_equal(got.text, p.text, text);
		assert_int_equal(got.fd >= 0, fd);
	}
	if (got.fd >= 0) {
		assert_int_equal(fcntl(got.fd, F_GETFD), FD_CLOEXEC);
		(void)close(got.fd);
	}
	assert_int_equal(next_fd(), before);
}

static void each_type_has_its_own_text_and_descriptor(void **state)
{
	(void)state;
	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		const uint32_t sizes[] = {0, 1, rows[i].least,
			rows[i].least ? rows[i].least - 1 : 0, rows[i].most,
			rows[i].most + 1, IPC_TEXT_MAX};

		for (size_t k = 0; k < ELEMENTS(sizes); k++) {
			try_one(i, sizes[k], false);
			try_one(i, sizes[k], true);
		}
	}
}

static void nobody_else_says_it(void **state)
{
	static struct ipc_parcel p, got;

	(void)state;
	for (size_t i = 0; i < ELEMENTS(rows); i++)
		for (enum ipc_role from = ROLE_NONE; from < _ROLE_N; from++) {
			if (from == rows[i].from)
				continue;
			p.m = (struct ipc_msg){
				.type = rows[i].type, .text = rows[i].least};
			p.fd = -1;
			assert_int_equal(
				ipc_send_parcel(pair[0], from, &p), -EPROTO);
			send_raw(&p, 0);
			assert_int_equal(
				ipc_recv_parcel(pair[1], from, &got), -EPROTO);
		}
}

static void a_second_descriptor_is_refused_and_closed(void **state)
{
	static struct ipc_parcel p, got;
	int before = next_fd();

	(void)state;
	p.m = (struct ipc_msg){.type = IPC_SPILLED};
	for (size_t n = 2; n <= 3; n++) {
		send_raw(&p, n);
		assert_int_equal(
			ipc_recv_parcel(pair[1], ROLE_KEEPER, &got), -EPROTO);
		assert_int_equal(got.fd, -1);
		assert_int_equal(next_fd(), before);
	}
}

static void a_length_that_lies_is_refused(void **state)
{
	static struct ipc_parcel got;
	struct ipc_msg m[2] = {{.type = IPC_ANSWERED, .text = 9}};

	(void)state;
	for (size_t len = 1; len <= sizeof(m); len++) {
		if (len == sizeof(m[0]) + 9)
			continue;
		assert_int_equal(send(pair[0], m, len, 0), len);
		assert_int_equal(
			ipc_recv_parcel(pair[1], ROLE_KEEPER, &got), -EPROTO);
	}
}

static void one_that_carries_something_is_no_plain_one(void **state)
{
	static struct ipc_parcel p;
	struct ipc_msg got;

	(void)state;
	p.m = (struct ipc_msg){.type = IPC_ANSWERED, .text = 1};
	p.fd = -1;
	assert_int_equal(ipc_send_parcel(pair[0], ROLE_KEEPER, &p), 0);
	assert_int_equal(ipc_recv(pair[1], ROLE_KEEPER, false, &got), -EPROTO);
}

static void a_peer_that_does_not_read_is_not_waited_for(void **state)
{
	static struct ipc_parcel p, got;
	int r = 0;

	(void)state;
	p.m = (struct ipc_msg){.type = IPC_ANSWERED, .text = 500};
	p.fd = -1;
	for (int i = 0; r == 0 && i < 100000; i++)
		r = ipc_send_parcel(pair[0], ROLE_KEEPER, &p);
	assert_int_equal(r, -EAGAIN);
	assert_int_equal(ipc_recv_parcel(pair[1], ROLE_KEEPER, &got), 0);
	(void)close(pair[0]);
	pair[0] = -1;
	while (r != 1) {
		r = ipc_recv_parcel(pair[1], ROLE_KEEPER, &got);
		assert_true(r == 0 || r == 1);
	}
}

/* Its last words are there, though it went without reading ours. */
static void who_goes_without_reading_has_said_what_it_said(void **state)
{
	static struct ipc_parcel p, got;

	(void)state;
	p.m = (struct ipc_msg){.type = IPC_WITHDRAW, .a = 3};
	p.fd = -1;
	assert_int_equal(ipc_send_parcel(pair[0], ROLE_RELAY, &p), 0);
	p.m = (struct ipc_msg){.type = IPC_ANSWERED, .text = 2};
	assert_int_equal(ipc_send_parcel(pair[1], ROLE_KEEPER, &p), 0);
	(void)close(pair[0]);
	pair[0] = -1;
	assert_int_equal(ipc_recv_parcel(pair[1], ROLE_RELAY, &got), 0);
	assert_int_equal(got.m.a, 3);
	assert_int_equal(ipc_recv_parcel(pair[1], ROLE_RELAY, &got), 1);
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		EACH(each_type_has_its_own_text_and_descriptor),
		EACH(nobody_else_says_it),
		EACH(a_second_descriptor_is_refused_and_closed),
		EACH(a_length_that_lies_is_refused),
		EACH(one_that_carries_something_is_no_plain_one),
		EACH(a_peer_that_does_not_read_is_not_waited_for),
		EACH(who_goes_without_reading_has_said_what_it_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
