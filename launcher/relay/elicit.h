/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Questions that are put to the person by way of the client (elicitation), in
 * addition to the approval queue, where a profile asks for that.
 *
 * It is worth what a prompt is and less: the client shows it under the
 * server's name, hooks can answer it, and a client that answers by itself
 * looks the same. So only one word counts, which no empty form and no default
 * gives; everything else, a decline too, leaves the question to the queue. It
 * is never enough where proof is asked for.
 *
 * Before 2026-07-28 it is a request of ours with an id that no server knows or
 * can choose; from then on it stands in the answer that hands the call back
 * (handback.h). Builds and reads; no system call. Relay's process.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/approval.h"
#include "base/cleanup.h"
#include "policy/message.h"
#include "policy/out.h"

/* Bytes of arguments that a client's form shows; what is longer is shown by
 * approvers alone. */
#define ELICIT_SHOWN_MAX 2000
#define ELICIT_MAX 16 /* questions of ours that a client has */
#define ELICIT_ID_MAX 48

/* What a client says to it. */
enum elicit_word {
	ELICIT_NOTHING = 0, /* leaves it to the queue */
	ELICIT_ALLOW,
	ELICIT_DENY,
};

/* One that the client has been asked, of the legacy era. */
struct elicit_form {
	uint64_t question; /* 0: free */
	bool over;         /* answered elsewhere: what comes is dropped */
	char id[ELICIT_ID_MAX];
};

struct elicit {
	bool wanted;    /* the profile asks for it */
	bool can;       /* the client said so, in initialize */
	uint64_t n;     /* asked so far */
	char nonce[17]; /* of our ids */
	struct elicit_form all[ELICIT_MAX];
};

void elicit_init(struct elicit *e, bool wanted);

/* What the client can, from the request `initialize` as it sent it. */
void elicit_hello(struct elicit *e, const struct message *m);

/* Whether it can be put to whoever sent @m. */
bool elicit_possible(const struct elicit *e, const struct message *m);

/* What is asked about. */
struct elicit_about {
	enum approval_kind kind;
	const char *server;
	const char *name;
	size_t name_len;
	struct json_value arguments; /* or JSON_INVALID */
};

/*
 * The params of elicitation/create. 0; 1 when it is too long to be shown
 * whole; -ENOMEM. @scratch is reset.
 */
int elicit_params(struct out *o, struct out *scratch,
	const struct elicit_about *a, bool modern) _must_use_;

/*
 * Remembers that the question is put, and writes the request into @o (which is
 * empty): a whole line. 0; 1 too long, or too many; -ENOMEM.
 */
int elicit_ask(struct elicit *e, struct out *o, struct out *scratch,
	const struct elicit_about *a, uint64_t question) _must_use_;

/* The one with that id, or NULL. */
struct elicit_form *elicit_find(struct elicit *e, const struct json_value *id);
struct elicit_form *elicit_of(struct elicit *e, uint64_t question);

/* @result: what elicitation/create was answered with. */
enum elicit_word elicit_read(const struct json_value *result);
