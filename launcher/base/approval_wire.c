/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words between keeper and approver on their socket.
 */
#include <string.h>

#include "base/approval.h"
#include "base/pass.h"

/* What a word has to have, beside its type. */
static const struct {
	bool from_keeper;
	uint32_t text_least, text_most;
} rows[_WORD_N] = {
	[WORD_ATTACH] = {false, 0, 0},
	[WORD_ANSWER] = {false, 0, APPROVAL_REASON_MAX},
	[WORD_SESSION] = {true, sizeof(struct approval_session),
		sizeof(struct approval_session)},
	[WORD_QUESTION] = {true, 1, APPROVAL_NAME_MAX},
	[WORD_END] = {true, 0, 0},
	[WORD_GONE] = {true, 0, 0},
	[WORD_DONE] = {true, 0, APPROVAL_REASON_MAX},
	[WORD_NOTICE] = {true, 1, APPROVAL_TEXT_MAX},
};

static bool terminated(const char *text, size_t size)
{
	return memchr(text, 0, size) != NULL;
}

static bool session_check(const struct approval_word *w)
{
	struct approval_session s;

	memcpy(&s, w->text, sizeof(s));
	return terminated(s.session, sizeof(s.session)) &&
	       terminated(s.server, sizeof(s.server)) &&
	       terminated(s.client, sizeof(s.client)) &&
	       terminated(s.profile, sizeof(s.profile)) &&
	       terminated(s.workspace, sizeof(s.workspace));
}

static bool members_check(const struct approval_word *w)
{
	switch ((enum approval_word_type)w->type) {
	case WORD_ATTACH:
		return w->channel > CHANNEL_NONE && w->channel < _CHANNEL_N;
	case WORD_ANSWER:
		return w->answer > APPROVAL_NONE && w->answer < _APPROVAL_N &&
		       w->any <= 1 && !memchr(w->text, 0, w->text_len);
	case WORD_SESSION:
		return session_check(w);
	case WORD_QUESTION:
		return w->kind < _APPROVAL_KIND_N &&
		       !memchr(w->text, 0, w->text_len);
	case WORD_GONE:
		return w->answer < _APPROVAL_N;
	case WORD_DONE:
		return w->status < _ANSWER_N;
	case WORD_END:
	case WORD_NOTICE:
		return true;
	case WORD_NONE:
	case _WORD_N:
		break;
	}
	return false;
}

bool approval_word_check(const void *bytes, size_t len, bool from_keeper,
	struct approval_word *ret)
{
	if (len < APPROVAL_HEAD || len > sizeof(*ret))
		return false;
	memcpy(ret, bytes, len);
	return ret->version == APPROVAL_VERSION && ret->type > WORD_NONE &&
	       ret->type < _WORD_N && ret->text_len == len - APPROVAL_HEAD &&
	       rows[ret->type].from_keeper == from_keeper &&
	       ret->text_len >= rows[ret->type].text_least &&
	       ret->text_len <= rows[ret->type].text_most && members_check(ret);
}

void approval_word_init(struct approval_word *w, enum approval_word_type type)
{
	memset(w, 0, APPROVAL_HEAD);
	w->version = APPROVAL_VERSION;
	w->type = (uint32_t)type;
}

void approval_word_text(struct approval_word *w, const char *text, size_t len)
{
	if (len > APPROVAL_TEXT_MAX)
		len = APPROVAL_TEXT_MAX;
	memcpy(w->text, text, len);
	w->text_len = (uint32_t)len;
}

int approval_send(int fd, const struct approval_word *w, int pass_fd)
{
	const struct iovec part = {
		(void *)(uintptr_t)w, APPROVAL_HEAD + w->text_len};

	return pass_send(fd, &part, 1, pass_fd);
}

int approval_recv(
	int fd, bool from_keeper, struct approval_word *ret, int *ret_fd)
{
	struct approval_word w;
	struct iovec part = {&w, sizeof(w)};
	_close_ int came = -1;
	ssize_t n = pass_recv(fd, &part, 1, &came);

	if (n <= 0)
		return n < 0 ? (int)n : 1;
	if ((came >= 0 && !from_keeper) ||
		!approval_word_check(&w, (size_t)n, from_keeper, ret))
		return -EPROTO;
	*ret_fd = take_fd(&came);
	return 0;
}
