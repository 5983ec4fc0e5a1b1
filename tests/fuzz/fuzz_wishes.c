/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a server may ask, cut out of what the client says. The first byte is the
 * policy, the rest a line of the client's. What comes out is a message again,
 * and cutting once more changes nothing; of roots none lies outside.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz_json.h"
#include "policy/wishes_cut.h"

static char granted[] = "/srv/a";
static char *const folders[] = {granted, NULL};

static bool read_line(
	struct json_scanner *s, char *line, size_t len, struct message *ret)
{
	return message_read(s, DIR_C2S, line, len, ret) == 0 &&
	       ret->verdict == VERDICT_OK;
}

static int cut(const struct wishes *w, const struct message *m,
	const char *line, size_t len, struct out *o)
{
	if (m->kind == MESSAGE_REQUEST)
		return wishes_mask(w, NULL, m, line, len, o);
	if (m->kind == MESSAGE_RESULT)
		return wishes_filter_roots(w, line, len, &m->result, o);
	return 1;
}

static void check(
	const struct wishes *w, struct json_scanner *s, char *line, size_t len)
{
	/* A version that is not known gives way to one of 12 bytes. */
	struct out o = OUT_INIT(len + 12), again = OUT_INIT(len + 12);
	struct message m;
	int r;

	if (!read_line(s, line, len, &m))
		return;
	r = cut(w, &m, line, len, &o);
	/* It only takes away else, so there is always room. */
	if (r != 0 && (r != 1 || o.len != 0))
		abort();
	if (r == 0 && (o.len >= len + 12 || !read_line(s, o.data, o.len, &m) ||
			      cut(w, &m, o.data, o.len, &again) != 1))
		abort();
	out_deinit(&o);
	out_deinit(&again);
}

/* A whole segment of two dots. */
static bool goes_up(const char *uri, size_t len)
{
	const char *end = uri + len;

	for (const char *p = uri; (p = memmem(p, (size_t)(end - p), "/..", 3));
		p += 3)
		if (p + 3 == end || p[3] == '/')
			return true;
	return false;
}

/* Whatever is decoded, what passes begins like the grant. */
static void check_root(const struct wishes *w, const char *uri, size_t len)
{
	if (wishes_root_passes(w, uri, len) &&
		(len < 7 || memcmp(uri, "file://", 7) != 0 ||
			goes_up(uri, len)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint64_t key[2] = {1, 2};
	struct json_scanner *s;
	struct wishes w;
	char *line;

	if (size < 1)
		return 0;
	w = (struct wishes){
		.sampling = (enum wish)(data[0] % _WISH_N),
		.elicitation = (enum wish)(data[0] / _WISH_N % _WISH_N),
		.roots = (enum roots_rule)(data[0] / 16 % _ROOTS_N),
		.folders = folders,
	};
	s = message_scanner_new(key);
	line = malloc(size);
	if (s && line) {
		memcpy(line, data + 1, size - 1);
		check_root(&w, line, size - 1);
		check(&w, s, line, size - 1);
	}
	free(line);
	json_scanner_free(s);
	return 0;
}
