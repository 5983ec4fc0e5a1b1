/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/entry.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/sha256.h"
#include "policy/answer.h"
#include "policy/unseen.h"

/* Longest text of a field that only identifies. */
#define SHORT_MAX 128
/* Longest rule. */
#define RULE_MAX 256
/* What a record that turned out too large is tried with again: bytes of a
 * text, and rules, which then fit whatever is in them. */
#define LESS_MAX 512
#define LESS_RULES 8

struct subject {
	enum method method;
	const char *member; /* of params */
	enum record_field field;
	bool arguments; /* params.arguments is what is hashed */
};

static const struct subject subjects[] = {
	{METHOD_TOOLS_CALL, "name", FIELD_TOOL, true},
	{METHOD_PROMPTS_GET, "name", FIELD_PROMPT, true},
	{METHOD_RESOURCES_READ, "uri", FIELD_URI, false},
	{METHOD_RESOURCES_SUBSCRIBE, "uri", FIELD_URI, false},
	{METHOD_RESOURCES_UNSUBSCRIBE, "uri", FIELD_URI, false},
};

static const struct subject *subject_find(enum method m)
{
	for (size_t i = 0; i < ELEMENTS(subjects); i++)
		if (subjects[i].method == m)
			return &subjects[i];
	return NULL;
}

bool entry_subject(const struct message *m, struct json_value *ret_value,
	enum record_field *ret_field)
{
	const struct subject *s = subject_find(m->method);
	struct json_value v;

	if (!s || m->params.type != JSON_OBJECT ||
		!json_get(&m->params, s->member, &v) || v.type != JSON_STRING)
		return false;
	*ret_value = v;
	*ret_field = s->field;
	return true;
}

/* A string value, unescaped; above @max only its beginning. */
static void put_string(struct record *rec, enum record_field id,
	const struct json_value *v, size_t max)
{
	size_t size = v->end - v->begin;
	_free_ char *text = malloc(size ? size : 1);
	size_t n;

	if (!text) {
		rec->failed = -ENOMEM;
		return;
	}
	n = json_string_copy(v, text, size);
	record_put_text(rec, id, text, n < max ? n : max);
}

static void put_member(struct record *rec, enum record_field id,
	const struct json_value *object, const char *name)
{
	struct json_value v;

	if (object->type == JSON_OBJECT && json_get(object, name, &v) &&
		v.type == JSON_STRING)
		put_string(rec, id, &v, SHORT_MAX);
}

/* Who the client says it is: in initialize, or in the modern era's _meta. */
static void put_client(struct record *rec, const struct message *m)
{
	struct json_value info = {.type = JSON_INVALID};

	if (m->method == METHOD_INITIALIZE && m->params.type == JSON_OBJECT)
		(void)json_get(&m->params, "clientInfo", &info);
	else if (m->method == METHOD_DISCOVER && m->meta.type == JSON_OBJECT)
		(void)json_get(
			&m->meta, "io.modelcontextprotocol/clientInfo", &info);
	put_member(rec, FIELD_CLIENT_NAME, &info, "name");
	put_member(rec, FIELD_CLIENT_VERSION, &info, "version");
}

static bool has_arguments(const struct message *m)
{
	const struct subject *s = subject_find(m->method);

	return s && s->arguments && m->params.type == JSON_OBJECT;
}

struct json_value entry_arguments(const struct message *m)
{
	struct json_value v;

	if (has_arguments(m) && json_get(&m->params, "arguments", &v))
		return v;
	return (struct json_value){.type = JSON_INVALID};
}

int entry_args_hash(
	struct out *scratch, const struct message *m, uint8_t ret[32])
{
	struct json_value v = entry_arguments(m);
	int r;

	out_reset(scratch);
	r = canonical_write(scratch, &v);
	if (r == 0)
		sha256(scratch->data, scratch->len, ret);
	out_reset(scratch);
	return r < 0 ? -ENOMEM : 0;
}

static void put_arguments(
	struct record *rec, struct out *scratch, const struct message *m)
{
	struct json_value v = m->params;
	uint8_t hash[32];

	if (!has_arguments(m)) {
		if (v.type != JSON_INVALID)
			record_put_u64(rec, FIELD_ARGS_BYTES, v.end - v.begin);
		return;
	}
	if (entry_args_hash(scratch, m, hash) < 0) {
		rec->failed = -ENOMEM;
		return;
	}
	v = entry_arguments(m);
	record_put_hash(rec, FIELD_ARGS_HASH, hash);
	record_put_u64(rec, FIELD_ARGS_BYTES, v.end - v.begin);
}

static void put_origin(
	struct record *rec, const struct entry_origin *o, size_t max)
{
	if (o->call == 0)
		return;
	if (o->tool_len)
		record_put_text(rec, FIELD_TOOL, o->tool,
			o->tool_len < max ? o->tool_len : max);
	record_put_u64(rec, FIELD_ORIGIN, o->call);
}

static void put_rules(
	struct record *rec, const struct entry_call *c, size_t max)
{
	char more[48];
	size_t n = 0;

	for (; c->rules && c->rules[n] && n < max; n++)
		record_put_text(rec, FIELD_RULES, c->rules[n],
			strnlen(c->rules[n], RULE_MAX));
	if (n >= c->n_rules)
		return;
	(void)snprintf(more, sizeof(more), "and %zu more", c->n_rules - n);
	record_put_str(rec, FIELD_RULES, more);
}

