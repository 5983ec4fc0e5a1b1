/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The beginning of a log: its files, its key, the ledger, and the first line.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/fd.h"
#include "base/folders.h"
#include "keeper/state.h"

/* Lines that wait to be written; more is not read. */
#define OUT_MAX ((size_t)320 * 1024)
#define LEDGER_WAIT_MS 2000

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

static int open_all(
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

int keeper_open(struct keeper *k, int dir, struct record *start, struct err *e)
{
	int r;

	k->ledger.session = k->c.session;
	k->ledger.file = k->file_name;
	r = open_all(k, dir, start, e);
	return r < 0 ? keeper_refused(k, r, e) : 0;
}

void keeper_init(struct keeper *k, const struct keeper_config *c)
{
	k->c = *c;
	k->file.fd = k->ledger.fd = k->parcel.fd = -1;
	spill_folder_init(&k->spill);
	pin_folder_init(&k->pins);
	k->out = (struct buf)BUF_INIT(OUT_MAX);
	keeper_disown(k);
}

int keeper_prepare(struct keeper *k, int *ret_dir, struct err *e)
{
	int r = keeper_name(k, e);

	return r == 0 ? keeper_folder(k, ret_dir, e) : r;
}
