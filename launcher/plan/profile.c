/* SPDX-License-Identifier: Apache-2.0 */
#include <sodium.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "plan/profile_layer.h"
#include "policy/breaker.h"
#include "policy/pins.h"

#define FIELD(f) offsetof(struct profile, f)

const struct profile_list profile_lists[_LIST_N] = {
	[LIST_READ] = {"sandbox.read", FIELD(sandbox.read)},
	[LIST_WRITE] = {"sandbox.write", FIELD(sandbox.write)},
	[LIST_NETWORK] = {"sandbox.network", FIELD(sandbox.network)},
	[LIST_PASS] = {"sandbox.env.pass", FIELD(sandbox.env_pass)},
	[LIST_SET] = {"sandbox.env.set", FIELD(sandbox.env_set)},
	[LIST_ALLOW] = {"protocol.tools.allow", FIELD(protocol.tools.allow)},
	[LIST_ASK] = {"protocol.tools.ask", FIELD(protocol.tools.ask)},
	[LIST_ALWAYS] = {"protocol.tools.always", FIELD(protocol.tools.always)},
	[LIST_DENY] = {"protocol.tools.deny", FIELD(protocol.tools.deny)},
	[LIST_PROMPTS_ALLOW] = {"protocol.prompts.allow",
		FIELD(protocol.prompts.allow)},
	[LIST_PROMPTS_ASK] = {"protocol.prompts.ask",
		FIELD(protocol.prompts.ask)},
	[LIST_PROMPTS_ALWAYS] = {"protocol.prompts.always",
		FIELD(protocol.prompts.always)},
	[LIST_PROMPTS_DENY] = {"protocol.prompts.deny",
		FIELD(protocol.prompts.deny)},
	[LIST_RESOURCES_ALLOW] = {"protocol.resources.allow",
		FIELD(protocol.resources.allow)},
	[LIST_RESOURCES_ASK] = {"protocol.resources.ask",
		FIELD(protocol.resources.ask)},
	[LIST_RESOURCES_ALWAYS] = {"protocol.resources.always",
		FIELD(protocol.resources.always)},
	[LIST_RESOURCES_DENY] = {"protocol.resources.deny",
		FIELD(protocol.resources.deny)},
	[LIST_RULES] = {"protocol.rules", FIELD(protocol.rules)},
	[LIST_SCHEMAS] = {"protocol.schemas", FIELD(protocol.schemas)},
	[LIST_TOKEN] = {"protocol.tools.token", FIELD(protocol.tools.token)},
	[LIST_RATE] = {"protocol.rate", FIELD(protocol.rate)},
	[LIST_CONCURRENT] = {"protocol.concurrent", FIELD(protocol.concurrent)},
	[LIST_CLASSES] = {"protocol.classes", FIELD(protocol.classes)},
	[LIST_TYPES] = {"protocol.output.types", FIELD(protocol.types)},
	[LIST_ROLES] = {"roles", FIELD(roles)},
	[LIST_TASKS] = {"tasks", FIELD(tasks)},
	[LIST_CONTEXTS] = {"contexts", FIELD(contexts)},
	[LIST_SESSION] = {"session", FIELD(session)},
};

struct profile *profile_new(const char *name)
{
	struct profile *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->name = strdup(name);
	if (!p->name) {
		free(p);
		return NULL;
	}
	return p;
}

void profile_free(struct profile *p)
{
	if (!p)
		return;
	free(p->name);
	free(p->place);
	strv_free(p->sources);
	for (size_t i = 0; i < _LIST_N; i++)
		strv_free(*profile_list_at(p, i));
	free(p);
}

/* Bytes that mean one thing only: each string goes with its length before. */
static void hash_text(crypto_hash_sha256_state *h, const char *s)
{
	char prefix[32];
	int n = snprintf(prefix, sizeof(prefix), "%zu:", strlen(s));

	(void)crypto_hash_sha256_update(
		h, (const unsigned char *)prefix, (unsigned long long)n);
	(void)crypto_hash_sha256_update(h, (const unsigned char *)s, strlen(s));
}

