/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which lists are known already, and to what kind of client.
 */
#include <string.h>

#include "policy/pins.h"
#include "policy/pins_table.h"

/* Stands for every kind of client; no hash is that. */
static void put_anybody(unsigned char able[32])
{
	memset(able, 0xff, 32);
}

/* A client that has not said what it can do finds no more than any other. */
static bool is_known(
	const struct pins *p, enum pin_kind kind, const unsigned char able[32])
{
	if (p->shut[kind])
		return true;
	for (size_t i = 0; i < p->n_known; i++)
		if (p->known[i].kind == kind &&
			(!able || memcmp(p->known[i].able, able, 32) == 0))
			return true;
	/* So many kinds of clients there are not: no further one finds more. */
	return p->n_known == PINS_KNOWN_MAX;
}

int pins_know(struct pins *p, enum pin_kind kind, const unsigned char able[32])
{
	unsigned char anybody[32];

	if (is_known(p, kind, able))
		return 0;
	put_anybody(anybody);
	p->shut[kind] = memcmp(able, anybody, sizeof(anybody)) == 0;
	p->known[p->n_known].kind = kind;
	memcpy(p->known[p->n_known++].able, able, 32);
	return 0;
}

void pins_shut(struct pins *p)
{
	unsigned char anybody[32];

	put_anybody(anybody);
	for (int k = PIN_NONE + 1; k < _PIN_N; k++)
		(void)pins_know(p, (enum pin_kind)k, anybody);
}

bool pins_known_alone(const struct pins *p, enum pin_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n_known; i++)
		n += p->known[i].kind == kind;
	return n == 1 && p->is_able && !p->shut[kind] &&
	       is_known(p, kind, p->able);
}

bool pins_known_at(const struct pins *p, size_t i, enum pin_kind *ret_kind,
	const unsigned char **ret_able)
{
	if (i >= p->n_known)
		return false;
	*ret_kind = p->known[i].kind;
	*ret_able = p->known[i].able;
	return true;
}

void pins_able(struct pins *p, const unsigned char able[32])
{
	if (!p->is_able || memcmp(p->able, able, 32) != 0)
		p->client++;
	memcpy(p->able, able, 32);
	p->is_able = true;
}

static const unsigned char *able_of(const struct pins *p)
{
	return p->is_able ? p->able : NULL;
}

bool pins_closed(const struct pins *p, enum pin_kind kind)
{
	return p->mode == PINS_REQUIRE || is_known(p, kind, able_of(p));
}

bool pins_close(struct pins *p, enum pin_kind kind, const unsigned char **ret)
{
	if (is_known(p, kind, able_of(p)))
		return false;
	(void)pins_know(p, kind, p->able);
	*ret = p->able;
	return true;
}
