/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"
#include "cli/deeds.h"
#include "cli/token_conditions.h"
#include "cli/token_verb.h"
#include "keeper/token_check.h"

static enum token_fault check_mark(const struct token_store *s,
	const struct token *t, uint64_t use, enum token_fault marked)
{
	int r = token_store_marked(s, t, use);

	return r == 0 ? TOKEN_FAULT_FINE : r < 0 ? TOKEN_FAULT_UNTOLD : marked;
}

static int check(struct token_request *q, const struct token_text *text,
	const struct approvers *a, struct token *ret, struct err *e)
{
	size_t n;
	uint64_t now = token_store_now_us(&q->store) / 1000000;
	enum token_fault f;

	if (token_parse(text->bytes, text->len, ret, &n) < 0)
		return err_status(e, 1, "that is no token of this version");
	f = token_check_signer(ret, text->bytes, n, a);
	if (f == TOKEN_FAULT_FINE)
		f = token_check_time(ret, now);
	if (f == TOKEN_FAULT_EARLY && ret->from <= now + TOKEN_LIFE_MAX_S)
		f = TOKEN_FAULT_FINE;
	if (f == TOKEN_FAULT_FINE)
		f = check_mark(&q->store, ret, 0, TOKEN_FAULT_REVOKED);
	if (f == TOKEN_FAULT_FINE)
		f = check_mark(&q->store, ret, ret->uses, TOKEN_FAULT_SPENT);
	if (f == TOKEN_FAULT_FINE && ret->about == TOKEN_ABOUT_WHEN &&
		token_when_read(ret->when, e) < 0)
		return -EINVAL;
	return f == TOKEN_FAULT_FINE
		       ? 0
		       : err_status(e,
				 f == TOKEN_FAULT_UNTOLD ? EXIT_REFUSED : 1,
				 "the token is not taken: %s",
				 token_fault_words[f]);
}

/* It is in the log: then so is that nothing came of it. */
static int not_kept(
	struct deed *d, const struct token *t, const char *why, int status)
{
	int r = deeds_token(d, RECORD_TOKEN_REVOKED, t, why, NULL);

	return r < 0 ? r : deed_end(d, status, why, NULL);
}

/* The log of it has no end, and will have none: another one tells of it. The
 * token is no worse for that, and may be added once more. */
static void take_out(struct token_request *q, unsigned slot,
	const struct token *t, const char *purpose)
{
	_deed_ struct deed *d = NULL;

	token_store_remove(&q->store, slot);
	if (deeds_begin(purpose, &d, NULL) == 0)
		(void)!not_kept(
			d, t, "its log could not be ended", EXIT_REFUSED);
}

static int put(struct token_request *q, struct deed *d, const char *purpose,
	const struct token_text *text, const struct token *t, struct err *e)
{
	unsigned slot = 0;
	int r = token_store_add(&q->store, text, &slot);

	if (r == -EXFULL) {
		(void)!not_kept(d, t, "there is no room for it", 1);
		return err_status(e, 1,
			"there are %d tokens already; revoke some",
			TOKEN_SLOTS);
	}
	if (r < 0) {
		(void)!not_kept(d, t, "it could not be kept", EXIT_REFUSED);
		return err_set(e, r, "keeping the token");
	}
	r = deed_end(d, 0, "done", e);
	if (r < 0)
		take_out(q, slot, t, purpose);
	return r;
}

int token_keep(struct token_request *q, const struct token_text *text,
	const struct approvers *a, const char *purpose, struct token *ret,
	struct err *e)
{
	_deed_ struct deed *d = NULL;
	int r = token_store_lock(&q->store, e);

	if (r < 0)
		return r;
	r = check(q, text, a, ret, e);
	if (r == 0)
		r = deeds_begin(purpose, &d, e);
	if (r < 0)
		return r;
	r = deeds_token(d, RECORD_TOKEN_MINTED, ret, NULL, e);
	if (r < 0) {
		(void)!deed_end(d, EXIT_REFUSED, "nothing was written", NULL);
		return r;
	}
	r = put(q, d, purpose, text, ret, e);
	token_store_unlock(&q->store);
	return r;
}
