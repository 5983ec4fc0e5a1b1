/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The queue as an approver sees it: the sessions of this user that may ask, by
 * their sockets in one folder, and all their questions.
 */
#pragma once

#include <poll.h>

#include "cli/approve_link.h"

#define QUEUE_LINKS_MAX 128

struct queue {
	int folder; /* -1: it is not there (yet) */
	enum approval_channel channel;
	struct keeper_link *links[QUEUE_LINKS_MAX];
	size_t n;
	/* Sockets that refused us: not tried again in each look. */
	struct queue_shut {
		char name[APPROVAL_SOCKET_HEX + 1];
		uint64_t again_ms; /* by clock_mono_ms(); UINT64_MAX: never */
		bool there;        /* in the last look */
	} shut[QUEUE_LINKS_MAX];
	size_t n_shut;
	bool patient; /* will look again */
	link_hear hear;
	/* What a person is to know of a socket; NULL: to standard error. */
	void (*say)(void *context, const char *line, bool stale);
	void *context;
};

void queue_init(struct queue *q, enum approval_channel channel, link_hear hear,
	void *context);
void queue_deinit(struct queue *q);
#define _queue_ _cleanup_(queue_deinit)

/*
 * Looks at the folder and connects to whoever is new there; what is stale is
 * left to the sessions to sweep. <0 with e->text when the folder is not to be
 * trusted.
 */
int queue_look(struct queue *q, struct err *e) _must_use_;

/* Waits for what is said, at most @timeout_ms, and also for @extra
 * descriptors, whose revents are filled in. 0 or -errno (-EINTR too). */
int queue_wait(struct queue *q, struct pollfd *extra, size_t n_extra,
	int timeout_ms) _must_use_;

/* Until every session has told its questions; who does not within seconds is
 * let go of with a line. */
int queue_settle(struct queue *q) _must_use_;

/* All questions, the one that was asked last first; the caller frees the
 * array. */
int queue_all(
	const struct queue *q, struct waiting ***ret, size_t *ret_n) _must_use_;
