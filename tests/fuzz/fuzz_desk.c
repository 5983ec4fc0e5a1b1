/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The desk of a real keeper, driven by whatever relay, supervisor and any
 * number of approvers say, in any order.
 *
 * Beside it stands what must come of it: an answer reaches the relay if, and
 * only if, an attached approver sent it for a question that was open, the
 * supervisor then found nothing wrong with that approver, and the log took it;
 * and once. Nobody is shown anything before a look, or after a bad one.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/pass.h"
#include "desk_world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FILE_BYTES_MAX ((uint64_t)64 << 20)

struct input {
	const uint8_t *at;
	size_t left;
};

static uint8_t next(struct input *in)
{
	if (in->left == 0)
		return 0;
	in->left--;
	return *in->at++;
}

static void connect_one(struct world *w, uint8_t how)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX}, me = to;
	struct client *c = &w->clients[w->n_clients];
	int n;

	if (w->n_clients == CLIENTS)
		return;
	c->deaf = (how & 7) == 7;
	c->fd = socket(
		AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	n = snprintf(me.sun_path + 1, sizeof(me.sun_path) - 1,
		"%u stockade-fuzz %d", w->n_clients, (int)getpid());
	require(c->fd >= 0 &&
		bind(c->fd, (const struct sockaddr *)&me,
			(socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
				    (size_t)n)) == 0);
	(void)snprintf(to.sun_path, sizeof(to.sun_path), "/proc/self/fd/%d/%s",
		w->k->desk->folder, w->k->desk->socket);
	require(connect(c->fd, (const struct sockaddr *)&to, sizeof(to)) == 0);
	w->n_clients++;
}

static struct client *pick(struct world *w, uint8_t which)
{
	struct client *c =
		w->n_clients ? &w->clients[which % w->n_clients] : NULL;

	return c && c->fd >= 0 ? c : NULL;
}

static void say_attach(struct world *w, struct input *in)
{
	struct client *c = pick(w, next(in));
	struct approval_word word;

	approval_word_init(&word, WORD_ATTACH);
	word.channel = next(in) % (_CHANNEL_N + 1);
	if (!c || approval_send(c->fd, &word, -1) < 0)
		return;
	/* Only the first counts. */
	if (!c->attached)
		c->channel = (enum approval_channel)word.channel;
	c->attached = true;
}

static struct brief brief_of(const struct approval_word *w)
{
	struct brief b;

	memset(&b, 0, sizeof(b));
	b.id = w->id;
	b.answer = w->answer;
	b.any = w->any;
	b.text_len = w->text_len;
	memcpy(b.text, w->text, w->text_len);
	return b;
}

static void say_answer(struct world *w, struct input *in)
{
	struct client *c = pick(w, next(in));
	struct approval_word word;
	uint8_t how;

	approval_word_init(&word, WORD_ANSWER);
	word.id = next(in) % (IDS + 1);
	how = next(in);
	word.answer = how % (_APPROVAL_N + 1);
	word.any = (how >> 4) & 1;
	if (how & 0x20)
		approval_word_text(&word, "because", 1 + how % 7);
	word.digests[1][0] = how & 0x40;
	if (c && approval_send(c->fd, &word, -1) == 0)
		c->said[c->n_said++ % SAID] = brief_of(&word);
}

static void say_anything(struct world *w, struct input *in)
{
	struct client *c = pick(w, next(in));
	size_t len = next(in);
	bool with = len & 1;
	struct iovec part;

	if (len > in->left)
		len = in->left;
	part = (struct iovec){(void *)(uintptr_t)in->at, len};
	if (c && pass_send(c->fd, &part, 1, with ? w->sealed : -1) == 0)
		c->raw = true;
	in->at += len;
	in->left -= len;
}

/* An answer of this approver, as the supervisor finds it, is one that counts.
 */
