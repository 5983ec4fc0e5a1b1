/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file of the store of pins: its form, then what its events do to a table.
 *
 * As it is; and the same lines as events of a file whose hashes and end are
 * good, so that what lies behind those is reached; and that cut somewhere.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/sha256.h"
#include "plan/pin_store.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool ok)
{
	if (!ok)
		abort();
}

/* What every user of a table may rely on. */
static void check_table(const struct pins *p)
{
	for (size_t i = 0; i < pins_count(p); i++) {
		const struct pin *pin = pins_at(p, i);

		require(pin->kind > PIN_NONE && pin->kind < _PIN_N);
		require(pin->name && pin->name_len <= PINS_NAME_MAX);
		require(pins_find(p, pin->kind, pin->name, pin->name_len) ==
			pin);
		require(pin->accepted || pin->other || pin->retired);
		require(!pin->was || pin->was->now == pin);
		require(!pin->now || pin->now->was == pin);
		require(!pin->accepted ||
			strlen(pin->accepted) <= pin->accepted_len);
		require(pin->seen == PIN_UNSEEN);
	}
}

/* 0 if it is a good file, and then *ret_n its events. */
static int apply(const char *text, size_t len, size_t *ret_n)
{
	struct pins *p = pins_new(PINS_FIRST);
	struct pin_batch b, again;
	struct pin_line l;
	int r = pin_batch_open(text, len, &b);

	require(p != NULL);
	require(r == 0 || r == -EBADMSG || r == -ENODATA);
	*ret_n = 0;
	if (r == -ENODATA) {
		r = pin_batch_salvage(text, len, &b);
		require(r == 0 || r == -EBADMSG);
	}
	if (r == 0) {
		again = b;
		while (pin_batch_next(&again, &l)) {
			require(l.json >= text && l.json_len > 0 &&
				l.json + l.json_len < text + len);
			(*ret_n)++;
		}
		require(again.pos == again.end);
		r = pin_batch_apply(b, p);
		require(r == 0 || r == -EBADMSG || r == -ENOSPC);
	}
	check_table(p);
	pins_free(p);
	return r;
}

/* The name in @json hashed, as far as a rough look finds it. */
static void name_hash(const char *json, size_t len, uint8_t ret[32])
{
	static const char key[] = "\"name\":\"";
	const char *at = memmem(json, len, key, sizeof(key) - 1);
	const char *from = at ? at + sizeof(key) - 1 : json;
	const char *end =
		at ? memchr(from, '"', (size_t)(json + len - from)) : json;

	sha256(from, end ? (size_t)(end - from) : 0, ret);
}

/* Each line is an event: a byte says which, one of what kind, then JSON. */
static bool write_line(struct buf *b, const char *line, size_t len)
{
	enum pin_event e =
		PIN_EVENT_FIRST + (unsigned char)line[0] % (_PIN_EVENT_N - 1);
	enum pin_kind kind = 1 + (unsigned char)line[1] % (_PIN_N - 1);
	uint8_t hash[32];

	name_hash(line + 2, len - 2, hash);
	return pin_batch_add(
		       b, e, pin_kind_name(kind), hash, line + 2, len - 2) == 0;
}

static void try_events(const char *text, size_t size)
{
	struct buf b = BUF_INIT(PIN_BATCH_MAX);
	struct pin_batch batch;
	size_t cut, n = 0, found,
		    n_cut = size ? (unsigned char)text[size - 1] : 0;

	require(pin_batch_begin(&b, "profile", "a server") == 0);
	require(pin_batch_empty(&b));
	while (size > 0) {
		const char *end = memchr(text, '\n', size);
		size_t len = end ? (size_t)(end - text) : size;

		if (len > 2)
			n += write_line(&b, text, len);
		text += len + (end != NULL);
		size -= len + (end != NULL);
	}
	require(pin_batch_empty(&b) == (n == 0));
	require(pin_batch_end(&b) == 0);
	(void)apply((const char *)buf_head(&b), buf_len(&b), &found);
	require(found == n);
	/* Cut, it says no more than it did, and never that it was edited. */
	cut = buf_len(&b) * n_cut / 256;
	require(pin_batch_salvage((const char *)buf_head(&b), cut, &batch) ==
		0);
	(void)apply((const char *)buf_head(&b), cut, &found);
	require(found <= n);
	buf_deinit(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_free_ char *exact = malloc(size ? size : 1);
	size_t n;

	require(exact != NULL);
	memcpy(exact, data, size);
	(void)apply(exact, size, &n);
	try_events(exact, size);
	return 0;
}
