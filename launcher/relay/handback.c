/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/handback.h"

#include <assert.h>
#include <errno.h>
#include <sodium.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "policy/splice.h"
#include "policy/tools.h"
#include "relay/entry.h"

#define PREFIX "stockade.1."
#define PREFIX_LEN (sizeof(PREFIX) - 1)

/* What a state says; all of it goes into the seal, and the call with it. */
struct ticket {
	uint8_t round;
	uint8_t has_state; /* of the server's, behind it */
	uint8_t question[8];
	uint8_t number[8];
	uint8_t seal[crypto_auth_hmacsha256_BYTES];
};

#define TICKET_HEX (2 * sizeof(struct ticket))
#define HEAD_LEN (PREFIX_LEN + TICKET_HEX + 1) /* with a dot behind it */

static_assert(sizeof(struct ticket) == 50, "bytes only, no padding");
static_assert(sizeof(((struct handback_book *)0)->key) ==
		      crypto_auth_hmacsha256_KEYBYTES,
	"one key");

static const enum method methods[] = {
	METHOD_TOOLS_CALL, METHOD_PROMPTS_GET, METHOD_RESOURCES_READ};

static bool is_round_trip(const struct message *m)
{
	if (m->era != ERA_MODERN || m->params.type != JSON_OBJECT)
		return false;
	for (size_t i = 0; i < ELEMENTS(methods); i++)
		if (methods[i] == m->method)
			return true;
	return false;
}

bool handback_possible(const struct message *m)
{
	struct json_value v;

	return is_round_trip(m) && !json_get(&m->params, "inputResponses", &v);
}

/* HMAC over what the ticket says, the call and the server's state; each piece
 * has a fixed length but the last. */
static int seal(struct out *scratch, const struct handback_book *book,
	const struct message *m, const struct ticket *t, const char *state,
	size_t len, uint8_t ret[static crypto_auth_hmacsha256_BYTES])
{
	crypto_auth_hmacsha256_state h;
	char name[URI_NAME_MAX + 1] = {0};
	uint8_t args[32], method = (uint8_t)m->method;
	enum record_field field;
	struct json_value v;
	int x = entry_args_hash(scratch, m, args);

	if (x < 0)
		return x;
	if (!entry_subject(m, &v, &field) ||
		json_string_copy(&v, name, sizeof(name)) > sizeof(name))
		return -EBADMSG;
	(void)crypto_auth_hmacsha256_init(&h, book->key, sizeof(book->key));
	(void)crypto_auth_hmacsha256_update(
		&h, (const uint8_t *)t, offsetof(struct ticket, seal));
	(void)crypto_auth_hmacsha256_update(&h, &method, 1);
	(void)crypto_auth_hmacsha256_update(&h, args, sizeof(args));
	(void)crypto_auth_hmacsha256_update(
		&h, (const uint8_t *)name, sizeof(name));
	(void)crypto_auth_hmacsha256_update(&h, (const uint8_t *)state, len);
	(void)crypto_auth_hmacsha256_final(&h, ret);
	return 0;
}

/* A string value, unescaped, at the end of @o; whole, or it fails. */
static int unescape(struct out *o, const struct json_value *v, size_t max)
{
	_free_ char *text = malloc(max + 1);
	size_t n;

	if (!text)
		return -ENOMEM;
	n = json_string_copy(v, text, max);
	if (n > max)
		return 1;
	out_bytes(o, text, n);
	return o->failed ? -ENOMEM : 0;
}

static void put_state(
	struct out *o, const struct ticket *t, const char *state, size_t len)
{
	char hex[TICKET_HEX + 1];

	(void)sodium_bin2hex(
		hex, sizeof(hex), (const unsigned char *)t, sizeof(*t));
	out_str(o, "\"" PREFIX);
	out_str(o, hex);
	out_str(o, ".");
	out_json_text(o, state, len);
	out_str(o, "\"");
}

static void put_line(struct out *o, const struct message *m,
	const struct ticket *t, const char *state, size_t len,
	const struct out *ask)
{
	out_str(o, "{\"jsonrpc\":\"2.0\",\"id\":");
	out_bytes(o, m->id.text + m->id.begin, m->id.end - m->id.begin);
	out_str(o, ",\"result\":{\"resultType\":\"input_required\",");
	if (ask) {
		out_str(o, "\"inputRequests\":");
		out_bytes(o, ask->data, ask->len);
		out_str(o, ",");
	}
	out_str(o, "\"requestState\":");
	put_state(o, t, state, len);
	out_str(o, "}}\n");
}

static uint64_t number_of(const struct ticket *t)
{
	uint64_t number;

	memcpy(&number, t->number, sizeof(number));
	return number;
}

static uint64_t issue(struct handback_book *book, uint64_t now_ms)
{
	size_t at = book->last++ % HANDBACK_LIVE;

	book->live[at].number = book->last;
	book->live[at].until_ms = now_ms + HANDBACK_MS;
	return book->last;
}

static bool is_live(
	const struct handback_book *book, uint64_t number, uint64_t now_ms)
{
	size_t at = (number - 1) % HANDBACK_LIVE;

	return number != 0 && book->live[at].number == number &&
	       now_ms < book->live[at].until_ms;
}

void handback_spend(struct handback_book *book, uint64_t number)
{
	size_t at = (number - 1) % HANDBACK_LIVE;

	if (number != 0 && book->live[at].number == number)
		book->live[at].number = 0;
}

