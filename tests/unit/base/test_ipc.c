/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

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

/* As formats and processes have it, written down once more and by hand. */
static const struct {
	enum ipc_role from;
	enum ipc_type types[16];
} says[] = {
	{ROLE_SUPERVISOR, {IPC_GO, IPC_STOP, IPC_SERVER_EXIT, IPC_TRIP}},
	{ROLE_RELAY, {IPC_READY, IPC_FAILED, IPC_CLIENT_EOF, IPC_CLIENT_GONE,
			     IPC_SERVER_EOF, IPC_TOTALS, IPC_LET_GO,
			     IPC_WITHDRAW, IPC_FORM, IPC_SPILL, IPC_SPILL_DONE,
			     IPC_PINS, IPC_TRIPPED, IPC_TOKEN_FITS}},
	{ROLE_KEEPER, {IPC_READY, IPC_FAILED, IPC_CREDIT, IPC_KEEPER_DONE,
			      IPC_ANSWERED, IPC_APPROVERS, IPC_LOOK,
			      IPC_SPILLED, IPC_TOKEN_DONE}},
	{ROLE_INIT, {IPC_READY, IPC_FAILED, IPC_SERVER_EXIT, IPC_LIMIT}},
	{ROLE_SERVER, {IPC_READY, IPC_FAILED}},
};

static bool may_say(enum ipc_role from, enum ipc_type type)
{
	for (size_t i = 0; i < ELEMENTS(says); i++)
		for (size_t t = 0; says[i].from == from && t < 16; t++)
			if (type != IPC_NONE && says[i].types[t] == type)
				return true;
	return false;
}

static void each_role_says_its_own_types_only(void **state)
{
	(void)state;
	for (enum ipc_role from = ROLE_NONE; from < _ROLE_N; from++)
		for (uint32_t type = 0; type < _IPC_N + 2; type++) {
			struct ipc_msg m = {.type = type, .a = 7}, got;
			int want = may_say(from, (enum ipc_type)type) ? 0
								      : -EPROTO;

			assert_int_equal(ipc_send(pair[0], from, &m), want);
			/* A peer that sends it all the same. */
			if (want)
				assert_int_equal(
					send(pair[0], &m, sizeof(m), 0),
					sizeof(m));
			assert_int_equal(
				ipc_recv(pair[1], from, false, &got), want);
			if (want == 0)
				assert_memory_equal(&got, &m, sizeof(m));
		}
}

static void a_message_of_another_length_is_refused(void **state)
{
	struct ipc_msg m[2] = {{.type = IPC_GO}}, got;

	(void)state;
	for (size_t len = 1; len <= sizeof(m); len++) {
		if (len == sizeof(m[0]))
			continue;
		assert_int_equal(send(pair[0], m, len, 0), len);
		assert_int_equal(
			ipc_recv(pair[1], ROLE_SUPERVISOR, false, &got),
			-EPROTO);
	}
}

static void totals_stand_in_their_own_message_only(void **state)
{
	struct ipc_msg m = {.type = IPC_TOTALS, .totals = {.calls = 3}}, got;

	(void)state;
	assert_int_equal(ipc_send(pair[0], ROLE_RELAY, &m), 0);
	assert_int_equal(ipc_recv(pair[1], ROLE_RELAY, true, &got), 0);
	assert_int_equal(got.totals.calls, 3);
	m.type = IPC_CLIENT_EOF;
	assert_int_equal(ipc_send(pair[0], ROLE_RELAY, &m), -EPROTO);
	assert_int_equal(send(pair[0], &m, sizeof(m), 0), sizeof(m));
	assert_int_equal(ipc_recv(pair[1], ROLE_RELAY, true, &got), -EPROTO);
}

static void text_that_is_not_there_is_refused(void **state)
{
	struct ipc_msg m = {.type = IPC_GO, .text = 1}, got;

	(void)state;
	assert_int_equal(send(pair[0], &m, sizeof(m), 0), sizeof(m));
	assert_int_equal(
		ipc_recv(pair[1], ROLE_SUPERVISOR, true, &got), -EPROTO);
}

static void nothing_there_and_nobody_there_differ(void **state)
{
	struct ipc_msg m = {.type = IPC_GO}, got;

	(void)state;
	assert_int_equal(
		ipc_recv(pair[1], ROLE_SUPERVISOR, false, &got), -EAGAIN);
	assert_int_equal(ipc_send(pair[0], ROLE_SUPERVISOR, &m), 0);
	(void)close(pair[0]);
	pair[0] = -1;
	/* What was sent before is still heard. */
	assert_int_equal(ipc_recv(pair[1], ROLE_SUPERVISOR, true, &got), 0);
	assert_int_equal(ipc_recv(pair[1], ROLE_SUPERVISOR, true, &got), 1);
	assert_int_equal(ipc_send(pair[1], ROLE_RELAY,
				 &(struct ipc_msg){.type = IPC_READY}),
		-EPIPE);
}

/* Its last words are there, though it went without reading ours. */
static void who_goes_without_reading_has_said_what_it_said(void **state)
{
	const struct ipc_msg stop = {.type = IPC_STOP},
			     done = {.type = IPC_KEEPER_DONE, .a = 3};
	struct ipc_msg got;

	(void)state;
	for (int wait = 0; wait < 2; wait++) {
		assert_int_equal(ipc_send(pair[0], ROLE_SUPERVISOR, &stop), 0);
		assert_int_equal(ipc_send(pair[1], ROLE_KEEPER, &done), 0);
		(void)close(pair[1]);
		assert_int_equal(ipc_recv(pair[0], ROLE_KEEPER, wait, &got), 0);
		assert_int_equal(got.a, 3);
		assert_int_equal(ipc_recv(pair[0], ROLE_KEEPER, wait, &got), 1);
		(void)close(pair[0]);
		assert_int_equal(ipc_pair(pair), 0);
	}
}

static void descriptors_do_not_come_with_it(void **state)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr head;
	} control = {.bytes = {0}};
	struct ipc_msg m = {.type = IPC_GO}, got;
	struct iovec iov = {&m, sizeof(m)};
	struct msghdr message = {.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes)};
	int before, after;

	(void)state;
	control.head.cmsg_level = SOL_SOCKET;
	control.head.cmsg_type = SCM_RIGHTS;
	control.head.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&control.head), &pair[0], sizeof(int));
	before = dup(pair[0]);
	(void)close(before);
	assert_int_equal(sendmsg(pair[0], &message, 0), sizeof(m));
	assert_int_equal(ipc_recv(pair[1], ROLE_SUPERVISOR, true, &got), 0);
	after = dup(pair[0]);
	(void)close(after);
	assert_int_equal(before, after);
}

static void sockets_are_closed_on_exec(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++)
		assert_int_equal(fcntl(pair[i], F_GETFD), FD_CLOEXEC);
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		EACH(each_role_says_its_own_types_only),
		EACH(a_message_of_another_length_is_refused),
		EACH(totals_stand_in_their_own_message_only),
		EACH(text_that_is_not_there_is_refused),
		EACH(nothing_there_and_nobody_there_differ),
		EACH(who_goes_without_reading_has_said_what_it_said),
		EACH(descriptors_do_not_come_with_it),
		EACH(sockets_are_closed_on_exec),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
