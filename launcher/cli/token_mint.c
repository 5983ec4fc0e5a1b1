/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes the approver's key and tokens, and takes those of others.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/account.h"
#include "base/digits.h"
#include "base/escape.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/sha256.h"
#include "cli/args_hash.h"
#include "cli/deeds.h"
#include "cli/sessions.h"
#include "cli/token_conditions.h"
#include "cli/token_key.h"
#include "cli/token_verb.h"
#include "keeper/token_check.h"
#include "plan/approvers.h"
#include "plan/profile_key.h"

#define TTL_DEFAULT_S 300
/* A clock that far behind what it was: a token would live longer than said. */
#define BEHIND_US 60000000ULL

static int print_key(
	const struct token_request *q, const struct token_key *k, bool counts)
{
	char hex[65];

	(void)sodium_bin2hex(hex, sizeof(hex), k->public.public, 32);
	if (q->json)
		(void)printf(
			"{\"name\": \"%s\", \"key_id\": \"%s\", \"public\":"
			" \"%s\", \"counts\": %s}\n",
			k->public.name, k->public.id, hex,
			counts ? "true" : "false");
	else
		(void)printf("%s %s\n", k->public.name, hex);
	return 0;
}

static int refuse_second(struct err *e)
{
	return err_status(e, 1,
		"there is a key already: " APPROVER_KEY_FILE
		" of the configuration folder; move it away to make another");
}

/* Before it counts: what is not in the log does not. */
static int enrol(
	struct deed *d, const struct token_key *k, bool counts, struct err *e)
{
	uint8_t hash[32];
	const struct deed_policy what = {
		.kind = "approver",
		.name = k->public.name,
		.reason = counts ? "token init"
				 : "token init: root's list decides",
		.key_id = k->public.id,
		.new = hash,
	};
	int r;

	sha256(k->public.public, sizeof(k->public.public), hash);
	r = deeds_policy(d, &what, e);
	if (r == 0 && counts)
		r = token_key_enrol(k, e);
	if (r == 0)
		return deed_end(d, 0, "done", e);
	/* It has signed nothing yet, and the next try makes another. */
	token_key_remove();
	(void)!deed_end(d, EXIT_REFUSED, "it was not enrolled", NULL);
	return r;
}

int token_init_verb(struct token_request *q, struct err *e)
{
	_passphrase_ struct passphrase *p = passphrase_new();
	_deed_ struct deed *d = NULL;
	struct approvers site = {.n = 0};
	const char *name = q->name ? q->name : "approver";
	struct token_key k;
	int r = p ? token_key_read(&k, e) : err_set(e, -ENOMEM, "token init");

	if (r == 0)
		return refuse_second(e);
	if (r < 0)
		return r;
	if (!approver_name_valid(name, strlen(name)))
		return err_status(e, 2,
			"token init: --name takes letters, digits, \".\", "
			"\"_\", \"-\" and \"@\", at most %d",
			APPROVER_NAME_MAX);
	r = approvers_load(NULL, &site, e);
	if (r == 0)
		r = passphrase_ask_new(p, e);
	if (r == 0)
		r = deeds_begin("token init", &d, e);
	if (r == 0)
		r = token_key_make(name, p, &k, e);
	if (r < 0)
		return r;
	r = enrol(d, &k, !site.site, e);
	if (r < 0)
		return r;
	if (site.site && !approvers_find(&site, k.public.id))
		log_line("the key does not count: root's list, "
			 "/etc/stockade/" APPROVERS_FILE
			 ", decides, and the line below is not in it");
	return print_key(q, &k, !site.site);
}

static int clock_unread(struct err *e)
{
	return err_say(e, -EIO,
		"tokens/spent/clock of the state folder cannot be read: how "
		"late it is cannot be told");
}

static int opened(struct token_request *q, struct err *e)
{
	int r = token_store_open(&q->store, true, e);
	uint64_t behind_us;

	if (r < 0)
		return r;
	behind_us = token_store_behind_us(&q->store);
	if (behind_us == TOKEN_TIME_UNKNOWN)
		return clock_unread(e);
	if (behind_us > BEHIND_US)
		return err_status(e, 125,
			"the clock is behind what it has been: set it right, "
			"or stockade token revoke --all, which also forgets "
			"the time that was");
	r = token_store_lock(&q->store, e);
	if (r < 0)
		return r;
	token_sweep(&q->store);
	token_store_unlock(&q->store);
	return 0;
}