static bool counts(const struct world *w, const struct client *c,
	const struct approval_word *a, uint32_t fault)
{
	const struct expected *x = &w->expected[a->id < IDS ? a->id : 0];

	if (!x->asked || x->answered || w->k->credit || !c->fine)
		return false;
	if (c->channel == CHANNEL_TERMINAL)
		return fault == PEER_FINE;
	return c->channel == CHANNEL_PROGRAM && a->answer != APPROVAL_ALWAYS &&
	       (fault == PEER_FINE || fault == PEER_NO_TERMINAL);
}

/* It did say so; the desk made nothing up. */
static bool said(const struct client *c, const struct approval_word *a)
{
	struct brief b = brief_of(a);

	for (unsigned i = 0; i < SAID; i++)
		if (memcmp(&c->said[i], &b, sizeof(b)) == 0)
			return true;
	return c->raw || c->n_said > SAID;
}

static void expect(struct world *w, const struct look *l, uint32_t fault)
{
	struct approver *a = looked_at(w, l->cookie);
	struct client *c = &w->clients[l->client];
	bool fine = fault == PEER_FINE || fault == PEER_NO_TERMINAL;

	if (!a)
		return;
	if (!l->answers) {
		c->fine = fine;
		return;
	}
	if (c->raw)
		c->channel = a->channel;
	require(a->channel == c->channel && said(c, &a->answer));
	if (!fine || !counts(w, c, &a->answer, fault))
		return;
	w->expected[a->answer.id].answered = true;
	w->expected[a->answer.id].answer = brief_of(&a->answer);
	c->taken = true;
}

static void tell_seen(struct world *w, uint64_t cookie, uint32_t fault)
{
	struct approval_peer peer = {.fault = fault, .pid = 1};

	memset(peer.exe, 'x', sizeof(peer.exe));
	memset(peer.ancestry, fault ? 'y' : 0, sizeof(peer.ancestry));
	w->parcel.m = (struct ipc_msg){
		.type = IPC_SEEN,
		.text = sizeof(peer),
		.a = cookie,
	};
	w->parcel.fd = -1;
	memcpy(w->parcel.text, &peer, sizeof(peer));
	(void)!ipc_send_parcel(w->supervisor, ROLE_SUPERVISOR, &w->parcel);
}

static void supervisor_looks(struct world *w, struct input *in)
{
	uint8_t which = next(in), how = next(in);
	uint32_t fault = how < 160 ? PEER_FINE : how % 7;
	struct look l;

	if (w->n_looks == 0)
		return;
	l = w->looks[which % w->n_looks];
	/* Some are answered twice. */
	if (how & 1) {
		w->looks[which % w->n_looks] = w->looks[w->n_looks - 1];
		w->n_looks--;
	}
	expect(w, &l, fault);
	tell_seen(w, l.cookie, fault);
}

static bool relay_says(struct world *w, int fd)
{
	w->parcel.fd = fd;
	return ipc_send_parcel(w->relay, ROLE_RELAY, &w->parcel) == 0 &&
	       w->k->relay_heard;
}

static void relay_asks(struct world *w, struct input *in)
{
	struct approval_question q = {.kind = 0};
	uint64_t id = next(in) % IDS;
	uint8_t how = next(in);
	bool known = w->expected[id].asked, good;

	q.kind = how & 0x80 ? next(in) : how % _APPROVAL_KIND_N;
	q.name_len = how & 0x40 ? next(in) * 17U : 1U + how % 8;
	memset(q.name, 'n', q.name_len < sizeof(q.name) ? q.name_len : 9);
	w->parcel.m = (struct ipc_msg){
		.type = IPC_QUESTION,
		.text = sizeof(q),
		.a = id,
		.b = how & 0x20 ? (uint64_t)next(in) << 16 : 30000,
	};
	memcpy(w->parcel.text, &q, sizeof(q));
	good = id && w->parcel.m.b <= 3600000 &&
	       (known || (q.kind < _APPROVAL_KIND_N && q.name_len &&
				 q.name_len < APPROVAL_NAME_MAX &&
				 (how & 0x18) != 0x18));
	if (relay_says(w, (how & 0x18) != 0x18 ? w->sealed
			  : how & 1            ? w->open
					       : -1) &&
		good)
		w->expected[id].asked = true;
}

