/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes tokens back, and then writes down that it did: in this order, since an
 * incident may come with a disk that is full.
 */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "cli/deeds.h"
#include "cli/token_verb.h"
#include "keeper/chain.h"
#include "plan/approvers.h"

/* Whose signatures count; NULL where that cannot be told: what is to be revoked
 * is revoked. */
static const struct approvers *load(struct approvers *a)
{
	return approvers_load(NULL, a, NULL) == 0 ? a : NULL;
}

/* Once the mark is there no process takes it. */
static int take_back(struct token_store *s, unsigned slot,
	const struct token_row *row, struct token_taken *taken, struct err *e)
{
	int r = token_store_revoke(s, slot, &row->t);

	if (r < 0)
		return err_set(e, r, "revoking %s", row->t.id);
	taken->live += row->fault == TOKEN_FAULT_FINE ||
		       row->fault == TOKEN_FAULT_UNTOLD;
	taken->all[taken->n] = row->t;
	taken->fault[taken->n++] = row->fault;
	return 0;
}

/* Who it is that nobody can read is for nobody to mark. */
static int remove_unread(struct token_store *s, unsigned slot, struct err *e)
{
	struct err why = *e;

	token_store_remove(s, slot);
	*e = (struct err){0};
	return err_say(e, -EIO,
		"%s: it was removed unread, and a copy of it would count",
		why.text);
}

int token_take_all(
	struct token_store *s, struct token_taken *taken, struct err *e)
{
	struct approvers a = {.n = 0};
	const struct approvers *known = load(&a);
	int r = 0;

	/* Who keeps it locked does not keep us from it. */
	(void)!token_store_lock(s, NULL);
	for (unsigned i = 0; i < TOKEN_SLOTS; i++) {
		struct token_row row;
		struct err why = {0};
		int there = token_row_read(s, i, known, &row, &why);

		if (there < 0)
			there = remove_unread(s, i, &why);
		else if (there == 0 || row.fault == TOKEN_FAULT_FORM)
			token_store_remove(s, i);
		else
			there = take_back(s, i, &row, taken, &why);
		if (there < 0)
			r = err_say(e, there, "%s", why.text);
	}
	token_store_unlock(s);
	return r;
}

/* What nobody has signed who counts is said to be that. */
static int write_one(struct deed *d, const char *purpose, const struct token *t,
	enum token_fault fault, struct err *e)
{
	bool counted = fault == TOKEN_FAULT_FINE;
	char reason[128];

	(void)snprintf(reason, sizeof(reason), "%s%s%s", purpose,
		counted ? "" : "; ", counted ? "" : token_fault_words[fault]);
	return deeds_token(d, RECORD_TOKEN_REVOKED, t, reason, e);
}

static int write_down(struct deed *d, const char *purpose,
	const struct token_taken *taken, struct err *e)
{
	int r = 0;

	for (unsigned i = 0; r == 0 && i < taken->n; i++)
		r = write_one(d, purpose, &taken->all[i], taken->fault[i], e);
	return r;
}

int token_write_taken(
	const struct token_taken *taken, const char *purpose, struct err *e)
{
	_deed_ struct deed *d = NULL;
	struct err why = {0};
	int r = deeds_begin(purpose, &d, &why), end;

	if (r == 0)
		r = write_down(d, purpose, taken, &why);
	end = deed_end(d, r < 0 ? EXIT_REFUSED : 0,
		r < 0 ? "not everything could be written" : "done", &why);
	r = r < 0 ? r : end;
	return r < 0 ? err_say(e, r,
			       "what was revoked is revoked, but the audit log "
			       "does not say so: %s",
			       why.text)
		     : 0;
}

/* How many tokens begin so: the copies of one are one. <0: there may be more,
 * and *ret_n are those that could be read. */
static int find(struct token_store *s, const char *id,
	char ret_id[TOKEN_ID_HEX + 1], unsigned *ret_n, struct err *e)
{
	char seen[TOKEN_SLOTS][TOKEN_ID_HEX + 1];
	unsigned n = 0;
	int r = 0;

	for (unsigned i = 0; i < TOKEN_SLOTS; i++) {
		struct token_row row;
		bool known = false;
		int there = token_row_read(s, i, NULL, &row, e);

		r = there < 0 ? there : r;
		if (there <= 0 || row.fault == TOKEN_FAULT_FORM ||
			strncmp(row.t.id, id, strlen(id)) != 0)
			continue;
		for (unsigned k = 0; k < n; k++)
			known = known || strcmp(seen[k], row.t.id) == 0;
		if (!known)
			memcpy(seen[n++], row.t.id, sizeof(row.t.id));
	}
	if (n == 1)
		memcpy(ret_id, seen[0], sizeof(seen[0]));
	*ret_n = n;
	return r;
}

static int take_one(struct token_store *s, const char *id,
	struct token_taken *taken, struct err *e)
{
	struct approvers a = {.n = 0};
	const struct approvers *known = load(&a);
	int r = 0;

	for (unsigned i = 0; i < TOKEN_SLOTS; i++) {
		struct token_row row;
		int there = token_row_read(s, i, known, &row, e);

		if (there > 0 && row.fault != TOKEN_FAULT_FORM &&
			strcmp(row.t.id, id) == 0)
			there = take_back(s, i, &row, taken, e);
		r = there < 0 ? there : r;
	}
	return r;
}

static int revoke_one(struct token_request *q, const char *id,
	struct token_taken *taken, struct err *e)
{
	char whole[TOKEN_ID_HEX + 1];
	unsigned n;
	int r, found, written;

	(void)!token_store_lock(&q->store, NULL);
	found = find(&q->store, id, whole, &n, e);
	if (n != 1 && found < 0)
		return found;
	if (n != 1) {
		log_line(n ? "%u tokens begin so: more digits"
			   : "there is no such token",
			n);
		return 1;
	}
	r = take_one(&q->store, whole, taken, e);
	token_store_unlock(&q->store);
	written = taken->n ? token_write_taken(taken, "token revoke", e) : 0;
	r = r < 0 ? r : found;
	return r < 0 ? r : written;
}

static int revoke_all(
	struct token_request *q, struct token_taken *taken, struct err *e)
{
	int r = token_take_all(&q->store, taken, e), written;

	token_store_forget_time(&q->store);
	(void)printf("revoked %u\n", taken->live);
	(void)fflush(stdout);
	written = token_write_taken(taken, "token revoke --all", e);
	return r < 0 ? r : written;
}

int token_revoke_verb(struct token_request *q, struct err *e)
{
	_free_ struct token_taken *taken = calloc(1, sizeof(*taken));
	const char *id = q->operands[0];
	int r;

	if (q->all == (id != NULL) ||
		(id && (!*id || !hex_valid(id, strlen(id)))))
		return err_status(e, 2,
			"token revoke: name a token by its (first) hex "
			"digits, or --all");
	if (!taken)
		return err_set(e, -ENOMEM, "token revoke");
	r = token_store_open_revoking(&q->store, e);
	if (r == 1) {
		log_line("there is no token");
		return q->all ? 0 : 1;
	}
	if (r < 0)
		return r;
	return id ? revoke_one(q, id, taken, e) : revoke_all(q, taken, e);
}
