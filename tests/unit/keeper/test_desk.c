/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Questions, answers and the log between them: the test is relay, supervisor
 * and every approver of a keeper.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/folders.h"
#include "keeper/state.h"
#include "lines.h"
#include "rig.h"

#define S1 "00000000000000000000000000000001"

static char home[64];

/* In this process, so that what it has is seen and can be taken away. */
static struct fixture {
	struct keeper *k;
	int relay, supervisor, pipes[3];
	struct ipc_parcel heard;
	struct approval_word word;
} f;

static int set_up(void **state)
{
	static const struct approval_session about = {.session = S1};
	static struct record start;
	int relay[2], supervisor[2], pipes[3][2];
	struct err e = {0};

	(void)state;
	home_make(home);
	assert_int_equal(ipc_pair(relay) | ipc_pair(supervisor), 0);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(pipe2(pipes[i], O_CLOEXEC), 0);
		f.pipes[i] = pipes[i][1];
	}
	record_init(&start, RECORD_SESSION_START);
	assert_int_equal(keeper_new(
				 &(struct keeper_config){
					 .relay_records = pipes[0][0],
					 .supervisor_records = pipes[1][0],
					 .liveness_fd = pipes[2][0],
					 .relay_fd = relay[0],
					 .supervisor_fd = supervisor[0],
					 .session = S1,
					 .server_name = "test-server",
					 .cgroup_fd = -1,
					 .about = &about,
					 .start = &start,
				 },
				 &f.k, &e),
		0);
	f.relay = relay[1];
	f.supervisor = supervisor[1];
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	keeper_free(f.k);
	for (int i = 0; i < 3; i++)
		fd_close(&f.pipes[i]);
	fd_close(&f.relay);
	fd_close(&f.supervisor);
	home_remove(home);
	return 0;
}

static void turn(void)
{
	keeper_hear(f.k);
	desk_step(f.k);
}

static int shown(bool sealed)
{
	int fd = memfd_create("shown", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, "{}", 2), 0);
	if (sealed)
		assert_int_equal(
			fcntl(fd, F_ADD_SEALS,
				F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK),
			0);
	return fd;
}

static void ask_with(uint64_t id, int fd)
{
	static struct ipc_parcel p;
	struct approval_question q = {.name_len = 3, .name = "rm"};

	q.name[2] = 'x';
	p.m = (struct ipc_msg){
		.type = IPC_QUESTION, .text = sizeof(q), .a = id, .b = 30000};
	p.fd = fd;
	memcpy(p.text, &q, sizeof(q));
	assert_int_equal(ipc_send_parcel(f.relay, ROLE_RELAY, &p), 0);
	fd_close(&fd);
	turn();
}

static void ask(uint64_t id)
{
	ask_with(id, shown(true));
}

static int come(void)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int fd = socket(
		AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	(void)snprintf(to.sun_path, sizeof(to.sun_path), "/proc/self/fd/%d/%s",
		f.k->desk->folder, f.k->desk->socket);
	assert_true(fd >= 0);
	assert_int_equal(
		connect(fd, (const struct sockaddr *)&to, sizeof(to)), 0);
	turn();
	return fd;
}

static void say(int fd)
{
	assert_int_equal(approval_send(fd, &f.word, -1), 0);
	turn();
}

/* The supervisor is asked who that is, and says so. */
static void found(enum approval_fault fault)
{
	static struct ipc_parcel p;
	struct approval_peer peer = {.fault = fault};
	struct ipc_msg m;

	assert_int_equal(ipc_recv(f.supervisor, ROLE_KEEPER, false, &m), 0);
	assert_int_equal(m.type, IPC_LOOK);
	assert_int_equal(m.b, getpid());
	p.m = (struct ipc_msg){
		.type = IPC_SEEN, .text = sizeof(peer), .a = m.a};
	p.fd = -1;
	memcpy(p.text, &peer, sizeof(peer));
	assert_int_equal(ipc_send_parcel(f.supervisor, ROLE_SUPERVISOR, &p), 0);
	turn();
}

static int attach(enum approval_channel channel)
{
	int fd = come();

	approval_word_init(&f.word, WORD_ATTACH);
	f.word.channel = (uint32_t)channel;
	say(fd);
	found(PEER_FINE);
	return fd;
}

static void answer(int fd, uint64_t id, enum approval_answer what)
{
	approval_word_init(&f.word, WORD_ANSWER);
	f.word.id = id;
	f.word.answer = (uint32_t)what;
	approval_word_text(&f.word, "so", 2);
	say(fd);
}

