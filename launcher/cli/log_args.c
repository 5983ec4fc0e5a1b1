/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/log_args.h"

#include <stdio.h>
#include <string.h>

#include "cli/args_hash.h"
#include "keeper/key.h"

/* A call that matched, whose result may come. */
struct hit {
	char session[SESSION_HEX + 1];
	uint64_t call;
};

struct log_args {
	struct audit_key *key; /* of .tenant; NULL: there is none */
	char tenant[80];       /* "" for nobody in particular */
	int dirfd;             /* not ours */
	uint8_t hash[32];
	struct hit *hits;
	size_t n_hits;
};

int log_args_new(const char *json, struct log_args **ret, struct err *e)
{
	_cleanup_(log_args_cleanup) struct log_args *a = calloc(1, sizeof(*a));
	int r = a ? args_hash("log", json, a->hash, e)
		  : err_set(e, -ENOMEM, "log: --args");

	if (r == 0)
		*ret = take_ptr(a);
	return r;
}

void log_args_free(struct log_args *a)
{
	if (!a)
		return;
	audit_key_free(a->key);
	free(a->hits);
	free(a);
}

int log_args_open(struct log_args *a, int dirfd, struct err *e)
{
	a->dirfd = dirfd;
	return audit_key_open(
		dirfd, "the audit folder", NULL, true, &a->key, e);
}

/* Each tenant has a key of its own. */
static bool take_key(struct log_args *a, const char *tenant)
{
	if (strcmp(a->tenant, tenant ? tenant : "") == 0)
		return a->key != NULL;
	audit_key_free(take_ptr(a->key));
	(void)snprintf(
		a->tenant, sizeof(a->tenant), "%s", tenant ? tenant : "");
	return audit_key_open(a->dirfd, "the audit folder", tenant, false,
		       &a->key, NULL) == 0;
}

/* As the keeper does it, stockade-audit(5). */
static bool has_arguments(struct log_args *a, const struct log_stream *s)
{
	const char *seen = audit_entry_text(&s->entry, "args_hash");
	const char *tool = audit_entry_text(&s->entry, "tool");
	char text[65];
	uint8_t mac[32];

	if (!seen || !take_key(a, audit_entry_text(&s->entry, "tenant")))
		return false;
	audit_key_mac(a->key,
		(struct key_piece[]){{s->server, strlen(s->server)},
			{tool ? tool : "", tool ? strlen(tool) : 0},
			{a->hash, sizeof(a->hash)}},
		3, mac);
	for (size_t i = 0; i < sizeof(mac); i++)
		(void)snprintf(text + 2 * i, 3, "%02x", mac[i]);
	return strcmp(text, seen) == 0;
}

static int remember(
	struct log_args *a, const struct log_stream *s, uint64_t call)
{
	struct hit *grown =
		reallocarray(a->hits, a->n_hits + 1, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	a->hits = grown;
	a->hits[a->n_hits].call = call;
	memcpy(a->hits[a->n_hits++].session, s->session, sizeof(s->session));
	return 1;
}

/* Each has one result: it is forgotten then. */
static int is_result_of_hit(
	struct log_args *a, const struct log_stream *s, uint64_t call)
{
	for (size_t i = a->n_hits; i > 0; i--) {
		struct hit *h = &a->hits[i - 1];

		if (h->call != call || strcmp(h->session, s->session) != 0)
			continue;
		*h = a->hits[--a->n_hits];
		return 1;
	}
	return 0;
}

int log_args_match(struct log_args *a, const struct log_stream *s)
{
	uint64_t call;

	if (!s->entry.root || !audit_entry_number(&s->entry, "call", &call))
		return 0;
	if (strcmp(s->type, "call") == 0)
		return has_arguments(a, s) ? remember(a, s, call) : 0;
	return strcmp(s->type, "result") == 0 ? is_result_of_hit(a, s, call)
					      : 0;
}
