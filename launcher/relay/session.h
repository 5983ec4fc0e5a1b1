/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The relay's state, shared by the files of this folder and by nobody else.
 */
#pragma once

#include "base/ipc.h"
#include "policy/message.h"
#include "policy/out.h"
#include "policy/wishes_cut.h"
#include "relay/approvals.h"
#include "relay/display.h"
#include "relay/elicit.h"
#include "relay/elicited.h"
#include "relay/entry.h"
#include "relay/flood.h"
#include "relay/handback.h"
#include "relay/journal.h"
#include "relay/lane.h"
#include "relay/looking.h"
#include "relay/pages.h"
#include "relay/pending.h"
#include "relay/pinning.h"
#include "relay/port.h"
#include "relay/quota.h"
#include "relay/relay.h"
#include "relay/ruling.h"
#include "relay/shapes.h"
#include "relay/sink.h"
#include "relay/spill.h"
#include "relay/standing.h"
#include "relay/tally.h"
#include "relay/tasks.h"
#include "relay/term.h"
#include "relay/titles.h"
#include "relay/token.h"
#include "relay/wanted.h"
#include "relay/watch.h"

#define CALLS_MAX 4096     /* requests of the client's without an answer */
#define ASKS_MAX 256       /* requests of the server's */
#define ASKS_BURST 1000    /* requests of the server's at once … */
#define ASKS_REFILL_MS 500 /* … and one more each so many milliseconds */

#define HOLD_US 1000000U /* how long a message waits for the log */
#define FULL_US 5000000U /* how long a request waits for room in the table */
#define FLUSH_MS 1500    /* how long a client may read the rest, at most */
#define LAST_MS 300      /* after that, for the log */
#define STUCK_MS 5000    /* the same for a server, after the client's end */
#define SHRINK_MS 250    /* idle time after which memory goes back */

/* A wait for the log, begun when since_us is not 0. */
struct hold {
	uint64_t since_us;
	uint64_t news; /* of the journal, when it was tried last */
};

/* How far the session has come towards its end; each is told once. */
struct ends {
	bool started;     /* IPC_GO was there */
	bool client_eof;  /* told */
	bool client_gone; /* told */
	bool server_eof;  /* told; no answer can come any more */
	bool stopped;     /* IPC_STOP: nothing goes to the server any more */
	bool server_exit; /* IPC_SERVER_EXIT: the rest has a deadline */
	bool drained;     /* of what the server wrote nothing is left */
	bool logging;     /* the last results wait for the log */
	bool over;        /* the loop ends */
	bool abandoned;   /* the supervisor is dead: without another word */
	uint64_t flush_by_ms; /* after server_exit */
	uint64_t stuck_by_ms; /* after the client's end; 0 not yet */
	uint64_t log_by_ms;   /* the last results wait for the log; 0 not yet */
};