/* The next DONE to that approver; -1 if there is none. */
static int status(int fd)
{
	int came = -1;

	while (approval_recv(fd, true, &f.word, &came) == 0) {
		fd_close(&came);
		if (f.word.type == WORD_DONE)
			return (int)f.word.status;
	}
	return -1;
}

/* The next answer that the relay gets; 0 if there is none. */
static uint64_t delivered(uint64_t id)
{
	while (ipc_recv_parcel(f.relay, ROLE_KEEPER, &f.heard) == 0) {
		assert_int_equal(f.heard.fd, -1);
		if (f.heard.m.type != IPC_ANSWERED)
			continue;
		assert_int_equal(f.heard.m.a, id);
		return f.heard.m.b;
	}
	return 0;
}

static bool is_logged(const char *what)
{
	char name[64];
	size_t len;
	_free_ char *text = NULL;

	audit_name(S1, name);
	text = audit_text(name, &len);
	return memmem(text, len, what, strlen(what)) != NULL;
}

static void an_answer_stands_in_the_log_once_it_counts(void **state)
{
	int fd;

	(void)state;
	ask(7);
	fd = attach(CHANNEL_TERMINAL);
	answer(fd, 7, APPROVAL_ONCE);
	assert_false(is_logged("approval.answered"));
	assert_int_equal(delivered(7), 0);
	found(PEER_FINE);
	assert_true(is_logged("approval.answered"));
	assert_int_equal(delivered(7), APPROVAL_ONCE);
	assert_int_equal(f.heard.m.text, 2);
	assert_int_equal(status(fd), ANSWER_TAKEN);
	turn();
	assert_int_equal(delivered(7), 0);
	fd_close(&fd);
}

static void what_the_log_does_not_take_does_not_count(void **state)
{
	int fd;

	(void)state;
	ask(7);
	fd = attach(CHANNEL_TERMINAL);
	/* All room is the relay's. */
	f.k->credit = UINT32_MAX;
	answer(fd, 7, APPROVAL_SESSION);
	found(PEER_FINE);
	assert_int_equal(status(fd), ANSWER_UNRECORDED);
	assert_int_equal(delivered(7), 0);
	/* The question is still there, for when there is room. */
	f.k->credit = 0;
	answer(fd, 7, APPROVAL_SESSION);
	found(PEER_FINE);
	assert_int_equal(status(fd), ANSWER_TAKEN);
	assert_int_equal(delivered(7), APPROVAL_SESSION);
	fd_close(&fd);
}

static void a_file_that_cannot_be_written_counts_nothing(void **state)
{
	_close_ int good = -1;
	int fd;

	(void)state;
	ask(7);
	fd = attach(CHANNEL_TERMINAL);
	good = f.k->file.fd;
	f.k->file.fd = open("/dev/full", O_RDONLY | O_CLOEXEC);
	answer(fd, 7, APPROVAL_ONCE);
	found(PEER_FINE);
	assert_int_equal(status(fd), ANSWER_UNRECORDED);
	assert_int_equal(delivered(7), 0);
	fd_close(&f.k->file.fd);
	f.k->file.fd = take_fd(&good);
	fd_close(&fd);
}

static void fill_relay(void)
{
	static struct ipc_parcel p;

	p.m = (struct ipc_msg){.type = IPC_CREDIT, .a = 1};
	p.fd = -1;
	while (ipc_send_parcel(f.k->c.relay_fd, ROLE_KEEPER, &p) == 0)
		;
}

static void what_the_relay_does_not_read_comes_later_and_once(void **state)
{
	int fd;

	(void)state;
	ask(7);
	fd = attach(CHANNEL_TERMINAL);
	fill_relay();
	answer(fd, 7, APPROVAL_ONCE);
	found(PEER_FINE);
	assert_int_equal(status(fd), ANSWER_TAKEN);
	assert_int_equal(delivered(7), 0);
	/* Nor does anybody else answer it meanwhile. */
	answer(fd, 7, APPROVAL_SESSION);
	found(PEER_FINE);
	assert_int_equal(status(fd), ANSWER_LATE);
	turn();
	assert_int_equal(delivered(7), APPROVAL_ONCE);
	turn();
	assert_int_equal(delivered(7), 0);
	answer(fd, 7, APPROVAL_SESSION);
	found(PEER_FINE);
	assert_int_equal(status(fd), ANSWER_LATE);
	fd_close(&fd);
}

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
#define T(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(an_answer_stands_in_the_log_once_it_counts),
		T(what_the_log_does_not_take_does_not_count),
		T(a_file_that_cannot_be_written_counts_nothing),
		T(what_the_relay_does_not_read_comes_later_and_once),
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