/* @life_s: how long it is good for, from now on. */
static int report(const struct token_request *q, const struct token *t,
	uint64_t life_s, struct err *e)
{
	char life[32];

	if (q->json) {
		json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:I, s:I}", "id",
			t->id, "key_id", t->key, "server", t->server, "tool",
			t->tool, "uses", (json_int_t)t->uses, "until",
			(json_int_t)t->until);
		int r = o ? json_dumpf(o, stdout, JSON_ENSURE_ASCII) : -1;

		(void)putchar('\n');
		json_decref(o);
		return r < 0 || fflush(stdout) != 0
			       ? err_set(e, -EIO, "token %s: standard output",
					 t->id)
			       : 0;
	}
	(void)printf("%s\n", t->id);
	if (fflush(stdout) != 0)
		return err_set(e, -errno, "token %s: standard output", t->id);
	limit_write(UNIT_SECONDS, life_s, life, sizeof(life));
	log_line("%s of %s: %" PRIu64 " call%s, within %s", t->tool, t->server,
		t->uses, t->uses == 1 ? "" : "s", life);
	return 0;
}

int token_add_verb(struct token_request *q, struct err *e)
{
	const char *file = q->operands[0];
	bool in = strcmp(file, "-") == 0;
	_close_ int fd =
		in ? -1
		   : open(file, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	struct approvers a = {.n = 0};
	struct token_text text;
	struct token t = {0};
	uint64_t now;
	ssize_t n;
	int r;

	if (!in && fd < 0)
		return err_set(e, -errno, "%s", file);
	n = fd_read_all(in ? STDIN_FILENO : fd, text.bytes, sizeof(text.bytes));
	if (n < 0)
		return err_set(e, (int)n, "%s", file);
	text.len = (size_t)n;
	r = approvers_load(NULL, &a, e);
	if (r == 0)
		r = opened(q, e);
	if (r == 0)
		r = token_keep(q, &text, &a, "token add", &t, e);
	now = clock_real_us() / 1000000;
	return r < 0 ? r : report(q, &t, t.until > now ? t.until - now : 0, e);
}

static int read_numbers(
	const struct token_request *q, struct token *t, struct err *e)
{
	static const struct limit_info ttl = {.name = "--ttl",
		.unit = UNIT_SECONDS,
		.least = 1,
		.most = TOKEN_LIFE_MAX_S};
	const char *uses = q->uses ? q->uses : "1";
	uint64_t life = TTL_DEFAULT_S;

	if (!digits_take(&uses, 3, &t->uses) || *uses || t->uses == 0 ||
		t->uses > TOKEN_USES_MAX)
		return err_status(e, 2, "token mint: --uses takes 1 to %d",
			TOKEN_USES_MAX);
	if (q->ttl && limit_parse_as(&ttl, q->ttl, &life, NULL) < 0)
		return err_status(e, 2,
			"token mint: --ttl takes a time such as 90s, 5m, 1h; "
			"at most 72h");
	t->until = life; /* until it is known when it begins */
	return 0;
}

/* What is the only server that runs, if none is named; and its session. */
static int find_server(
	const struct token_request *q, struct token *t, struct err *e)
{
	_sessions_ struct sessions s = {0};
	const struct running *one = NULL;
	int r = q->server && !q->session ? 0 : sessions_read(&s, e);
	unsigned n = 0;

	for (size_t i = 0; r == 0 && i < s.n; i++) {
		const char *id = q->session ? q->session : "";

		if (strncmp(s.all[i].session, id, strlen(id)) != 0 ||
			(one && !q->session &&
				strcmp(one->server, s.all[i].server) == 0))
			continue;
		one = &s.all[i];
		n++;
	}
	if (r < 0)
		return r;
	if (!q->session && !q->server && n == 0)
		return err_status(e, 1,
			"token mint: no server runs; name the one that it is "
			"for with --server");
	if ((q->session || !q->server) && n != 1)
		return err_status(e, 1,
			"token mint: %u %s; name one with --server%s", n,
			q->session ? "sessions run that begin so"
				   : "servers run",
			q->session ? " or more digits" : "");
	if (q->session)
		(void)snprintf(
			t->session, sizeof(t->session), "%s", one->session);
	(void)snprintf(t->server, sizeof(t->server), "%s",
		q->server ? q->server : one->server);
	return 0;
}

static int read_wish(
	const struct token_request *q, struct token *t, struct err *e)
{
	int r = read_numbers(q, t, e);

	if (r == 0 && q->args && q->when)
		r = err_status(e, 2, "token mint: --args or --when, not both");
	if (r == 0)
		r = find_server(q, t, e);
	if (r < 0)
		return r;
	if (strlen(q->operands[0]) >= sizeof(t->tool) ||
		(q->role && strlen(q->role) >= sizeof(t->role)) ||
		(q->when && strlen(q->when) >= sizeof(t->when)))
		return err_status(e, 2, "token mint: too long");
	(void)snprintf(t->tool, sizeof(t->tool), "%s", q->operands[0]);
	(void)snprintf(t->role, sizeof(t->role), "%s", q->role ? q->role : "");
	t->about = q->args   ? TOKEN_ABOUT_ARGS
		   : q->when ? TOKEN_ABOUT_WHEN
			     : TOKEN_ABOUT_ANY;
	if (q->args)
		return args_hash("token mint", q->args, t->args, e);
	if (q->when)
		(void)snprintf(t->when, sizeof(t->when), "%s", q->when);
	return q->when ? token_when_read(q->when, e) : 0;
}

static int sign(const struct token_key *k, const struct token *t,
	struct token_text *text, struct err *e)
{
	_passphrase_ struct passphrase *p = passphrase_new();
	uint8_t signature[TOKEN_SIGNATURE];
	int n = token_write(t, text->bytes, sizeof(text->bytes)), r;

	if (n < 0)
		return err_status(e, 2,
			"token mint: a name with a control character, or a "
			"blank at its end");
	r = p ? passphrase_ask("Passphrase: ", p, e)
	      : err_set(e, -ENOMEM, "token mint");
	if (r == 0)
		r = token_key_sign(k, p, text->bytes, (size_t)n, signature, e);
	if (r == 1)
		return err_status(e, 1, "that is not the passphrase");
	if (r < 0)
		return r;
	r = token_write_signature(
		signature, text->bytes + n, sizeof(text->bytes) - (size_t)n);
	text->len = (size_t)n + (size_t)r;
	return 0;
}

int token_mint_verb(struct token_request *q, struct err *e)
{
	struct token t = {.about = TOKEN_ABOUT_NONE};
	struct approvers a = {.n = 0};
	struct token_text text;
	struct token_key k;
	uint8_t id[TOKEN_ID_HEX / 2];
	uint64_t now;
	int r = read_wish(q, &t, e);

	if (r == 0)
		r = token_key_read(&k, e);
	if (r == 1)
		return err_status(e, 1,
			"there is no key to sign with; stockade token init "
			"makes one");
	if (r == 0)
		r = approvers_load(NULL, &a, e);
	if (r == 0 && !approvers_find(&a, k.public.id))
		return err_status(e, 1, "the key %s is not one that counts: %s",
			k.public.id,
			a.site ? "root's list decides"
			       : "it is not in the list of approvers");
	if (r == 0)
		r = opened(q, e);
	if (r < 0)
		return r;
	now = token_store_now_us(&q->store) / 1000000;
	if (now == TOKEN_TIME_UNKNOWN_S)
		return clock_unread(e);
	t.from = now;
	t.until += now;
	randombytes_buf(id, sizeof(id));
	(void)sodium_bin2hex(t.id, sizeof(t.id), id, sizeof(id));
	memcpy(t.key, k.public.id, sizeof(t.key));
	r = sign(&k, &t, &text, e);
	if (r == 0)
		r = token_keep(q, &text, &a, "token mint", &t, e);
	/* As it was said, not less what the passphrase took. */
	return r < 0 ? r : report(q, &t, t.until - t.from, e);
}
