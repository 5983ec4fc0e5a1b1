/* SPDX-License-Identifier: Apache-2.0 */
#include "base/record.h"

#include <poll.h>
#include <sodium.h>
#include <string.h>

#include "base/fd.h"
#include "base/sha256.h"

struct header {
	uint32_t len;
	uint16_t type, n_fields;
	uint32_t cost, zero;
	uint64_t real_us, mono_us;
};

struct field {
	uint16_t id, flags;
	uint32_t len;
};

#define FLAG_CUT 1U
/* What follows the data of a cut field: full length and SHA-256. */
#define CUT_TRAILER (sizeof(uint64_t) + 32)

static const struct record_field_info fields[_FIELD_N] = {
#define X(id, group, key, kind) [FIELD_##id] = {group, key, kind},
	RECORD_FIELDS(X)
#undef X
};

const struct record_field_info *record_field_info(enum record_field id)
{
	if (id <= FIELD_NONE || id >= _FIELD_N)
		return NULL;
	return &fields[id];
}

void record_init(struct record *r, enum record_type type)
{
	struct header h = {
		.type = (uint16_t)type,
		.real_us = clock_real_us(),
		.mono_us = clock_mono_us(),
	};

	memcpy(r->bytes, &h, sizeof(h));
	r->len = sizeof(h);
	r->cost = RECORD_OVERHEAD;
	r->failed = 0;
}

/* "group":{"key":"",} and what a cut adds; generous, it is a bound. */
static uint32_t field_cost(enum record_field id, bool cut)
{
	size_t n = strlen(fields[id].key) + 12;

	if (fields[id].group)
		n += strlen(fields[id].group) + 8;
	if (cut)
		n += 2 * strlen(fields[id].key) + 128;
	return (uint32_t)n;
}

static uint32_t text_cost(const uint8_t *text, size_t len)
{
	uint32_t n = 0;

	for (size_t i = 0; i < len; i++) {
		if (text[i] == '"' || text[i] == '\\')
			n += 2;
		else if (text[i] >= 0x20 && text[i] < 0x7f)
			n += 1;
		else
			n += 6;
	}
	return n;
}

static void record_put(struct record *r, enum record_field id, unsigned flags,
	const void *data, size_t len, uint32_t cost)
{
	struct field f = {
		.id = (uint16_t)id,
		.flags = (uint16_t)flags,
		.len = (uint32_t)len,
	};
	struct header h;

	if (r->failed)
		return;
	if (len > RECORD_MAX || r->len + sizeof(f) + len > RECORD_MAX ||
		r->cost + cost > RECORD_LINE_MAX) {
		r->failed = -ENOBUFS;
		return;
	}
	memcpy(&h, r->bytes, sizeof(h));
	h.n_fields++;
	memcpy(r->bytes, &h, sizeof(h));
	memcpy(r->bytes + r->len, &f, sizeof(f));
	memcpy(r->bytes + r->len + sizeof(f), data, len);
	r->len += sizeof(f) + len;
	r->cost += cost;
}

void record_put_u64(struct record *r, enum record_field id, uint64_t value)
{
	if (fields[id].kind != KIND_U64 &&
		(fields[id].kind != KIND_BOOL || value > 1))
		r->failed = r->failed ? r->failed : -EINVAL;
	record_put(r, id, 0, &value, sizeof(value), field_cost(id, false) + 20);
}

void record_put_hash(
	struct record *r, enum record_field id, const uint8_t hash[32])
{
	if (fields[id].kind != KIND_HASH && fields[id].kind != KIND_KEYED)
		r->failed = r->failed ? r->failed : -EINVAL;
	record_put(r, id, 0, hash, 32, field_cost(id, false) + 64);
}

void record_put_hash_of(
	struct record *r, enum record_field id, const void *bytes, size_t len)
{
	uint8_t hash[32];

	if (!bytes)
		return;
	sha256(bytes, len, hash);
	record_put_hash(r, id, hash);
}

/* The longest prefix of at most @max bytes that ends between characters. */
static size_t utf8_prefix(const char *text, size_t max)
{
	size_t n = max;

	while (n > 0 && max - n < 3 && ((unsigned char)text[n] & 0xc0) == 0x80)
		n--;
	return n;
}

static void record_put_cut(
	struct record *r, enum record_field id, const char *text, size_t len)
{
	uint8_t data[RECORD_VALUE_MAX + CUT_TRAILER];
	size_t n = utf8_prefix(text, RECORD_VALUE_MAX);
	uint64_t full = len;

	memcpy(data, text, n);
	memcpy(data + n, &full, sizeof(full));
	(void)crypto_hash_sha256(
		data + n + sizeof(full), (const unsigned char *)text, len);
	record_put(r, id, FLAG_CUT, data, n + CUT_TRAILER,
		field_cost(id, true) + text_cost(data, n));
}

