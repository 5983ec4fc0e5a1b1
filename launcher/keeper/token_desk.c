/* SPDX-License-Identifier: Apache-2.0 */
#include "keeper/token_desk.h"

#include <string.h>
#include <time.h>

#include "base/fd.h"
#include "keeper/state.h"

void token_desk_free(struct token_desk *d)
{
	if (!d)
		return;
	token_store_deinit(&d->store);
	free(d);
}

int token_desk_new(
	const struct keeper_config *c, struct token_desk **ret, struct err *e)
{
	struct token_desk *d = calloc(1, sizeof(*d));
	int r;

	if (!d)
		return err_set(e, -ENOMEM, "operation tokens");
	token_store_init(&d->store);
	d->approvers = c->approvers;
	d->need.server = c->server_name;
	d->need.session = c->session;
	d->need.role = c->role;
	r = token_store_open(&d->store, true, e);
	if (r < 0) {
		token_desk_free(d);
		return r;
	}
	(void)token_store_now_us(&d->store);
	*ret = d;
	return 0;
}

void token_record(struct record *rec, const struct token *t)
{
	time_t at = (time_t)t->until;
	char when[32] = "";
	struct tm tm;

	if (gmtime_r(&at, &tm))
		(void)strftime(when, sizeof(when), "%FT%TZ", &tm);
	record_put_str(rec, FIELD_TOKEN, t->id);
	record_put_str(rec, FIELD_KEY_ID, t->key);
	record_put_str(rec, FIELD_TOOL, t->tool);
	if (t->about == TOKEN_ABOUT_ARGS)
		record_put_hash(rec, FIELD_ARGS_HASH, t->args);
	if (t->about == TOKEN_ABOUT_WHEN)
		record_put_str(rec, FIELD_DETAIL, t->when);
	if (t->role[0])
		record_put_str(rec, FIELD_ROLE, t->role);
	if (t->session[0])
		record_put_str(rec, FIELD_ONLY_SESSION, t->session);
	record_put_u64(rec, FIELD_USES, t->uses);
	record_put_str(rec, FIELD_TOKEN_EXPIRES, when);
}

/* Only where there is room for it. */
static int make_record(struct keeper *k, enum record_type type,
	const struct token *t, const char *reason)
{
	record_init(&k->own, type);
	token_record(&k->own, t);
	if (reason)
		record_put_str(&k->own, FIELD_REASON, reason);
	if (k->own.failed || k->error || k->own.cost > keeper_room(k, OWN_ROOM))
		return -ENOSPC;
	return 0;
}

static int write_record(struct keeper *k, enum record_type type,
	const struct token *t, const char *reason)
{
	int r = make_record(k, type, t, reason);

	return r < 0 ? r : keeper_write_own(k);
}

/* The answer to the relay; @t NULL: there is none. */
static int done(struct keeper *k, const struct token *t)
{
	struct ipc_parcel *p = &k->parcel;

	p->fd = -1;
	p->m = (struct ipc_msg){
		.type = IPC_TOKEN_DONE,
		.text = t ? TOKEN_ID_HEX : 0,
		.a = k->tokens->question,
	};
	if (t)
		memcpy(p->text, t->id, TOKEN_ID_HEX);
	k->tokens->question = 0;
	/* What it does not hear of, it refuses. */
	(void)!ipc_send_parcel(k->c.relay_fd, ROLE_KEEPER, p);
	return 0;
}

static bool is_remembered(
	const struct token_desk *d, const struct token *t, uint64_t use)
{
	for (size_t i = 0; i < d->n_spent; i++)
		if (d->spent_use[i] == use && strcmp(d->spent[i], t->id) == 0)
			return true;
	return false;
}

static bool may_remember(struct token_desk *d)
{
	return d->n_spent < TOKENS_REMEMBERED;
}

/* One of its uses is ours alone, or there is none left. */
static enum token_fault spend(struct token_desk *d, const struct token *t)
{
	for (uint64_t use = 1; use <= t->uses && may_remember(d); use++) {
		int r = is_remembered(d, t, use)
				? 1
				: token_store_mark(&d->store, t, use);

		if (r < 0)
			return TOKEN_FAULT_MARK;
		if (r > 0)
			continue;
		memcpy(d->spent[d->n_spent], t->id, sizeof(t->id));
		d->spent_use[d->n_spent++] = use;
		return TOKEN_FAULT_FINE;
	}
	return TOKEN_FAULT_SPENT;
}

static enum token_fault look(struct token_desk *d, struct token *ret)
{
	size_t n;

