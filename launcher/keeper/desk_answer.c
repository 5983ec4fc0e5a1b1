/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An answer: who gave it is written down before it counts, and it counts once.
 */
#include <string.h>

#include "base/fd.h"
#include "base/ipc.h"
#include "keeper/state.h"

static void put_peer(struct record *rec, const struct approver *a,
	const struct approval_peer *peer)
{
	record_put_u64(rec, FIELD_BY_UID, a->uid);
	record_put_u64(rec, FIELD_BY_PID, a->pid);
	/* Root's own programs hold rights that we gave up, and hide it. */
	if (peer->exe[0])
		record_put_str(rec, FIELD_BY_EXE, peer->exe);
	if (peer->tty[0])
		record_put_str(rec, FIELD_BY_TTY, peer->tty);
	record_put_str(rec, FIELD_BY_ANCESTRY, peer->ancestry);
	record_put_str(rec, FIELD_CHANNEL, approval_channel_name(a->channel));
}

static void put_subject(struct record *rec, const struct desk_question *q)
{
	static const enum record_field fields[_APPROVAL_KIND_N] = {
		[APPROVAL_TOOL] = FIELD_TOOL,
		[APPROVAL_PROMPT] = FIELD_PROMPT,
		[APPROVAL_RESOURCE] = FIELD_URI,
		[APPROVAL_SESSION_GOES_ON] = FIELD_DETAIL,
		[APPROVAL_PIN] = FIELD_DETAIL,
		[APPROVAL_WISH] = FIELD_METHOD,
	};

	if (approval_kind_stands(q->kind))
		record_put_str(rec, FIELD_KIND, approval_kind_name(q->kind));
	else
		record_put_u64(rec, FIELD_CALL, q->id);
	record_put_text(rec, fields[q->kind], q->name, q->name_len);
}

/* What is said of each answer, whoever gave it. */
static void record_begin(struct record *rec, const struct desk_question *q,
	enum approval_answer answer, bool any)
{
	record_init(rec, RECORD_APPROVAL_ANSWERED);
	record_put_u64(rec, FIELD_APPROVAL, q->id);
	put_subject(rec, q);
	record_put_hash(rec, FIELD_ARGS_HASH, q->hash);
	record_put_str(rec, FIELD_ANSWER, approval_answer_name(answer));
	if (!approval_kind_stands(q->kind))
		record_put_str(rec, FIELD_SCOPE,
			any ? "any arguments" : "these arguments");
	record_put_str(rec, FIELD_GRADE, "prompt");
	record_put_u64(rec, FIELD_WAITED_MS, clock_mono_ms() - q->asked_ms);
}

/* 0, or why it could not be written: what is only in memory has not been
 * recorded. */
static int record_write(struct keeper *k)
{
	if (k->own.cost > keeper_room(k, OWN_ROOM))
		return -ENOSPC;
	return keeper_write_own(k);
}

static int record_it(struct keeper *k, const struct desk_question *q,
	const struct approver *a, const struct approval_peer *peer)
{
	const struct approval_word *w = &a->answer;

	record_begin(&k->own, q, (enum approval_answer)w->answer, w->any != 0);
	put_peer(&k->own, a, peer);
	if (w->text_len)
		record_put_text(&k->own, FIELD_REASON, w->text, w->text_len);
	return record_write(k);
}

static void record_policy(struct keeper *k, const struct approval_word *w)
{
	static const uint8_t none[32];

	if (memcmp(w->digests[1], none, sizeof(none)) == 0)
		return;
	record_init(&k->own, RECORD_POLICY_CHANGED);
	record_put_hash(&k->own, FIELD_OLD, w->digests[0]);
	record_put_hash(&k->own, FIELD_NEW, w->digests[1]);
	record_put_str(&k->own, FIELD_REASON, "an answer: always");
	if (k->own.cost <= keeper_room(k, OWN_ROOM))
		(void)!keeper_add_own(k);
	keeper_flush(k);
}

