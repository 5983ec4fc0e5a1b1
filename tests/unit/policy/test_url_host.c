/* SPDX-License-Identifier: Apache-2.0 */
/* Which host a URL goes to, or that nobody can say. */
#include <stdio.h>
#include <string.h>

#include "policy/url_host.h"
#include "scanned.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

enum { NO, YES, UNKNOWN };

static const struct {
	const char *url, *entry;
	int is;
} rows[] = {
	{"https://a.org", "a.org", YES},
	{"https://a.org/", "a.org", YES},
	{"HTTPS://A.ORG/x?y#z", "a.org", YES},
	{"https://a.org", "A.Org", YES},
	{"https://a.org.", "a.org", YES},
	{"https://a.org:443/", "a.org:443", YES},
	{"https://a.org", "a.org:443", YES},
	{"http://a.org", "a.org:443", NO},
	{"https://a.org:8443", "a.org", YES},
	{"https://a.org:8443", "a.org:443", NO},
	{"x-y://a.org", "a.org", YES},
	{"x-y://a.org", "a.org:80", NO},
	{"https://b.a.org", "a.org", NO},
	{"https://xa.org", "a.org", NO},
	{"https://a.org.evil.net", "a.org", NO},
	{"https://a.orgx", "a.org", NO},
	{"https://a.org?x", "a.org", YES},
	{"https://evil.net/a.org", "a.org", NO},
	{"https://evil.net?a.org", "a.org", NO},
	{"https://evil.net#a.org", "a.org", NO},
	{"https://a-b_c.org", "a-b_c.org", YES},
	{"https://xn--bcher-kva.org", "xn--bcher-kva.org", YES},
	/* All below a name. */
	{"https://b.a.org", "*.a.org", YES},
	{"https://c.b.a.org", "*.a.org", YES},
	{"https://a.org", "*.a.org", NO},
	{"https://ba.org", "*.a.org", NO},
	{"https://b.a.org:81", "*.a.org:81", YES},
	/* Users, and what looks like one. */
	{"https://a.org@evil.net/", "a.org", UNKNOWN},
	{"https://a.org:x@evil.net/", "a.org", UNKNOWN},
	{"https://me@a.org/", "a.org", UNKNOWN},
	{"https://@a.org/", "a.org", UNKNOWN},
	{"https://evil.net\\@a.org/", "a.org", UNKNOWN},
	{"https:\\\\a.org", "a.org", UNKNOWN},
	{"https://a.org\\.evil.net", "a.org", UNKNOWN},
	{"https://a.org/x\\y", "a.org", UNKNOWN},
	/* Blanks and control characters, which some leave out. */
	{"https://a.org /", "a.org", UNKNOWN},
	{" https://a.org", "a.org", UNKNOWN},
	{"https://a.o\trg", "a.org", UNKNOWN},
	{"https://a.org\n", "a.org", UNKNOWN},
	{"https://a.org\x7f", "a.org", UNKNOWN},
	/* No host, or no URL. */
	{"", "a.org", UNKNOWN},
	{"a.org", "a.org", UNKNOWN},
	{"//a.org", "a.org", UNKNOWN},
	{"https:a.org", "a.org", UNKNOWN},
	{"https:/a.org", "a.org", UNKNOWN},
	{"https:///a.org", "a.org", UNKNOWN},
	{"https://", "a.org", UNKNOWN},
	{"https://:443", "a.org", UNKNOWN},
	{"://a.org", "a.org", UNKNOWN},
	{"1http://a.org", "a.org", UNKNOWN},
	{"mailto:me@a.org", "a.org", UNKNOWN},
	{"https://.a.org", "a.org", UNKNOWN},
	{"https://a..org", "a.org", UNKNOWN},
	{"https://a.org..", "a.org", UNKNOWN},
	/* Escapes and letters that are mapped. */
	{"https://a%2eorg", "a.org", UNKNOWN},
	{"https://a.org%00.evil.net", "a.org", UNKNOWN},
	{"https://\xc3\xa4.org", "a.org", UNKNOWN},
	{"https://a\xe3\x80\x82org", "a.org", UNKNOWN},
	{"https://\xef\xbd\x81.org", "a.org", UNKNOWN},
	{"https://a,b.org", "a.org", UNKNOWN},
	{"https://a.org;b", "a.org", UNKNOWN},
	/* Ports. */
	{"https://a.org:", "a.org", UNKNOWN},
	{"https://a.org:0", "a.org", UNKNOWN},
	{"https://a.org:080", "a.org", UNKNOWN},
	{"https://a.org:65536", "a.org", UNKNOWN},
	{"https://a.org:1x", "a.org", UNKNOWN},
	{"https://a.org:80:81", "a.org", UNKNOWN},
	/* IPv4 in its one form. */
	{"http://127.0.0.1/", "127.0.0.1", YES},
	{"http://127.0.0.1.", "127.0.0.1", YES},
	{"http://127.0.0.2/", "127.0.0.1", NO},
	{"http://127.0.0.1/", "a.org", NO},
	{"http://127.1/", "127.0.0.1", UNKNOWN},
	{"http://2130706433/", "127.0.0.1", UNKNOWN},
	{"http://0x7f000001/", "127.0.0.1", UNKNOWN},
	{"http://0x7f.0.0.1/", "127.0.0.1", UNKNOWN},
	{"http://0177.0.0.1/", "127.0.0.1", UNKNOWN},
	{"http://127.0.0.01/", "127.0.0.1", UNKNOWN},
	{"http://127.0.0.256/", "127.0.0.1", UNKNOWN},
	{"http://127.0.0.0.1/", "127.0.0.1", UNKNOWN},
	{"http://a.0x1/", "a.org", UNKNOWN},
	{"http://a.1/", "a.org", UNKNOWN},
	{"http://1.a/", "1.a", YES},
	/* Schemes of what is here, and an @ that old readers go on to. */
	{"file://a.org/etc/passwd", "a.org", UNKNOWN},
	{"FILE://a.org/etc/passwd", "a.org", UNKNOWN},
	{"javascript://a.org/%0aalert(1)", "a.org", UNKNOWN},
	{"files://a.org/", "a.org", YES},
	{"fil://a.org/", "a.org", YES},
	{"http://a.org#@b.org/", "a.org", UNKNOWN},
	{"http://a.org?@b.org/", "a.org", UNKNOWN},
	{"http://b.org#@a.org/", "a.org", UNKNOWN},
	{"http://a.org?x#y", "a.org", YES},
	{"http://a.org/#@b.org/", "a.org", YES},
	{"http://a.org/?x=y@b.org", "a.org", YES},
	/* IPv6. */
	{"http://[::1]/", "[::1]", YES},
	{"http://[0:0:0:0:0:0:0:1]:80/", "[::1]:80", YES},
	{"http://[2001:DB8::1:2]/", "[2001:db8:0:0::1:2]", YES},
	{"http://[2001:db8::]/", "[2001:db8:0:0:0:0:0:0]", YES},
	{"http://[1:2:3:4:5:6:7:8]", "[1:2:3:4:5:6:7:8]", YES},
	{"http://[::2]/", "[::1]", NO},
	{"http://[::1]/", "127.0.0.1", NO},
	{"http://[::ffff:127.0.0.1]/", "127.0.0.1", UNKNOWN},
	{"http://[::ffff:7f00:1]/", "127.0.0.1", UNKNOWN},
	{"http://[::7f00:1]/", "127.0.0.1", UNKNOWN},
	{"http://[64:ff9b::7f00:1]/", "127.0.0.1", UNKNOWN},
	{"http://[64:ff9b:1::7f00:1]/", "127.0.0.1", UNKNOWN},
	{"http://[2002:7f00:1::]/", "127.0.0.1", UNKNOWN},
	{"http://[2001::80ff:fffe]/", "127.0.0.1", UNKNOWN},
	{"http://[2001:1::1]/", "[2001:1::1]", YES},
	{"http://[fe80::1%25eth0]/", "[fe80::1]", UNKNOWN},
	{"http://[::1", "[::1]", UNKNOWN},
	{"http://[::1]x/", "[::1]", UNKNOWN},
	{"http://[:::1]/", "[::1]", UNKNOWN},
	{"http://[1::2::3]/", "[::1]", UNKNOWN},
	{"http://[1:2:3:4:5:6:7]/", "[::1]", UNKNOWN},
	{"http://[1:2:3:4:5:6:7:8:9]/", "[::1]", UNKNOWN},
	{"http://[12345::]/", "[::1]", UNKNOWN},
	{"http://[1:]/", "[::1]", UNKNOWN},
	{"http://[]/", "[::1]", UNKNOWN},
	{"http://::1/", "[::1]", UNKNOWN},
};

