/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which host a URL goes to, where all readers agree on it (RFC 3986, and what
 * browsers make of more): anything that one of them reads as another host is
 * not read here. Pure; no state.
 *
 * Not read: a user before the host, a backslash, blank or control character
 * anywhere, escapes or characters beyond ASCII in the host (IDN is mapped in
 * several ways; write xn--), an IPv4 address in any form but four decimals,
 * IPv6 with an IPv4 address or a zone in it, an empty host, a URL without `//`,
 * file: and javascript:, a `?` or `#` right behind the host with an @ after it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define URL_HOST_MAX 253 /* RFC 1035 section 2.3.4, as text */

struct url_host {
	bool is_v6;
	char name[URL_HOST_MAX + 1]; /* lower case, without a last dot */
	uint16_t groups[8];          /* of IPv6 */
	uint32_t port;               /* as written or the scheme's; 0: none */
};

/* False: it cannot be told. */
bool url_host_read(const char *url, size_t len, struct url_host *ret);

/*
 * An entry is a name, "*." and a name (all below it, not itself), an IPv4 or
 * "[IPv6]" address, each with ":PORT" or without, which is any port.
 */
bool url_entry_valid(const char *entry);
bool url_host_is(const struct url_host *h, const char *entry);
