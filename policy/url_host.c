/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/url_host.h"

#include <string.h>

struct piece {
	const char *p;
	size_t len;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static char lower(char c)
{
	if (c >= 'A' && c <= 'Z')
		c |= 0x20;
	return c;
}

/* RFC 3986 section 3.1; what is behind "://". */
static bool read_scheme(const char *url, size_t len, struct piece *ret_scheme,
	const char **ret_rest)
{
	size_t n = 0;

	while (n < len &&
		(is_letter(url[n]) ||
			(n > 0 && (is_digit(url[n]) || strchr("+-.", url[n])))))
		n++;
	if (n == 0 || len - n < 3 || memcmp(url + n, "://", 3) != 0)
		return false;
	*ret_scheme = (struct piece){url, n};
	*ret_rest = url + n + 3;
	return true;
}

static bool scheme_is(const struct piece *scheme, const char *name)
{
	size_t k = 0;

	while (k < scheme->len && lower(scheme->p[k]) == name[k])
		k++;
	return k == scheme->len && name[k] == '\0';
}

static uint32_t default_port(const struct piece *scheme)
{
	static const struct {
		const char *name;
		uint32_t port;
	} all[] = {{"http", 80}, {"https", 443}, {"ws", 80}, {"wss", 443},
		{"ftp", 21}, {"ssh", 22}};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (scheme_is(scheme, all[i].name))
			return all[i].port;
	return 0;
}

/* Schemes whose readers leave the host out: what is run or opened is here. */
static bool is_local(const struct piece *scheme)
{
	return scheme_is(scheme, "file") || scheme_is(scheme, "javascript");
}

/* Digits without a leading zero, 1 to 65535. */
static bool read_port(const char *p, size_t len, uint32_t *ret)
{
	uint32_t port = 0;

	if (len == 0 || len > 5 || p[0] == '0')
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!is_digit(p[i]))
			return false;
		port = 10 * port + (uint32_t)(p[i] - '0');
	}
	*ret = port;
	return port <= 65535;
}

/* Four decimals of at most 255, none with a leading zero. */
static bool is_plain_v4(const char *host)
{
	int parts = 0;

	for (;; host++) {
		unsigned value = 0;
		int digits = 0;

		for (; is_digit(*host) && digits < 4; digits++)
			value = 10 * value + (unsigned)(*host++ - '0');
		if (digits == 0 || digits > 3 || value > 255 ||
			(digits > 1 && host[-digits] == '0'))
			return false;
		parts++;
		if (*host != '.')
			return *host == '\0' && parts == 4;
	}
}

/* What a reader of addresses takes for one: its last part is a number
 * (WHATWG URL, "ends in a number"). */
static bool is_number_like(const char *host)
{
	const char *last = strrchr(host, '.');
	size_t n;

	last = last != NULL ? last + 1 : host;
	n = strspn(last, "0123456789");
	if (n > 0 && last[n] == '\0')
		return true;
	return last[0] == '0' && last[1] == 'x' &&
	       last[2 + strspn(last + 2, "0123456789abcdef")] == '\0';
}

/* Labels of letters, digits, - and _, of 1 to 63 bytes. */
static bool labels_valid(const char *host)
{
	size_t n = 0;

	for (const char *c = host;; c++) {
		if (*c == '.' || *c == '\0') {
			if (n == 0 || n > 63)
				return false;
			n = 0;
			if (*c == '\0')
				return true;
		} else if (!is_letter(*c) && !is_digit(*c) && *c != '-' &&
			   *c != '_') {
			return false;
		} else {
			n++;
		}
	}
}

static bool read_name(const char *p, size_t len, char *ret)
{
	if (len > 0 && p[len - 1] == '.')
		len--;
	if (len == 0 || len > URL_HOST_MAX)
		return false;
	for (size_t i = 0; i < len; i++)
		ret[i] = lower(p[i]);
	ret[len] = '\0';
	if (strlen(ret) != len || !labels_valid(ret))
		return false;
	return !is_number_like(ret) || is_plain_v4(ret);
}

