/* SPDX-License-Identifier: Apache-2.0 */
#include "keeper/token_check.h"

#include <sodium.h>
#include <string.h>

const char *const token_fault_words[_TOKEN_FAULT_N] = {
#define X(id, text) [TOKEN_FAULT_##id] = (text),
	TOKEN_FAULTS(X)
#undef X
};

enum token_fault token_check_signer(const struct token *t, const char *text,
	size_t n, const struct approvers *a)
{
	const struct approver_key *k = approvers_find(a, t->key);

	if (!k)
		return TOKEN_FAULT_KEY;
	return crypto_sign_verify_detached(t->signature,
		       (const unsigned char *)text, n, k->public) == 0
		       ? TOKEN_FAULT_FINE
		       : TOKEN_FAULT_SIGNATURE;
}

enum token_fault token_check_time(const struct token *t, uint64_t now_s)
{
	if (now_s == TOKEN_TIME_UNKNOWN_S)
		return TOKEN_FAULT_UNTOLD;
	if (now_s >= t->until)
		return TOKEN_FAULT_EXPIRED;
	return now_s < t->from ? TOKEN_FAULT_EARLY : TOKEN_FAULT_FINE;
}

static enum token_fault check_bound(
	const struct token *t, const struct token_need *need)
{
	if (t->session[0] && strcmp(t->session, need->session) != 0)
		return TOKEN_FAULT_SESSION;
	if (t->role[0] && (!need->role || strcmp(t->role, need->role) != 0))
		return TOKEN_FAULT_ROLE;
	if (t->about == TOKEN_ABOUT_ARGS &&
		sodium_memcmp(t->args, need->args, sizeof(t->args)) != 0)
		return TOKEN_FAULT_ARGS;
	return t->about == TOKEN_ABOUT_NONE ? TOKEN_FAULT_FORM
					    : TOKEN_FAULT_FINE;
}

enum token_fault token_check(const struct token *t, const char *text, size_t n,
	const struct approvers *a, const struct token_need *need,
	uint64_t now_s)
{
	enum token_fault f;

	if (strcmp(t->server, need->server) != 0 ||
		strcmp(t->tool, need->tool) != 0)
		return TOKEN_FAULT_OTHER;
	f = token_check_signer(t, text, n, a);
	if (f == TOKEN_FAULT_FINE)
		f = token_check_time(t, now_s);
	return f == TOKEN_FAULT_FINE ? check_bound(t, need) : f;
}
