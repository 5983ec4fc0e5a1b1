/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What lies in the store.
 */
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/digits.h"
#include "base/escape.h"
#include "base/fd.h"
#include "base/log.h"
#include "cli/token_verb.h"
#include "keeper/chain.h"
#include "keeper/token_check.h"
#include "plan/approvers.h"

/* Of which nobody can tell count as spent. False: there are such. */
static bool uses_left(
	const struct token_store *s, const struct token *t, uint64_t *ret_left)
{
	bool told = true;

	*ret_left = t->uses;
	for (uint64_t use = 1; use <= t->uses; use++) {
		int marked = token_store_marked(s, t, use);

		*ret_left -= marked != 0;
		told = told && marked >= 0;
	}
	return told;
}

/* What its marks say of one that counts. */
static enum token_fault check_marks(
	const struct token_store *s, const struct token_row *row)
{
	int revoked = token_store_marked(s, &row->t, 0);

	if (revoked > 0)
		return TOKEN_FAULT_REVOKED;
	if (revoked < 0 || (row->untold && row->left == 0))
		return TOKEN_FAULT_UNTOLD;
	return row->left == 0 ? TOKEN_FAULT_SPENT : TOKEN_FAULT_FINE;
}

int token_row_read(struct token_store *s, unsigned slot,
	const struct approvers *a, struct token_row *ret, struct err *e)
{
	struct token_text text;
	size_t n;
	int r = token_store_read(s, slot, &text);

	*ret = (struct token_row){.fault = TOKEN_FAULT_FORM};
	if (r < 0)
		return err_set(
			e, r, "tokens/token-%02u of the state folder", slot);
	if (r > 0)
		return 0;
	if (token_parse(text.bytes, text.len, &ret->t, &n) < 0)
		return 1;
	ret->untold = !uses_left(s, &ret->t, &ret->left);
	ret->fault = a ? token_check_signer(&ret->t, text.bytes, n, a)
		       : TOKEN_FAULT_FINE;
	if (ret->fault == TOKEN_FAULT_FINE)
		ret->fault = token_check_time(
			&ret->t, token_store_now_us(s) / 1000000);
	if (ret->fault == TOKEN_FAULT_FINE)
		ret->fault = check_marks(s, ret);
	ret->untold = ret->untold || ret->fault == TOKEN_FAULT_UNTOLD;
	return 1;
}

/* Marks whose token has expired anyhow: "ID-UNTIL-N". */
static void sweep_marks(struct token_store *s, uint64_t now_s)
{
	int fd = openat(s->spent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *d;

	if (!dir) {
		fd_close(&fd);
		return;
	}
	while ((d = readdir(dir))) {
		const char *at = d->d_name + TOKEN_ID_HEX;
		uint64_t until;

		if (strlen(d->d_name) <= TOKEN_ID_HEX || *at++ != '-' ||
			!digits_take(&at, 12, &until) || *at != '-')
			continue;
		/* A day more, should the clock be set back. */
		if (now_s > until + 86400)
			(void)unlinkat(s->spent, d->d_name, 0);
	}
	(void)closedir(dir);
}

static bool is_over(const struct token_row *r)
{
	return r->fault != TOKEN_FAULT_FINE && r->fault != TOKEN_FAULT_EARLY &&
	       r->fault != TOKEN_FAULT_UNTOLD;
}

void token_sweep(struct token_store *s)
{
	uint64_t now_us;

	for (unsigned i = 0; i < TOKEN_SLOTS; i++) {
		struct token_text text;
		struct token_row r;

		/* What is too long to be one, too. */
		if (token_store_read(s, i, &text) == 1 ||
			(token_row_read(s, i, NULL, &r, NULL) == 1 &&
				is_over(&r)))
			token_store_remove(s, i);
	}
	now_us = token_store_now_us(s);
	if (now_us != TOKEN_TIME_UNKNOWN)
		sweep_marks(s, now_us / 1000000);
}

static void time_text(uint64_t s, char dst[32])
{
	time_t at = (time_t)s;
	struct tm tm;

	dst[0] = '\0';
	if (gmtime_r(&at, &tm))
		(void)strftime(dst, 32, "%FT%TZ", &tm);
}

static void print_row(const struct token_row *r)
{
	char tool[256], server[128], until[32];

	(void)escape_text(tool, sizeof(tool), r->t.tool, strlen(r->t.tool));
	(void)escape_text(
		server, sizeof(server), r->t.server, strlen(r->t.server));
	time_text(r->t.until, until);
	(void)printf("%-12.12s %s %s, %" PRIu64 " of %" PRIu64 " left, until "
		     "%s%s%s%s\n",
		r->t.id, server, tool, r->left, r->t.uses, until,
		r->t.about == TOKEN_ABOUT_ANY ? ", any arguments" : "",
		r->fault == TOKEN_FAULT_FINE ? "" : ": ",
		r->fault == TOKEN_FAULT_FINE ? ""
					     : token_fault_words[r->fault]);
}

/* What is no UTF-8 hides nothing. */
static json_t *text_json(const char *text)
{
	json_t *j = json_string(text);
	char escaped[4 * TOKEN_TOOL_MAX + 1];

	if (j)
		return j;
	(void)escape_text(escaped, sizeof(escaped), text, strlen(text));
	return json_string(escaped);
}

static json_t *row_json(const struct token_row *r)
{
	static const char *const about[] = {"", "args", "when", "any"};
	char until[32];

	time_text(r->t.until, until);
	return json_pack("{s:s, s:s, s:o, s:o, s:s, s:o, s:o, s:s, s:I, s:I, "
			 "s:s, s:b, s:s}",
		"id", r->t.id, "key_id", r->t.key, "server",
		text_json(r->t.server), "tool", text_json(r->t.tool), "about",
		about[r->t.about], "when", text_json(r->t.when), "role",
		text_json(r->t.role), "session", r->t.session, "uses",
		(json_int_t)r->t.uses, "left", (json_int_t)r->left, "until",
		until, "counts", r->fault == TOKEN_FAULT_FINE, "state",
		token_fault_words[r->fault]);
}

static int say_untold(unsigned slot, struct err *e)
{
	return err_say(e, -EIO, "tokens/token-%02u of the state folder: %s",
		slot, token_fault_words[TOKEN_FAULT_UNTOLD]);
}

int token_list_verb(struct token_request *q, struct err *e)
{
	struct approvers a = {.n = 0};
	json_t *rows = q->json ? json_array() : NULL;
	int r = approvers_load(NULL, &a, e), untold = 0;

	if (r == 0)
		r = token_store_open(&q->store, false, e);
	for (unsigned i = 0; r == 0 && i < TOKEN_SLOTS; i++) {
		struct token_row row;
		int there = token_row_read(&q->store, i, &a, &row, e);

		if (there < 0 || (there && row.untold))
			untold = untold < 0 ? untold : say_untold(i, e);
		if (there <= 0 || row.fault == TOKEN_FAULT_FORM)
			continue;
		if (rows)
			(void)json_array_append_new(rows, row_json(&row));
		else
			print_row(&row);
	}
	if (rows && r >= 0) {
		(void)json_dumpf(
			rows, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
		(void)putchar('\n');
	}
	json_decref(rows);
	return r < 0 ? r : untold;
}
