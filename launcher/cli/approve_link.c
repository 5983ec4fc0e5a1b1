/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/approve_link.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/fd.h"

#define WORDS_AT_ONCE 256 /* then others have their turn */

static int say_what_we_are(int fd, enum approval_channel channel)
{
	struct approval_word w;

	approval_word_init(&w, WORD_ATTACH);
	w.channel = (uint32_t)channel;
	return approval_send(fd, &w, -1);
}

/* The folder is the user's own; so has to be who listens in it. */
static bool is_ours(int fd)
{
	struct ucred who;
	socklen_t len = sizeof(who);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0 &&
	       who.uid == geteuid();
}

static int connect_there(int folder, const char *name, int *ret_fd)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	_close_ int fd = socket(
		AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	/* The folder's path may be longer than an address (unix(7)). */
	(void)snprintf(a.sun_path, sizeof(a.sun_path), "/proc/self/fd/%d/%s",
		folder, name);
	if (connect(fd, (const struct sockaddr *)&a, sizeof(a)) < 0)
		return -errno;
	if (!is_ours(fd))
		return -EPERM;
	*ret_fd = take_fd(&fd);
	return 0;
}

int link_new(int folder, const char *name, enum approval_channel channel,
	struct keeper_link **ret, struct err *e)
{
	_close_ int fd = -1;
	struct keeper_link *l;
	int r = connect_there(folder, name, &fd);

	if (r == -ECONNREFUSED || r == -ENOENT)
		return 1;
	if (r == 0)
		r = say_what_we_are(fd, channel);
	if (r == -EPIPE)
		return 1;
	if (r < 0)
		return err_set(e, r, "session %.8s", name);
	l = calloc(1, sizeof(*l));
	if (!l)
		return err_set(e, -ENOMEM, "session %.8s", name);
	l->fd = take_fd(&fd);
	l->since_ms = clock_mono_ms();
	(void)snprintf(l->socket, sizeof(l->socket), "%s", name);
	*ret = l;
	return 0;
}

static void waiting_free(struct waiting *w)
{
	if (!w)
		return;
	fd_close(&w->shown);
	free(w->name);
	free(w);
}

void link_free(struct keeper_link *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->n; i++)
		waiting_free(l->questions[i]);
	fd_close(&l->fd);
	free(l);
}

struct waiting *link_find(const struct keeper_link *l, uint64_t id)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->questions[i]->id == id)
			return l->questions[i];
	return NULL;
}

/* What is shown cannot change any more, or it is not shown. */
static void take_shown(struct waiting *w, int *fd)
{
	const int all = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW;
	int seals = *fd < 0 ? -1 : fcntl(*fd, F_GET_SEALS);
	struct stat st;

	if (w->shown >= 0 || seals < 0 || (seals & all) != all ||
		fstat(*fd, &st) < 0 || st.st_size <= 0 ||
		st.st_size > (off_t)APPROVAL_SHOWN_MAX)
		return;
	w->shown_len = (size_t)st.st_size;
	w->shown = take_fd(fd);
}

static struct waiting *add(struct keeper_link *l, const struct approval_word *w)
{
	struct waiting *q =
		l->n < LINK_QUESTIONS_MAX ? calloc(1, sizeof(*q)) : NULL;

	if (!q)
		return NULL;
	q->name = strndup(w->text, w->text_len);
	if (!q->name) {
		free(q);
		return NULL;
	}
	q->link = l;
	q->id = w->id;
	q->kind = (enum approval_kind)w->kind;
	q->name_len = w->text_len;
	q->shown = -1;
	l->questions[l->n++] = q;
	return q;
}

/* Times that no clock of ours would reach are cut, so that sums hold. */
static uint64_t bounded(uint64_t ms)
{
	return ms < UINT32_MAX ? ms : UINT32_MAX;
}

static void hear_question(struct keeper_link *l, const struct approval_word *w,
	int *fd, struct link_news *ret)
{
	uint64_t now = clock_mono_ms(), ago = bounded(w->asked_ms_ago);
	struct waiting *q = link_find(l, w->id);

	ret->type = q ? NEWS_CHANGED : NEWS_OPEN;
	ret->late = l->state == LINK_READY;
	if (!q)
		q = add(l, w);
	if (!q) {
		ret->type = NEWS_NONE;
		return;
	}
	take_shown(q, fd);
	q->held = w->held;
	q->calls = w->calls;
	/* Once: the order of questions is not to change by a millisecond. */
	if (ret->type == NEWS_OPEN)
		q->asked_ms = now > ago ? now - ago : 0;
	q->hold_until_ms = now + bounded(w->hold_ms);
	q->expires_ms = now + bounded(w->left_ms);
	memcpy(q->args_hash, w->args_hash, sizeof(q->args_hash));
	ret->question = q;
}