struct relay {
	struct allowed allowed;
	struct allowed observed; /* what would be, or NULLs */
	const struct wishes *observed_wishes;
	struct wishes wishes;
	struct output_caps caps;
	int keeper_fd, supervisor_fd, liveness_fd;
	struct port client_in, client_out;
	struct port server_in, server_out, server_err;
	struct watches watches;
	struct sink to_client, to_server;
	struct lane c2s, s2c;
	struct json_scanner *scanner;
	struct pending calls;           /* the client's requests */
	struct pending asks;            /* the server's */
	struct listen_names subscribed; /* resources, in the legacy era */
	struct elicited elicited;
	struct wanted wanted;
	struct agreed agreed;
	struct pages pages;
	struct tasks tasks, client_tasks; /* the server's, the client's */
	struct flood flood;               /* of the server's notifications */
	struct approvals approvals;
	struct standings standings;
	struct rates *rates, *observed_rates; /* or NULL */
	uint64_t call_timeout_ms;             /* 0: none */
	uint64_t observed_timeout_ms;
	uint64_t overdue_ms; /* when a call may be overdue; 0: none is */
	struct breaker breaker;
	struct term term;
	struct titles titles;
	struct shapes shapes;
	struct pinning pinning;
	struct looking looking;
	uint64_t hold_ms; /* of the configuration; 0: as clients go */
	const char *server_name, *session;
	struct elicit elicit;
	struct handback_book handbacks;
	struct handback resumed; /* of the request that is judged now */
	struct out resumed_line; /* that request without our state */
	struct journal journal;
	struct hold hold_c2s, hold_s2c;
	uint64_t full_us; /* since when a request waits for room in calls; 0 */
	struct spill spill;      /* of a result that waits for its files */
	struct token_wait token; /* of a call that needs one */
	struct tallies tallies;
	struct display display;
	char declined[APPROVAL_REASON_MAX + 64];
	struct out answer;  /* a line of ours in the making */
	struct out scratch; /* canonical arguments */
	struct out cleaned; /* what is to go on of a line of the server's */
	struct out typed;   /* that before, without content of other types */
	struct ipc_totals totals;
	struct ends ends;
	struct ipc_parcel parcel; /* scratch */
	uint64_t n_calls;         /* the last number that was given */
	uint64_t call; /* that of the client's request that was recorded last */
	uint64_t asks_left, asks_refill_ms;
	enum message_era era; /* of the client's last request */
	bool client_legacy;   /* it has sent a request of the legacy era */
	bool client_waits;    /* it is known to wait longer than others */
	bool stands;          /* there is a queue for standing questions */
	bool full_stuck;      /* full_us was in vain, and still no room */
	bool clean_told;      /* standard error has it */
	bool log_told;        /* standard error says that calls are denied */
};

/* client.c, server.c: what the lanes do with a line. */
extern const struct lane_ops client_ops, server_ops;

/* client_request.c: a request whose form and id are good. */
enum lane_step client_request(
	struct relay *r, const struct message *m, const char *line, size_t len);

/* notify.c: whether a notification of the server's goes on. */
enum lane_step notify_client(
	struct relay *r, const struct message *m, const char *line, size_t len);

/* server_request.c: what the server asks of its client. */
enum lane_step server_request(
	struct relay *r, const struct message *m, const char *line, size_t len);
/* Says no to such a request; without a record of its own. */
void server_refuse_request(
	struct relay *r, const struct message *m, int code, const char *text);
/* Why a message of the server's own does not go on. */
#define RELAY_CANNOT_CLEAN \
	"characters that are not seen, and cannot be taken out"

/* server.c: an answer that was held goes on as it is, @len bytes and a newline;
 * it is recorded, and what it begins or ends is remembered. */
struct reworked;
void server_answer_passes(struct relay *r, const struct message *m,
	struct call *c, size_t len, const struct reworked *w);

/* track.c: an answer of the server's goes on: what it begins, ends or asks for
 * is remembered. */
void track_answer(struct relay *r, const struct message *m, struct call *c);

/* session.c: what both directions need. */

/* Whether to go on waiting for the log after journal_send() gave @sent. */
bool session_holds(struct relay *r, struct hold *h, int sent);

void session_note(struct relay *r, enum tally_id id, const struct incident *i);

/* A line of the server's that does not go on. */
void session_note_server(struct relay *r, const struct message *m,
	const char *line, size_t len, const char *reason);

/* Records once that the display has reached its cap. */
void session_note_display(struct relay *r);

/* The result record of @c with what is known of it in @x; call and ms are
 * filled in. As journal_send(). */
int session_result(
	struct relay *r, const struct call *c, struct entry_result *x);

/* The same, where there is no waiting: what the log does not take is counted.
 */
void session_result_now(
	struct relay *r, const struct call *c, struct entry_result *x);

/* The same at the end of the session, where thousands may be due at once: it
 * waits for the keeper, HOLD_US for all of them. */
void session_result_last(
	struct relay *r, const struct call *c, struct entry_result *x);

