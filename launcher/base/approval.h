/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Approvals: what relay, keeper, supervisor and approvers tell each other.
 *
 * A call that policy asks for is a question; so is, without a call, whether a
 * session goes on or a changed definition is accepted. The relay puts it to the
 * keeper, which shows it to every approver that is attached to its socket and
 * brings the answer back; whether the approver may answer at all, the
 * supervisor says, who alone can look at other processes.
 *
 * The structures travel over SEQPACKET sockets, whole and of fixed size, so
 * that there is nothing to parse. Between our own processes both ends are one
 * binary; an approver may be another version, which APPROVAL_VERSION tells.
 * Text is terminated and may hold anything but NUL: who shows it, escapes it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"

/* How long a question stays in the queue after its last call was let go. */
#define APPROVAL_QUEUE_MS 600000U
#define APPROVAL_REASON_MAX 512 /* bytes, of an answer */
#define APPROVAL_NAME_MAX 4096  /* of a tool, prompt or resource */
/* Bytes of what is shown of a question. */
#define APPROVAL_SHOWN_MAX (9U << 20)
/* How that ends where no rule asks. */
#define APPROVAL_SHOWN_END ",\"rules\":[]}\n"

enum approval_answer {
	APPROVAL_NONE = 0,
	APPROVAL_ONCE,    /* this call with these arguments, one time */
	APPROVAL_SESSION, /* as often as it comes in this session */
	APPROVAL_ALWAYS,  /* all calls of that name; the profile says so
			     too */
	APPROVAL_DENY,
	_APPROVAL_N
};

/* With an answer in IPC_ANSWERED: not only for these arguments. */
#define APPROVAL_ANY 0x100U

/* "once", "session", "always", "deny": as commands, programs and the log spell
 * them; NULL for none. */
const char *approval_answer_name(enum approval_answer a);
enum approval_answer approval_answer_find(const char *name);

enum approval_kind {
	APPROVAL_TOOL = 0,
	APPROVAL_PROMPT,
	APPROVAL_RESOURCE,
	APPROVAL_SESSION_GOES_ON, /* quarantined or expired */
	APPROVAL_PIN,             /* a definition that changed */
	APPROVAL_WISH,            /* what the server asks of its client */
	_APPROVAL_KIND_N
};

const char *approval_kind_name(enum approval_kind k);

/* The profile could allow what has this name, always. */
bool approval_kind_always(enum approval_kind k);

/* It belongs to no call but to the session itself: once or deny answer it. */
bool approval_kind_stands(enum approval_kind k);

/* relay → keeper, with a sealed memfd: JSON of the members name, title,
 * arguments, rules; reason, where that is not the profile's. */
struct approval_question {
	uint32_t kind;
	uint32_t name_len;
	uint8_t args_hash[32]; /* SHA-256 of the canonical arguments */
	char name[APPROVAL_NAME_MAX];
};

enum approval_fault { /* why a peer may not answer */
	PEER_FINE = 0,
	PEER_GONE,       /* there is no such process, or not any more */
	PEER_DESCENDS,   /* from the client, the wrapper or its server */
	PEER_NO_TERMINAL /* not in the foreground of a terminal; fine for who
			    lets a program answer, and says so */
};

/* supervisor → keeper: what a peer is. */
struct approval_peer {
	uint32_t fault;
	uint32_t pid;
	char exe[512];
	char tty[64];        /* "/dev/pts/3"; empty without one */
	char ancestry[2048]; /* "approve(12) bash(11) …", nearest first */
};

/*
 * The control socket of a session, in FOLDER_RUNTIME's "approve": its name is
 * the session's first APPROVAL_SOCKET_HEX digits, with APPROVAL_SOCKET_NEW
 * behind them until it listens: who finds it under its own name can connect.
 */
#define APPROVAL_FOLDER "approve"
#define APPROVAL_SOCKET_HEX 16
#define APPROVAL_SOCKET_NEW ".new"
#define APPROVAL_VERSION 1U