static enum approval_status take(struct keeper *k, struct desk_question *q,
	const struct approver *a, const struct approval_peer *peer)
{
	const struct approval_word *w = &a->answer;

	if (!q)
		return ANSWER_UNKNOWN;
	if (q->answer)
		return ANSWER_LATE;
	if (a->channel == CHANNEL_READER ||
		(a->channel == CHANNEL_TERMINAL && peer->fault != PEER_FINE) ||
		(a->channel == CHANNEL_PROGRAM && w->answer == APPROVAL_ALWAYS))
		return ANSWER_REFUSED;
	if (approval_kind_stands(q->kind) &&
		(w->any || (w->answer != APPROVAL_ONCE &&
				   w->answer != APPROVAL_DENY)))
		return ANSWER_NOT_OFFERED;
	if (w->answer == APPROVAL_ALWAYS && !approval_kind_always(q->kind))
		return ANSWER_NOT_OFFERED;
	if (record_it(k, q, a, peer) != 0)
		return ANSWER_UNRECORDED;
	if (w->answer == APPROVAL_ALWAYS)
		record_policy(k, w);
	q->answer = (enum approval_answer)w->answer;
	q->any = w->any || q->answer == APPROVAL_ALWAYS;
	memcpy(q->reason, w->text, w->text_len);
	q->reason_len = w->text_len;
	k->desk->undelivered = true;
	return ANSWER_TAKEN;
}

bool desk_was_answered(const struct desk *d, uint64_t id)
{
	for (size_t i = 0; i < DESK_RECENT; i++)
		if (d->recent[i] == id && id)
			return true;
	return false;
}

void desk_answer(
	struct keeper *k, struct approver *a, const struct approval_peer *peer)
{
	struct desk *d = k->desk;
	uint64_t id = a->answer.id;
	struct desk_question *q = id ? desk_find(d, id) : NULL;
	enum approval_answer what = (enum approval_answer)a->answer.answer;
	enum approval_status s = take(k, q, a, peer);

	if (s == ANSWER_UNKNOWN && desk_was_answered(d, id))
		s = ANSWER_LATE;
	if (s == ANSWER_REFUSED && a->channel == CHANNEL_TERMINAL)
		desk_intruder(k, a, peer);
	desk_tell_status(d, a, id, s,
		s == ANSWER_REFUSED ? (enum approval_fault)peer->fault
				    : PEER_FINE);
	if (s != ANSWER_TAKEN)
		return;
	desk_tell_gone(d, id, what);
	desk_deliver(k);
}

int desk_form(struct keeper *k, uint64_t id, uint64_t answer)
{
	struct desk_question *q = k->desk && id ? desk_find(k->desk, id) : NULL;

	if (!k->c.forms || (answer != APPROVAL_ONCE && answer != APPROVAL_DENY))
		return -EPROTO;
	/* Somebody else was first, or it has left the queue. */
	if (!q || q->answer)
		return 0;
	if (approval_kind_stands(q->kind))
		return -EPROTO;
	record_begin(&k->own, q, (enum approval_answer)answer, false);
	record_put_str(&k->own, FIELD_CHANNEL, "elicitation");
	/* What does not stand in the log does not count; it stays open. */
	if (record_write(k) != 0)
		return 0;
	q->answer = (enum approval_answer)answer;
	k->desk->undelivered = true;
	desk_tell_gone(k->desk, id, q->answer);
	desk_deliver(k);
	return 0;
}

static int deliver(struct keeper *k, const struct desk_question *q)
{
	struct ipc_parcel *p = &k->desk->parcel;

	p->m = (struct ipc_msg){
		.type = IPC_ANSWERED,
		.text = (uint32_t)q->reason_len,
		.a = q->id,
		.b = (uint64_t)q->answer | (q->any ? APPROVAL_ANY : 0),
	};
	p->fd = -1;
	memcpy(p->text, q->reason, q->reason_len);
	return ipc_send_parcel(k->c.relay_fd, ROLE_KEEPER, p);
}

void desk_deliver(struct keeper *k)
{
	struct desk *d = k->desk;

	if (!d->undelivered)
		return;
	d->undelivered = false;
	for (size_t i = 0; i < DESK_QUESTIONS; i++) {
		struct desk_question *q = &d->questions[i];

		if (!q->id || !q->answer)
			continue;
		if (deliver(k, q) == -EAGAIN) {
			d->undelivered = true;
			continue;
		}
		if (q->kind == APPROVAL_PIN && q->answer == APPROVAL_ONCE)
			pin_folder_yes(&k->pins, q->id, take_fd(&q->shown));
		d->recent[d->n_recent++ % DESK_RECENT] = q->id;
		desk_question_free(q);
	}
}