/* Queues r->answer and resets it. */
void session_to_client(struct relay *r);
void session_to_server(struct relay *r);

/* An answer to @c in place of the server's, into @o: isError or -32603. */
void session_answer_lost(struct out *o, const struct call *c, const char *text);

/* Answers all that is pending: the server will not. */
void session_lose_all(struct relay *r);

/* The earlier of two times of which 0 is none. */
static inline uint64_t session_earliest(uint64_t a, uint64_t b)
{
	return b && (a == 0 || b < a) ? b : a;
}

/* ask.c: calls that somebody has to agree to. */

/* What is known of a request that policy asks for, before it is recorded. */
struct asking {
	struct question_key key;
	uint8_t args_hash[32];
	struct approvals_verdict verdict;
	bool judged;
};

/* What an answer to it would bind: kind, name, rules and arguments. <0: no
 * memory. */
int ask_key(struct relay *r, const struct message *m, const struct ruling *u,
	uint8_t ret[32]);

/*
 * Judges it: @u becomes RULING_FORWARD where it was allowed before, RULING_HOLD
 * where it waits, else an answer. -ENOMEM.
 */
int ask_judge(struct relay *r, const struct message *m, struct ruling *u,
	struct asking *ret) _must_use_;

/*
 * Does what was judged, once the call stands in the log. For RULING_HOLD: puts
 * the question, holds the call with @line; @u becomes an answer where that
 * fails. Not to be left out for the others.
 */
void ask_take(struct relay *r, const struct message *m, const char *line,
	size_t len, struct ruling *u, struct asking *a);

/* Whether the client is known to wait long; from initialize, or a _meta. */
bool ask_client_waits(const struct message *m);

/* What a question is about. */
enum approval_kind ask_kind(const struct message *m);

/* form.c: the client's person is asked, too. */

/* Puts the question by a request of ours, where that can be. */
void form_ask(struct relay *r, const struct message *m, const struct ruling *u,
	uint64_t question);
/* Whether it could be put in the answer that hands @m back. */
bool form_possible(const struct relay *r, const struct message *m);
/* The client's answer to such a request; false if it is none. */
bool form_answered(struct relay *r, const struct message *m);
/* Nobody needs the answer any more. */
void form_over(struct relay *r, uint64_t question);

/* resume.c: calls that are handed back, and come again. */

/* As client_request(), for a line that may carry a state of ours. */
enum lane_step resume_request(
	struct relay *r, const struct message *m, const char *line, size_t len);
/* Hands a held call back instead of refusing it: true if that was done. */
bool resume_later(struct relay *r, struct call *c);

/* hold.c: what happens to them while they wait. */

/* "Not run: the user declined." with the reason; kept in @r. */
const char *hold_declined_text(struct relay *r, const char *reason);

/* An answer of the keeper's. */
void hold_answered(struct relay *r, uint64_t question, uint64_t answer,
	const char *reason, size_t len);
/* What the client says was chosen in its form; the keeper decides. */
void hold_form(struct relay *r, uint64_t question, enum approval_answer answer);
/* A question that could not be put whole is none. */
void hold_withdraw(struct relay *r, struct question *q);
/* Somebody leaves: the client has cancelled the held call @c. */
void hold_leave(struct relay *r, const struct call *c);
/* What is due: signs of life, calls let go, released or expired. */
void hold_step(struct relay *r);
/* When hold_step() has something to do next; 0: not by time. */
uint64_t hold_next_ms(const struct relay *r);

/* control.c: messages of supervisor and keeper. 0 or -errno: the end. */
int control_supervisor(struct relay *r, uint32_t seen) _must_use_;
void control_keeper(struct relay *r);
int control_say(struct relay *r, enum ipc_type type) _must_use_;

/* ending.c: moves the session towards its end. 0 or -errno. */
int ending_step(struct relay *r) _must_use_;

/* After the loop: what is left goes to the log, IPC_TOTALS to the
 * supervisor. */
int ending_report(struct relay *r) _must_use_;
