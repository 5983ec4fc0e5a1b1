/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether one network grant permits all that another one does. Both have the
 * form that network_grant_check() asks for. A name never covers an address nor
 * the other way round: what a name leads to is not known here.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "plan/profile.h"

#define HOST_MAX 300

struct target {
	char host[HOST_MAX]; /* "*.example.org" too; "" for an address */
	int family;
	uint8_t bytes[16];
	unsigned prefix;
	const char *port;
};

/* "ADDRESS[/PREFIX]", without brackets. */
static bool address_parse(struct target *t, int family, char *text)
{
	char *slash = strchr(text, '/');

	if (slash)
		*slash = '\0';
	if (inet_pton(family, text, t->bytes) != 1)
		return false;
	t->family = family;
	t->prefix = family == AF_INET ? 32 : 128;
	if (slash)
		t->prefix = (unsigned)strtoul(slash + 1, NULL, 10);
	return true;
}

static bool target_parse(struct target *t, const char *text)
{
	const char *port = strrchr(text, ':');
	char copy[HOST_MAX];
	size_t len = port ? (size_t)(port - text) : HOST_MAX;
	char *end;

	*t = (struct target){.port = port};
	if (len >= sizeof(copy))
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	if (copy[0] == '[') {
		end = strchr(copy, ']');
		if (!end)
			return false;
		/* "[V6]/PREFIX" → "V6/PREFIX" */
		memmove(end, end + 1, strlen(end + 1) + 1);
		return address_parse(t, AF_INET6, copy + 1);
	}
	memcpy(t->host, copy, len + 1);
	if (!address_parse(t, AF_INET, copy))
		return true;
	t->host[0] = '\0';
	return true;
}

static bool address_covers(const struct target *a, const struct target *b)
{
	if (a->family != b->family || a->prefix > b->prefix)
		return false;
	for (unsigned bit = 0; bit < a->prefix; bit++)
		if ((a->bytes[bit / 8] ^ b->bytes[bit / 8]) &
			(0x80U >> (bit % 8)))
			return false;
	return true;
}

/* "*.example.org" is every name below it, however deep, but not it itself. */
static bool name_covers(const char *a, const char *b)
{
	size_t na = strlen(a), nb = strlen(b);

	if (strcasecmp(a, b) == 0)
		return true;
	if (strncmp(a, "*.", 2) != 0 || nb < na)
		return false;
	return strcasecmp(a + 1, b + nb - (na - 1)) == 0;
}

bool network_grant_covers(const char *entry, const char *grant)
{
	struct target a, b;

	if (!target_parse(&a, entry) || !target_parse(&b, grant) ||
		strcmp(a.port, b.port) != 0)
		return false;
	if (a.host[0] && b.host[0])
		return name_covers(a.host, b.host);
	return !a.host[0] && !b.host[0] && address_covers(&a, &b);
}
