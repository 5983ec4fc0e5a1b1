/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/message.h"

#include <errno.h>

#include "policy/message_id.h"

#define CODE_PARSE (-32700)
#define CODE_INVALID (-32600)

#define META_VERSION "io.modelcontextprotocol/protocolVersion"
#define META_CAPABILITIES "io.modelcontextprotocol/clientCapabilities"

enum envelope {
	ENVELOPE_JSONRPC = 0,
	ENVELOPE_ID,
	ENVELOPE_METHOD,
	ENVELOPE_PARAMS,
	ENVELOPE_RESULT,
	ENVELOPE_ERROR,
	_ENVELOPE_N
};

static const struct name_known envelope_names[_ENVELOPE_N] = {
	[ENVELOPE_JSONRPC] = NAME_KNOWN("jsonrpc"),
	[ENVELOPE_ID] = NAME_KNOWN("id"),
	[ENVELOPE_METHOD] = NAME_KNOWN("method"),
	[ENVELOPE_PARAMS] = NAME_KNOWN("params"),
	[ENVELOPE_RESULT] = NAME_KNOWN("result"),
	[ENVELOPE_ERROR] = NAME_KNOWN("error"),
};

/* What the two eras read from params. */
#define PARAMS_META 0
static const struct name_known params_names[] = {
	[PARAMS_META] = NAME_KNOWN("_meta"),
	NAME_KNOWN("name"),
	NAME_KNOWN("arguments"),
	NAME_KNOWN("uri"),
	NAME_KNOWN("ref"),
	NAME_KNOWN("argument"),
	NAME_KNOWN("context"),
	NAME_KNOWN("cursor"),
	NAME_KNOWN("level"),
	NAME_KNOWN("task"),
	NAME_KNOWN("taskId"),
	NAME_KNOWN("inputResponses"),
	NAME_KNOWN("requestState"),
	NAME_KNOWN("requestId"),
	NAME_KNOWN("progressToken"),
	NAME_KNOWN("progress"),
	NAME_KNOWN("notifications"),
	NAME_KNOWN("protocolVersion"),
	NAME_KNOWN("capabilities"),
	NAME_KNOWN("clientInfo"),
};
#define N_PARAMS_NAMES (sizeof(params_names) / sizeof(params_names[0]))

struct reading {
	struct message *m;
	struct json_value envelope[_ENVELOPE_N];
	bool id_confused; /* a second name that some reader takes for "id" */
};

struct json_scanner *message_scanner_new(const uint64_t key[2])
{
	struct json_limits limits = {
		.max_bytes = MESSAGE_LINE_MAX,
		.max_depth = MESSAGE_DEPTH_MAX,
		.max_keys = MESSAGE_KEYS_MAX,
		.allow_nul = true,
		/* Refused from the client here, where the id is known. */
		.allow_half_surrogate = true,
		.hash_key = {key[0], key[1]},
	};

	return json_scanner_new(&limits);
}

/* The first fault that is found is the one that is told. */
static void message_refuse(
	struct message *m, int code, const char *reason, size_t offset)
{
	if (m->verdict == VERDICT_REFUSED)
		return;
	m->verdict = VERDICT_REFUSED;
	m->code = code;
	m->reason = reason;
	m->offset = offset;
}

static bool is_there(const struct json_value *v)
{
	return v->type != JSON_INVALID;
}

/* Whether the bytes are no JSON text, or only more than we take. */
static int fault_code(enum json_fault f)
{
	switch (f) {
	case JSON_FAULT_SURROGATE:
	case JSON_FAULT_NUL_NAME:
	case JSON_FAULT_NUL_VALUE:
	case JSON_FAULT_DUPLICATE:
	case JSON_FAULT_DEPTH:
	case JSON_FAULT_KEYS:
	case JSON_FAULT_SIZE:
		return CODE_INVALID;
	case JSON_FAULT_NONE:
	case JSON_FAULT_EMPTY:
	case JSON_FAULT_BOM:
	case JSON_FAULT_SYNTAX:
	case JSON_FAULT_UTF8:
	case JSON_FAULT_CONTROL:
	case JSON_FAULT_ESCAPE:
	case JSON_FAULT_TRAILING:
	case _JSON_FAULT_N:
		break;
	}
	return CODE_PARSE;
}

