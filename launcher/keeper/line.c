/* SPDX-License-Identifier: Apache-2.0 */
#include "keeper/line.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "keeper/chain.h"
#include "keeper/key.h"
#include "keeper/text.h"

/* Pairs in one record: limits have a dozen. */
#define PAIRS_MAX 64

static const char *const type_names[_RECORD_N] = {
	[RECORD_SESSION_START] = "session.start",
	[RECORD_SESSION_END] = "session.end",
	[RECORD_CALL] = "call",
	[RECORD_RESULT] = "result",
	[RECORD_LIMIT_HIT] = "limit.hit",
	[RECORD_PROTOCOL_REFUSED] = "protocol.refused",
	[RECORD_ANOMALY] = "anomaly",
	[RECORD_CHECKPOINT] = "checkpoint",
	[RECORD_APPROVAL_ASKED] = "approval.asked",
	[RECORD_APPROVAL_ANSWERED] = "approval.answered",
	[RECORD_POLICY_CHANGED] = "policy.changed",
	[RECORD_PIN_FIRST] = "pin.first",
	[RECORD_PIN_CHANGED] = "pin.changed",
	[RECORD_PIN_ACCEPTED] = "pin.accepted",
	[RECORD_TOKEN_MINTED] = "token.minted",
	[RECORD_TOKEN_SPENT] = "token.spent",
	[RECORD_TOKEN_REFUSED] = "token.refused",
	[RECORD_TOKEN_REVOKED] = "token.revoked",
};

const char *record_type_name(enum record_type type)
{
	return type < _RECORD_N ? type_names[type] : NULL;
}

static void second_text(char dst[SECOND_TEXT_SIZE], uint64_t s)
{
	/* A writer may lie about the clock: stay inside four-digit years. */
	const uint64_t last_s = 253402300799;
	struct tm tm;
	time_t t;

	t = (time_t)(s < last_s ? s : last_s);
	if (!gmtime_r(&t, &tm) ||
		!strftime(dst, SECOND_TEXT_SIZE, "%FT%T", &tm))
		dst[0] = '\0';
}

void time_text(char dst[TIME_TEXT_SIZE], uint64_t real_us)
{
	char second[SECOND_TEXT_SIZE];

	second_text(second, real_us / 1000000);
	(void)snprintf(dst, TIME_TEXT_SIZE, "%s.%06uZ", second,
		(unsigned)(real_us % 1000000));
}

struct line {
	struct buf *out;
	struct line_context *context;
	const struct record_view *view;
	/* Where the first field of each id starts, plus one; 0 if absent. */
	size_t first[_FIELD_N];
};

static int line_number(struct line *l, const struct field_view *f)
{
	uint64_t value;

	memcpy(&value, f->data, sizeof(value));
	/* Readers that know signed numbers only must get along. */
	if (value > INT64_MAX)
		value = INT64_MAX;
	return buf_append_u64(l->out, value);
}

static int line_bool(struct line *l, const struct field_view *f)
{
	return buf_append_str(l->out, f->data[0] ? "true" : "false");
}

static int line_hash(struct line *l, const uint8_t hash[32])
{
	char quoted[1 + 64 + 2] = "\"";

	hex_text(quoted + 1, hash, 32);
	quoted[65] = '"';
	return buf_append(l->out, quoted, 66);
}

/* The first field of that id; false if there is none. */
static bool line_find(
	const struct line *l, enum record_field id, struct field_view *ret)
{
	size_t pos = l->first[id];

	if (pos == 0)
		return false;
	pos--;
	return record_next(l->view, &pos, ret);
}

static int line_keyed(struct line *l, const struct field_view *f)
{
	const struct line_context *c = l->context;
	const char *name = record_field_info(f->id)->key;
	struct key_piece pieces[3] = {
		{name, strlen(name)},
		{f->data, f->len},
	};
	struct field_view tool = {.data = (const uint8_t *)""};
	uint8_t mac[32];
	size_t n = 2;

	if (f->id == FIELD_ARGS_HASH) {
		(void)line_find(l, FIELD_TOOL, &tool);
		pieces[0] = (struct key_piece){
			c->server_name, strlen(c->server_name)};
		pieces[1] = (struct key_piece){tool.data, tool.len};
		pieces[2] = (struct key_piece){f->data, f->len};
		n = 3;
	}
	audit_key_mac(c->key, pieces, n, mac);
	return line_hash(l, mac);
}