static void call_build(struct record *rec, struct out *scratch,
	const struct entry_call *c, size_t max)
{
	const struct message *m = c->m;
	enum record_field field;
	struct json_value v;

	record_init(rec, RECORD_CALL);
	record_put_u64(rec, FIELD_CALL, c->number);
	record_put_str(rec, FIELD_DIR, m->dir == DIR_C2S ? "c2s" : "s2c");
	if (m->id.type != JSON_INVALID)
		record_put_text(rec, FIELD_RPC_ID, m->id.text + m->id.begin,
			m->id.end - m->id.begin);
	record_put_str(
		rec, FIELD_ERA, m->era == ERA_MODERN ? "modern" : "legacy");
	if (m->method_name.type == JSON_STRING)
		put_string(rec, FIELD_METHOD, &m->method_name, max);
	if (entry_subject(m, &v, &field))
		put_string(rec, field, &v, max);
	put_origin(rec, &c->origin, max);
	put_client(rec, m);
	put_member(rec, FIELD_CLIENT_CALL, &m->meta, "claudecode/toolUseId");
	put_member(rec, FIELD_TRACE, &m->meta, "traceparent");
	put_arguments(rec, scratch, m);
	record_put_str(rec, FIELD_DECISION, c->decision);
	if (c->is_tool)
		record_put_u64(rec, FIELD_LISTED, c->listed);
	put_rules(rec, c, max == SIZE_MAX ? max : LESS_RULES);
	if (c->reason)
		record_put_str(rec, FIELD_REASON, c->reason);
	if (c->observed)
		record_put_u64(rec, FIELD_OBSERVED, 1);
	if (c->token)
		record_put_str(rec, FIELD_TOKEN, c->token);
	if (c->approval)
		record_put_u64(rec, FIELD_APPROVAL, c->approval);
}

void entry_call(
	struct record *rec, struct out *scratch, const struct entry_call *c)
{
	call_build(rec, scratch, c, SIZE_MAX);
	if (rec->failed == -ENOBUFS)
		call_build(rec, scratch, c, LESS_MAX);
}

void entry_asked(struct record *rec, const struct message *m, uint64_t number,
	const uint8_t args_hash[32])
{
	enum record_field field;
	struct json_value v;

	record_init(rec, RECORD_APPROVAL_ASKED);
	record_put_u64(rec, FIELD_APPROVAL, number);
	record_put_u64(rec, FIELD_CALL, number);
	if (entry_subject(m, &v, &field))
		put_string(rec, field, &v, SIZE_MAX);
	record_put_hash(rec, FIELD_ARGS_HASH, args_hash);
}

static void put_code(struct record *rec, const struct entry_result *x)
{
	size_t n = x->code.end - x->code.begin;

	if (x->own_code)
		record_put_str(rec, FIELD_CODE, x->own_code);
	else if (x->code.type == JSON_NUMBER)
		record_put_text(rec, FIELD_CODE, x->code.text + x->code.begin,
			n < SHORT_MAX ? n : SHORT_MAX);
}

static void put_server(struct record *rec, const struct json_value *result)
{
	struct json_value info;

	if (result->type == JSON_OBJECT &&
		json_get(result, "serverInfo", &info))
		put_member(rec, FIELD_SERVER_VERSION, &info, "version");
}

/* The files' names; the folder is the session's. */
static void put_spill(struct record *rec, const struct output_spill *s)
{
	for (size_t i = 0; s && i < s->n; i++) {
		const char *name = strrchr(s->files[i].path, '/');

		if (s->files[i].kept && name)
			record_put_str(rec, FIELD_SPILL, name + 1);
	}
}

static void put_stripped(struct record *rec, const uint64_t *of)
{
	char pair[64];

	for (int i = UNSEEN_NONE + 1; of && i < _UNSEEN_N; i++) {
		if (of[i] == 0)
			continue;
		(void)snprintf(pair, sizeof(pair), "%s=%" PRIu64,
			unseen_words[i], of[i]);
		record_put_str(rec, FIELD_STRIPPED, pair);
	}
}

void entry_result(struct record *rec, const struct entry_result *x)
{
	size_t n = x->value.end - x->value.begin;
	uint8_t hash[32];

	record_init(rec, RECORD_RESULT);
	record_put_u64(rec, FIELD_CALL, x->call);
	put_origin(rec, &x->origin, SIZE_MAX);
	record_put_str(rec, FIELD_OUTCOME, x->outcome);
	put_code(rec, x);
	if (x->is_hello)
		put_server(rec, &x->value);
	if (x->value.type != JSON_INVALID) {
		if (sha256_pieces(x->value.text + x->value.begin, n, hash) < 0)
			rec->failed = -ENOMEM;
		record_put_hash(rec, FIELD_RESULT_HASH, hash);
		record_put_u64(rec, FIELD_RESULT_BYTES, n);
	}
	record_put_u64(rec, FIELD_SENT_BYTES, x->sent_bytes);
	record_put_u64(rec, FIELD_MS, x->ms);
	if (x->cut || x->observed)
		record_put_u64(rec, FIELD_CUT, 1);
	if (x->observed)
		record_put_u64(rec, FIELD_OBSERVED, 1);
	put_spill(rec, x->spill);
	put_stripped(rec, x->stripped);
}
