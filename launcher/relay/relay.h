/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The relay: stands between client and server, reads every message, forwards
 * original bytes or answers itself. One process, one session.
 *
 * It holds the client's stdin and stdout and the server's three pipes, and has
 * neither files nor network. relay_new() does all that needs rights (opening
 * descriptions of its own, so that O_NONBLOCK never touches what the client
 * shares; memory), then the process shuts itself in, then relay_run().
 */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "policy/breaker.h"
#include "policy/output.h"
#include "policy/pins.h"
#include "policy/tools.h"
#include "policy/wishes.h"

struct relay_config {
	int client_in, client_out;  /* the client's own 0 and 1 */
	int server_in;              /* write end of the server's stdin */
	int server_out, server_err; /* read ends */
	int record_fd;              /* write end of our pipe to the keeper */
	int keeper_fd;              /* SEQPACKET: IPC_CREDIT comes here */
	int supervisor_fd; /* SEQPACKET: IPC_GO, IPC_STOP, IPC_SERVER_EXIT */
	int liveness_fd;   /* end of file: the supervisor is dead */
	const struct tools *tools, *prompts, *resources;
	struct rules *rules; /* about arguments; has a work area inside */
	/* What only goes to the log: policy is observed, and @tools, … are what
	 * is in force all the same. NULL: nothing is observed. */
	const struct tools *observed_tools, *observed_prompts,
		*observed_resources;
	struct rules *observed_rules;
	const struct wishes *observed_wishes;
	/* What the server showed before; told what it shows now. NULL or off:
	 * whatever it likes. */
	struct pins *pins;
	bool pins_observed;          /* a difference only goes to the log */
	const char *profile_name;    /* for what is kept of them */
	const struct wishes *wishes; /* NULL: all is denied */
	const char *server_name;     /* for stderr and the argument hash */
	const char *session;         /* 32 hex digits, for stderr */
	uint64_t hold_ms; /* how long a call is held; 0: as clients go */
	bool stands;      /* the session itself may be asked about */
	bool proof;       /* an approver is not enough */
	bool elicit;      /* the client's person is asked by a form, too */
	struct rates *rates, *observed_rates; /* or NULL; count inside */
	uint64_t call_timeout_ms;             /* 0: none */
	uint64_t observed_timeout_ms;         /* only goes to the log */
	struct breaker_rule breaker;
	struct breaker_rule observed_breaker; /* .unlisted 0: none */
	const char *role, *task;              /* of the session, or NULL */
	uint64_t expires_s;  /* for how long it has them; 0: for ever */
	uint64_t expected_s; /* how long its task should take; 0: any */
	struct output_caps caps;
	uint64_t stderr_max; /* bytes of the server's stderr that are shown */
};

struct relay;

/* Takes over the descriptors of @c. @c's policies must outlive it. */
int relay_new(const struct relay_config *c, struct relay **ret,
	struct err *e) _must_use_;
void relay_free(struct relay *r);
DEFINE_CLEANUP(relay);
#define _relay_ _cleanup_(relay_cleanup)

/* The descriptors it holds now, for confine_self(); at most 16. */
size_t relay_fds(const struct relay *r, int ret_fds[16]);

/* Until the session is over; sends IPC_TOTALS last. 0; 1 when the supervisor
 * is gone, without another word; or -errno. */
int relay_run(struct relay *r, struct err *e) _must_use_;