static void forget(struct keeper_link *l, struct waiting *q)
{
	for (size_t i = 0; i < l->n; i++) {
		if (l->questions[i] != q)
			continue;
		memmove(&l->questions[i], &l->questions[i + 1],
			(l->n - i - 1) * sizeof(struct waiting *));
		l->n--;
		waiting_free(q);
		return;
	}
}

static void hear_session(struct keeper_link *l, const struct approval_word *w)
{
	if (l->state != LINK_NEW)
		return;
	memcpy(&l->about, w->text, sizeof(l->about));
	l->state = LINK_TOLD;
}

/* Instead of a session: we may not be here at all. */
static void hear_done(struct keeper_link *l, const struct approval_word *w,
	struct link_news *ret)
{
	enum approval_status s = (enum approval_status)w->status;
	enum approval_fault f = (enum approval_fault)w->fault;

	ret->type = NEWS_DONE;
	ret->id = w->id;
	ret->status = s;
	ret->fault = f;
	if (l->state != LINK_NEW && s != ANSWER_REFUSED)
		return;
	(void)snprintf(l->why, sizeof(l->why), "%s%s%s",
		approval_status_text(s), f ? ": " : "",
		f ? approval_fault_text(f) : "");
}

static void hear_word(struct keeper_link *l, const struct approval_word *w,
	int *fd, link_hear hear, void *context)
{
	struct link_news news = {.link = l};
	char text[APPROVAL_TEXT_MAX + 1];

	switch ((enum approval_word_type)w->type) {
	case WORD_SESSION:
		hear_session(l, w);
		return;
	case WORD_QUESTION:
		if (l->state == LINK_NEW || w->id == 0)
			return;
		hear_question(l, w, fd, &news);
		break;
	case WORD_END:
		news.type = l->state == LINK_TOLD ? NEWS_READY : NEWS_NONE;
		l->state = l->state == LINK_TOLD ? LINK_READY : l->state;
		break;
	case WORD_GONE:
		news.question = link_find(l, w->id);
		news.type = news.question ? NEWS_GONE : NEWS_NONE;
		news.id = w->id;
		news.answer = (enum approval_answer)w->answer;
		break;
	case WORD_DONE:
		hear_done(l, w, &news);
		break;
	case WORD_NOTICE:
		news.type = NEWS_NOTICE;
		memcpy(text, w->text, w->text_len);
		text[w->text_len] = '\0';
		news.text = text;
		break;
	case WORD_NONE:
	case WORD_ATTACH:
	case WORD_ANSWER:
	case _WORD_N:
		return; /* approval_recv() lets none of them pass */
	}
	if (news.type)
		hear(context, &news);
	if (news.type == NEWS_GONE)
		forget(l, news.question);
}

void link_lose(
	struct keeper_link *l, const char *why, link_hear hear, void *context)
{
	struct link_news news = {.type = NEWS_LOST, .link = l};

	if (l->state == LINK_LOST)
		return;
	if (!l->why[0])
		(void)snprintf(l->why, sizeof(l->why), "%s", why);
	fd_close(&l->fd);
	while (l->n > 0) {
		struct link_news gone = {.type = NEWS_GONE,
			.link = l,
			.question = l->questions[0],
			.id = l->questions[0]->id};

		hear(context, &gone);
		forget(l, gone.question);
	}
	l->state = LINK_LOST;
	hear(context, &news);
}

void link_read(struct keeper_link *l, link_hear hear, void *context)
{
	struct approval_word w;

	for (int i = 0; i < WORDS_AT_ONCE && l->fd >= 0; i++) {
		_close_ int fd = -1;
		int r = approval_recv(l->fd, true, &w, &fd);

		if (r == -EAGAIN)
			return;
		if (r == 0)
			hear_word(l, &w, &fd, hear, context);
		else if (r == 1)
			link_lose(l, "", hear, context);
		else
			link_lose(l,
				r == -EPROTO
					? "what answers there speaks another "
					  "language (another version?)"
					: strerror(-r),
				hear, context);
	}
}

int link_answer(const struct waiting *q, const struct verdict *v)
{
	size_t len = v->reason ? strlen(v->reason) : 0;
	struct approval_word w;

	if (len > APPROVAL_REASON_MAX)
		return -EMSGSIZE;
	approval_word_init(&w, WORD_ANSWER);
	w.id = q->id;
	w.answer = (uint32_t)v->answer;
	w.any = v->any;
	memcpy(w.digests, v->digests, sizeof(w.digests));
	approval_word_text(&w, v->reason ? v->reason : "", len);
	return approval_send(q->link->fd, &w, -1);
}
