/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/strv.h"
#include "cli/deeds.h"
#include "cli/option.h"
#include "cli/token_verb.h"
#include "cli/verb.h"

enum part_option {
	OPT_SERVER = 1U << 0,
	OPT_ARGS = 1U << 1,
	OPT_WHEN = 1U << 2,
	OPT_ROLE = 1U << 3,
	OPT_SESSION = 1U << 4,
	OPT_NAME = 1U << 5,
	OPT_TTL = 1U << 6,
	OPT_USES = 1U << 7,
	OPT_ALL = 1U << 8,
};

static const struct {
	const char *name;
	int (*run)(struct token_request *q, struct err *e);
	size_t least, most; /* operands */
	unsigned options;
} parts[] = {
	{"init", token_init_verb, 0, 0, OPT_NAME},
	{"mint", token_mint_verb, 1, 1,
		OPT_SERVER | OPT_ARGS | OPT_WHEN | OPT_ROLE | OPT_SESSION |
			OPT_TTL | OPT_USES},
	{"add", token_add_verb, 1, 1, 0},
	{"list", token_list_verb, 0, 0, 0},
	{"revoke", token_revoke_verb, 0, 1, OPT_ALL},
};

static unsigned given(const struct token_request *q)
{
	const char *const all[] = {q->server, q->args, q->when, q->role,
		q->session, q->name, q->ttl, q->uses};
	unsigned bits = q->all ? OPT_ALL : 0;

	for (size_t i = 0; i < ELEMENTS(all); i++)
		bits |= all[i] ? 1U << i : 0;
	return bits;
}

static int dispatch(struct token_request *q, struct err *e)
{
	const char *name = q->operands[0];

	for (size_t i = 0; name && i < ELEMENTS(parts); i++) {
		size_t n = strv_len(q->operands + 1);

		if (strcmp(parts[i].name, name) != 0)
			continue;
		if (n < parts[i].least || n > parts[i].most)
			return err_status(e, 2,
				"token %s: wrong number of operands; see "
				"stockade token --help",
				name);
		if (given(q) & ~parts[i].options)
			return err_status(e, 2,
				"token %s: an option that is not its own; see "
				"stockade token --help",
				name);
		q->operands++;
		return parts[i].run(q, e);
	}
	return err_status(e, 2,
		"token: expected init, mint, add, list or revoke; see stockade "
		"token --help");
}

#define SETTER(member)                                             \
	static int set_##member(                                   \
		void *context, const char *value, struct err *e)   \
	{                                                          \
		(void)e;                                           \
		((struct token_request *)context)->member = value; \
		return 0;                                          \
	}

SETTER(server)
SETTER(args)
SETTER(when)
SETTER(role)
SETTER(session)
SETTER(name)
SETTER(ttl)
SETTER(uses)

static int set_json(void *context, const char *value, struct err *e)
{
	(void)value;
	(void)e;
	((struct token_request *)context)->json = true;
	return 0;
}

static int set_all(void *context, const char *value, struct err *e)
{
	(void)value;
	(void)e;
	((struct token_request *)context)->all = true;
	return 0;
}

static const struct option_row options[] = {
	{"json", NULL, "print JSON instead of text", set_json, false},
	{"server", "NAME", "mint: of this server", set_server, false},
	{"args", "JSON", "mint: for just these arguments", set_args, false},
	{"when", "JSON", "mint: for arguments that these conditions hold of",
		set_when, false},
	{"ttl", "TIME", "mint: how long it lives, 5m if not said", set_ttl,
		false},
	{"uses", "N", "mint: for so many calls, 1 if not said", set_uses,
		false},
	{"role", "NAME", "mint: in sessions of this role only", set_role,
		false},
	{"session", "ID", "mint: in this session only", set_session, false},
	{"name", "NAME", "init: what the key is called", set_name, false},
	{"all", NULL, "revoke: every one", set_all, false},
};

static const struct verb_info info = {
	.name = "token",
	.usage = "[OPTION...] VERB [TOOL|FILE|ID]",
	.about = "Permit single calls, with a key that no agent has.",
	.more = "init            make the approver's key, sealed under a "
		"passphrase\n"
		"mint TOOL       permit calls of it; asks for the passphrase "
		"on the terminal\n"
		"add FILE|-      take a token that somebody else's key has "
		"signed\n"
		"list            what lies there, and whether it counts\n"
		"revoke ID       take it back; its first digits will do\n\n"
		"Exit status: 0; 1 refused, or nothing there; 2 usage.\n"
		"stockade-token(1) describes all of it.",
	.options = options,
	.n_options = ELEMENTS(options),
};

int verb_token(int argc, char **argv)
{
	struct token_request q = {.json = false};
	struct err e = {0};
	int r;

	deeds_guard();
	token_store_init(&q.store);
	r = options_parse(&info, argc, argv, &q, &q.operands, &e);
	if (r == 0)
		r = dispatch(&q, &e);
	else if (r > 0)
		r = 0;
	token_store_deinit(&q.store);
	return r < 0 ? log_err(&e) : r;
}
