/* SPDX-License-Identifier: Apache-2.0 */
#include "base/approvers.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

void approver_key_id(const uint8_t public[32], char ret_id[TOKEN_KEY_HEX + 1])
{
	uint8_t hash[32];

	(void)crypto_hash_sha256(hash, public, 32);
	(void)sodium_bin2hex(
		ret_id, TOKEN_KEY_HEX + 1, hash, TOKEN_KEY_HEX / 2);
}

bool approver_name_valid(const char *name, size_t len)
{
	static const char good[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		"0123456789._-@";

	for (size_t i = 0; i < len; i++)
		if (!memchr(good, name[i], sizeof(good) - 1))
			return false;
	return len > 0 && len <= APPROVER_NAME_MAX && name[0] != '-';
}

const struct approver_key *approvers_find(
	const struct approvers *a, const char *id)
{
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->all[i].id, id) == 0)
			return &a->all[i];
	return NULL;
}

static bool add_line(struct approvers *a, const char *line, size_t len)
{
	const char *blank = memchr(line, ' ', len), *hex;
	size_t name = blank ? (size_t)(blank - line) : 0, got = 0;
	struct approver_key k = {.name = ""};

	if (!blank || a->n == APPROVERS_MAX ||
		!approver_name_valid(line, name) || len - name - 1 != 64)
		return false;
	hex = blank + 1;
	/* Lower case, so that a key is written in one way. */
	for (size_t i = 0; i < 64; i++)
		if (!strchr("0123456789abcdef", hex[i]) || !hex[i])
			return false;
	if (sodium_hex2bin(k.public, sizeof(k.public), hex, 64, NULL, &got,
		    NULL) != 0 ||
		got != sizeof(k.public))
		return false;
	memcpy(k.name, line, name);
	approver_key_id(k.public, k.id);
	if (!approvers_find(a, k.id))
		a->all[a->n++] = k;
	return true;
}

int approvers_parse(
	const char *text, size_t len, struct approvers *ret, unsigned *ret_line)
{
	struct approvers a = {.n = 0};
	unsigned line = 0;

	while (len > 0) {
		const char *nl = memchr(text, '\n', len);
		size_t n = nl ? (size_t)(nl - text) : len;

		line++;
		if (n > 0 && text[0] != '#' && !add_line(&a, text, n)) {
			*ret_line = line;
			return -EINVAL;
		}
		text += n + (nl ? 1 : 0);
		len -= n + (nl ? 1 : 0);
	}
	*ret = a;
	return 0;
}