/* The text is refused; its sender, or who waits for it, may still be told. */
static int read_fault(struct json_scanner *s, const char *text, size_t len,
	const struct json_scan_result *scan, struct message *m)
{
	struct id_seek seek;
	int r;

	if (scan->fault == JSON_FAULT_EMPTY) {
		m->verdict = VERDICT_EMPTY;
		return 0;
	}
	message_refuse(m, fault_code(scan->fault), json_fault_text(scan->fault),
		scan->offset);
	id_seek_init(&seek);
	id_seek_feed(&seek, text, len);
	r = id_seek_end(&seek, s);
	if (r < 0)
		return r;
	if (seek.state == SEEK_END)
		m->kind = id_seek_kind(&seek);
	if (r > 0)
		return 0;
	m->id = (struct json_value){.text = text,
		.begin = seek.id_begin,
		.end = seek.id_begin + seek.id_len,
		.type = seek.id[0] == '"' ? JSON_STRING : JSON_NUMBER};
	m->id_usable = true;
	return 0;
}

static void read_member(struct reading *r, const struct json_member *member)
{
	const char *reason = "an unknown member of the envelope";
	unsigned i = 0;

	switch (message_name_match(
		&member->name, envelope_names, _ENVELOPE_N, &i)) {
	case NAME_EXACT:
		r->envelope[i] = member->value;
		return;
	case NAME_CONFUSED:
		reason = "a member of the envelope in another case";
		r->id_confused |= i == ENVELOPE_ID;
		break;
	case NAME_OTHER:
		break;
	}
	message_refuse(r->m, CODE_INVALID, reason, member->begin);
}

static void read_members(struct reading *r, const struct json_scan_result *scan)
{
	struct json_member member;
	struct json_iter i;

	if (scan->n_members <= JSON_TOP_MEMBERS) {
		for (size_t n = 0; n < scan->n_members; n++)
			read_member(r, &scan->members[n]);
		return;
	}
	i = json_iter(&r->m->top);
	while (json_next(&i, &member))
		read_member(r, &member);
}

static enum message_kind kind_of(const struct reading *r)
{
	bool result = is_there(&r->envelope[ENVELOPE_RESULT]);
	bool error = is_there(&r->envelope[ENVELOPE_ERROR]);

	if (is_there(&r->envelope[ENVELOPE_METHOD])) {
		if (result || error)
			return MESSAGE_NONE;
		return is_there(&r->envelope[ENVELOPE_ID])
			       ? MESSAGE_REQUEST
			       : MESSAGE_NOTIFICATION;
	}
	if (result == error)
		return MESSAGE_NONE;
	return result ? MESSAGE_RESULT : MESSAGE_ERROR;
}

static void read_meta(struct message *m)
{
	struct json_value v;

	if (!is_there(&m->meta))
		return;
	if (m->meta.type != JSON_OBJECT) {
		message_refuse(m, CODE_INVALID, "_meta is not an object",
			m->meta.begin);
		return;
	}
	/* A request that has one of the two has to have both: version_fault().
	 */
	if (json_get(&m->meta, META_VERSION, &v) ||
		(m->kind == MESSAGE_REQUEST &&
			json_get(&m->meta, META_CAPABILITIES, &v)) ||
		(m->kind == MESSAGE_NOTIFICATION &&
			json_get(&m->meta, META_SUBSCRIPTION, &v)))
		m->era = ERA_MODERN;
}

static void read_params(struct message *m)
{
	struct json_member member;
	struct json_iter i;
	unsigned known = 0;

	if (m->kind == MESSAGE_REQUEST)
		m->era = ERA_LEGACY;
	if (!is_there(&m->params))
		return;
	if (m->params.type != JSON_OBJECT) {
		message_refuse(m, CODE_INVALID, "params is not an object",
			m->params.begin);
		return;
	}
	i = json_iter(&m->params);
	while (json_next(&i, &member)) {
		enum name_match match = message_name_match(
			&member.name, params_names, N_PARAMS_NAMES, &known);

		if (match == NAME_CONFUSED ||
			(match == NAME_EXACT &&
				message_member_confused(&member)))
			message_refuse(m, CODE_INVALID,
				"a member of params in another case",
				member.begin);
		if (match == NAME_EXACT && known == PARAMS_META)
			m->meta = member.value;
	}
	read_meta(m);
}

