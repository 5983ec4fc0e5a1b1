/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keeper's end of approvals: the questions that are open, the control
 * socket, and the approvers that are attached to it.
 *
 * A peer is nobody until the supervisor has looked at it, and is looked at
 * again for each answer. An answer counts once it stands in the log. Nothing
 * here waits for an approver: one that does not read is dropped, one that does
 * not answer leaves the question to the others.
 */
#pragma once

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/approval.h"
#include "base/err.h"
#include "base/ipc.h"

#define DESK_QUESTIONS 64 /* the relay keeps far fewer open */
#define DESK_APPROVERS 16
#define DESK_RECENT 64 /* answered ones that are remembered */

struct desk_question {
	uint64_t id; /* 0: free, and nothing else counts */
	enum approval_kind kind;
	int shown; /* the sealed memfd */
	size_t name_len;
	char *name;
	uint8_t hash[32];  /* of the arguments, as the relay sent it */
	uint8_t keyed[32]; /* as the log has it */
	uint64_t asked_ms, hold_until_ms, expires_ms;
	uint32_t calls;
	/* An answer that the relay did not take yet; NONE: still open. */
	enum approval_answer answer;
	bool any;
	char reason[APPROVAL_REASON_MAX];
	size_t reason_len;
};

enum approver_state {
	APPROVER_FREE = 0,
	APPROVER_NEW,    /* has not said what it is */
	APPROVER_LOOKED, /* the supervisor is looking at it */
	APPROVER_READY,
	APPROVER_ANSWERS, /* is looked at again, for .answer */
};

struct approver {
	enum approver_state state; /* FREE: nothing else counts */
	int fd;
	uint32_t uid, pid;
	uint64_t cookie; /* of the look that is on its way */
	enum approval_channel channel;
	struct approval_word answer;
};

/* Most of it is never touched, and takes no memory then. */
struct desk {
	int listener, folder;
	uid_t uid; /* of who may answer */
	char socket[APPROVAL_SOCKET_HEX + 1];
	struct approval_session about;
	struct desk_question questions[DESK_QUESTIONS];
	struct approver approvers[DESK_APPROVERS];
	uint64_t cookie;    /* of the last look */
	uint64_t intruders; /* attempts that were refused */
	unsigned attached;  /* as the relay was told */
	uint64_t recent[DESK_RECENT];
	size_t n_recent;
	bool undelivered;         /* something waits for room to the relay */
	struct ipc_parcel parcel; /* scratch */
	struct approval_word word;
};

struct keeper;

/*
 * Opens the control socket of the session @about. NULL for who never asks.
 * <0 with e->text: the folder is not to be trusted, or cannot be made.
 */
int desk_new(const struct approval_session *about, struct desk **ret,
	struct err *e) _must_use_;
/* Takes away what keepers that were killed have left, if there is a folder of
 * sockets at all: for a session that has none of its own. */
void desk_sweep(void);
/* Takes the socket away. */
void desk_free(struct desk *d);

/* desk.c: what relay and supervisor say. 0, or -EPROTO for what makes no
 * sense. */
int desk_asked(struct keeper *k, struct ipc_parcel *p) _must_use_;
int desk_let_go(struct keeper *k, uint64_t id) _must_use_;
int desk_withdrawn(struct keeper *k, uint64_t id) _must_use_;
void desk_seen(struct keeper *k, const struct ipc_parcel *p);

/* What is to be waited for: at most DESK_APPROVERS + 1 descriptors. */
size_t desk_fds(const struct desk *d, struct pollfd *ret);

/* Takes in whoever comes and what they say; delivers what is due. */
void desk_step(struct keeper *k);

/* A refused peer: news for the log and for every other approver. */
void desk_intruder(struct keeper *k, const struct approver *a,
	const struct approval_peer *peer);

/* desk_answer.c: an answer of a peer that has been looked at. */
void desk_answer(
	struct keeper *k, struct approver *a, const struct approval_peer *peer);

/*
 * What the client says that the person chose in its form: once, or deny; taken
 * where the session's policy has such forms. -EPROTO for all else.
 */
int desk_form(struct keeper *k, uint64_t id, uint64_t answer) _must_use_;

/* Whether it was, not long ago, and is gone since. */
bool desk_was_answered(const struct desk *d, uint64_t id);

/* Brings answers to the relay that it has not taken yet. */
void desk_deliver(struct keeper *k);

/* desk_word.c: what approvers are told. */
void desk_tell(struct desk *d, struct approver *a, int pass_fd);
void desk_tell_all(struct desk *d, int pass_fd, const struct approver *but);
void desk_tell_status(struct desk *d, struct approver *a, uint64_t id,
	enum approval_status status, enum approval_fault fault);
void desk_tell_everything(struct desk *d, struct approver *a);
/* One question, to all; @whole: with what is shown of it. */
void desk_tell_question(
	struct desk *d, const struct desk_question *q, bool whole);
void desk_tell_gone(struct desk *d, uint64_t id, enum approval_answer answer);
void desk_tell_notice(
	struct desk *d, const struct approver *but, const char *text);

struct desk_question *desk_find(struct desk *d, uint64_t id);
void desk_question_free(struct desk_question *q);
void approver_drop(struct approver *a);
