/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/question.h"

#include <errno.h>
#include <string.h>

#include "base/escape.h"
#include "base/log.h"
#include "base/sha256.h"
#include "relay/sealed.h"
#include "relay/session.h"

/* Lines that may be held at a time, together; more is refused. */
#define HELD_BYTES_MAX ((size_t)16 << 20)
#define HELD_MAX 64

#define HOLD_MS 45000U
/* A client that is known to wait; by its own word, which is good enough for
 * timing and for nothing else. */
#define HOLD_LONG_MS 110000U

bool question_has_room(const struct relay *r, size_t len)
{
	return r->calls.n_held + r->asks.n_held < HELD_MAX &&
	       r->calls.held_bytes + r->asks.held_bytes + len < HELD_BYTES_MAX;
}

uint64_t question_patience_ms(const struct relay *r, bool waits)
{
	if (r->hold_ms)
		return r->hold_ms;
	return waits ? HOLD_LONG_MS : HOLD_MS;
}

/* Each piece is of fixed length or ends the input: nothing can be read in two
 * ways. */
void question_key_make(enum approval_kind kind, const char *name,
	size_t name_len, const uint8_t args_hash[32], struct question_key *ret)
{
	uint8_t bytes[1 + URI_NAME_MAX + 1] = {(uint8_t)kind};

	if (name_len > sizeof(bytes) - 1)
		name_len = sizeof(bytes) - 1;
	memcpy(bytes + 1, name, name_len);
	ret->server = kind == APPROVAL_WISH;
	sha256(bytes, 1 + name_len, ret->name);
	question_key_join(args_hash, ret);
}

void question_key_join(const uint8_t args_hash[32], struct question_key *key)
{
	uint8_t pair[64];

	memcpy(pair, key->name, 32);
	memcpy(pair + 32, args_hash, 32);
	sha256(pair, sizeof(pair), key->whole);
}

static void put_member(struct out *o, const char *member, const char *text)
{
	if (!text)
		return;
	out_str(o, ",\"");
	out_str(o, member);
	out_str(o, "\":");
	out_json_string(o, text, strlen(text));
}

/* What an approver is shown: sealed, so that it stays what it is. */
static int show(
	struct relay *r, const struct question_about *about, int *ret_fd)
{
	const struct json_value *args = &about->arguments;
	struct out *o = &r->scratch;

	out_reset(o);
	out_str(o, "{\"name\":");
	out_json_string(o, about->name, about->name_len);
	put_member(o, "title", about->title);
	put_member(o, "reason", about->reason);
	out_str(o, ",\"arguments\":");
	if (args->type == JSON_INVALID)
		out_str(o, "{}");
	else
		out_bytes(o, args->text + args->begin, args->end - args->begin);
	out_str(o, ",\"rules\":[");
	for (size_t i = 0; about->rules && about->rules[i]; i++) {
		out_str(o, i ? "," : "");
		out_json_string(o, about->rules[i], strlen(about->rules[i]));
	}
	out_str(o, "]}\n");
	if (o->failed || o->len > APPROVAL_SHOWN_MAX)
		return -E2BIG;
	return sealed_text(o->data, o->len, ret_fd);
}

int question_put(struct relay *r, const struct question_about *about,
	uint64_t id, uint64_t hold_ms)
{
	static const struct approval_question none;
	struct approval_question *q = (void *)r->parcel.text;
	_close_ int fd = -1;
	int x = show(r, about, &fd);

	out_reset(&r->scratch);
	if (x < 0)
		return x;
	*q = none;
	q->kind = about->kind;
	q->name_len = (uint32_t)(about->name_len < APPROVAL_NAME_MAX - 1
					 ? about->name_len
					 : APPROVAL_NAME_MAX - 1);
	memcpy(q->name, about->name, q->name_len);
	memcpy(q->args_hash, about->args_hash, sizeof(q->args_hash));
	r->parcel.m = (struct ipc_msg){
		.type = IPC_QUESTION,
		.text = sizeof(*q),
		.a = id,
		.b = hold_ms,
	};
	r->parcel.fd = fd;
	return ipc_send_parcel(r->keeper_fd, ROLE_RELAY, &r->parcel);
}

void question_tell(
	const struct relay *r, const struct question_about *about, uint64_t id)
{
	char name[256];

	(void)escape_text(name, sizeof(name), about->name,
		about->name_len < 200 ? about->name_len : 200);
	log_line("%s: the %s %s needs approval: stockade approve %.8s:%llu",
		r->server_name, approval_kind_name(about->kind), name,
		r->session, (unsigned long long)id);
}