/* JSON-RPC 2.0 section 5.1. */
static void check_error(struct message *m)
{
	struct json_value code = {0}, text = {0}, data;
	struct json_iter i = json_iter(&m->error);
	struct json_member member;
	size_t n = 0;
	int64_t number;

	while (json_next(&i, &member))
		n++;
	if (!json_get(&m->error, "code", &code) ||
		!json_to_int64(&code, &number) ||
		!json_get(&m->error, "message", &text) ||
		text.type != JSON_STRING ||
		n - json_get(&m->error, "data", &data) != 2)
		message_refuse(m, CODE_INVALID,
			"error is not {code, message, data}", m->error.begin);
}

static void check_answer(struct message *m)
{
	if (!is_there(&m->id))
		message_refuse(
			m, CODE_INVALID, "an answer without id", m->top.begin);
	if (is_there(&m->params))
		message_refuse(m, CODE_INVALID, "an answer with params",
			m->params.begin);
	if (m->kind == MESSAGE_ERROR)
		check_error(m);
	/* Clients drop such an answer without a word, and wait on. A few
	 * servers say null for a result that holds nothing. */
	else if (m->result.type != JSON_OBJECT && m->result.type != JSON_NULL)
		message_refuse(m, CODE_INVALID, "result is not an object",
			m->result.begin);
}

static void check_envelope(struct reading *r)
{
	const struct json_value *version = &r->envelope[ENVELOPE_JSONRPC];
	struct message *m = r->m;

	if (!is_there(version) || !json_string_eq(version, "2.0"))
		message_refuse(m, CODE_INVALID, "jsonrpc is not \"2.0\"",
			is_there(version) ? version->begin : m->top.begin);
	if (is_there(&m->id) && !message_id_valid(&m->id))
		message_refuse(m, CODE_INVALID,
			"id is neither a string nor a safe integer",
			m->id.begin);
	if (m->kind == MESSAGE_NONE)
		message_refuse(m, CODE_INVALID,
			"neither a request nor an answer", m->top.begin);
	if (is_there(&m->method_name) && m->method_name.type != JSON_STRING)
		message_refuse(m, CODE_INVALID, "method is not a string",
			m->method_name.begin);
	if (m->kind == MESSAGE_RESULT || m->kind == MESSAGE_ERROR)
		check_answer(m);
}

static void read_object(struct message *m, const struct json_scan_result *scan)
{
	struct reading r = {.m = m};

	read_members(&r, scan);
	m->id = r.envelope[ENVELOPE_ID];
	m->method_name = r.envelope[ENVELOPE_METHOD];
	m->params = r.envelope[ENVELOPE_PARAMS];
	m->result = r.envelope[ENVELOPE_RESULT];
	m->error = r.envelope[ENVELOPE_ERROR];
	m->kind = kind_of(&r);

	check_envelope(&r);
	if (m->kind == MESSAGE_REQUEST || m->kind == MESSAGE_NOTIFICATION) {
		read_params(m);
		if (m->method_name.type == JSON_STRING)
			m->method = method_find(&m->method_name);
	}
	if (m->dir == DIR_C2S && scan->n_half_surrogates > 0)
		message_refuse(m, CODE_INVALID,
			json_fault_text(JSON_FAULT_SURROGATE),
			scan->half_surrogate);
	m->id_usable = m->verdict == VERDICT_REFUSED && !r.id_confused &&
		       is_there(&m->id) && message_id_valid(&m->id);
}

int message_read(struct json_scanner *s, enum message_dir dir, const char *text,
	size_t len, struct message *ret)
{
	struct message m = {.dir = dir};
	struct json_scan_result scan;
	int r = json_scan(s, text, len, &scan);

	if (r < 0)
		return r;
	if (r > 0) {
		r = read_fault(s, text, len, &scan, &m);
		if (r < 0)
			return r;
		*ret = m;
		return 0;
	}
	m.top = json_top(text, &scan);
	m.n_half_surrogates = scan.n_half_surrogates;
	if (m.top.type == JSON_OBJECT)
		read_object(&m, &scan);
	else
		message_refuse(&m, CODE_INVALID, "not an object", m.top.begin);
	if (m.verdict == VERDICT_NONE)
		m.verdict = VERDICT_OK;
	*ret = m;
	return 0;
}
