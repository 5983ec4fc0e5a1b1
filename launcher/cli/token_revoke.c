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

/* Once the mark is there no process takes it. */
static int take_back(struct token_store *s, unsigned slot,
	const struct token *t, struct token_taken *taken, struct err *e)
{
	int r = token_store_revoke(s, slot, t);

	if (r < 0)
		return err_set(e, r, "revoking %s", t->id);
	taken->all[taken->n++] = *t;
	return 0;
}

int token_take_all(
	struct token_store *s, struct token_taken *taken, struct err *e)
{
	int r = 0;

	/* Who keeps it locked does not keep us from it. */
	(void)!token_store_lock(s);
	for (unsigned i = 0; i < TOKEN_SLOTS; i++) {
		struct token_row row;

		if (!token_row_read(s, i, NULL, &row) ||
			row.fault == TOKEN_FAULT_FORM) {
			token_store_remove(s, i);
			continue;
		}
		if (take_back(s, i, &row.t, taken, e) < 0)
			r = -EIO;
		else
			taken->live += row.fault == TOKEN_FAULT_FINE;
	}
	token_store_unlock(s);
	return r;
}

static int write_down(struct deed *d, const char *purpose,
	const struct token_taken *taken, struct err *e)
{
	int r = 0;

	for (unsigned i = 0; r == 0 && i < taken->n; i++)
		r = deeds_token(
			d, RECORD_TOKEN_REVOKED, &taken->all[i], purpose, e);
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

static int revoke_one(struct token_request *q, const char *id,
	struct token_taken *taken, struct err *e)
{
	struct token_row row, found = {.fault = TOKEN_FAULT_FORM};
	unsigned n = 0, slot = 0;
	int r;

	(void)!token_store_lock(&q->store);
	for (unsigned i = 0; i < TOKEN_SLOTS; i++)
		if (token_row_read(&q->store, i, NULL, &row) &&
			row.fault != TOKEN_FAULT_FORM &&
			strncmp(row.t.id, id, strlen(id)) == 0) {
			found = row;
			slot = i;
			n++;
		}
	if (n != 1) {
		log_line(n ? "%u tokens begin so: more digits"
			   : "there is no such token",
			n);
		return 1;
	}
	r = take_back(&q->store, slot, &found.t, taken, e);
	token_store_unlock(&q->store);
	return r < 0 ? r : token_write_taken(taken, "token revoke", e);
}

static int revoke_all(
	struct token_request *q, struct token_taken *taken, struct err *e)
{
	int r = token_take_all(&q->store, taken, e), written;

	token_store_forget_time(&q->store);
	(void)printf("revoked %u\n", taken->live);
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
	r = token_store_open(&q->store, false, e);
	if (r == 1) {
		log_line("there is no token");
		return q->all ? 0 : 1;
	}
	if (r < 0)
		return r;
	return id ? revoke_one(q, id, taken, e) : revoke_all(q, taken, e);
}
