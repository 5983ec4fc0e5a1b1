/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts of the supervisor share: the descriptors and children of one
 * run, and how far it has come. Supervisor's process only.
 */
#pragma once

#include <sys/types.h>

#include "base/ipc.h"
#include "base/record.h"
#include "plan/plan.h"
#include "sandbox/cgroup.h"
#include "sandbox/sandbox.h"
#include "supervisor/look.h"
#include "supervisor/tripwire.h"

struct peer {
	pid_t pid;
	int pidfd; /* -1: not started or reaped */
	int ipc;   /* our end of its socket; -1 when closed */
	bool ready;
	bool lost;  /* ended without having been told to */
	int status; /* as of wait4(2), once reaped */
};

enum peer_id { PEER_INIT = 0, PEER_SERVER, PEER_RELAY, PEER_KEEPER, _PEER_N };

/* How the session ends; each stage has a deadline to the next. */
enum stage {
	STAGE_RUNNING = 0,
	STAGE_EOF,  /* the server's stdin is closed, it may finish */
	STAGE_TERM, /* it was asked by SIGTERM */
	STAGE_KILL, /* its namespace was killed */
	STAGE_GONE, /* the server is gone; the relay drains */
	STAGE_OVER,
};

struct run {
	const struct plan *plan;
	struct sandbox sandbox;
	struct cgroup cgroup;
	struct tripwire tripwire;
	struct peer peers[_PEER_N];
	struct record *record; /* being built */

	/* what children take over; closed here once they are forked */
	int relay_server_in, relay_server_out, relay_server_err;
	int relay_records_r, relay_records_w;
	int own_records_r, own_records_w; /* w: the supervisor's own */
	int keeper_relay, relay_keeper; /* the two ends of the credit socket */
	int child_ipc[_PEER_N];         /* the children's ends */
	int liveness_r, liveness_w;
	int signals; /* signalfd */

	/* From whom an approver must not descend. */
	struct process_id kin[2]; /* the client, ourselves */
	int sockets;              /* the folder of the control socket, or -1 */
	struct approval_session about; /* what approvers are told of us */
	struct ipc_parcel parcel;      /* scratch */

	enum stage stage;
	uint64_t deadline_ms; /* of the stage, 0 for none */
	uint64_t session_deadline_ms;
	int server_status; /* as of wait4(2) */
	bool server_exited;
	bool keeper_done;
	enum limit_id limit; /* that ended the session, or LIMIT_NONE */
	uint64_t limit_value;
	bool tripped;       /* the breaker has ended the session */
	const char *cause;  /* of the end, for the record */
	const char *forced; /* why the server was sent a signal, or NULL */
	bool signalled;     /* by the client, to end */
	uint64_t end_by_ms; /* all of it, since such a signal; 0: none yet */
	struct ipc_totals totals;
	struct err *err;
};

/* channels.c */
void run_init(struct run *r, const struct plan *p, struct err *e);
void run_deinit(struct run *r);
int run_channels(struct run *r) _must_use_;
/* In a child: lets go of what is the supervisor's. */
void run_drop_supervisor(struct run *r);
/* In the supervisor, after the forks: what is the children's. */
void run_drop_children(struct run *r);

/* spawn.c */
int spawn_sandbox(struct run *r) _must_use_;
int spawn_keeper(struct run *r) _must_use_;
int spawn_relay(struct run *r) _must_use_;

/* report.c: records that the supervisor writes. */
void report_start(struct run *r); /* fills r->record, does not send it */
void report_end(struct run *r);
void report_limit(
	struct run *r, const char *limit, uint64_t value, const char *grade);
void report_anomaly(struct run *r, const char *kind, const char *detail);

/* kin.c: approvals. */
/* Who we are and who started us; before we are shut in. */
int kin_find(struct run *r) _must_use_;
/* Takes away the control socket of a keeper that did not, under either name. */
void kin_sweep(struct run *r);
/* The keeper wants to know who a peer of its socket is. */
void kin_look(struct run *r, const struct ipc_msg *m);

/* ready.c */
int session_wait_ready(struct run *r) _must_use_;
/* Until the server's process has executed or failed to; a program on a file
 * system that hangs may take long, but a signal of ours ends the wait. */
int session_wait_exec(struct run *r) _must_use_;

/* session.c */
/* The number of one signal that has come to us, which starts the time that our
 * end may take; 0 for none. */
int session_signal(struct run *r) _must_use_;
void session_loop(struct run *r);
void session_finish(struct run *r);
int session_status(struct run *r);
void session_kill(struct run *r); /* everything, at once */

/* peer.c */
extern const enum ipc_role peer_role[_PEER_N];
extern const char *const peer_name[_PEER_N];
bool peer_reap(struct peer *p, bool wait_for_it); /* true when it has ended */
void peer_kill(struct peer *p);
