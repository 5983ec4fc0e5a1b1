/* SPDX-License-Identifier: Apache-2.0 */
#include "base/token.h"

#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define HEAD "stockade-token 1\n"
#define SECONDS_MAX 253402300799ULL /* the end of the year 9999 */

/* What is left to be read. */
struct reader {
	const char *at, *end;
};

/* The value of the line KEY, if it is the next one. */
static bool take_line(
	struct reader *r, const char *key, const char **ret, size_t *ret_len)
{
	size_t n = strlen(key), left = (size_t)(r->end - r->at);
	const char *value = r->at + n + 1, *nl;

	if (left < n + 2 || memcmp(r->at, key, n) != 0 || r->at[n] != ' ')
		return false;
	nl = memchr(value, '\n', (size_t)(r->end - value));
	if (!nl || nl == value)
		return false;
	*ret = value;
	*ret_len = (size_t)(nl - value);
	r->at = nl + 1;
	return true;
}

/* Text for people too: no control characters, no blank at its ends. */
static bool is_plain(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
			return false;
	return n > 0 && s[0] != ' ' && s[n - 1] != ' ';
}

static bool take_text(struct reader *r, const char *key, char *dst, size_t max)
{
	const char *v;
	size_t n;

	if (!take_line(r, key, &v, &n) || n > max || !is_plain(v, n))
		return false;
	memcpy(dst, v, n);
	dst[n] = '\0';
	return true;
}

static bool is_hex(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!(s[i] >= '0' && s[i] <= '9') &&
			!(s[i] >= 'a' && s[i] <= 'f'))
			return false;
	return true;
}

static bool take_hex(struct reader *r, const char *key, char *dst, size_t n)
{
	return take_text(r, key, dst, n) && strlen(dst) == n && is_hex(dst, n);
}

static bool hex_read(const char *s, size_t n, uint8_t *dst, size_t size)
{
	size_t got = 0;

	return n == 2 * size && is_hex(s, n) &&
	       sodium_hex2bin(dst, size, s, n, NULL, &got, NULL) == 0 &&
	       got == size;
}

/* One spelling: no sign, no zero in front. */
static bool take_number(
	struct reader *r, const char *key, uint64_t max, uint64_t *ret)
{
	const char *v;
	uint64_t sum = 0;
	size_t n;

	if (!take_line(r, key, &v, &n) || n > 12 || (v[0] == '0' && n > 1))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (v[i] < '0' || v[i] > '9')
			return false;
		sum = sum * 10 + (uint64_t)(v[i] - '0');
	}
	*ret = sum;
	return sum <= max;
}

static bool take_about(struct reader *r, struct token *t)
{
	const char *v;
	size_t n;

	if (take_text(r, "when", t->when, TOKEN_WHEN_MAX)) {
		t->about = TOKEN_ABOUT_WHEN;
		return t->when[0] == '{';
	}
	if (!take_line(r, "args", &v, &n))
		return false;
	if (n == 3 && memcmp(v, "any", 3) == 0) {
		t->about = TOKEN_ABOUT_ANY;
		return true;
	}
	t->about = TOKEN_ABOUT_ARGS;
	return hex_read(v, n, t->args, sizeof(t->args));
}

/* A line that may be left out: where it stands, it has to be right. */
static bool next_is(const struct reader *r, const char *key)
{
	size_t n = strlen(key);

	return (size_t)(r->end - r->at) > n && memcmp(r->at, key, n) == 0 &&
	       r->at[n] == ' ';
}