enum approval_word_type {
	WORD_NONE = 0,
	/* approver → keeper */
	WORD_ATTACH, /* its first: .channel */
	WORD_ANSWER, /* .id .answer .any, text: the reason; for ALWAYS
			.digests, zero if no file was changed */
	/* keeper → approver */
	WORD_SESSION,  /* its first, once the peer has been looked at; text: a
			  struct approval_session */
	WORD_QUESTION, /* .id and all that is known; text: the name; with the
			  memfd. Again when that changes, then without */
	WORD_END,      /* no more questions for now: what comes later is new */
	WORD_GONE,     /* .id is answered (.answer), or not open any more (0) */
	WORD_DONE,     /* to an answer, or instead of WORD_SESSION: .status */
	WORD_NOTICE,   /* text: something that every approver is to see */
	_WORD_N
};

enum approval_channel {
	CHANNEL_NONE = 0,
	CHANNEL_TERMINAL, /* a person types */
	CHANNEL_PROGRAM,  /* a program was asked (--exec) */
	CHANNEL_READER,   /* only looks */
	_CHANNEL_N
};

const char *approval_channel_name(enum approval_channel c);

enum approval_status { /* what became of an answer */
	ANSWER_TAKEN = 0,
	ANSWER_LATE,        /* somebody else has answered, or it expired */
	ANSWER_UNKNOWN,     /* no such question here */
	ANSWER_REFUSED,     /* not by this peer: .fault says why */
	ANSWER_UNRECORDED,  /* the log did not take it, so it does not count */
	ANSWER_TOO_MANY,    /* approvers are attached already */
	ANSWER_NOT_OFFERED, /* only once or deny answer such a question */
	_ANSWER_N
};

/* Words for a person, of a fault and of a status. */
const char *approval_fault_text(enum approval_fault f);
const char *approval_status_text(enum approval_status s);

#define APPROVAL_TEXT_MAX 8192

/* One word, in either direction. About 8 KiB: not for a small stack. */
struct approval_word {
	uint32_t version; /* APPROVAL_VERSION */
	uint32_t type;
	uint64_t id; /* of a question: the number of the call that asked */
	uint32_t answer, channel, status, fault;
	uint32_t any;   /* ANSWER: not only these arguments */
	uint32_t kind;  /* of QUESTION */
	uint32_t held;  /* a call waits for it now */
	uint32_t calls; /* that have asked it so far */
	uint32_t zero;
	uint32_t text_len;      /* bytes of .text, all that follow the head */
	uint64_t asked_ms_ago;  /* since the first call */
	uint64_t hold_ms;       /* until the calls are let go; 0: none waits */
	uint64_t left_ms;       /* until it leaves the queue, then */
	uint8_t args_hash[32];  /* as in the log: under the log's key */
	uint8_t digests[2][32]; /* of the policy, before and after ALWAYS */
	char text[APPROVAL_TEXT_MAX];
};

#define APPROVAL_HEAD offsetof(struct approval_word, text)

/* What WORD_SESSION tells; text is terminated. */
struct approval_session {
	char session[33];
	char server[256];
	char client[256]; /* the program that started the wrapper */
	char profile[65]; /* its name; empty: none that could be written to */
	char workspace[2048];
	uint32_t pid; /* of the supervisor */
};

/*
 * Whether these @len bytes are a word that a keeper, or else an approver, may
 * say: version, type, bounds, and text that ends where it says. @ret points
 * into nothing: it is a copy.
 */
bool approval_word_check(const void *bytes, size_t len, bool from_keeper,
	struct approval_word *ret);

/* A word of that type, all else zero; .text is left as it is. */
void approval_word_init(struct approval_word *w, enum approval_word_type type);
/* Cuts at APPROVAL_TEXT_MAX. */
void approval_word_text(struct approval_word *w, const char *text, size_t len);

/* Sends the head and text_len bytes, with a copy of @pass_fd unless that is -1.
 * Never waits, no SIGPIPE: -EAGAIN, -EPIPE, … */
int approval_send(
	int fd, const struct approval_word *w, int pass_fd) _must_use_;

/*
 * 0; 1 when the other side has closed; -EAGAIN; -EPROTO for what is none of its
 * words. *ret_fd is a descriptor that came with it, or -1; an approver may
 * send none.
 */
int approval_recv(int fd, bool from_keeper, struct approval_word *ret,
	int *ret_fd) _must_use_;
