/* SPDX-License-Identifier: Apache-2.0 */
#include "deskrig.h"

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
#include "rig.h"

static char home[64];

struct desk_fixture f;

int desk_set_up(void **state)
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

int desk_tear_down(void **state)
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

void turn(void)
{
	keeper_hear(f.k);
	desk_step(f.k);
}

int shown(bool sealed)
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

void ask_with(uint64_t id, int fd)
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

void ask(uint64_t id)
{
	ask_with(id, shown(true));
}

int come(void)
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

void say(int fd)
{
	assert_int_equal(approval_send(fd, &f.word, -1), 0);
	turn();
}

/* The supervisor is asked who that is, and says so. */
void found(enum approval_fault fault)
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

int attach(enum approval_channel channel)
{
	int fd = come();

	approval_word_init(&f.word, WORD_ATTACH);
	f.word.channel = (uint32_t)channel;
	say(fd);
	found(PEER_FINE);
	return fd;
}

void answer(int fd, uint64_t id, enum approval_answer what)
{
	approval_word_init(&f.word, WORD_ANSWER);
	f.word.id = id;
	f.word.answer = (uint32_t)what;
	approval_word_text(&f.word, "so", 2);
	say(fd);
}

/* The next DONE to that approver; -1 if there is none. */
int status(int fd)
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
uint64_t delivered(uint64_t id)
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

void fill_relay(void)
{
	static struct ipc_parcel p;

	p.m = (struct ipc_msg){.type = IPC_CREDIT, .a = 1};
	p.fd = -1;
	while (ipc_send_parcel(f.k->c.relay_fd, ROLE_KEEPER, &p) == 0)
		;
}
