/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Typed messages between stockade's own processes, one a SEQPACKET datagram.
 *
 * Each process holds one socket a peer. A permit table says which role may
 * send which type, with how many bytes of text and whether with a descriptor;
 * anything else is -EPROTO and the receiver treats the sender as lost (as
 * OpenSSH's monitor does). Most messages are numbers; what is text is bounded
 * and never interpreted by who is told, but for the structures of approval.h.
 * Audit records travel apart (record.h).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"

enum ipc_role {
	ROLE_NONE = 0,
	ROLE_SUPERVISOR,
	ROLE_RELAY,
	ROLE_KEEPER,
	ROLE_INIT,   /* pid 1 of the sandbox */
	ROLE_SERVER, /* the server's process, before its exec */
	_ROLE_N
};

enum ipc_type {
	IPC_NONE = 0,
	IPC_READY,  /* any child → supervisor: I have shut myself in */
	IPC_FAILED, /* any child → supervisor: .a errno, .b phase */
	IPC_GO,     /* supervisor → server (exec), relay (start reading) */
	IPC_CLIENT_EOF, /* relay → supervisor: the client's stdin ended and
			   the server's stdin has been closed */
	IPC_CLIENT_GONE, /* relay → supervisor: the client's stdout is closed */
	IPC_SERVER_EOF,  /* relay → supervisor: the server closed stdout */
	IPC_STOP,        /* supervisor → relay: close the server's stdin now;
			    supervisor → init: .a signal to forward */
	IPC_SERVER_EXIT, /* init → supervisor: .a status as of wait4(2);
			    supervisor → relay: drain, answer, report, end;
			    .b milliseconds for the client to read, 0 usual */
	IPC_LIMIT,       /* init → supervisor: .a limit_id, .b value seen */
	IPC_TOTALS,      /* relay → supervisor, its last: struct ipc_totals */
	IPC_CREDIT,      /* keeper → relay: .a bytes granted in addition */
	IPC_KEEPER_DONE, /* keeper → supervisor: .a 0 or errno: log is closed */
	IPC_QUESTION, /* relay → keeper: .a call that asks, .b milliseconds it
			 can wait; text: struct approval_question; with a
			 sealed memfd of what an approver is shown */
	IPC_LET_GO,   /* relay → keeper: .a question whose call waits no more:
			 it stays in the queue */
	IPC_WITHDRAW, /* relay → keeper: .a question that nobody needs */
	IPC_FORM, /* relay → keeper: .a question, .b enum approval_answer: the
		     client says that the person filled in a form so */
	IPC_ANSWERED, /* keeper → relay: .a question, .b enum approval_answer;
			 text: the reason, for the model */
	IPC_APPROVERS, /* keeper → relay: .a how many are attached */
	IPC_LOOK,  /* keeper → supervisor: who is .b, a pid? .a comes back */
	IPC_SEEN,  /* supervisor → keeper: .a of the question; text: struct
		      approval_peer */
	IPC_SPILL, /* relay → keeper: .a call, .b which file (spill.h): one to
		      write */
	IPC_SPILLED, /* keeper → relay: .a call, .b which; text: its path; with
			a descriptor to write to; neither if it cannot be */
	IPC_SPILL_DONE, /* relay → keeper: .a call, .b which (spill.h): it is
			   written, or of no use */
	IPC_PINS, /* relay → keeper: with a sealed memfd of a file of the store
		     of pins (pin_batch.h) */
	IPC_TRIPPED, /* relay → supervisor: the session ends, an incident; .a
			calls of unlisted tools */
	IPC_TRIP, /* supervisor → relay: an incident, what it does is known */
	IPC_TOKEN, /* relay → keeper: .a its number; text: struct token_query:
		      is there a token for it? */
	IPC_TOKEN_WHEN, /* keeper → relay: .a, .b which token; text: its
			   conditions: do they hold? */
	IPC_TOKEN_FITS, /* relay → keeper: .a, .b 1 they do, 0 not */
	IPC_TOKEN_DONE, /* keeper → relay: .a; text: id of the token that
			   was spent on it, or none */
	_IPC_N
};

struct ipc_totals {
	uint64_t calls, refused, errors, bytes_in, bytes_out;
};

struct ipc_msg {
	uint32_t type; /* enum ipc_type */
	uint32_t text; /* bytes of text behind the message */
	uint64_t a, b;
	struct ipc_totals totals; /* all 0 but in IPC_TOTALS */
};

/* A CLOEXEC SEQPACKET pair. */
int ipc_pair(int ret_fds[2]) _must_use_;

/*
 * Sends; never blocks on a dead peer (EPIPE, no SIGPIPE). @from is checked
 * against the permit table too: a programming error is found early.
 */
int ipc_send(int fd, enum ipc_role from, const struct ipc_msg *m) _must_use_;

/*
 * Receives one message and checks it against the table for a sender @from.
 * 0; 1 when the peer has closed; -EAGAIN with @wait false when none is there;
 * -EPROTO for what @from may not say, and for what carries text.
 */
int ipc_recv(
	int fd, enum ipc_role from, bool wait, struct ipc_msg *ret) _must_use_;

#define IPC_TEXT_MAX 8192

/* A message with what it carries. */
struct ipc_parcel {
	struct ipc_msg m; /* m.text bytes of .text are of interest */
	int fd;           /* -1: none; whoever receives one closes it */
	char text[IPC_TEXT_MAX];
};

/* Sends @p->m with its text and a copy of its descriptor. Never waits: -EAGAIN
 * when the peer does not read. */
int ipc_send_parcel(
	int fd, enum ipc_role from, const struct ipc_parcel *p) _must_use_;

/*
 * As ipc_recv(), never waiting, for what may carry text or a descriptor (which
 * is CLOEXEC). More than one descriptor, or one that the type does not have,
 * is -EPROTO, and all are closed.
 */
int ipc_recv_parcel(
	int fd, enum ipc_role from, struct ipc_parcel *ret) _must_use_;