static void hash_number(
	crypto_hash_sha256_state *h, const char *name, uint64_t value)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	hash_text(h, name);
	hash_text(h, text);
}

static int compare_strings(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The order of a list has no meaning, and a second mention neither. */
static int hash_list(
	crypto_hash_sha256_state *h, const char *name, char *const *list)
{
	_strv_ char **sorted = strv_copy(list);
	size_t n = strv_len(sorted);

	if (!sorted)
		return -ENOMEM;
	qsort(sorted, n, sizeof(*sorted), compare_strings);
	hash_text(h, name);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || strcmp(sorted[i], sorted[i - 1]) != 0)
			hash_text(h, sorted[i]);
	hash_text(h, "");
	return 0;
}

uint64_t profile_pins(const struct profile *p)
{
	return p->protocol.pins_set ? p->protocol.pins : PINS_FIRST;
}

/* Where they limit nothing the digest is what it was before they were. */
static void hash_quotas(crypto_hash_sha256_state *h, const struct profile *p)
{
	const struct {
		const char *name;
		uint64_t value;
	} rows[] = {
		{"calls", p->protocol.calls},
		{"bytes", p->protocol.bytes},
		{"call_timeout", p->protocol.call_timeout_s},
		{"breaker", p->breaker_action},
		{"breaker_unlisted",
			p->breaker_unlisted == BREAKER_UNLISTED_DEFAULT
				? 0
				: p->breaker_unlisted},
	};

	for (size_t i = 0; i < ELEMENTS(rows); i++)
		if (rows[i].value)
			hash_number(h, rows[i].name, rows[i].value);
}

int profile_digest(struct profile *p)
{
	crypto_hash_sha256_state h;

	(void)crypto_hash_sha256_init(&h);
	hash_text(&h, "stockade profile 1");
	hash_number(&h, "policy", !p->base);
	for (size_t i = 0; i < _LIST_N; i++) {
		char **list = *profile_list_at(p, i);

		/* Without them the digest is what it was before they were. */
		if (i >= LIST_ASK && strv_len(list) == 0)
			continue;
		if (hash_list(&h, profile_lists[i].name, list) < 0)
			return -ENOMEM;
	}
	hash_number(&h, "state", p->sandbox.state);
	hash_number(&h, "git", p->sandbox.git_write);
	hash_number(&h, "nested_userns", p->sandbox.nested_userns);
	for (int i = LIMIT_NONE + 1; i < _LIMIT_N; i++)
		hash_number(&h, limit_table[i].name,
			p->sandbox.limit_set[i] ? p->sandbox.limits[i]
						: limit_table[i].fallback);
	if (p->protocol.sampling)
		hash_number(&h, "sampling", p->protocol.sampling);
	if (p->protocol.elicitation)
		hash_number(&h, "elicitation", p->protocol.elicitation);
	if (p->protocol.roots)
		hash_number(&h, "roots", p->protocol.roots);
	if (profile_pins(p) != PINS_FIRST)
		hash_number(&h, "pins", profile_pins(p));
	if (p->hold_set)
		hash_number(&h, "hold", p->hold_s);
	if (p->proof)
		hash_number(&h, "approval.by", 1);
	if (p->elicit)
		hash_number(&h, "approval.elicitation", 1);
	hash_quotas(&h, p);
	hash_number(&h, "text",
		p->protocol.text_set ? p->protocol.text_bytes
				     : PROFILE_TEXT_DEFAULT);
	hash_number(&h, "binary",
		p->protocol.binary_set ? p->protocol.binary_bytes
				       : PROFILE_BINARY_DEFAULT);
	if (profile_text_over(p))
		hash_number(&h, "text_over", profile_text_over(p));
	if (profile_binary_over(p))
		hash_number(&h, "binary_over", profile_binary_over(p));
	if (p->protocol.unseen)
		hash_number(&h, "unseen", p->protocol.unseen);
	if (p->protocol.types_given && strv_len(p->protocol.types) == 0)
		hash_number(&h, "no types", 1);
	(void)crypto_hash_sha256_final(&h, p->digest);
	return 0;
}
