/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/fd.h"
#include "base/ipc.h"
#include "base/log.h"
#include "keeper/state.h"

uint64_t keeper_room(const struct keeper *k, uint64_t keep)
{
	uint64_t room = audit_file_room(&k->file), used;

	if (k->file.unreserved)
		return RECORD_LINE_MAX;
	used = buf_len(&k->out) + k->credit + keep;
	return room > used ? room - used : 0;
}

int keeper_add(struct keeper *k, const struct record_view *v)
{
	size_t start = buf_len(&k->out);
	int r = buf_reserve(&k->out, RECORD_LINE_MAX);

	if (r == 0)
		r = line_append(&k->out, &k->line, k->chain.count, v);
	if (r < 0)
		return r;
	/* Cannot fail: there is room for the longest line. */
	r = chain_seal(&k->chain, &k->out, start);
	if (v->type == RECORD_CALL)
		k->calls++;
	return r;
}

int keeper_add_own(struct keeper *k)
{
	struct record_view v;
	int r = record_finish(&k->own, &v);

	return r < 0 ? r : keeper_add(k, &v);
}

static void keeper_complain(struct keeper *k, int r)
{
	if (k->said)
		return;
	k->said = true;
	log_line("audit log %s/%s cannot grow: %s; calls are refused until it "
		 "can",
		k->folder, k->file_name, strerror(-r));
}

void keeper_flush(struct keeper *k)
{
	int r;

	if (buf_len(&k->out) == 0)
		return;
	r = audit_file_write(&k->file, &k->out);
	k->error = r;
	if (r < 0)
		keeper_complain(k, r);
	else
		buf_shrink(&k->out, (size_t)64 * 1024);
}

/* Lines are written in order, so the last one is what is missing first. */
static void take_back(struct keeper *k, const struct chain *before, size_t len)
{
	size_t left = buf_len(&k->out);

	if (left < len)
		audit_file_take_back(&k->file, len - left);
	buf_cut(&k->out, len);
	k->chain = *before;
}

int keeper_write_own(struct keeper *k)
{
	const struct chain before = k->chain;
	size_t len = buf_len(&k->out);
	int r = keeper_add_own(k);

	if (r < 0)
		return r;
	len = buf_len(&k->out) - len;
	keeper_flush(k);
	if (k->error)
		take_back(k, &before, len);
	return k->error;
}

/* How much credit the relay may get now. */
static uint64_t keeper_spare(struct keeper *k)
{
	const uint64_t keep = SUPERVISOR_ROOM + OWN_ROOM;
	uint64_t want, room;
	int r;

	if (k->file.unreserved) {
		/* One record at a time, and only once the last is written. */
		k->starved = false;
		return buf_len(&k->out) || k->credit >= RECORD_LINE_MAX
			       ? 0
			       : RECORD_LINE_MAX - k->credit;
	}
	if (k->credit > WINDOW - WINDOW / 4)
		return 0;
	want = WINDOW - k->credit;
	r = audit_file_reserve(
		&k->file, buf_len(&k->out) + k->credit + keep + want);
	if (r == 1)
		return keeper_spare(k);
	k->starved = r < 0;
	if (r < 0)
		keeper_complain(k, r);
	room = keeper_room(k, keep);
	return room < want ? room : want;
}

void keeper_grant(struct keeper *k)
{
	struct ipc_msg m = {.type = IPC_CREDIT};

	if (k->sources[SOURCE_RELAY].fd < 0 || k->error)
		return;
	m.a = keeper_spare(k);
	if (m.a == 0)
		return;
	/* A relay that is gone shows at its pipe. */
	if (ipc_send(k->c.relay_fd, ROLE_KEEPER, &m) == 0)
		k->credit += m.a;
}

static void keeper_checkpoint_record(struct keeper *k)
{
	record_init(&k->own, RECORD_CHECKPOINT);
	record_put_u64(&k->own, FIELD_RECORDS, k->chain.count);
	record_put_hash(&k->own, FIELD_HEAD, k->chain.head);
	if (keeper_add_own(k) < 0)
		return;
	k->checked = k->chain.count;
	k->checked_us = clock_mono_us();
	k->ledger_due = true;
}

static bool checkpoint_due(const struct keeper *k)
{
	uint64_t new_records = k->chain.count - k->checked;

	if (new_records == 0 ||
		keeper_room(k, OWN_ROOM) < 2UL * RECORD_OVERHEAD)
		return false;
	return new_records >= CHECKPOINT_RECORDS ||
	       clock_mono_us() - k->checked_us >= CHECKPOINT_US;
}

void keeper_checkpoint(struct keeper *k)
{
	struct ledger_tail tail;

	if (checkpoint_due(k)) {
		keeper_checkpoint_record(k);
		keeper_flush(k);
	}
	/* The ledger never says more than the file holds. Another keeper that
	 * is writing has it for microseconds: no wait, a later turn will do. */
	if (!k->ledger_due || buf_len(&k->out) ||
		ledger_lock(&k->ledger, 0, &tail) < 0)
		return;
	if (ledger_add(&k->ledger, &tail, "checkpoint", &k->chain) == 0)
		k->ledger_due = false;
	ledger_unlock(&k->ledger);
}