int handback_write(struct out *o, struct out *scratch,
	struct handback_book *book, const struct message *m,
	const struct handback *h, const struct out *ask, uint64_t now_ms)
{
	struct ticket t = {.round = (uint8_t)h->round};
	struct out state = OUT_INIT(HANDBACK_STATE_MAX);
	uint64_t number = issue(book, now_ms);
	struct json_value v;
	int x = 0;

	memcpy(t.question, &h->question, sizeof(t.question));
	memcpy(t.number, &number, sizeof(t.number));
	if (json_get(&m->params, "requestState", &v)) {
		if (v.type != JSON_STRING)
			return 1;
		x = unescape(&state, &v, HANDBACK_STATE_MAX);
		t.has_state = 1;
	}
	if (x == 0)
		x = seal(scratch, book, m, &t, state.data, state.len, t.seal);
	if (x == 0)
		put_line(o, m, &t, state.data, state.len, ask);
	out_deinit(&state);
	if (x == 0 && o->failed)
		x = -ENOMEM;
	return x;
}

/* 0; 1 none of ours; -EBADMSG. @text is the state, unescaped. */
static int read_ticket(const char *text, size_t len, struct ticket *ret)
{
	size_t n = 0;

	if (len < PREFIX_LEN || memcmp(text, PREFIX, PREFIX_LEN) != 0)
		return 1;
	if (len < HEAD_LEN || text[HEAD_LEN - 1] != '.' ||
		sodium_hex2bin((unsigned char *)ret, sizeof(*ret),
			text + PREFIX_LEN, TICKET_HEX, NULL, &n, NULL) != 0 ||
		n != sizeof(*ret))
		return -EBADMSG;
	return 0;
}

static int check(struct out *scratch, const struct handback_book *book,
	const struct message *m, const struct ticket *t, const char *state,
	size_t len)
{
	uint8_t want[crypto_auth_hmacsha256_BYTES];
	int x = seal(scratch, book, m, t, state, len, want);

	if (x == 0 && (sodium_memcmp(want, t->seal, sizeof(want)) != 0 ||
			      t->round == 0 || t->round > HANDBACK_ROUNDS ||
			      t->has_state > 1 || (!t->has_state && len > 0)))
		x = -EBADMSG;
	return x;
}

/* Our answer goes; what is the server's stays. */
static void cut_answer(struct splice *s, struct splice_list *outer,
	const struct json_member *responses, struct json_value *ret_answer)
{
	struct json_iter i = json_iter(&responses->value);
	struct splice_list inner = {0};
	struct json_member one;
	size_t others = 0;

	while (json_next(&i, &one))
		if (json_string_eq(&one.name, HANDBACK_QUESTION))
			*ret_answer = one.value;
		else
			others++;
	if (others == 0) {
		splice_list_drop(s, outer, responses);
		return;
	}
	splice_list_keep(outer, responses);
	i = json_iter(&responses->value);
	while (json_next(&i, &one))
		if (json_string_eq(&one.name, HANDBACK_QUESTION))
			splice_list_drop(s, &inner, &one);
		else
			splice_list_keep(&inner, &one);
}

static void cut(struct splice *s, const struct message *m,
	const struct ticket *t, const char *state, size_t len,
	struct json_value *ret_answer)
{
	struct json_iter i = json_iter(&m->params);
	struct splice_list l = {0};
	struct json_member p;

	while (json_next(&i, &p))
		if (json_string_eq(&p.name, "requestState")) {
			if (!t->has_state) {
				splice_list_drop(s, &l, &p);
				continue;
			}
			splice_drop(s, p.value.begin, p.value.end);
			out_json_string(s->out, state, len);
			splice_list_keep(&l, &p);
		} else if (json_string_eq(&p.name, "inputResponses") &&
			   p.value.type == JSON_OBJECT) {
			cut_answer(s, &l, &p, ret_answer);
		} else {
			splice_list_keep(&l, &p);
		}
	splice_finish(s);
}

int handback_take(struct out *scratch, const struct handback_book *book,
	const struct message *m, const char *line, size_t len, uint64_t now_ms,
	struct out *out, struct handback *ret, struct json_value *ret_answer)
{
	struct json_value v, answer = {.type = JSON_INVALID};
	struct out text = OUT_INIT(HANDBACK_STATE_MAX + HEAD_LEN);
	struct splice s = {.out = out, .text = line, .len = len};
	struct ticket t = {0};
	int x;

	if (!is_round_trip(m) || !json_get(&m->params, "requestState", &v) ||
		v.type != JSON_STRING)
		return 1;
	/* What is longer can be none of ours. */
	x = unescape(&text, &v, HANDBACK_STATE_MAX + HEAD_LEN);
	if (x == 0)
		x = read_ticket(text.data, text.len, &t);
	if (x == 0)
		x = check(scratch, book, m, &t, text.data + HEAD_LEN,
			text.len - HEAD_LEN);
	if (x == 0 && !is_live(book, number_of(&t), now_ms))
		x = -ESTALE;
	if (x == 0) {
		cut(&s, m, &t, text.data + HEAD_LEN, text.len - HEAD_LEN,
			&answer);
		x = out->failed ? -ENOMEM : 0;
	}
	out_deinit(&text);
	if (x != 0)
		return x;
	*ret = (struct handback){
		.ours = true, .round = t.round, .number = number_of(&t)};
	memcpy(&ret->question, t.question, sizeof(ret->question));
	*ret_answer = answer;
	return 0;
}
