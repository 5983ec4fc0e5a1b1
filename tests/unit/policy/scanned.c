/* SPDX-License-Identifier: Apache-2.0 */
#include "scanned.h"

#include <stdio.h>
#include <string.h>

static const struct json_limits limits = {
	.max_bytes = 64U << 20,
	.max_depth = 128,
	.max_keys = 65536,
	.allow_nul = true,
	.allow_half_surrogate = true,
};

bool scans(const char *text, size_t len, struct json_value *ret)
{
	struct json_scanner *s = json_scanner_new(&limits);
	struct json_scan_result result;
	int r;

	assert_non_null(s);
	r = json_scan(s, text, len, &result);
	json_scanner_free(s);
	if (r == 0)
		*ret = json_top(text, &result);
	return r == 0;
}

struct json_value scanned(const char *text, size_t len, const char *pointer)
{
	struct json_value top, v;

	if (!scans(text, len, &top))
		fail_msg("not JSON: %.*s", (int)(len < 200 ? len : 200), text);
	assert_int_equal(json_pointer(&top, pointer, &v), 0);
	return v;
}

size_t framed(char *dst, size_t size, const char *frame, const char *text)
{
	const char *at = strchr(frame, '@');
	int n;

	assert_non_null(at);
	n = snprintf(
		dst, size, "%.*s%s%s", (int)(at - frame), frame, text, at + 1);
	assert_in_range(n, 0, size - 1);
	return (size_t)n;
}

void assert_out(const struct out *o, const char *text)
{
	size_t len = strlen(text);

	assert_false(o->failed);
	if (o->len != len || (len > 0 && memcmp(o->data, text, len) != 0))
		fail_msg("have %.*s, want %s", (int)o->len, o->data, text);
}

char **words(struct words *w, const char *text)
{
	char *save = NULL;
	size_t n = 0;

	if (text == NULL)
		return NULL;
	assert_in_range(strlen(text), 0, sizeof(w->text) - 1);
	memcpy(w->text, text, strlen(text) + 1);
	for (char *word = strtok_r(w->text, " ", &save); word != NULL;
		word = strtok_r(NULL, " ", &save)) {
		assert_in_range(n, 0, 15);
		w->v[n++] = word;
	}
	w->v[n] = NULL;
	return w->v;
}

uint32_t random_below(struct random *r, uint32_t n)
{
	r->state = r->state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (uint32_t)((r->state >> 33) % n);
}
