/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The message reader, and the search for an id beside it. The first byte
 * chooses the direction and how the line is fed in pieces.
 */
#include "fuzz_json.h"

#include <stdlib.h>
#include <string.h>

static void require(bool ok)
{
	if (!ok)
		abort();
}

static void check_verdict(const struct message *m, size_t len)
{
	switch (m->verdict) {
	case VERDICT_OK:
		require(m->kind != MESSAGE_NONE && !m->id_usable);
		require(m->reason == NULL && m->code == 0);
		require((m->id.type != JSON_INVALID) ==
			(m->kind != MESSAGE_NOTIFICATION));
		require(m->dir == DIR_S2C || m->n_half_surrogates == 0);
		break;
	case VERDICT_REFUSED:
		require(m->reason != NULL && m->offset <= len);
		require(m->code == -32700 || m->code == -32600);
		require(!m->id_usable || m->id.end <= len);
		break;
	case VERDICT_EMPTY:
		require(!m->id_usable);
		break;
	case VERDICT_NONE:
		abort();
	}
}

/* The search finds what the reader finds, however the line is cut. */
static void check_seek(
	const struct message *m, const char *text, size_t len, size_t piece)
{
	struct message_id_seek *s = message_id_seek_new();
	const char *id = NULL;
	size_t id_len = 0, n;
	bool found;

	if (s == NULL)
		return;
	for (size_t i = 0; i < len; i += n) {
		n = len - i < piece ? len - i : piece;
		message_id_seek_feed(s, text + i, n);
	}
	found = message_id_seek_end(s, &id, &id_len);
	if (m->verdict == VERDICT_OK && m->kind != MESSAGE_NOTIFICATION) {
		require(found && message_id_seek_kind(s) == m->kind);
		require(id_len == m->id.end - m->id.begin);
		require(memcmp(id, text + m->id.begin, id_len) == 0);
	}
	if (found && m->id_usable) {
		require(id_len == m->id.end - m->id.begin);
		require(memcmp(id, text + m->id.begin, id_len) == 0);
	}
	if (m->verdict == VERDICT_OK && m->kind == MESSAGE_NOTIFICATION)
		require(!found);
	message_id_seek_free(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint64_t key[2] = {1, 2};
	struct json_scanner *s;
	struct message m;
	const char *text = (const char *)data + 1;

	if (size == 0)
		return 0;
	s = message_scanner_new(key);
	if (s != NULL && message_read(s, data[0] & 1 ? DIR_C2S : DIR_S2C, text,
				 size - 1, &m) == 0) {
		check_verdict(&m, size - 1);
		check_seek(&m, text, size - 1, 1 + (data[0] >> 1));
		require(method_find(&m.method_name) == m.method ||
			m.method == METHOD_UNKNOWN);
	}
	json_scanner_free(s);
	return 0;
}
