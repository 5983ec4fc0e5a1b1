/* SPDX-License-Identifier: Apache-2.0 */
#include "base/pin_batch.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "base/sha256.h"

#define MAGIC "stockade pins 1 "
#define KIND_MAX 16
#define SERVER_MAX 1024
/* "end ", the hash, a newline. */
#define END_LEN (4 + PIN_HASH_HEX + 1)
#define SESSION_SHOWN 16

static const char *const events[_PIN_EVENT_N] = {
	[PIN_EVENT_FIRST] = "first",
	[PIN_EVENT_WAITING] = "waiting",
	[PIN_EVENT_KNOWN] = "known",
	[PIN_EVENT_ACCEPTED] = "accepted",
	[PIN_EVENT_RENAMED] = "renamed",
	[PIN_EVENT_RETIRED] = "retired",
};

const char *pin_event_name(enum pin_event e)
{
	return events[e];
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool take_hash(const char *hex, uint8_t ret[32])
{
	for (size_t i = 0; i < 32; i++) {
		int high = digit(hex[2 * i]), low = digit(hex[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		ret[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

static void put_hash(char hex[PIN_HASH_HEX + 1], const uint8_t hash[32])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < 32; i++) {
		hex[2 * i] = digits[hash[i] >> 4];
		hex[2 * i + 1] = digits[hash[i] & 15];
	}
	hex[PIN_HASH_HEX] = '\0';
}

/* The word at the front of a line, which a space ends. */
static bool take_word(const char **at, const char *end, const char **ret_word,
	size_t *ret_len)
{
	const char *space = memchr(*at, ' ', (size_t)(end - *at));

	if (!space || space == *at)
		return false;
	*ret_word = *at;
	*ret_len = (size_t)(space - *at);
	*at = space + 1;
	return true;
}

static enum pin_event event_find(const char *word, size_t len)
{
	for (int e = PIN_EVENT_NONE + 1; e < _PIN_EVENT_N; e++)
		if (strlen(events[e]) == len &&
			memcmp(events[e], word, len) == 0)
			return (enum pin_event)e;
	return PIN_EVENT_NONE;
}

static bool take_hex(const char **at, const char *end, uint8_t ret[32])
{
	if (end - *at < PIN_HASH_HEX + 1 || (*at)[PIN_HASH_HEX] != ' ' ||
		!take_hash(*at, ret))
		return false;
	*at += PIN_HASH_HEX + 1;
	return true;
}

static bool parse_line(const char *at, const char *end, struct pin_line *ret)
{
	const char *word;
	size_t len;

	if (!take_word(&at, end, &word, &len))
		return false;
	ret->event = event_find(word, len);
	if (ret->event == PIN_EVENT_NONE ||
		!take_word(&at, end, &ret->kind, &ret->kind_len) ||
		ret->kind_len > KIND_MAX ||
		!take_hex(&at, end, ret->name_hash) ||
		!take_hex(&at, end, ret->hash) || at == end)
		return false;
	ret->json = at;
	ret->json_len = (size_t)(end - at);
	return true;
}

static bool line_at(
	const struct pin_batch *b, struct pin_line *ret, size_t *ret_next)
{
	const char *at = b->text + b->pos;
	const char *end = memchr(at, '\n', b->end - b->pos);

	if (!end || !parse_line(at, end, ret))
		return false;
	*ret_next = (size_t)(end + 1 - b->text);
	return true;
}

bool pin_batch_next(struct pin_batch *b, struct pin_line *ret)
{
	size_t next;

	if (b->pos >= b->end || !line_at(b, ret, &next))
		return false;
	b->pos = next;
	return true;
}

static bool header(const char *text, size_t len, struct pin_batch *b)
{
	const char *at = text + sizeof(MAGIC) - 1, *end;

	if (len < sizeof(MAGIC) || memcmp(text, MAGIC, sizeof(MAGIC) - 1) != 0)
		return false;
	end = memchr(at, '\n', len - (sizeof(MAGIC) - 1));
	if (!end || !take_word(&at, end, &b->profile, &b->profile_len))
		return false;
	b->server = at;
	b->server_len = (size_t)(end - at);
	b->text = text;
	b->pos = (size_t)(end + 1 - text);
	return true;
}

static bool events_hold(struct pin_batch b)
{
	uint8_t hash[32];
	struct pin_line l;
	size_t next;

	while (b.pos < b.end) {
		if (!line_at(&b, &l, &next))
			return false;
		sha256(l.json, l.json_len, hash);
		if (memcmp(hash, l.hash, sizeof(hash)) != 0)
			return false;
		b.pos = next;
	}
	return true;
}

int pin_batch_open(const char *text, size_t len, struct pin_batch *ret)
{
	struct pin_batch b = {0};
	uint8_t hash[32], said[32];
	const char *end;

	if (len < END_LEN || text[len - 1] != '\n')
		return -ENODATA;
	end = text + len - END_LEN;
	if (memcmp(end, "end ", 4) != 0 || !take_hash(end + 4, said))
		return -ENODATA;
	sha256(text, len - END_LEN, hash);
	if (memcmp(hash, said, sizeof(hash)) != 0 ||
		!header(text, len - END_LEN, &b))
		return -EBADMSG;
	b.end = len - END_LEN;
	if (!events_hold(b))
		return -EBADMSG;
	*ret = b;
	return 0;
}

int pin_batch_salvage(const char *text, size_t len, struct pin_batch *ret)
{
	const size_t magic = sizeof(MAGIC) - 1;
	struct pin_batch b = {.text = text};

	/* Room that was made for what did not come any more. */
	while (len > 0 && text[len - 1] == '\0')
		len--;
	if (memcmp(text, MAGIC, len < magic ? len : magic) != 0)
		return -EBADMSG;
	while (len > 0 && text[len - 1] != '\n')
		len--;
	if (len > 0 && !header(text, len, &b))
		return -EBADMSG;
	b.end = len;
	if (!events_hold(b))
		return -EBADMSG;
	*ret = b;
	return 0;
}

int pin_batch_begin(struct buf *b, const char *profile, const char *server)
{
	char shown[SERVER_MAX];

	(void)escape_text(shown, sizeof(shown), server, strlen(server));
	buf_consume(b, buf_len(b));
	return buf_printf(b, MAGIC "%s %s\n", profile, shown);
}

int pin_batch_add(struct buf *b, enum pin_event e, const char *kind,
	const uint8_t name_hash[32], const char *json, size_t len)
{
	char name[PIN_HASH_HEX + 1], hex[PIN_HASH_HEX + 1];
	uint8_t hash[32];
	size_t before = buf_len(b);
	int r;

	sha256(json, len, hash);
	put_hash(name, name_hash);
	put_hash(hex, hash);
	r = buf_printf(b, "%s %s %s %s ", events[e], kind, name, hex);
	if (r == 0)
		r = buf_append(b, json, len);
	if (r == 0)
		r = buf_append(b, "\n", 1);
	if (r < 0)
		buf_cut(b, buf_len(b) - before);
	return r;
}

bool pin_batch_empty(const struct buf *b)
{
	const uint8_t *lf =
		buf_len(b) ? memchr(buf_head(b), '\n', buf_len(b)) : NULL;

	return !lf || lf + 1 == buf_head(b) + buf_len(b);
}

int pin_batch_end(struct buf *b)
{
	char hex[PIN_HASH_HEX + 1];
	uint8_t hash[32];

	sha256(buf_head(b), buf_len(b), hash);
	put_hash(hex, hash);
	return buf_printf(b, "end %s\n", hex);
}

void pin_file_name(char dst[PIN_NAME_SIZE], uint32_t sequence,
	const char *session, unsigned part)
{
	(void)snprintf(dst, PIN_NAME_SIZE, "%08x-%.*s-%02x.pins", sequence,
		SESSION_SHOWN, session, part & 0xff);
}

bool pin_file_parse(const char *name, uint32_t *ret_sequence)
{
	static const char form[] = "00000000-0000000000000000-00.pins";
	uint32_t n = 0;

	if (strlen(name) != sizeof(form) - 1)
		return false;
	for (size_t i = 0; form[i]; i++)
		if (form[i] == '0' ? digit(name[i]) < 0 : name[i] != form[i])
			return false;
	for (size_t i = 0; i < 8; i++)
		n = n << 4 | (uint32_t)digit(name[i]);
	*ret_sequence = n;
	return true;
}
