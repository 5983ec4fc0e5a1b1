/* SPDX-License-Identifier: Apache-2.0 */
#include "desk_world.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"

void require(bool ok)
{
	if (!ok)
		abort();
}

static int remove_one(
	const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int memfd(bool sealed)
{
	int fd = memfd_create("shown", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	require(fd >= 0 && fd_write_all(fd, "{}", 2) == 0);
	if (sealed)
		require(fcntl(fd, F_ADD_SEALS,
				F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK) ==
			0);
	return fd;
}

static void keeper_make(struct world *w)
{
	static const struct approval_session about = {
		.session = SESSION, .server = "test", .client = "/bin/client"};
	static struct record start;
	int relay[2], supervisor[2], pipes[3][2];
	struct err e = {0};
	struct keeper_config c;

	require(ipc_pair(relay) == 0 && ipc_pair(supervisor) == 0);
	for (int i = 0; i < 3; i++) {
		require(pipe2(pipes[i], O_CLOEXEC) == 0);
		w->rest[i] = pipes[i][1];
	}
	record_init(&start, RECORD_SESSION_START);
	c = (struct keeper_config){
		.relay_records = pipes[0][0],
		.supervisor_records = pipes[1][0],
		.liveness_fd = pipes[2][0],
		.relay_fd = relay[0],
		.supervisor_fd = supervisor[0],
		.session = SESSION,
		.server_name = "test",
		.cgroup_fd = -1,
		.about = &about,
		.start = &start,
	};
	require(keeper_new(&c, &w->k, &e) == 0);
	w->relay = relay[1];
	w->supervisor = supervisor[1];
}

void world_make(struct world *w)
{
	(void)snprintf(w->home, sizeof(w->home), "/tmp/stockade-fuzz-XXXXXX");
	require(mkdtemp(w->home) != NULL);
	require(setenv("HOME", w->home, 1) == 0);
	(void)unsetenv("XDG_STATE_HOME");
	keeper_make(w);
	w->sealed = memfd(true);
	w->open = memfd(false);
}

void world_end(struct world *w)
{
	keeper_free(w->k);
	for (int i = 0; i < 3; i++)
		fd_close(&w->rest[i]);
	fd_close(&w->relay);
	fd_close(&w->supervisor);
	fd_close(&w->sealed);
	fd_close(&w->open);
	(void)nftw(w->home, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

/* Which of ours is at the other end: each is bound to a name with a number. */
static unsigned client_of(const struct approver *a)
{
	struct sockaddr_un name;
	socklen_t len = sizeof(name);
	unsigned long n;

	memset(&name, 0, sizeof(name));
	require(getpeername(a->fd, (struct sockaddr *)&name, &len) == 0);
	n = strtoul(name.sun_path + 1, NULL, 10);
	require(n < CLIENTS);
	return (unsigned)n;
}

struct approver *looked_at(struct world *w, uint64_t cookie)
{
	struct desk *d = w->k->desk;

	for (size_t i = 0; i < DESK_APPROVERS; i++)
		if (d->approvers[i].state != APPROVER_FREE && cookie &&
			d->approvers[i].cookie == cookie)
			return &d->approvers[i];
	return NULL;
}

static void supervisor_reads(struct world *w)
{
	struct ipc_msg m;

	while (ipc_recv(w->supervisor, ROLE_KEEPER, false, &m) == 0) {
		struct approver *a = looked_at(w, m.a);

		require(m.type == IPC_LOOK && m.b == (uint64_t)getpid());
		if (w->n_looks == LOOKS || !a)
			continue;
		w->looks[w->n_looks++] = (struct look){
			.cookie = m.a,
			.client = client_of(a),
			.answers = a->state == APPROVER_ANSWERS,
		};
	}
}

void relay_reads(struct world *w)
{
	struct ipc_parcel *p = &w->parcel;

	while (ipc_recv_parcel(w->relay, ROLE_KEEPER, p) == 0) {
		struct expected *x;
		const struct brief *a;

		require(p->fd < 0);
		require(p->m.type == IPC_ANSWERED ||
			p->m.type == IPC_APPROVERS || p->m.type == IPC_CREDIT);
		require(p->m.type != IPC_APPROVERS || p->m.a <= DESK_APPROVERS);
		if (p->m.type != IPC_ANSWERED)
			continue;
		require(p->m.a > 0 && p->m.a < IDS);
		x = &w->expected[p->m.a];
		a = &x->answer;
		require(x->asked && x->answered);
		require((p->m.b & ~(uint64_t)APPROVAL_ANY) == a->answer);
		require(!(p->m.b & APPROVAL_ANY) ==
			!(a->any || a->answer == APPROVAL_ALWAYS));
		require(p->m.text == a->text_len &&
			memcmp(p->text, a->text, a->text_len) == 0);
		x->asked = x->answered = false;
	}
}

static void client_hears(struct client *c, const struct approval_word *word)
{
	if (word->type == WORD_DONE) {
		require(word->status != ANSWER_TAKEN || c->taken);
		c->taken = c->taken && word->status != ANSWER_TAKEN;
		return;
	}
	require(c->fine);
	if (word->type == WORD_QUESTION || word->type == WORD_GONE)
		require(word->id > 0 && word->id < IDS);
}

static void clients_read(struct world *w)
{
	struct approval_word word;

	for (unsigned i = 0; i < w->n_clients; i++) {
		struct client *c = &w->clients[i];
		int r = c->fd < 0 || c->deaf ? 1 : 0;

		while (r == 0) {
			int fd = -1;

			r = approval_recv(c->fd, true, &word, &fd);
			require(r == 0 || r == 1 || r == -EAGAIN);
			require(fd < 0 || word.type == WORD_QUESTION);
			fd_close(&fd);
			if (r == 0)
				client_hears(c, &word);
		}
	}
}

/* What is to be answered, unless the relay has it already, stands there; what
 * was let into the queue and out of it again does not. */
static void compare(struct world *w)
{
	for (uint64_t id = 1; id < IDS; id++) {
		struct desk_question *q = desk_find(w->k->desk, id);
		struct expected *x = &w->expected[id];

		require((q != NULL) == x->asked);
		require(!x->answered || (q && q->answer && w->stuffed));
		require(!q || !q->answer || x->answered);
	}
}

void turn(struct world *w)
{
	keeper_flush(w->k);
	keeper_hear(w->k);
	desk_step(w->k);
	supervisor_reads(w);
	if (!w->stuffed)
		relay_reads(w);
	clients_read(w);
	compare(w);
}

static void drain(int fd)
{
	char byte;

	while (recv(fd, &byte, 1, MSG_DONTWAIT) >= 0)
		;
}

void settle(struct world *w)
{
	struct keeper *k = w->k;

	for (unsigned i = 0; i < w->n_clients; i++)
		fd_close(&w->clients[i].fd);
	drain(w->relay);
	drain(k->c.relay_fd);
	k->relay_heard = k->supervisor_heard = true;
	k->credit = 0;
	desk_step(k);
	for (size_t i = 0; i < DESK_APPROVERS; i++)
		approver_drop(&k->desk->approvers[i]);
	for (size_t i = 0; i < DESK_QUESTIONS; i++)
		desk_question_free(&k->desk->questions[i]);
	memset(k->desk->recent, 0, sizeof(k->desk->recent));
	k->desk->undelivered = false;
	k->desk->intruders = 0;
	k->desk->attached = 0;
	/* Far below what tell_seen() takes for an unknown one. */
	k->desk->cookie = 0;
	drain(w->relay);
	drain(w->supervisor);
	drain(k->c.supervisor_fd);
	require(audit_file_reserve(&k->file, (uint64_t)512 << 10) == 0);
	memset(w->clients, 0, sizeof(w->clients));
	memset(w->expected, 0, sizeof(w->expected));
	w->n_clients = 0;
	w->n_looks = 0;
	w->stuffed = false;
}
