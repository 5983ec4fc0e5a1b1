/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/held.h"

#include <stdlib.h>
#include <string.h>

struct held *held_new(
	const char *line, size_t len, const char *token, size_t token_len)
{
	size_t size;
	struct held *h;

	if (__builtin_add_overflow(len, token_len, &size) ||
		__builtin_add_overflow(size, sizeof(*h) + 1, &size))
		return NULL;
	h = calloc(1, size);
	if (!h)
		return NULL;
	h->token_len = token_len;
	h->len = len + 1;
	h->token = h->bytes;
	h->line = h->bytes + token_len;
	if (token_len)
		memcpy(h->token, token, token_len);
	memcpy(h->line, line, len);
	h->line[len] = '\n';
	return h;
}

void held_free(struct held *h)
{
	if (h)
		free(h->said);
	free(h);
}
