/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The profile editor: LIST LF ENTRY LF and the text of a profile. What comes
 * out is the text with one piece put in at one place, means the old profile
 * and the entry, and has the entry when it is edited again.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/strv.h"
#include "plan/profile_edit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool ok)
{
	if (!ok)
		abort();
}

/* A line of the input as a string; NULL if there is none or it has a NUL. */
static char *take_line(const uint8_t **data, size_t *size)
{
	const uint8_t *lf = *size ? memchr(*data, '\n', *size) : NULL;
	size_t n = lf ? (size_t)(lf - *data) : 0;
	char *line;

	if (!lf || memchr(*data, 0, n))
		return NULL;
	line = strndup((const char *)*data, n);
	require(line != NULL);
	*data += n + 1;
	*size -= n + 1;
	return line;
}

/* One piece more, all else the same in the same order. */
static void check_bytes(
	const struct profile_text *a, const struct profile_text *b)
{
	size_t head = 0, tail = 0;

	require(b->len > a->len && b->len <= PROFILE_MAX_BYTES);
	require(b->bytes[b->len] == '\0');
	while (head < a->len && a->bytes[head] == b->bytes[head])
		head++;
	while (tail < a->len - head &&
		a->bytes[a->len - 1 - tail] == b->bytes[b->len - 1 - tail])
		tail++;
	require(head + tail == a->len);
}

/* All lists but the one are the same, and that has one entry more. */
static void check_meaning(const struct profile_text *before,
	const struct profile_text *after, const char *entry)
{
	_profile_ struct profile *p = NULL, *q = NULL;
	_free_ char *extends = NULL, *extends2 = NULL;
	size_t more = 0;
	struct err e = {0};

	require(profile_parse("fuzz.json", before->bytes, before->len, &p,
			&extends, &e) == 0);
	require(profile_parse("fuzz.json", after->bytes, after->len, &q,
			&extends2, &e) == 0);
	require(extends ? extends2 && strcmp(extends, extends2) == 0
			: !extends2);
	require(memcmp(p->digest, q->digest, sizeof(p->digest)) != 0);
	for (size_t i = 0; i < _LIST_N; i++) {
		char **a = *profile_list_at(p, i), **b = *profile_list_at(q, i);
		size_t n = strv_len(a);

		for (size_t k = 0; k < n; k++)
			require(b && b[k] && strcmp(a[k], b[k]) == 0);
		if (strv_len(b) == n)
			continue;
		require(strv_len(b) == n + 1 && strcmp(b[n], entry) == 0);
		more++;
	}
	require(more == 1);
}

static void check_preview(
	const struct profile_text *before, const struct profile_text *after)
{
	char path[] = "/x\x1b.json";
	struct profile_edit c = {
		.path = path, .before = *before, .after = *after};
	_free_ char *text = NULL;

	require(profile_edit_preview(&c, &text) == 0);
	require(strstr(text, "\n+") != NULL);
	for (const char *p = text; *p; p++)
		require(*p == '\n' || *p == '\t' || (*p >= 0x20 && *p < 0x7f));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_free_ char *list = take_line(&data, &size);
	_free_ char *entry = list ? take_line(&data, &size) : NULL;
	_text_ struct profile_text before = {0}, after = {0}, again = {0};
	struct err e = {0};
	int r;

	if (!entry)
		return 0;
	/* A copy of its own size: the sanitizer sees the slightest overrun. */
	before.bytes = malloc(size ? size : 1);
	require(before.bytes != NULL);
	memcpy(before.bytes, data, size);
	before.len = size;
	r = profile_edit_text(
		"fuzz", "fuzz.json", &before, list, entry, &after, &e);
	require((r == 0) == (after.bytes != NULL));
	require((r < 0) == (e.text[0] != '\0'));
	if (r != 0)
		return 0;
	check_bytes(&before, &after);
	check_meaning(&before, &after, entry);
	check_preview(&before, &after);
	require(profile_edit_text("fuzz", "fuzz.json", &after, list, entry,
			&again, &e) == 1);
	return 0;
}