static int line_text(struct line *l, const struct field_view *f)
{
	const char *key = record_field_info(f->id)->key;
	int r = text_append_json(l->out, f->data, f->len);

	if (r == 0 && f->cut)
		r = buf_printf(l->out, ",\"%s_len\":%llu,\"%s_sha256\":", key,
			(unsigned long long)f->full_len, key);
	return r == 0 && f->cut ? line_hash(l, f->full_hash) : r;
}

/* In an array or object of texts a cut one is an object itself. */
static int line_element(struct line *l, const struct field_view *f, size_t skip)
{
	int r = f->cut ? buf_printf(l->out, "{\"cut\":") : 0;

	if (r == 0)
		r = text_append_json(l->out, f->data + skip, f->len - skip);
	if (r < 0 || !f->cut)
		return r;
	r = buf_printf(l->out,
		",\"len\":%llu,\"sha256\":", (unsigned long long)f->full_len);
	if (r == 0)
		r = line_hash(l, f->full_hash);
	return r == 0 ? buf_append(l->out, "}", 1) : r;
}

static bool is_pair(enum field_kind kind)
{
	return kind == KIND_PAIR || kind == KIND_COUNT;
}

static bool name_char(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}

/* Length of NAME in NAME=VALUE; 0 if it is not plain. */
static size_t pair_name(const struct field_view *f)
{
	size_t n = 0;

	while (n < f->len && name_char(f->data[n]))
		n++;
	return n < f->len && f->data[n] == '=' ? n : 0;
}

/* Of at most 20 digits. */
static bool is_count(const struct field_view *f, size_t skip)
{
	if (f->cut || f->len <= skip || f->len > skip + 20 ||
		(f->data[skip] == '0' && f->len > skip + 1))
		return false;
	for (size_t i = skip; i < f->len; i++)
		if (f->data[i] < '0' || f->data[i] > '9')
			return false;
	return true;
}

static int line_pair(struct line *l, const struct field_view *f)
{
	bool count = record_field_info(f->id)->kind == KIND_COUNT;
	size_t n = pair_name(f);
	int r;

	if (n == 0 || (count && !is_count(f, n + 1)))
		return -EPROTO;
	r = text_append_json(l->out, f->data, n);
	if (r == 0)
		r = buf_append(l->out, ":", 1);
	if (r == 0 && count)
		return buf_append(l->out, f->data + n + 1, f->len - n - 1);
	return r == 0 ? line_element(l, f, n + 1) : r;
}

static int line_scalar(struct line *l, const struct field_view *f)
{
	switch (record_field_info(f->id)->kind) {
	case KIND_U64:
		return line_number(l, f);
	case KIND_BOOL:
		return line_bool(l, f);
	case KIND_HASH:
		return line_hash(l, f->data);
	case KIND_KEYED:
		return line_keyed(l, f);
	case KIND_TEXT:
		return line_text(l, f);
	case KIND_NONE:
	case KIND_PAIR:
	case KIND_COUNT:
	case KIND_ITEM:
		break;
	}
	return -EPROTO;
}

/* All fields of that id, as an object of pairs or an array of items. */
static int line_repeated(struct line *l, enum record_field id, bool pairs)
{
	size_t pos = l->first[id] - 1;
	const char *between = pairs ? "{" : "[";
	struct field_view f;
	int r;

	while (record_next(l->view, &pos, &f)) {
		if (f.id != id)
			continue;
		r = buf_append(l->out, between, 1);
		if (r == 0)
			r = pairs ? line_pair(l, &f) : line_element(l, &f, 0);
		if (r < 0)
			return r;
		between = ",";
	}
	return buf_append(l->out, pairs ? "}" : "]", 1);
}