static int hex_digit(char c)
{
	c = lower(c);
	if (is_digit(c))
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One group of up to four digits at *p. */
static bool read_group(const char **p, const char *end, uint16_t *ret)
{
	unsigned value = 0;
	int n = 0;

	for (; *p < end && hex_digit(**p) >= 0 && n < 5; n++)
		value = 16 * value + (unsigned)hex_digit(*(*p)++);
	*ret = (uint16_t)value;
	return n > 0 && n < 5;
}

/* RFC 4291 section 2.2, without its third form: an IPv4 address at the end. */
static bool read_v6(const char *p, size_t len, uint16_t ret[8])
{
	const char *end = p + len;
	size_t n = 0, gap = 9, behind;

	if (len >= 2 && p[0] == ':' && p[1] == ':') {
		gap = 0;
		p += 2;
	}
	while (p < end) {
		if (n == 8 || !read_group(&p, end, &ret[n++]))
			return false;
		if (p == end)
			break;
		if (*p++ != ':' || p == end)
			return false;
		if (*p == ':') {
			if (gap != 9)
				return false;
			gap = n;
			p++;
		}
	}
	if (gap == 9)
		return n == 8;
	if (n > 7)
		return false;
	behind = n - gap;
	memmove(ret + 8 - behind, ret + gap, behind * sizeof(ret[0]));
	memset(ret + gap, 0, (8 - n) * sizeof(ret[0]));
	return true;
}

/* Some connect to the IPv4 address in it: ::ffff:a.b.c.d, in hexadecimal too
 * (RFC 4291 section 2.5.5), 64:ff9b:: (RFC 6052, 8215), 6to4 (RFC 3056),
 * Teredo (RFC 4380). */
static bool holds_v4(const uint16_t g[8])
{
	static const uint16_t none[5];

	if (memcmp(g, none, sizeof(none)) == 0)
		return g[5] == 0xffff || (g[5] == 0 && g[6] != 0);
	return (g[0] == 0x64 && g[1] == 0xff9b) || g[0] == 0x2002 ||
	       (g[0] == 0x2001 && g[1] == 0);
}

/* "host", "host:port", "[v6]:port"; *ret_port stays where there is none. */
static bool read_authority(
	const char *p, size_t len, struct url_host *ret, uint32_t *ret_port)
{
	const char *colon, *close;

	if (len > 0 && p[0] == '[') {
		close = memchr(p, ']', len);
		if (close == NULL ||
			!read_v6(p + 1, (size_t)(close - p) - 1, ret->groups) ||
			holds_v4(ret->groups))
			return false;
		ret->is_v6 = true;
		len -= (size_t)(close + 1 - p);
		p = close + 1;
		if (len == 0)
			return true;
		return p[0] == ':' && read_port(p + 1, len - 1, ret_port);
	}
	colon = memchr(p, ':', len);
	if (colon != NULL &&
		!read_port(colon + 1, len - (size_t)(colon + 1 - p), ret_port))
		return false;
	return read_name(
		p, colon != NULL ? (size_t)(colon - p) : len, ret->name);
}

bool url_host_read(const char *url, size_t len, struct url_host *ret)
{
	const char *end = url + len, *p;
	struct piece scheme;
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		if ((unsigned char)url[i] <= ' ' || url[i] == 0x7f ||
			url[i] == '\\')
			return false;
	if (!read_scheme(url, len, &scheme, &p) || is_local(&scheme))
		return false;
	while (p + n < end && p[n] != '/' && p[n] != '?' && p[n] != '#')
		n++;
	/* Without a path, old readers go on to the @ (RFC 1738 had no `?`). */
	if (memchr(p, '@', p + n < end && p[n] == '/' ? n : (size_t)(end - p)))
		return false;
	*ret = (struct url_host){.port = default_port(&scheme)};
	return read_authority(p, n, ret, &ret->port);
}

/* The part of an entry behind "*.". */
static const char *without_star(const char *entry)
{
	return strncmp(entry, "*.", 2) == 0 ? entry + 2 : entry;
}

bool url_entry_valid(const char *entry)
{
	const char *name = without_star(entry);
	struct url_host h = {.port = 0};

	if (!read_authority(name, strlen(name), &h, &h.port))
		return false;
	return name == entry || (!h.is_v6 && !is_plain_v4(h.name));
}

static bool is_below(const char *name, const char *of)
{
	size_t n = strlen(name), m = strlen(of);

	return n > m + 1 && name[n - m - 1] == '.' &&
	       memcmp(name + n - m, of, m) == 0;
}

bool url_host_is(const struct url_host *h, const char *entry)
{
	const char *name = without_star(entry);
	struct url_host e = {.port = 0};

	if (!read_authority(name, strlen(name), &e, &e.port) ||
		(e.port != 0 && e.port != h->port) || e.is_v6 != h->is_v6)
		return false;
	if (e.is_v6)
		return memcmp(e.groups, h->groups, sizeof(e.groups)) == 0;
	return name == entry ? strcmp(e.name, h->name) == 0
			     : is_below(h->name, e.name);
}