void record_put_text(
	struct record *r, enum record_field id, const char *text, size_t len)
{
	if (fields[id].kind != KIND_TEXT && fields[id].kind != KIND_PAIR &&
		fields[id].kind != KIND_ITEM && fields[id].kind != KIND_COUNT)
		r->failed = r->failed ? r->failed : -EINVAL;
	if (len > RECORD_VALUE_MAX) {
		record_put_cut(r, id, text, len);
		return;
	}
	record_put(r, id, 0, text, len,
		field_cost(id, false) + text_cost((const uint8_t *)text, len));
}

void record_put_str(struct record *r, enum record_field id, const char *text)
{
	record_put_text(r, id, text, strlen(text));
}

static int wait_writable(int fd, uint64_t deadline_ms)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};
	uint64_t now = clock_mono_ms();
	int r;

	if (now >= deadline_ms)
		return -ETIMEDOUT;
	r = poll(&p, 1, (int)(deadline_ms - now));
	if (r < 0 && errno != EINTR)
		return -errno;
	return 0;
}

static int record_close(struct record *r)
{
	struct header h;

	if (r->failed)
		return r->failed;
	memcpy(&h, r->bytes, sizeof(h));
	h.len = (uint32_t)r->len;
	h.cost = r->cost;
	memcpy(r->bytes, &h, sizeof(h));
	return 0;
}

int record_finish(struct record *r, struct record_view *ret)
{
	int e = record_close(r);

	if (e < 0)
		return e;
	return record_parse(r->bytes, r->len, ret) > 0 ? 0 : -EPROTO;
}

int record_send(struct record *r, int fd, unsigned timeout_ms)
{
	uint64_t deadline = clock_mono_ms() + timeout_ms;
	int e = record_close(r);
	size_t done = 0;

	if (e < 0)
		return e;
	while (done < r->len) {
		ssize_t n = write(fd, r->bytes + done, r->len - done);
		int w;

		if (n > 0) {
			done += (size_t)n;
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN)
			return -errno;
		w = wait_writable(fd, deadline);
		if (w < 0)
			/* Half a record: the stream cannot be read on. */
			return done && w == -ETIMEDOUT ? -EIO : w;
	}
	return 0;
}

static bool field_bool_valid(const uint8_t *data)
{
	uint64_t value;

	memcpy(&value, data, sizeof(value));
	return value <= 1;
}

static bool field_valid(const struct field *f)
{
	if (f->id == FIELD_NONE || f->id >= _FIELD_N)
		return false;
	switch (fields[f->id].kind) {
	case KIND_U64:
	case KIND_BOOL:
		return f->flags == 0 && f->len == sizeof(uint64_t);
	case KIND_HASH:
	case KIND_KEYED:
		return f->flags == 0 && f->len == 32;
	case KIND_TEXT:
	case KIND_PAIR:
	case KIND_ITEM:
	case KIND_COUNT:
		if (f->flags == FLAG_CUT)
			return f->len >= CUT_TRAILER &&
			       f->len <= RECORD_VALUE_MAX + CUT_TRAILER;
		return f->flags == 0 && f->len <= RECORD_VALUE_MAX;
	case KIND_NONE:
		break;
	}
	return false;
}

ssize_t record_parse(const uint8_t *bytes, size_t len, struct record_view *ret)
{
	struct record_view v = {0};
	struct header h;
	size_t pos;

	if (len < sizeof(h))
		return 0;
	memcpy(&h, bytes, sizeof(h));
	if (h.len < sizeof(h) || h.len > RECORD_MAX || h.zero ||
		h.type == RECORD_NONE || h.type >= _RECORD_N)
		return -EPROTO;
	if (len < h.len)
		return 0;
	pos = sizeof(h);
	for (unsigned i = 0; i < h.n_fields; i++) {
		struct field f;

		if (h.len - pos < sizeof(f))
			return -EPROTO;
		memcpy(&f, bytes + pos, sizeof(f));
		pos += sizeof(f);
		if (!field_valid(&f) || h.len - pos < f.len)
			return -EPROTO;
		if (fields[f.id].kind == KIND_BOOL &&
			!field_bool_valid(bytes + pos))
			return -EPROTO;
		pos += f.len;
	}
	if (pos != h.len)
		return -EPROTO;
	v.type = (enum record_type)h.type;
	v.cost = h.cost;
	v.real_us = h.real_us;
	v.mono_us = h.mono_us;
	v.fields = bytes + sizeof(h);
	v.fields_len = h.len - sizeof(h);
	v.n_fields = h.n_fields;
	*ret = v;
	return (ssize_t)h.len;
}

bool record_next(
	const struct record_view *v, size_t *pos, struct field_view *ret)
{
	struct field_view out = {0};
	struct field f;

	if (*pos >= v->fields_len)
		return false;
	memcpy(&f, v->fields + *pos, sizeof(f));
	out.id = (enum record_field)f.id;
	out.data = v->fields + *pos + sizeof(f);
	out.len = f.len;
	out.cut = f.flags & FLAG_CUT;
	if (out.cut) {
		out.len -= CUT_TRAILER;
		memcpy(&out.full_len, out.data + out.len, sizeof(uint64_t));
		out.full_hash = out.data + out.len + sizeof(uint64_t);
	}
	*pos += sizeof(f) + f.len;
	*ret = out;
	return true;
}
