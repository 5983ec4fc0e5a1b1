/* SPDX-License-Identifier: Apache-2.0 */
#include "keeper/desk.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "base/log.h"
#include "keeper/state.h"

/* The relay says when a question leaves the queue; a bound of our own. */
#define SLACK_MS 60000U
#define HOLD_MOST_MS 3600000U

struct desk_question *desk_find(struct desk *d, uint64_t id)
{
	for (size_t i = 0; i < DESK_QUESTIONS; i++)
		if (d->questions[i].id == id)
			return &d->questions[i];
	return NULL;
}

/* Sealed, so that what an approver reads cannot change under its eyes. */
static bool is_sealed(int fd)
{
	const int all = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW;
	int seals = fd < 0 ? -1 : fcntl(fd, F_GET_SEALS);

	return seals >= 0 && (seals & all) == all;
}

/* The same value that the log has as args_hash. */
static void keyed_hash(struct keeper *k, struct desk_question *q)
{
	const char *server = k->c.server_name;
	bool tool = q->kind == APPROVAL_TOOL;
	const struct key_piece pieces[] = {
		{server, strlen(server)},
		{q->name, tool ? q->name_len : 0},
		{q->hash, sizeof(q->hash)},
	};

	audit_key_mac(k->key, pieces, ELEMENTS(pieces), q->keyed);
}

static int open_new(
	struct keeper *k, struct ipc_parcel *p, struct desk_question **ret)
{
	struct approval_question asked;
	struct desk_question *q = desk_find(k->desk, 0);

	memcpy(&asked, p->text, sizeof(asked));
	if (!q || asked.kind >= _APPROVAL_KIND_N || asked.name_len == 0 ||
		asked.name_len >= APPROVAL_NAME_MAX ||
		memchr(asked.name, 0, asked.name_len) || !is_sealed(p->fd))
		return -EPROTO;
	q->name = malloc(asked.name_len);
	if (!q->name)
		return -ENOMEM;
	memcpy(q->name, asked.name, asked.name_len);
	q->name_len = asked.name_len;
	q->kind = (enum approval_kind)asked.kind;
	memcpy(q->hash, asked.args_hash, sizeof(q->hash));
	q->id = p->m.a;
	q->asked_ms = clock_mono_ms();
	q->shown = take_fd(&p->fd);
	keyed_hash(k, q);
	*ret = q;
	return 0;
}

int desk_asked(struct keeper *k, struct ipc_parcel *p)
{
	struct desk *d = k->desk;
	struct desk_question *q = p->m.a && d ? desk_find(d, p->m.a) : NULL;
	bool is_new = !q;
	uint64_t now = clock_mono_ms();
	int r;

	if (!d || p->m.a == 0 || p->m.b > HOLD_MOST_MS)
		return -EPROTO;
	/* It was answered while the relay asked once more: that is on its way.
	 */
	if (is_new && desk_was_answered(d, p->m.a))
		return 0;
	r = is_new ? open_new(k, p, &q) : 0;
	if (r < 0)
		return r;
	q->calls++;
	if (now + p->m.b > q->hold_until_ms)
		q->hold_until_ms = now + p->m.b;
	q->expires_ms = q->hold_until_ms + APPROVAL_QUEUE_MS + SLACK_MS;
	if (!q->answer)
		desk_tell_question(d, q, is_new);
	return 0;
}

int desk_let_go(struct keeper *k, uint64_t id)
{
	struct desk_question *q = k->desk && id ? desk_find(k->desk, id) : NULL;

	/* An answer may have crossed it. */
	if (!q || q->answer)
		return 0;
	q->hold_until_ms = clock_mono_ms();
	q->expires_ms = q->hold_until_ms + APPROVAL_QUEUE_MS + SLACK_MS;
	desk_tell_question(k->desk, q, false);
	return 0;
}

int desk_withdrawn(struct keeper *k, uint64_t id)
{
	struct desk_question *q = k->desk && id ? desk_find(k->desk, id) : NULL;

	if (!q)
		return 0;
	if (!q->answer)
		desk_tell_gone(k->desk, id, APPROVAL_NONE);
	desk_question_free(q);
	return 0;
}

