/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/fd.h"
#include "keeper/desk.h"

/* d->word to one of them; who does not read is let go of. */
void desk_tell(struct desk *d, struct approver *a, int pass_fd)
{
	if (approval_send(a->fd, &d->word, pass_fd) < 0)
		approver_drop(a);
}

static bool may_hear(const struct approver *a)
{
	return a->state == APPROVER_READY || a->state == APPROVER_ANSWERS;
}

void desk_tell_all(struct desk *d, int pass_fd, const struct approver *but)
{
	for (size_t i = 0; i < DESK_APPROVERS; i++)
		if (may_hear(&d->approvers[i]) && &d->approvers[i] != but)
			desk_tell(d, &d->approvers[i], pass_fd);
}

void desk_tell_status(struct desk *d, struct approver *a, uint64_t id,
	enum approval_status status, enum approval_fault fault)
{
	approval_word_init(&d->word, WORD_DONE);
	d->word.id = id;
	d->word.status = (uint32_t)status;
	d->word.fault = (uint32_t)fault;
	desk_tell(d, a, -1);
}

static void question_word(struct desk *d, const struct desk_question *q)
{
	uint64_t now = clock_mono_ms();
	struct approval_word *w = &d->word;

	approval_word_init(w, WORD_QUESTION);
	w->id = q->id;
	w->kind = (uint32_t)q->kind;
	w->held = q->hold_until_ms > now;
	w->calls = q->calls;
	w->asked_ms_ago = now - q->asked_ms;
	w->hold_ms = w->held ? q->hold_until_ms - now : 0;
	w->left_ms = q->hold_until_ms + APPROVAL_QUEUE_MS > now
			     ? q->hold_until_ms + APPROVAL_QUEUE_MS - now
			     : 0;
	memcpy(w->args_hash, q->keyed, sizeof(w->args_hash));
	approval_word_text(w, q->name, q->name_len);
}

void desk_tell_question(
	struct desk *d, const struct desk_question *q, bool whole)
{
	question_word(d, q);
	desk_tell_all(d, whole ? q->shown : -1, NULL);
}

void desk_tell_gone(struct desk *d, uint64_t id, enum approval_answer answer)
{
	approval_word_init(&d->word, WORD_GONE);
	d->word.id = id;
	d->word.answer = (uint32_t)answer;
	desk_tell_all(d, -1, NULL);
}

void desk_tell_notice(
	struct desk *d, const struct approver *but, const char *text)
{
	approval_word_init(&d->word, WORD_NOTICE);
	approval_word_text(&d->word, text, strlen(text));
	desk_tell_all(d, -1, but);
}

void desk_tell_everything(struct desk *d, struct approver *a)
{
	approval_word_init(&d->word, WORD_SESSION);
	approval_word_text(&d->word, (const char *)&d->about, sizeof(d->about));
	desk_tell(d, a, -1);
	for (size_t i = 0; i < DESK_QUESTIONS; i++) {
		const struct desk_question *q = &d->questions[i];

		if (!q->id || q->answer || !may_hear(a))
			continue;
		question_word(d, q);
		desk_tell(d, a, q->shown);
	}
	if (!may_hear(a))
		return;
	approval_word_init(&d->word, WORD_END);
	desk_tell(d, a, -1);
}
