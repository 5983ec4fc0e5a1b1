/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Typed messages between stockade's own processes, one a SEQPACKET datagram.
 *
 * Each process holds one socket a peer. A permit table says which role may
 * send which type with how many bytes; anything else is -EPROTO and the
 * receiver treats the sender as lost (as OpenSSH's monitor does). No message
 * carries a descriptor, and none carries text of the client or the server:
 * what a peer is told is numbers. Audit records travel apart (record.h).
 */
#pragma once

#include <stdbool.h>
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
	_IPC_N
};

struct ipc_totals {
	uint64_t calls, refused, errors, bytes_in, bytes_out;
};

struct ipc_msg {
	uint32_t type; /* enum ipc_type */
	uint32_t zero; /* must be 0 */
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
 * -EPROTO for what @from may not say.
 */
int ipc_recv(
	int fd, enum ipc_role from, bool wait, struct ipc_msg *ret) _must_use_;