static void each_url_goes_where_it_goes(void **state)
{
	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct url_host h;
		int is = UNKNOWN;

		assert_true(url_entry_valid(rows[i].entry));
		if (url_host_read(rows[i].url, strlen(rows[i].url), &h))
			is = url_host_is(&h, rows[i].entry) ? YES : NO;
		if (is != rows[i].is)
			fail_msg("%s and %s: %d", rows[i].url, rows[i].entry,
				is);
	}
}

static void a_nul_ends_nothing(void **state)
{
	struct url_host h;

	(void)state;
	assert_false(url_host_read("https://a.org\0.evil.net", 23, &h));
	assert_false(url_host_read("https://a.org/\0", 15, &h));
}

static void long_names_are_not_read(void **state)
{
	char url[400] = "https://";
	struct url_host h;

	(void)state;
	memset(url + 8, 'a', 63);
	memcpy(url + 71, ".org", 5);
	assert_true(url_host_read(url, strlen(url), &h));
	memset(url + 8, 'a', 64);
	memcpy(url + 72, ".org", 5);
	assert_false(url_host_read(url, strlen(url), &h));
	for (size_t i = 8; i < 300; i++)
		url[i] = i % 2 ? '.' : 'a';
	assert_false(url_host_read(url, 8 + 255, &h));
	assert_true(url_host_read(url, 8 + 253, &h));
}

static void entries_are_plain(void **state)
{
	static const char *const bad[] = {"", "*", "*.", "*.*.a", "a.*",
		"a.org:", "a.org:0", "a b", "https://a.org", "a.org/",
		"me@a.org", "127.1", "*.127.0.0.1", "*.[::1]", "[::1", "::1",
		"[::ffff:1.2.3.4]", "\xc3\xa4.org", "a..b", ":80"};

	(void)state;
	for (size_t i = 0; i < N(bad); i++)
		if (url_entry_valid(bad[i]))
			fail_msg("%s", bad[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_url_goes_where_it_goes),
		cmocka_unit_test(a_nul_ends_nothing),
		cmocka_unit_test(long_names_are_not_read),
		cmocka_unit_test(entries_are_plain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
