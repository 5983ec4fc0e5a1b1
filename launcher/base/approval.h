/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Approvals: what relay, keeper, supervisor and approvers tell each other.
 *
 * A call that policy asks for is a question. The relay puts it to the keeper,
 * which shows it to every approver that is attached to its socket and brings
 * the answer back; whether the approver may answer at all, the supervisor says,
 * who alone can look at other processes.
 *
 * The structures travel over SEQPACKET sockets, whole and of fixed size, so
 * that there is nothing to parse. Between our own processes both ends are one
 * binary; an approver may be another version, which APPROVAL_VERSION tells.
 * Text is terminated and may hold anything but NUL: who shows it, escapes it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define APPROVAL_REASON_MAX 512       /* bytes, of an answer */
#define APPROVAL_NAME_MAX 4096        /* of a tool, prompt or resource */
#define APPROVAL_SHOWN_MAX (9U << 20) /* bytes of what is shown of a question \
				       */

enum approval_answer {
	APPROVAL_NONE = 0,
	APPROVAL_ONCE,    /* this call with these arguments, one time */
	APPROVAL_SESSION, /* as often as it comes in this session */
	APPROVAL_ALWAYS,  /* all calls of that name; the profile says so too */
	APPROVAL_DENY,
	_APPROVAL_N
};

/* "once", "session", "always", "deny": as commands, programs and the log spell
 * them; NULL for none. */
const char *approval_answer_name(enum approval_answer a);
enum approval_answer approval_answer_find(const char *name);

enum approval_kind {
	APPROVAL_TOOL = 0,
	APPROVAL_PROMPT,
	APPROVAL_RESOURCE,
	_APPROVAL_KIND_N
};

const char *approval_kind_name(enum approval_kind k);

/* relay → keeper, with a sealed memfd: JSON of the members kind, name,
 * arguments, rules. */
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
 * the session's first APPROVAL_SOCKET_HEX digits.
 */
#define APPROVAL_FOLDER "approve"
#define APPROVAL_SOCKET_HEX 16
#define APPROVAL_VERSION 1U

enum approval_word_type {
	WORD_NONE = 0,
	/* approver → keeper */
	WORD_ATTACH, /* its first: .channel */
	WORD_ANSWER, /* .id .answer .any .text (reason); for ALWAYS .digests */
	/* keeper → approver */
	WORD_SESSION,  /* its first, once the peer has been looked at: .text is
			  a struct approval_session */
	WORD_QUESTION, /* .id and all that is known; with the memfd */
	WORD_END,      /* no more questions for now: what comes later is new */
	WORD_GONE,     /* .id is answered (.answer), expired or withdrawn (0) */
	WORD_DONE,     /* to an answer: .status */
	WORD_NOTICE,   /* .text: something that every approver is to see */
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
	ANSWER_LATE,       /* somebody else has answered, or it expired */
	ANSWER_UNKNOWN,    /* no such question here */
	ANSWER_REFUSED,    /* not by this peer: .fault says why */
	ANSWER_UNRECORDED, /* the log did not take it, so it does not count */
	ANSWER_MALFORMED
};

/* One word, in either direction. About 10 KiB: not for a stack. */
struct approval_word {
	uint32_t version; /* APPROVAL_VERSION */
	uint32_t type;
	uint64_t id; /* of a question: the number of the call that asked */
	uint32_t answer, channel, status, fault;
	uint32_t any;           /* ANSWER: not only these arguments */
	uint32_t kind;          /* of QUESTION */
	uint32_t held;          /* a call waits for it now */
	uint32_t calls;         /* that have joined it */
	uint64_t asked_ms_ago;  /* since the first */
	uint64_t left_ms;       /* until the question expires */
	uint64_t hold_ms;       /* until the call is let go; 0: none waits */
	uint8_t args_hash[32];  /* as in the log: under the log's key */
	uint8_t digests[2][32]; /* of the policy before and after ALWAYS */
	char name[APPROVAL_NAME_MAX];
	char text[4608];
};

/* What WORD_SESSION tells, in .text of the word. */
struct approval_session {
	char session[33];
	char server[256];
	char client[256]; /* the program that started the wrapper */
	char profile[65]; /* its name; empty: none that could be written to */
	char workspace[2048];
	uint32_t pid; /* of the supervisor */
};
