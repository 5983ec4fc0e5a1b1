/* SPDX-License-Identifier: Apache-2.0 */
#include "keeper/keeper.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/fd.h"
#include "base/folders.h"
#include "keeper/state.h"

DEFINE_CLEANUP(keeper);

/* Lines that wait to be written; more is not read. */
#define OUT_MAX ((size_t)320 * 1024)
#define LEDGER_WAIT_MS 2000

static const uint32_t relay_permit =
	SOURCE_TYPE(RECORD_CALL) | SOURCE_TYPE(RECORD_RESULT) |
	SOURCE_TYPE(RECORD_LIMIT_HIT) | SOURCE_TYPE(RECORD_PROTOCOL_REFUSED) |
	SOURCE_TYPE(RECORD_ANOMALY) | SOURCE_TYPE(RECORD_APPROVAL_ASKED) |
	SOURCE_TYPE(RECORD_PIN_FIRST) | SOURCE_TYPE(RECORD_PIN_CHANGED) |
	SOURCE_TYPE(RECORD_PIN_ACCEPTED);
static const uint32_t supervisor_permit = SOURCE_TYPE(RECORD_SESSION_END) |
					  SOURCE_TYPE(RECORD_LIMIT_HIT) |
					  SOURCE_TYPE(RECORD_ANOMALY);

void keeper_free(struct keeper *k)
{
	if (!k)
		return;
	for (size_t i = 0; i < ELEMENTS(k->sources); i++)
		source_deinit(&k->sources[i]);
	fd_close(&k->c.relay_fd);
	fd_close(&k->c.supervisor_fd);
	fd_close(&k->c.liveness_fd);
	fd_close(&k->c.cgroup_fd);
	desk_free(k->desk);
	audit_file_deinit(&k->file);
	ledger_deinit(&k->ledger);
	audit_key_free(k->key);
	spill_folder_deinit(&k->spill);
	pin_folder_deinit(&k->pins);
	token_desk_free(k->tokens);
	buf_deinit(&k->out);
	free(k->folder);
	free(k);
}

/* A terminal's Ctrl-C reaches the whole group; a reader of stderr that went
 * away or a limit on file sizes must not end the log. */
static int signals_ignore(struct err *e)
{
	static const int ignored[] = {
		SIGTERM, SIGINT, SIGHUP, SIGPIPE, SIGXFSZ};
	const struct sigaction ignore = {.sa_handler = SIG_IGN};

	for (size_t i = 0; i < ELEMENTS(ignored); i++)
		if (sigaction(ignored[i], &ignore, NULL) < 0)
			return err_set(e, -errno, "signals of the keeper");
	return 0;
}

static int keeper_folder(struct keeper *k, int *ret_dir, struct err *e)
{
	_free_ char *state = NULL;
	int r = folder_path(FOLDER_STATE, &state, e);

	if (r == 0 && asprintf(&k->folder, "%s/audit", state) < 0) {
		k->folder = NULL;
		r = err_set(e, -ENOMEM, "audit folder");
	}
	return r < 0 ? r : folder_open(FOLDER_STATE, "audit", true, ret_dir, e);
}

/* The day is for people who look into the folder; the session is what counts.
 */
static int keeper_name(struct keeper *k, struct err *e)
{
	time_t now = (time_t)(clock_real_us() / 1000000);
	char day[16] = "";
	struct tm tm;

	if (!hex_valid(k->c.session, SESSION_HEX))
		return err_say(e, -EINVAL, "session is no 32 hex digits");
	if (!gmtime_r(&now, &tm) || !strftime(day, sizeof(day), "%F", &tm))
		return err_say(e, -EINVAL, "the clock gives no date");
	(void)snprintf(k->file_name, sizeof(k->file_name), "%s-%s.jsonl", day,
		k->c.session);
	return 0;
}

/* Remedies for what a person can do something about. */
static int keeper_refused(const struct keeper *k, int r, struct err *e)
{
	if (r == -ENOSPC || r == -EDQUOT)
		return err_say(e, r,
			"no space for the audit log in %s: make room; nothing "
			"runs without a log",
			k->folder);
	if (r == -EROFS || r == -EACCES || r == -EPERM)
		return err_set(e, r,
			"the audit log cannot be written in %s (point HOME or "
			"XDG_STATE_HOME to a folder that can be; nothing runs "
			"without a log)",
			k->folder);
	return err_set(e, r, "audit log in %s", k->folder);
}

/*
 * The first line, and the ledger's, as one: nobody else adds to the ledger in
 * between, so that `previous` is the session whose line stands before ours.
 */
static int keeper_begin_locked(
	struct keeper *k, struct record *start, const struct ledger_tail *tail)
{
	struct record_view v;
	int r;

	record_put_str(start, FIELD_KEY_ID, audit_key_id(k->key));
	if (tail->session[0])
		record_put_str(start, FIELD_PREVIOUS, tail->session);
	r = record_finish(start, &v);
	if (r < 0)
		return r;
	k->line = (struct line_context){
		.session = k->c.session,
		.server_name = k->c.server_name,
		.tenant = k->c.tenant,
		.key = k->key,
		.start_us = v.mono_us,
	};
	r = keeper_add(k, &v);
	if (r == 0)
		r = audit_file_write(&k->file, &k->out);
	if (r == 0)
		r = ledger_add(&k->ledger, tail, "start", &k->chain);
	k->checked = k->chain.count;
	k->checked_us = clock_mono_us();
	return r;
}