static bool take_body(struct reader *r, struct token *t)
{
	return take_hex(r, "id", t->id, TOKEN_ID_HEX) &&
	       take_hex(r, "key", t->key, TOKEN_KEY_HEX) &&
	       take_text(r, "server", t->server, TOKEN_SERVER_MAX) &&
	       take_text(r, "tool", t->tool, TOKEN_TOOL_MAX) &&
	       take_about(r, t) &&
	       (!next_is(r, "role") ||
		       take_text(r, "role", t->role, TOKEN_ROLE_MAX)) &&
	       (!next_is(r, "session") ||
		       take_hex(r, "session", t->session, TOKEN_SESSION_HEX)) &&
	       take_number(r, "uses", TOKEN_USES_MAX, &t->uses) &&
	       take_number(r, "from", SECONDS_MAX, &t->from) &&
	       take_number(r, "until", SECONDS_MAX, &t->until) && t->uses > 0 &&
	       t->until > t->from && t->until - t->from <= TOKEN_LIFE_MAX_S;
}

static bool take_head(struct reader *r)
{
	size_t n = strlen(HEAD);

	if ((size_t)(r->end - r->at) < n || memcmp(r->at, HEAD, n) != 0)
		return false;
	r->at += n;
	return true;
}

int token_parse(
	const char *text, size_t len, struct token *ret, size_t *ret_signed)
{
	struct reader r = {text, text + len};
	struct token t = {.about = TOKEN_ABOUT_NONE};
	size_t body, n;
	const char *v;

	if (len > TOKEN_BYTES_MAX || memchr(text, '\0', len) ||
		!take_head(&r) || !take_body(&r, &t))
		return -EINVAL;
	body = (size_t)(r.at - text);
	if (!take_line(&r, "signature", &v, &n) || r.at != r.end ||
		!hex_read(v, n, t.signature, sizeof(t.signature)))
		return -EINVAL;
	*ret = t;
	*ret_signed = body;
	return 0;
}

static int write_body(const struct token *t, char *dst, size_t size)
{
	char args[2 * 32 + 1] = "any";
	bool when = t->about == TOKEN_ABOUT_WHEN;

	if (t->about == TOKEN_ABOUT_ARGS)
		(void)sodium_bin2hex(
			args, sizeof(args), t->args, sizeof(t->args));
	return snprintf(dst, size,
		HEAD "id %s\nkey %s\nserver %s\ntool %s\n%s %s\n%s%s%s%s%s%s"
		     "uses %" PRIu64 "\nfrom %" PRIu64 "\nuntil %" PRIu64 "\n",
		t->id, t->key, t->server, t->tool, when ? "when" : "args",
		when ? t->when : args, t->role[0] ? "role " : "", t->role,
		t->role[0] ? "\n" : "", t->session[0] ? "session " : "",
		t->session, t->session[0] ? "\n" : "", t->uses, t->from,
		t->until);
}

int token_write_signature(
	const uint8_t signature[TOKEN_SIGNATURE], char *dst, size_t size)
{
	char hex[2 * TOKEN_SIGNATURE + 1];
	int n;

	(void)sodium_bin2hex(hex, sizeof(hex), signature, TOKEN_SIGNATURE);
	n = snprintf(dst, size, "signature %s\n", hex);
	return n < 0 || (size_t)n >= size ? -EINVAL : n;
}

int token_write(const struct token *t, char *dst, size_t size)
{
	static const uint8_t none[TOKEN_SIGNATURE];
	char text[TOKEN_BYTES_MAX + 256];
	struct token again;
	int n = write_body(t, text, sizeof(text)), m;
	size_t body;

	if (n < 0 || (size_t)n >= sizeof(text) || (size_t)n >= size)
		return -EINVAL;
	m = token_write_signature(none, text + n, sizeof(text) - (size_t)n);
	/* Whoever wrote a newline into a name finds another token there. */
	if (m < 0 ||
		token_parse(text, (size_t)n + (size_t)m, &again, &body) < 0 ||
		body != (size_t)n || strcmp(again.tool, t->tool) != 0 ||
		strcmp(again.server, t->server) != 0 ||
		strcmp(again.when, t->when) != 0 ||
		strcmp(again.role, t->role) != 0 ||
		strcmp(again.session, t->session) != 0)
		return -EINVAL;
	memcpy(dst, text, (size_t)n + 1);
	return n;
}