/* Until that is over nothing more is heard of it, its end neither: who leaves
 * meanwhile is told of all the same. */
static bool is_looked_at(const struct approver *a)
{
	return a->state == APPROVER_LOOKED || a->state == APPROVER_ANSWERS;
}

static bool is_heard(const struct approver *a)
{
	return a->state != APPROVER_FREE && !is_looked_at(a);
}

size_t desk_fds(const struct desk *d, struct pollfd *ret)
{
	size_t n = 0;

	if (!d)
		return 0;
	ret[n++] = (struct pollfd){.fd = d->listener, .events = POLLIN};
	for (size_t i = 0; i < DESK_APPROVERS; i++)
		ret[n++] = (struct pollfd){
			.fd = is_heard(&d->approvers[i]) ? d->approvers[i].fd
							 : -1,
			.events = POLLIN,
		};
	return n;
}

static void welcome(struct desk *d, int fd)
{
	struct ucred who;
	socklen_t len = sizeof(who);
	struct approver *a = NULL;

	for (size_t i = 0; i < DESK_APPROVERS && !a; i++)
		if (d->approvers[i].state == APPROVER_FREE)
			a = &d->approvers[i];
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) < 0 ||
		who.uid != d->uid || who.pid <= 0 || !a) {
		if (!a) {
			struct approver full = {.fd = fd};

			desk_tell_status(
				d, &full, 0, ANSWER_TOO_MANY, PEER_FINE);
			if (full.fd < 0)
				return;
		}
		fd_close(&fd);
		return;
	}
	*a = (struct approver){
		.state = APPROVER_NEW,
		.fd = fd,
		.uid = who.uid,
		.pid = (uint32_t)who.pid,
	};
}

/* The supervisor is asked what that peer is; the answer finds it again. */
static void look_at(
	struct keeper *k, struct approver *a, enum approver_state state)
{
	struct ipc_parcel *p = &k->desk->parcel;

	p->m = (struct ipc_msg){
		.type = IPC_LOOK,
		.a = ++k->desk->cookie,
		.b = a->pid,
	};
	p->fd = -1;
	a->cookie = p->m.a;
	a->state = state;
	/* Never waits: how many come and go is not up to us. */
	if (ipc_send_parcel(k->c.supervisor_fd, ROLE_KEEPER, p) < 0)
		approver_drop(a);
}

static void hear(struct keeper *k, struct approver *a)
{
	struct approval_word w;
	_close_ int fd = -1;
	int r = approval_recv(a->fd, false, &w, &fd);

	if (r == -EAGAIN)
		return;
	if (r == 0 && a->state == APPROVER_NEW && w.type == WORD_ATTACH) {
		a->channel = (enum approval_channel)w.channel;
		look_at(k, a, APPROVER_LOOKED);
	} else if (r == 0 && a->state == APPROVER_READY &&
		   w.type == WORD_ANSWER) {
		a->answer = w;
		look_at(k, a, APPROVER_ANSWERS);
	} else {
		approver_drop(a);
	}
}

static bool counts(const struct approver *a)
{
	return (a->state == APPROVER_READY || a->state == APPROVER_ANSWERS) &&
	       a->channel != CHANNEL_READER;
}

/* The relay is told how many there are, when that has changed. */
static void count_attached(struct keeper *k)
{
	struct ipc_parcel *p = &k->desk->parcel;
	unsigned n = 0;
	int r;

	for (size_t i = 0; i < DESK_APPROVERS; i++)
		n += counts(&k->desk->approvers[i]);
	if (n == k->desk->attached)
		return;
	p->m = (struct ipc_msg){.type = IPC_APPROVERS, .a = n};
	p->fd = -1;
	r = ipc_send_parcel(k->c.relay_fd, ROLE_KEEPER, p);
	if (r == 0)
		k->desk->attached = n;
	else if (r == -EAGAIN)
		k->desk->undelivered = true;
}

