/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who comes to the desk, what is asked there, and how much of either.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cmocka.h>

#include "base/fd.h"
#include "deskrig.h"

static void approvers_come_and_go_while_the_relay_does_not_read(void **state)
{
	(void)state;
	fill_relay();
	for (int i = 0; i < 40; i++) {
		int fd = attach(CHANNEL_TERMINAL);

		fd_close(&fd);
		turn();
	}
	assert_true(f.k->desk->attached <= 1);
}

static void a_verdict_that_is_none_is_a_refusal(void **state)
{
	int fd, other;

	(void)state;
	ask(7);
	fd = attach(CHANNEL_PROGRAM);
	answer(fd, 7, APPROVAL_ONCE);
	found((enum approval_fault)17);
	assert_int_equal(status(fd), ANSWER_REFUSED);
	assert_int_equal(delivered(7), 0);
	fd_close(&fd);
	other = come();
	approval_word_init(&f.word, WORD_ATTACH);
	f.word.channel = CHANNEL_PROGRAM;
	say(other);
	found((enum approval_fault)4);
	assert_int_equal(status(other), ANSWER_REFUSED);
	assert_int_equal(approval_recv(other, true, &f.word, &fd), 1);
	fd_close(&other);
}

static void no_more_approvers_than_there_is_room_for(void **state)
{
	int fds[DESK_APPROVERS], more;

	(void)state;
	for (size_t i = 0; i < ELEMENTS(fds); i++)
		fds[i] = come();
	more = come();
	assert_int_equal(status(more), ANSWER_TOO_MANY);
	fd_close(&more);
	/* One that leaves makes room. */
	fd_close(&fds[3]);
	turn();
	fds[3] = attach(CHANNEL_READER);
	for (size_t i = 0; i < ELEMENTS(fds); i++)
		fd_close(&fds[i]);
}

static void a_crowd_does_not_keep_the_desk_busy(void **state)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int fds[DESK_APPROVERS + 1];
	size_t n = 0;

	(void)state;
	(void)snprintf(to.sun_path, sizeof(to.sun_path), "/proc/self/fd/%d/%s",
		f.k->desk->folder, f.k->desk->socket);
	for (; n < ELEMENTS(fds); n++) {
		fds[n] = socket(AF_UNIX,
			SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		assert_int_equal(connect(fds[n], (const struct sockaddr *)&to,
					 sizeof(to)),
			0);
	}
	turn();
	/* The last is left for the next turn. */
	assert_int_equal(status(fds[n - 1]), -1);
	turn();
	assert_int_equal(status(fds[n - 1]), ANSWER_TOO_MANY);
	while (n > 0)
		fd_close(&fds[--n]);
}

static void a_relay_that_asks_too_much_is_not_listened_to(void **state)
{
	(void)state;
	for (uint64_t id = 1; id <= DESK_QUESTIONS; id++)
		ask(id);
	assert_true(f.k->relay_heard);
	ask(DESK_QUESTIONS + 1);
	assert_false(f.k->relay_heard);
}

static void what_is_shown_has_to_be_sealed(void **state)
{
	(void)state;
	ask_with(1, shown(false));
	assert_false(f.k->relay_heard);
	assert_null(desk_find(f.k->desk, 1));
	f.k->relay_heard = true;
	ask_with(1, -1);
	assert_false(f.k->relay_heard);
	assert_null(desk_find(f.k->desk, 1));
}

static void a_relay_that_never_stops_talking_leaves_time_for_others(
	void **state)
{
	const struct ipc_msg m = {.type = IPC_LET_GO, .a = 99};
	static struct ipc_parcel p;
	int n = 0, left = 0;

	(void)state;
	p.m = m;
	p.fd = -1;
	(void)setsockopt(
		f.relay, SOL_SOCKET, SO_SNDBUF, &(int){1 << 20}, sizeof(int));
	while (n < 300 && ipc_send_parcel(f.relay, ROLE_RELAY, &p) == 0)
		n++;
	keeper_hear(f.k);
	assert_true(f.k->relay_heard);
	while (ipc_recv_parcel(f.k->c.relay_fd, ROLE_RELAY, &p) == 0)
		left++;
	assert_int_equal(left, n > 256 ? n - 256 : 0);
}

int main(void)
{
#define T(t) cmocka_unit_test_setup_teardown(t, desk_set_up, desk_tear_down)
	const struct CMUnitTest tests[] = {
		T(approvers_come_and_go_while_the_relay_does_not_read),
		T(a_verdict_that_is_none_is_a_refusal),
		T(no_more_approvers_than_there_is_room_for),
		T(a_crowd_does_not_keep_the_desk_busy),
		T(a_relay_that_asks_too_much_is_not_listened_to),
		T(what_is_shown_has_to_be_sealed),
		T(a_relay_that_never_stops_talking_leaves_time_for_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
