/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/base64.h"

/* The value of a character; -1 for all that are none. */
static int value(unsigned char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+' || c == '/')
		return c == '+' ? 62 : 63;
	return -1;
}

/* What the padding covers has to be zero: one spelling for each content. */
static bool group_ends_well(const struct base64 *b)
{
	return b->pads == 0 || (b->pads == 1 && (b->bits & 0xff) == 0) ||
	       (b->pads == 2 && (b->bits & 0xffff) == 0);
}

static void group_end(struct base64 *b, struct out *out)
{
	const char bytes[3] = {
		(char)(b->bits >> 16),
		(char)(b->bits >> 8),
		(char)b->bits,
	};

	if (!group_ends_well(b)) {
		b->bad = true;
		return;
	}
	if (out)
		out_bytes(out, bytes, 3 - b->pads);
	b->bits = 0;
	b->n = 0;
}

static void take(struct base64 *b, unsigned char c)
{
	int v = value(c);

	/* Nothing but padding after padding. */
	if (c == '=')
		b->pads++;
	if ((v < 0 && c != '=') || (v >= 0 && b->pads > 0) || b->pads > 2) {
		b->bad = true;
		return;
	}
	b->bits = b->bits << 6 | (uint32_t)(v < 0 ? 0 : v);
	b->n++;
}

void base64_feed(
	struct base64 *b, const char *text, size_t len, struct out *out)
{
	for (size_t i = 0; i < len && !b->bad; i++) {
		if (b->pads > 0 && b->n == 0)
			b->bad = true;
		else
			take(b, (unsigned char)text[i]);
		if (!b->bad && b->n == 4)
			group_end(b, out);
	}
}

bool base64_end(const struct base64 *b)
{
	return !b->bad && b->n == 0;
}
