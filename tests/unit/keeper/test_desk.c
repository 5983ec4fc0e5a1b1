/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who comes to the desk, what is asked there, and how much of either.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
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

/* Events of its folder until now: whether @name has been made there, and
 * whether it was moved there. */
static void events_of(
	int watch, const char *name, bool *ret_made, bool *ret_moved)
{
	_Alignas(struct inotify_event) char bytes[4096];
	ssize_t n = read(watch, bytes, sizeof(bytes));

	*ret_made = *ret_moved = false;
	for (ssize_t at = 0; at < n;) {
		const struct inotify_event *e = (const void *)(bytes + at);

		if (e->len && strcmp(e->name, name) == 0) {
			*ret_made |= e->mask & IN_CREATE;
			*ret_moved |= e->mask & IN_MOVED_TO;
		}
		at += (ssize_t)(sizeof(*e) + e->len);
	}
}

/* Who finds a socket by its name can connect: it listened before. */
static void a_socket_has_its_name_once_it_listens(void **state)
{
	static const struct approval_session about = {
		.session = "abcdef00000000000000000000000002"};
	char folder[64];
	int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	struct desk *d = NULL;
	struct err e = {0};
	bool made, moved;

	(void)state;
	(void)snprintf(
		folder, sizeof(folder), "/proc/self/fd/%d", f.k->desk->folder);
	assert_true(
		inotify_add_watch(watch, folder, IN_CREATE | IN_MOVED_TO) >= 0);
	assert_int_equal(desk_new(&about, &d, &e), 0);
	events_of(watch, "abcdef0000000000", &made, &moved);
	assert_true(moved);
	assert_false(made);
	desk_free(d);
	fd_close(&watch);
}

static void bind_there(const char *name)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	(void)snprintf(a.sun_path, sizeof(a.sun_path), "/proc/self/fd/%d/%s",
		f.k->desk->folder, name);
	assert_int_equal(bind(fd, (const struct sockaddr *)&a, sizeof(a)), 0);
	fd_close(&fd);
}

static bool is_there(const char *name)
{
	return faccessat(f.k->desk->folder, name, F_OK, 0) == 0;
}

static void what_killed_keepers_left_is_swept(void **state)
{
	static const char dead[] = "0123456789abcdef";
	static const char young[] = "0123456789abcde0.new";
	static const char old[] = "0123456789abcde1.new";
	static const struct timespec hour[2] = {
		{.tv_sec = 3600}, {.tv_sec = 3600}};

	(void)state;
	bind_there(dead);
	bind_there(young);
	bind_there(old);
	assert_int_equal(utimensat(f.k->desk->folder, old, hour, 0), 0);
	desk_sweep();
	assert_false(is_there(dead));
	assert_false(is_there(old));
	/* That one may be about to listen. */
	assert_true(is_there(young));
	/* Ours does. */
	assert_true(is_there(f.k->desk->socket));
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
		T(a_socket_has_its_name_once_it_listens),
		T(what_killed_keepers_left_is_swept),
		T(no_more_approvers_than_there_is_room_for),
		T(a_crowd_does_not_keep_the_desk_busy),
		T(a_relay_that_asks_too_much_is_not_listened_to),
		T(what_is_shown_has_to_be_sealed),
		T(a_relay_that_never_stops_talking_leaves_time_for_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