static void relay_leaves(struct world *w, struct input *in)
{
	uint8_t how = next(in);
	uint64_t id = how % IDS;

	w->parcel.m = (struct ipc_msg){
		.type = how & 0x80 ? IPC_WITHDRAW : IPC_LET_GO,
		.a = id,
	};
	if (relay_says(w, -1) && how & 0x80)
		w->expected[id].asked = w->expected[id].answered = false;
}

static void relay_raw(struct world *w, struct input *in)
{
	struct iovec part = {(void *)(uintptr_t)in->at, next(in)};

	if (part.iov_len > in->left)
		part.iov_len = in->left;
	/* Too short for any of its messages. */
	if (part.iov_len && part.iov_len < sizeof(struct ipc_msg))
		(void)!pass_send(w->relay, &part, 1, -1);
}

/* Up to the last byte: what the desk has to say now has to wait. */
static void stuff(struct world *w)
{
	const struct ipc_parcel *p = &w->parcel;

	w->parcel.m = (struct ipc_msg){.type = IPC_CREDIT, .a = 1};
	w->parcel.fd = -1;
	while (ipc_send_parcel(w->k->c.relay_fd, ROLE_KEEPER, p) == 0)
		;
	w->stuffed = true;
}

static void run_out(struct world *w, uint64_t id)
{
	struct desk_question *q = id ? desk_find(w->k->desk, id) : NULL;

	if (!q)
		return;
	q->expires_ms = 0;
	w->expected[id].asked = w->expected[id].answered = false;
}

static void hang_up(struct world *w, struct input *in)
{
	struct client *c = pick(w, next(in));

	if (c)
		fd_close(&c->fd);
}

static void unstuff(struct world *w)
{
	relay_reads(w);
	w->stuffed = false;
}

static void step(struct world *w, struct input *in)
{
	uint8_t op = next(in);

	if (op < 40)
		relay_asks(w, in);
	else if (op < 70)
		connect_one(w, next(in));
	else if (op < 100)
		say_attach(w, in);
	else if (op < 145)
		say_answer(w, in);
	else if (op < 150)
		say_anything(w, in);
	else if (op < 210)
		supervisor_looks(w, in);
	else if (op < 215)
		tell_seen(w, ((uint64_t)next(in) << 32) + 99999, op % 4);
	else if (op < 230)
		relay_leaves(w, in);
	else if (op < 232)
		relay_raw(w, in);
	else if (op < 242)
		hang_up(w, in);
	else if (op < 245)
		run_out(w, next(in) % IDS);
	else if (op < 249)
		/* The relay holds all the room that there is: no record. */
		w->k->credit = w->k->credit ? 0 : UINT32_MAX;
	else if (op < 251 && !w->stuffed)
		stuff(w);
	else if (w->stuffed)
		unstuff(w);
	turn(w);
}

static int lowest_free(void)
{
	int fd = fcntl(0, F_DUPFD_CLOEXEC, 0);

	require(fd >= 0 && close(fd) == 0);
	return fd;
}

static struct world *world_of(void)
{
	static struct world w;

	return &w;
}

static void at_exit(void)
{
	world_end(world_of());
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct world *w = world_of();
	struct input in = {data, size};
	int before;

	if (!w->k) {
		world_make(w);
		require(atexit(at_exit) == 0);
	} else if (w->k->file.written > FILE_BYTES_MAX) {
		world_end(w);
		world_make(w);
	}
	settle(w);
	before = lowest_free();
	while (in.left)
		step(w, &in);
	settle(w);
	require(lowest_free() == before);
	return 0;
}
