/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The form of a network grant; no name is looked up here. What could be read
 * in two ways is refused: an address with host bits beside a prefix, a name
 * that ends in a number (inet_aton would take it for an address).
 */
#include <arpa/inet.h>
#include <string.h>

#include "plan/profile.h"

#define HOST_MAX 253
#define LABEL_MAX 63

static int grant_refuse(const char *text, const char *why, struct err *e)
{
	return err_say(e, -EINVAL,
		"network grant \"%.80s\": %s; expected HOST:PORT, *.HOST:PORT, "
		"ADDRESS[/PREFIX]:PORT or [V6ADDRESS][/PREFIX]:PORT",
		text, why);
}

/* Digits without leading zero, at most @most. */
static bool number_parse(const char *s, unsigned most, unsigned *ret)
{
	unsigned n = 0;
	size_t i;

	for (i = 0; s[i] >= '0' && s[i] <= '9' && i < 6; i++)
		n = n * 10 + (unsigned)(s[i] - '0');
	if (i == 0 || s[i] || (s[0] == '0' && i > 1) || n > most)
		return false;
	*ret = n;
	return true;
}

static bool is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9');
}

static bool label_check(const char *s, size_t len)
{
	if (len == 0 || len > LABEL_MAX || s[0] == '-' || s[len - 1] == '-')
		return false;
	for (size_t i = 0; i < len; i++)
		if (!is_alnum(s[i]) && s[i] != '-')
			return false;
	return true;
}

/* RFC 1123 names in ASCII; an international one is written as xn--. */
static bool host_check(const char *s)
{
	const char *label = s;
	size_t len;

	if (strlen(s) > HOST_MAX)
		return false;
	for (;; label += len + 1) {
		len = strcspn(label, ".");
		if (!label_check(label, len))
			return false;
		if (!label[len])
			break;
	}
	return strspn(label, "0123456789") != len &&
	       strncmp(label, "0x", 2) != 0 && strncmp(label, "0X", 2) != 0;
}

/* Whether nothing is set in @bytes behind the first @prefix bits. */
static bool prefix_fits(const uint8_t *bytes, size_t n, unsigned prefix)
{
	for (size_t bit = prefix; bit < n * 8; bit++)
		if (bytes[bit / 8] & (0x80U >> (bit % 8)))
			return false;
	return true;
}

/* 0; 1 if it is no address at all; -EINVAL with e. */
static int address_check(const char *text, int family, const char *address,
	const char *prefix, struct err *e)
{
	uint8_t bytes[16];
	size_t n = family == AF_INET ? 4 : 16;
	unsigned bits;

	if (inet_pton(family, address, bytes) != 1)
		return 1;
	if (!prefix)
		return 0;
	if (!number_parse(prefix, (unsigned)n * 8, &bits))
		return grant_refuse(text, "the prefix is out of range", e);
	if (!prefix_fits(bytes, n, bits))
		return grant_refuse(
			text, "the address has bits set behind its prefix", e);
	return 0;
}

/* "[v6]" or "[v6]/prefix", cut at the port already. */
static int bracket_check(const char *text, char *host, struct err *e)
{
	char *end = strchr(host, ']');
	int r;

	if (!end || (end[1] && end[1] != '/'))
		return grant_refuse(text, "the bracket does not end", e);
	*end = '\0';
	r = address_check(
		text, AF_INET6, host + 1, end[1] == '/' ? end + 2 : NULL, e);
	return r == 1 ? grant_refuse(text, "no IPv6 address in the brackets", e)
		      : r;
}

static int name_check(const char *text, char *host, struct err *e)
{
	char *slash = strchr(host, '/');
	int r;

	if (strstr(host, "//"))
		return grant_refuse(text, "a URL is no grant", e);
	if (strchr(host, ':'))
		return grant_refuse(
			text, "an IPv6 address stands in brackets", e);
	if (slash)
		*slash = '\0';
	r = address_check(text, AF_INET, host, slash ? slash + 1 : NULL, e);
	if (r != 1)
		return r;
	if (slash)
		return grant_refuse(text, "a prefix needs an address", e);
	if (strncmp(host, "*.", 2) == 0)
		host += 2;
	if (!host_check(host))
		return grant_refuse(text, "the host is no name", e);
	return 0;
}

int network_grant_check(const char *text, struct err *e)
{
	char host[HOST_MAX + 16];
	const char *port = strrchr(text, ':');
	unsigned number;
	size_t len;

	if (!port || !number_parse(port + 1, 65535, &number) || number == 0)
		return grant_refuse(text, "no port from 1 to 65535", e);
	len = (size_t)(port - text);
	if (len >= sizeof(host))
		return grant_refuse(text, "the host is too long", e);
	memcpy(host, text, len);
	host[len] = '\0';
	return host[0] == '[' ? bracket_check(text, host, e)
			      : name_check(text, host, e);
}