	if (token_store_read(&d->store, d->slot, &d->text) != 0)
		return TOKEN_FAULT_OTHER;
	if (token_parse(d->text.bytes, d->text.len, ret, &n) < 0)
		return TOKEN_FAULT_OTHER;
	return token_check(ret, d->text.bytes, n, d->approvers, &d->need,
		token_store_now_us(&d->store) / 1000000);
}

static enum token_fault take(struct keeper *k, const struct token *t)
{
	struct token_desk *d = k->tokens;
	int revoked = token_store_marked(&d->store, t, 0);
	enum token_fault f;

	if (revoked)
		return revoked < 0 ? TOKEN_FAULT_UNTOLD : TOKEN_FAULT_REVOKED;
	if (make_record(k, RECORD_TOKEN_SPENT, t, NULL) < 0)
		return TOKEN_FAULT_LOG;
	f = spend(d, t);
	/* Spent and not in the log: it is lost, and the call refused. */
	if (f == TOKEN_FAULT_FINE && keeper_write_own(k) < 0)
		return TOKEN_FAULT_LOG;
	return f;
}

/* The relay has the arguments. */
static int ask_whether(struct keeper *k, const struct token *t)
{
	struct ipc_parcel *p = &k->parcel;
	size_t n = strlen(t->when);

	p->fd = -1;
	p->m = (struct ipc_msg){
		.type = IPC_TOKEN_WHEN,
		.text = (uint32_t)n,
		.a = k->tokens->question,
		.b = k->tokens->slot,
	};
	memcpy(p->text, t->when, n);
	return ipc_send_parcel(k->c.relay_fd, ROLE_KEEPER, p);
}

static void note_fault(
	struct token_desk *d, const struct token *t, enum token_fault f)
{
	if (f == TOKEN_FAULT_OTHER || d->fault != TOKEN_FAULT_FINE)
		return;
	d->fault = f;
	d->found = *t;
}

/* From the slot at hand on. */
static int search(struct keeper *k)
{
	struct token_desk *d = k->tokens;

	for (; d->slot < TOKEN_SLOTS; d->slot++) {
		struct token t;
		enum token_fault f = look(d, &t);

		if (f == TOKEN_FAULT_FINE && t.about == TOKEN_ABOUT_WHEN &&
			ask_whether(k, &t) == 0) {
			d->offered = t;
			return 0;
		}
		if (f == TOKEN_FAULT_FINE && t.about != TOKEN_ABOUT_WHEN) {
			f = take(k, &t);
			if (f == TOKEN_FAULT_FINE)
				return done(k, &t);
		}
		note_fault(d, &t, f);
		/* The next one would be lost in the same way. */
		if (f == TOKEN_FAULT_LOG)
			break;
	}
	if (d->fault != TOKEN_FAULT_FINE)
		(void)!write_record(k, RECORD_TOKEN_REFUSED, &d->found,
			token_fault_words[d->fault]);
	return done(k, NULL);
}

int token_asked(struct keeper *k, struct ipc_parcel *p)
{
	struct token_desk *d = k->tokens;
	struct token_query q;

	memcpy(&q, p->text, sizeof(q));
	if (!d || p->m.a == 0 || q.tool_len > sizeof(q.tool) ||
		memchr(q.tool, '\0', q.tool_len))
		return -EPROTO;
	memcpy(d->need.tool, q.tool, q.tool_len);
	d->need.tool[q.tool_len] = '\0';
	memcpy(d->need.args, q.args, sizeof(q.args));
	d->question = p->m.a;
	d->slot = 0;
	d->fault = TOKEN_FAULT_FINE;
	return search(k);
}

static bool is_same(const struct token *a, const struct token *b)
{
	return memcmp(a->signature, b->signature, sizeof(a->signature)) == 0 &&
	       strcmp(a->id, b->id) == 0 && strcmp(a->when, b->when) == 0;
}

int token_told(struct keeper *k, struct ipc_parcel *p)
{
	struct token_desk *d = k->tokens;
	struct token t;
	enum token_fault f;

	if (!d || p->m.b > 1)
		return -EPROTO;
	/* Of a call that was given up meanwhile. */
	if (d->question == 0 || p->m.a != d->question || d->slot >= TOKEN_SLOTS)
		return 0;
	/* It may be another by now, and another one's conditions. */
	f = look(d, &t);
	if (f == TOKEN_FAULT_FINE && !is_same(&t, &d->offered))
		f = TOKEN_FAULT_OTHER;
	if (f == TOKEN_FAULT_FINE)
		f = p->m.b == 0 ? TOKEN_FAULT_ARGS : take(k, &t);
	if (f == TOKEN_FAULT_FINE)
		return done(k, &t);
	note_fault(d, &t, f);
	d->slot = f == TOKEN_FAULT_LOG ? TOKEN_SLOTS : d->slot + 1;
	return search(k);
}
