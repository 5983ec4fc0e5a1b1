/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/approve_contract.h"

#include <stdio.h>
#include <string.h>

#include "cli/approve_text.h"
#include "policy/utf8.h"

#define SERVER_MAX 80
#define NAME_MAX_SHOWN 140

/* Cut to what an answer can hold; none at all if it is no text. */
static void take_reason(
	const char *text, size_t len, char reason[APPROVAL_REASON_MAX + 1])
{
	reason[0] = '\0';
	if (!utf8_valid(text, len))
		return;
	len = utf8_cut(text, len, APPROVAL_REASON_MAX);
	memcpy(reason, text, len);
	reason[len] = '\0';
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)reason[i] < 0x20 || reason[i] == 0x7f)
			reason[i] = ' ';
}

static size_t trimmed(const char *text, size_t len)
{
	while (len > 0 && strchr(" \t\r\n", text[len - 1]) && text[len - 1])
		len--;
	return len;
}

static bool is_word(const char *text, size_t len, const char *word)
{
	return len == strlen(word) && memcmp(text, word, len) == 0;
}

static bool is_denial(const char *text, size_t len)
{
	return is_word(text, len, "deny") ||
	       (len > 5 && memcmp(text, "deny ", 5) == 0);
}

static const char *no_answer(const struct program_end *end)
{
	if (!end->exited)
		return "it was ended by a signal";
	if (end->overrun)
		return "it wrote too much";
	if (memchr(end->text, '\n', trimmed(end->text, end->len)) ||
		memchr(end->text, '\0', end->len))
		return "it wrote more than one line";
	return NULL;
}

bool contract_read(const struct program_end *end, struct verdict *ret,
	char reason[APPROVAL_REASON_MAX + 1], const char **ret_why)
{
	const char *text = end->text;
	size_t len = trimmed(text, end->len);
	struct verdict v = {.answer = APPROVAL_DENY, .reason = reason};

	reason[0] = '\0';
	*ret_why = no_answer(end);
	if (*ret_why)
		return false;
	if (is_denial(text, len)) {
		if (len > 5)
			take_reason(text + 5, len - 5, reason);
	} else if (end->status != 0) {
		/* Whatever it wrote. */
	} else if (len == 0 || is_word(text, len, "once")) {
		v.answer = APPROVAL_ONCE;
	} else if (is_word(text, len, "session")) {
		v.answer = APPROVAL_SESSION;
	} else {
		*ret_why = is_word(text, len, "always")
				   ? "always is answered on a terminal only"
				   : "what it wrote is no answer";
		return false;
	}
	*ret = v;
	return true;
}

/* @most bytes of it, cut with an ellipsis. */
static void add(struct out *o, const char *text, size_t len, size_t most)
{
	size_t begin = o->len;

	text_bytes(o, text, len);
	if (!o->failed && o->len - begin > most) {
		o->len = begin + most - 3;
		out_str(o, "...");
	}
}

void contract_question(const struct waiting *w, char dst[CONTRACT_QUESTION_MAX])
{
	const char *server = w->link->about.server;
	struct out o = OUT_INIT((size_t)64 << 10);
	size_t dash = server[0] == '-';

	if (dash)
		out_str(&o, "\\x2d");
	add(&o, server + dash, strlen(server + dash), SERVER_MAX);
	out_str(&o, ": ");
	add(&o, w->name, w->name_len, NAME_MAX_SHOWN);
	out_str(&o, "?");
	(void)snprintf(dst, CONTRACT_QUESTION_MAX, "%.*s", (int)o.len,
		o.failed ? "" : o.data);
	out_deinit(&o);
}
