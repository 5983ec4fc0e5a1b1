/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/approve_answer.h"

#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "base/fd.h"
#include "base/log.h"
#include "cli/approve_shown.h"

#define ANSWER_MS 10000 /* a keeper answers at once; a busy machine later */

static void hear(void *context, const struct link_news *news)
{
	struct approver *a = context;

	switch (news->type) {
	case NEWS_DONE:
		if (news->link != a->link || news->id != a->id)
			return;
		a->done = true;
		a->status = news->status;
		a->fault = news->fault;
		return;
	case NEWS_GONE:
		if (news->question != a->shown)
			return;
		a->shown = NULL;
		a->gone_by = news->answer;
		return;
	case NEWS_NOTICE:
		log_line("%.8s: %s", news->link->about.session, news->text);
		return;
	case NEWS_LOST:
		a->lost = a->lost || news->link == a->link;
		return;
	case NEWS_NONE:
	case NEWS_READY:
	case NEWS_OPEN:
	case NEWS_CHANGED:
	case _NEWS_N:
		return;
	}
}

void approver_init(struct approver *a, enum approval_channel channel)
{
	memset(a, 0, sizeof(*a));
	queue_init(&a->queue, channel, hear, a);
}

void approver_deinit(struct approver *a)
{
	queue_deinit(&a->queue);
}

int approver_attach(struct approver *a, struct err *e)
{
	int r = queue_look(&a->queue, e);

	if (r == 0)
		r = queue_settle(&a->queue);
	return r < 0 ? err_set(e, r, "approve") : 0;
}

void approver_say(const struct waiting *w, const struct verdict *v, char *dst,
	size_t size)
{
	char id[QUESTION_ID_MAX], server[256], name[256];

	question_id(w, id);
	(void)escape_text(server, sizeof(server), w->link->about.server,
		strlen(w->link->about.server));
	(void)escape_text(name, sizeof(name), w->name, w->name_len);
	(void)snprintf(dst, size, "%s %s: %s: %s%s", id, server, name,
		approval_answer_name(v->answer),
		v->any && v->answer == APPROVAL_SESSION
			? ", whatever the arguments"
			: "");
}

static int wait_for_it(struct approver *a)
{
	uint64_t until = clock_mono_ms() + ANSWER_MS;
	int r = 0;

	while (r == 0 && !a->done && !a->lost && clock_mono_ms() < until)
		r = queue_wait(&a->queue, NULL, 0, 100);
	return r;
}

int approver_answer(
	struct approver *a, const struct waiting *w, const struct verdict *v)
{
	char line[1024];
	int r;

	approver_say(w, v, line, sizeof(line));
	a->link = w->link;
	a->id = w->id;
	a->done = a->lost = false;
	a->fault = PEER_FINE;
	r = link_answer(w, v);
	if (r == 0)
		r = wait_for_it(a);
	a->link = NULL;
	if (a->done && a->status == ANSWER_TAKEN) {
		(void)printf("%s\n", line);
		return fflush(stdout) == 0 ? 0 : 1;
	}
	if (a->done)
		log_line("%s: %s%s%s", line, approval_status_text(a->status),
			a->fault ? ": " : "",
			a->fault ? approval_fault_text(a->fault) : "");
	else if (a->lost)
		log_line("%s: the session has ended", line);
	else
		log_line("%s: not known whether it counts: %s", line,
			r < 0 ? strerror(-r) : "no word came back");
	return 1;
}
