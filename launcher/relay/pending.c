/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/pending.h"

#include <sodium.h>
#include <string.h>

#include "base/cleanup.h"

struct key {
	enum json_type type;
	size_t len;
	char bytes[MESSAGE_ID_MAX];
};

void pending_init(struct pending *p, size_t max)
{
	*p = (struct pending){.max = max};
	randombytes_buf(p->key, sizeof(p->key));
	progress_init(&p->progress);
}

void pending_deinit(struct pending *p)
{
	while (p->oldest)
		pending_remove(p, p->oldest);
}

/* Unescaping never makes a string longer. */
static void key_make(struct key *k, const struct json_value *id)
{
	k->type = id->type;
	if (id->type == JSON_STRING) {
		k->len = json_string_copy(id, k->bytes, sizeof(k->bytes));
		return;
	}
	k->len = id->end - id->begin;
	memcpy(k->bytes, id->text + id->begin, k->len);
}

static struct call **slot_of(struct pending *p, const struct key *k)
{
	unsigned char h[crypto_shorthash_BYTES];

	(void)crypto_shorthash(
		h, (const unsigned char *)k->bytes, k->len, p->key);
	return &p->slots[h[0] % PENDING_SLOTS];
}

static bool call_is(const struct call *c, const struct key *k)
{
	return c->id_type == k->type && c->key_len == k->len &&
	       memcmp(c->bytes + c->id_len, k->bytes, k->len) == 0;
}

struct call *pending_find(struct pending *p, const struct json_value *id)
{
	struct key k;
	struct call *c;

	if (id->end - id->begin > MESSAGE_ID_MAX)
		return NULL;
	key_make(&k, id);
	for (c = *slot_of(p, &k); c; c = c->chain)
		if (call_is(c, &k))
			return c;
	return NULL;
}

struct call *pending_find_bytes(struct pending *p, const char *id, size_t len)
{
	struct json_value v = {
		.text = id,
		.end = len,
		.type = len && id[0] == '"' ? JSON_STRING : JSON_NUMBER,
	};

	return pending_find(p, &v);
}

struct call *pending_find_named(
	struct pending *p, const struct message *cancellation)
{
	const struct json_value *params = &cancellation->params;
	struct json_value id;

	if (params->type != JSON_OBJECT ||
		!json_get(params, "requestId", &id) ||
		(id.type != JSON_STRING && id.type != JSON_NUMBER))
		return NULL;
	return pending_find(p, &id);
}

struct call *pending_add(struct pending *p, const struct json_value *id)
{
	size_t id_len = id->end - id->begin;
	struct key k;
	struct call *c, **slot;

	if (p->n >= p->max || id_len > MESSAGE_ID_MAX)
		return NULL;
	key_make(&k, id);
	c = calloc(1, sizeof(*c) + id_len + k.len);
	if (!c)
		return NULL;
	c->id_type = id->type;
	c->id_len = (uint16_t)id_len;
	c->key_len = (uint16_t)k.len;
	memcpy(c->bytes, id->text + id->begin, id_len);
	memcpy(c->bytes + id_len, k.bytes, k.len);
	slot = slot_of(p, &k);
	c->chain = *slot;
	*slot = c;
	c->older = p->newest;
	*(p->newest ? &p->newest->newer : &p->oldest) = c;
	p->newest = c;
	p->n++;
	return c;
}

static void unchain(struct pending *p, struct call *c)
{
	struct key k = {.type = c->id_type, .len = c->key_len};
	struct call **at;

	memcpy(k.bytes, c->bytes + c->id_len, c->key_len);
	for (at = slot_of(p, &k); *at && *at != c; at = &(*at)->chain)
		;
	if (*at)
		*at = c->chain;
}

void pending_hold(struct pending *p, struct call *c, struct held *h)
{
	c->held = h;
	p->n_held++;
	p->held_bytes += h->len;
	if (c->token)
		c->token->idle = true;
}

void pending_release(struct pending *p, struct call *c)
{
	if (!c->held)
		return;
	p->n_held--;
	p->held_bytes -= c->held->len;
	if (c->token) {
		c->token->idle = false;
		c->token->begun = true;
		c->token->floor = c->held->progress - 1;
	}
	held_free(take_ptr(c->held));
}

void pending_listen(struct pending *p, struct call *c, struct listen *l)
{
	c->listen = l;
	p->n_listens++;
}

void pending_log(struct pending *p, struct call *c, enum log_level level)
{
	c->log_level = level;
	if (level != LOG_LEVEL_NONE)
		p->n_logs[level]++;
}

bool pending_logs(const struct pending *p, enum log_level level)
{
	for (unsigned i = LOG_LEVEL_NONE + 1; i <= level; i++)
		if (p->n_logs[i] > 0)
			return true;
	return false;
}

/* Nothing that the other side sends belongs to it any more. */
static void untrack(struct pending *p, struct call *c)
{
	progress_remove(&p->progress, take_ptr(c->token));
	if (c->listen)
		p->n_listens--;
	listen_free(take_ptr(c->listen));
	if (c->log_level != LOG_LEVEL_NONE)
		p->n_logs[c->log_level]--;
	c->log_level = LOG_LEVEL_NONE;
}

void pending_give_back(struct pending *p, uint64_t taken[2])
{
	for (size_t i = 0; i < ELEMENTS(p->rates); i++) {
		if (taken[i])
			rates_end(p->rates[i], taken[i]);
		taken[i] = 0;
	}
}

void pending_remove(struct pending *p, struct call *c)
{
	pending_release(p, c);
	untrack(p, c);
	pending_give_back(p, c->taken);
	unchain(p, c);
	free(c->tool);
	*(c->older ? &c->older->newer : &p->oldest) = c->newer;
	*(c->newer ? &c->newer->older : &p->newest) = c->older;
	if (c->cancelled)
		p->n_cancelled--;
	else
		p->n--;
	free(c);
}

void pending_cancel(struct pending *p, struct call *c)
{
	struct call *old = p->oldest;

	if (c->cancelled)
		return;
	untrack(p, c);
	/* The server is told to stop, and may never answer. */
	pending_give_back(p, c->taken);
	c->cancelled = true;
	p->n--;
	if (++p->n_cancelled <= PENDING_CANCELLED)
		return;
	while (!old->cancelled)
		old = old->newer;
	pending_remove(p, old);
}