void desk_intruder(struct keeper *k, const struct approver *a,
	const struct approval_peer *peer)
{
	uint64_t n = ++k->desk->intruders;
	char text[2048];

	(void)snprintf(text, sizeof(text),
		"tried to answer for the user: process %u (%.400s), %.1024s",
		a->pid, peer->exe[0] ? peer->exe : "not known", peer->ancestry);
	desk_tell_notice(k->desk, a, text);
	/* Each, then each doubling: what can be repeated is not to fill the
	 * log. */
	if (n > 16 && (n & (n - 1)) != 0)
		return;
	record_init(&k->own, RECORD_ANOMALY);
	record_put_str(&k->own, FIELD_KIND, "self_approval");
	record_put_u64(&k->own, FIELD_COUNT, n);
	record_put_str(&k->own, FIELD_ACTION, "alert");
	record_put_u64(&k->own, FIELD_BY_UID, a->uid);
	record_put_u64(&k->own, FIELD_BY_PID, a->pid);
	if (peer->exe[0])
		record_put_str(&k->own, FIELD_BY_EXE, peer->exe);
	record_put_str(&k->own, FIELD_BY_TTY, peer->tty);
	record_put_str(&k->own, FIELD_BY_ANCESTRY, peer->ancestry);
	record_put_str(&k->own, FIELD_REASON,
		approval_fault_text((enum approval_fault)peer->fault));
	if (k->own.cost > keeper_room(k, OWN_ROOM) || keeper_add_own(k) < 0)
		log_line("audit log: there is no record of a refused attempt "
			 "to approve: out of room");
	/* Nothing else may come for long. */
	keeper_flush(k);
	log_line("anomaly: self_approval: %s", text);
}

/* Not to be an approver at all: not to look either. */
static bool is_intruder(const struct approval_peer *peer)
{
	return peer->fault != PEER_FINE && peer->fault != PEER_NO_TERMINAL;
}

void desk_seen(struct keeper *k, const struct ipc_parcel *p)
{
	struct desk *d = k->desk;
	struct approval_peer peer;
	struct approver *a = NULL;

	for (size_t i = 0; d && i < DESK_APPROVERS; i++)
		if (d->approvers[i].state != APPROVER_FREE &&
			d->approvers[i].cookie == p->m.a && p->m.a)
			a = &d->approvers[i];
	if (!a)
		return;
	memcpy(&peer, p->text, sizeof(peer));
	peer.exe[sizeof(peer.exe) - 1] = '\0';
	peer.tty[sizeof(peer.tty) - 1] = '\0';
	peer.ancestry[sizeof(peer.ancestry) - 1] = '\0';
	a->cookie = 0;
	if (is_intruder(&peer)) {
		/* Who only looked and is gone has done nothing. */
		if (peer.fault != PEER_GONE || a->state == APPROVER_ANSWERS)
			desk_intruder(k, a, &peer);
		desk_tell_status(d, a, a->answer.id, ANSWER_REFUSED,
			(enum approval_fault)peer.fault);
		approver_drop(a);
	} else if (a->state == APPROVER_ANSWERS) {
		a->state = APPROVER_READY;
		desk_answer(k, a, &peer);
	} else {
		a->state = APPROVER_READY;
		desk_tell_everything(d, a);
	}
}

static void expire(struct desk *d)
{
	uint64_t now = clock_mono_ms();

	for (size_t i = 0; i < DESK_QUESTIONS; i++) {
		struct desk_question *q = &d->questions[i];

		if (!q->id || now < q->expires_ms)
			continue;
		desk_tell_gone(d, q->id, APPROVAL_NONE);
		desk_question_free(q);
	}
}

void desk_step(struct keeper *k)
{
	struct pollfd p[DESK_APPROVERS + 1];
	struct desk *d = k->desk;
	size_t n;

	if (!d)
		return;
	n = desk_fds(d, p);
	if (poll(p, n, 0) > 0) {
		for (size_t i = 1; i < n; i++)
			if (p[i].revents & POLLIN)
				hear(k, &d->approvers[i - 1]);
			else if (p[i].revents)
				approver_drop(&d->approvers[i - 1]);
		/* Whoever comes all the time does not keep us from the log. */
		for (int i = 0; p[0].revents && i < DESK_APPROVERS; i++) {
			int fd = accept4(d->listener, NULL, NULL,
				SOCK_CLOEXEC | SOCK_NONBLOCK);

			if (fd < 0)
				break;
			welcome(d, fd);
		}
	}
	expire(d);
	desk_deliver(k);
	count_attached(k);
}