static int keeper_begin(struct keeper *k, struct record *start, struct err *e)
{
	struct ledger_tail tail;
	int r = ledger_lock(&k->ledger, LEDGER_WAIT_MS, &tail);

	if (r == -EWOULDBLOCK)
		return err_say(e, r,
			"the audit ledger in %s is kept locked by another "
			"process: see who has it open (fuser)",
			k->folder);
	if (r < 0)
		return r;
	chain_init(&k->chain, k->c.session);
	keeper_clock_begin(k);
	r = keeper_begin_locked(k, start, &tail);
	ledger_unlock(&k->ledger);
	return r;
}

/* Less than that is no start: it holds the first record, the last ones, and
 * one of a call. */
#define START_ROOM ((uint64_t)2 * RECORD_LINE_MAX + SUPERVISOR_ROOM + OWN_ROOM)

static int keeper_open(
	struct keeper *k, int dir, struct record *start, struct err *e)
{
	int r = audit_key_open(dir, k->folder, k->c.tenant, true, &k->key, e);

	if (r == 0)
		r = ledger_open(&k->ledger, dir, k->folder, e);
	/* Where not even the log can be written, that is what is said. */
	if (r == 0)
		r = pin_folder_open(&k->pins, k->c.pins, k->c.session,
			k->c.pins_sequence, e);
	if (r == 0)
		r = audit_file_create(&k->file, dir, k->file_name);
	if (r < 0)
		return r;
	r = audit_file_reserve(&k->file, START_ROOM);
	if (r >= 0)
		r = keeper_begin(k, start, e);
	if (r < 0)
		(void)unlinkat(dir, k->file_name, 0);
	return r;
}

static int keeper_sources(struct keeper *k)
{
	int r = source_init(&k->sources[SOURCE_RELAY], "relay",
		k->c.relay_records, relay_permit);

	if (r < 0)
		return r;
	return source_init(&k->sources[SOURCE_SUPERVISOR], "supervisor",
		k->c.supervisor_records, supervisor_permit);
}

/* The caller keeps its descriptors when keeper_new() fails. */
static void keeper_disown(struct keeper *k)
{
	k->sources[SOURCE_RELAY].fd = -1;
	k->sources[SOURCE_SUPERVISOR].fd = -1;
	k->c.relay_fd = k->c.supervisor_fd = -1;
	k->c.liveness_fd = k->c.cgroup_fd = -1;
}

int keeper_new(
	const struct keeper_config *c, struct keeper **ret, struct err *e)
{
	_cleanup_(keeper_cleanup) struct keeper *k = calloc(1, sizeof(*k));
	_close_ int dir = -1;
	int r;

	if (!k)
		return err_set(e, -ENOMEM, "keeper");
	k->c = *c;
	k->file.fd = k->ledger.fd = k->parcel.fd = -1;
	spill_folder_init(&k->spill);
	pin_folder_init(&k->pins);
	k->out = (struct buf)BUF_INIT(OUT_MAX);
	keeper_disown(k);
	r = keeper_name(k, e);
	if (r == 0)
		r = keeper_folder(k, &dir, e);
	if (r == 0)
		r = signals_ignore(e);
	if (r == 0 && c->about)
		r = desk_new(c->about, &k->desk, e);
	else if (r == 0)
		desk_sweep();
	if (r == 0 && c->approvers)
		r = token_desk_new(c, &k->tokens, e);
	if (r < 0)
		return r;
	k->ledger.session = c->session;
	k->ledger.file = k->file_name;
	r = keeper_open(k, dir, c->start, e);
	if (r < 0)
		return keeper_refused(k, r, e);
	k->c = *c;
	k->c.start = NULL;
	k->relay_heard = k->supervisor_heard = true;
	r = keeper_sources(k);
	if (r < 0) {
		keeper_disown(k);
		return err_set(e, r, "record pipes of the keeper");
	}
	spill_folder_open(&k->spill, k->c.session, k->c.spill);
	*ret = take_ptr(k);
	return 0;
}

int keeper_socket_folder(const struct keeper *k)
{
	return k->desk ? k->desk->folder : -1;
}

int keeper_pin_folder(const struct keeper *k)
{
	return k->pins.fd;
}

int keeper_spill_folder(const struct keeper *k)
{
	return k->spill.folder;
}

int keeper_spill_parent(const struct keeper *k)
{
	return k->spill.parent;
}

int keeper_token_folder(const struct keeper *k)
{
	return k->tokens ? k->tokens->store.folder : -1;
}

int keeper_token_marks(const struct keeper *k)
{
	return k->tokens ? k->tokens->store.spent : -1;
}

size_t keeper_fds(const struct keeper *k, int ret_fds[16])
{
	const int all[] = {k->sources[SOURCE_RELAY].fd,
		k->sources[SOURCE_SUPERVISOR].fd, k->c.relay_fd,
		k->c.supervisor_fd, k->c.liveness_fd, k->c.cgroup_fd,
		k->file.fd, k->ledger.fd, k->desk ? k->desk->listener : -1,
		k->desk ? k->desk->folder : -1, k->spill.parent,
		k->spill.folder, k->pins.fd, keeper_token_folder(k),
		keeper_token_marks(k), k->tokens ? k->tokens->store.clock : -1};
	size_t n = 0;

	_Static_assert(ELEMENTS(all) <= 16, "the caller has room for 16");
	for (size_t i = 0; i < ELEMENTS(all); i++)
		if (all[i] >= 0)
			ret_fds[n++] = all[i];
	return n;
}
