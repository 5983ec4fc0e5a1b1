/* SPDX-License-Identifier: Apache-2.0 */
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/timex.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#include "base/approvers.h"
#include "base/log.h"
#include "sandbox/confine.h"
#include "supervisor/run.h"
#include "supervisor/who.h"

static void put_server(struct record *rec, const struct plan *p)
{
	crypto_hash_sha256_state state;
	uint8_t hash[crypto_hash_sha256_BYTES];

	record_put_str(rec, FIELD_SERVER_NAME, p->server_name);
	record_put_str(rec, FIELD_SERVER_EXE, p->exe);
	record_put_u64(rec, FIELD_SERVER_ARGC, strv_len(p->argv));
	(void)crypto_hash_sha256_init(&state);
	for (char **a = p->argv; *a; a++)
		(void)crypto_hash_sha256_update(
			&state, (const unsigned char *)*a, strlen(*a) + 1);
	(void)crypto_hash_sha256_final(&state, hash);
	record_put_hash(rec, FIELD_SERVER_ARGV, hash);
	if (p->runtime->package_version)
		record_put_str(
			rec, FIELD_SERVER_VERSION, p->runtime->package_version);
}

static void put_limits(struct record *rec, const struct run *r)
{
	for (int i = LIMIT_NONE + 1; i < _LIMIT_N; i++) {
		char pair[64];

		(void)snprintf(pair, sizeof(pair), "%s=%s", limit_table[i].name,
			cgroup_grade(&r->cgroup, r->plan, (enum limit_id)i));
		record_put_str(rec, FIELD_LIMITS, pair);
	}
}

static void put_host(struct record *rec, const struct plan *p)
{
	struct timex clock = {0};
	struct utsname host;
	int state = adjtimex(&clock);

	if (landlock_abi() < 2)
		record_put_str(rec, FIELD_DEGRADED, "no-landlock");
	if (p->no_proc)
		record_put_str(rec, FIELD_DEGRADED, "no-proc");
	if (p->observe)
		record_put_str(rec, FIELD_DEGRADED, "observe");
	if (p->keep_uid)
		record_put_str(rec, FIELD_DEGRADED, "keep-uid");
	if (p->profile->sandbox.nested_userns)
		record_put_str(rec, FIELD_DEGRADED, "nested-userns");
	if (uname(&host) == 0)
		record_put_str(rec, FIELD_KERNEL, host.release);
	record_put_u64(rec, FIELD_CLOCK_SYNCED,
		state >= 0 && state != TIME_ERROR &&
			!(clock.status & STA_UNSYNC));
}

/* Nine paths of any length would not go into one record. The digest covers what
 * is in the files. */
#define NARROWING_SHOWN 1024

/* Behind the profile's own: what narrowed it, as "site:FILE". */
static void put_narrowings(struct record *rec, const struct plan *p)
{
	for (size_t i = 0; i < p->n_narrowings; i++) {
		const struct narrowing *w = &p->narrowings[i];
		char text[NARROWING_SHOWN];
		int n = snprintf(text, sizeof(text), "%s:%s",
			w->site      ? "site"
			: w->context ? "context"
				     : "narrow",
			w->file);

		if (n < 0 || (size_t)n >= sizeof(text))
			memcpy(text + sizeof(text) - 4, "...", 4);
		record_put_str(rec, FIELD_PROFILE_SOURCE, text);
	}
}

/* The tenant stands in each record: the keeper knows it. */
static void put_declared(struct record *rec, const struct plan *p)
{
	if (p->role)
		record_put_str(rec, FIELD_ROLE, p->role);
	if (p->task)
		record_put_str(rec, FIELD_TASK, p->task);
	if (p->context)
		record_put_str(rec, FIELD_CONTEXT, p->context);
	if (p->expires_s)
		record_put_u64(rec, FIELD_EXPIRES, p->expires_s);
}

/* By the ids of their keys; "site:" is root's list. */
static void put_approvers(struct record *rec, const struct plan *p)
{
	const struct approvers *a = p->approvers;

	for (size_t i = 0; a && i < a->n; i++) {
		char text[TOKEN_KEY_HEX + 8];

		(void)snprintf(text, sizeof(text), "%s:%s",
			a->site ? "site" : "user", a->all[i].id);
		record_put_str(rec, FIELD_APPROVERS, text);
	}
}

void report_start(struct run *r)
{
	const struct plan *p = r->plan;
	struct record *rec = r->record;

	record_init(rec, RECORD_SESSION_START);
	who_put(rec);
	put_server(rec, p);
	record_put_str(rec, FIELD_PROFILE_NAME, p->profile->name);
	record_put_hash(rec, FIELD_PROFILE_DIGEST, p->digest);
	for (char **s = p->profile->sources; s && *s; s++)
		record_put_str(rec, FIELD_PROFILE_SOURCE, *s);
	put_narrowings(rec, p);
	put_declared(rec, p);
	put_approvers(rec, p);
	put_limits(rec, r);
	put_host(rec, p);
}

/* The keeper holds room for these back; one that is gone was told of. */
static void send_record(struct run *r)
{
	(void)!record_send(r->record, r->own_records_w, 1000);
}

void report_end(struct run *r)
{
	struct record *rec = r->record;

	record_init(rec, RECORD_SESSION_END);
	if (r->server_exited && WIFEXITED(r->server_status))
		record_put_u64(rec, FIELD_STATUS,
			(uint64_t)WEXITSTATUS(r->server_status));
	if (r->server_exited && WIFSIGNALED(r->server_status))
		record_put_u64(rec, FIELD_SIGNAL,
			(uint64_t)WTERMSIG(r->server_status));
	record_put_str(rec, FIELD_CAUSE, r->cause);
	record_put_u64(rec, FIELD_TOTAL_CALLS, r->totals.calls);
	record_put_u64(rec, FIELD_TOTAL_REFUSED, r->totals.refused);
	record_put_u64(rec, FIELD_TOTAL_ERRORS, r->totals.errors);
	record_put_u64(rec, FIELD_TOTAL_BYTES_IN, r->totals.bytes_in);
	record_put_u64(rec, FIELD_TOTAL_BYTES_OUT, r->totals.bytes_out);
	send_record(r);
}

void report_limit(
	struct run *r, const char *limit, uint64_t value, const char *grade)
{
	record_init(r->record, RECORD_LIMIT_HIT);
	record_put_str(r->record, FIELD_LIMIT, limit);
	record_put_u64(r->record, FIELD_VALUE, value);
	record_put_str(r->record, FIELD_GRADE, grade);
	send_record(r);
}

void report_anomaly(struct run *r, const char *kind, const char *detail)
{
	enum breaker_action does = r->plan->breaker.action;
	enum breaker_action would = r->plan->observed_breaker.action;

	record_init(r->record, RECORD_ANOMALY);
	record_put_str(r->record, FIELD_KIND, kind);
	record_put_u64(r->record, FIELD_COUNT, 1);
	record_put_str(r->record, FIELD_ACTION,
		breaker_words[would > does ? would : does]);
	if (would > does)
		record_put_u64(r->record, FIELD_OBSERVED, 1);
	record_put_str(r->record, FIELD_DETAIL, detail);
	send_record(r);
	log_line("anomaly: %s: %s", kind, detail);
}