/* "key": and what begins its value. */
static int line_key(struct line *l, const char *key, const char *begin)
{
	int r = buf_append(l->out, "\"", 1);

	if (r == 0)
		r = buf_append_str(l->out, key);
	if (r == 0)
		r = buf_append(l->out, "\":", 2);
	return r == 0 ? buf_append_str(l->out, begin) : r;
}

static int line_member(struct line *l, enum record_field id)
{
	const struct record_field_info *info = record_field_info(id);
	struct field_view f;
	int r = line_key(l, info->key, "");

	if (r < 0)
		return r;
	if (is_pair(info->kind) || info->kind == KIND_ITEM)
		return line_repeated(l, id, is_pair(info->kind));
	return line_find(l, id, &f) ? line_scalar(l, &f) : -EPROTO;
}

/* Members in the order of the table, whatever the writer's was, so that those
 * of one group come together. */
static int line_members(struct line *l)
{
	const char *group = NULL;
	int r = 0;

	for (enum record_field id = 1; id < _FIELD_N && r == 0; id++) {
		const char *g = record_field_info(id)->group;
		const char *between = ",";

		if (l->first[id] == 0)
			continue;
		if (group && (!g || strcmp(group, g) != 0)) {
			between = "},";
			group = NULL;
		}
		r = buf_append(l->out, between, strlen(between));
		if (r == 0 && g && !group)
			r = line_key(l, g, "{");
		group = g;
		if (r == 0)
			r = line_member(l, id);
	}
	return r == 0 && group ? buf_append(l->out, "}", 1) : r;
}

/* A name that stood twice would read differently for different readers. */
static bool line_index(struct line *l)
{
	size_t pos = 0, at = 0;
	unsigned pairs = 0;
	struct field_view f;

	while (record_next(l->view, &pos, &f)) {
		enum field_kind kind = record_field_info(f.id)->kind;

		if (l->first[f.id] && !is_pair(kind) && kind != KIND_ITEM)
			return false;
		if (is_pair(kind) && ++pairs > PAIRS_MAX)
			return false;
		if (!l->first[f.id])
			l->first[f.id] = at + 1;
		at = pos;
	}
	return true;
}

static bool pairs_distinct(const struct line *l)
{
	struct field_view a, b;
	size_t pos = 0, rest;

	while (record_next(l->view, &pos, &a)) {
		if (!is_pair(record_field_info(a.id)->kind))
			continue;
		rest = pos;
		while (record_next(l->view, &rest, &b))
			if (b.id == a.id && pair_name(&a) == pair_name(&b) &&
				memcmp(a.data, b.data, pair_name(&a)) == 0)
				return false;
	}
	return true;
}

static int line_head(struct line *l, uint64_t seq)
{
	uint64_t mono = l->view->mono_us, start = l->context->start_us;
	uint64_t second = l->view->real_us / 1000000;
	const char *tenant = l->context->tenant;
	struct line_context *c = l->context;

	/* Most records share it with the one before. */
	if (!c->second_text[0] || c->second != second)
		second_text(c->second_text, second);
	c->second = second;
	return buf_printf(l->out,
		"{\"v\":1,\"seq\":%llu,\"time\":\"%s.%06uZ\",\"mono\":%llu,"
		"\"session\":\"%s\"%s%s%s,\"type\":\"%s\"",
		(unsigned long long)seq, c->second_text,
		(unsigned)(l->view->real_us % 1000000),
		(unsigned long long)(mono > start ? mono - start : 0),
		c->session, tenant ? ",\"tenant\":\"" : "",
		tenant ? tenant : "", tenant ? "\"" : "",
		record_type_name(l->view->type));
}

int line_append(struct buf *out, struct line_context *c, uint64_t seq,
	const struct record_view *v)
{
	struct line l = {.out = out, .context = c, .view = v};
	size_t before = buf_len(out);
	int r;

	if (!record_type_name(v->type) || !line_index(&l) ||
		!pairs_distinct(&l))
		return -EPROTO;
	r = line_head(&l, seq);
	if (r == 0)
		r = line_members(&l);
	if (r == 0 && buf_len(out) - before + CHAIN_SEAL_MAX > v->cost)
		r = -EPROTO;
	if (r < 0)
		out->end = out->begin + before;
	return r;
}
