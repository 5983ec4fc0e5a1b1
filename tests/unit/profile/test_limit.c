/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <string.h>

#include "policy/output.h"

struct row {
	enum limit_id id;
	const char *text;
	uint64_t value;
};

static void quantities_are_read_in_their_units(void **state)
{
	static const struct row rows[] = {
		{LIMIT_MEMORY, "512M", 512ULL << 20},
		{LIMIT_MEMORY, "2G", 2ULL << 30},
		{LIMIT_MEMORY, "1T", 1ULL << 40},
		{LIMIT_MEMORY, "16777216", 1ULL << 24},
		{LIMIT_MEMORY, "16384K", 1ULL << 24},
		{LIMIT_CPU, "0", 0},
		{LIMIT_CPU, "0%", 0},
		{LIMIT_CPU, "150%", 150},
		{LIMIT_PIDS, "8", 8},
		{LIMIT_PIDS, "4194304", 4194304},
		{LIMIT_SESSION, "0", 0},
		{LIMIT_SESSION, "90s", 90},
		{LIMIT_SESSION, "15m", 900},
		{LIMIT_SESSION, "1h", 3600},
		{LIMIT_SESSION, "30d", 2592000},
		{LIMIT_STDERR, "0", 0},
	};

	(void)state;
	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		uint64_t value = 12345;
		struct err e = {0};

		assert_int_equal(
			limit_parse(rows[i].id, rows[i].text, &value, &e), 0);
		assert_true(value == rows[i].value);
	}
}

static void nonsense_and_excess_are_refused(void **state)
{
	static const struct row rows[] = {
		{LIMIT_MEMORY, "", 0},
		{LIMIT_MEMORY, "M", 0},
		{LIMIT_MEMORY, " 512M", 0},
		{LIMIT_MEMORY, "512M ", 0},
		{LIMIT_MEMORY, "+512M", 0},
		{LIMIT_MEMORY, "512Mi", 0},
		{LIMIT_MEMORY, "16777215", 0},
		{LIMIT_MEMORY, "1099511627777", 0},
		{LIMIT_MEMORY, "17592186044416M", 0},
		{LIMIT_MEMORY, "18446744073709551616", 0},
		{LIMIT_TMP, "0", 0},
		{LIMIT_TMP_FILES, "0", 0},
		{LIMIT_CPU, "50", 0},
		{LIMIT_CPU, "102401%", 0},
		{LIMIT_PIDS, "256%", 0},
		{LIMIT_SESSION, "1w", 0},
		{LIMIT_SESSION, "1h30m", 0},
		{LIMIT_NONE, "1", 0},
		{_LIMIT_N, "1", 0},
	};

	(void)state;
	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		uint64_t value = 12345;
		struct err e = {0};

		assert_int_equal(
			limit_parse(rows[i].id, rows[i].text, &value, &e),
			-EINVAL);
		assert_true(value == 12345);
		assert_true(e.text[0]);
	}
}

static void every_default_lies_within_its_bounds(void **state)
{
	(void)state;
	for (int id = LIMIT_NONE + 1; id < _LIMIT_N; id++) {
		const struct limit_info *l = &limit_table[id];
		char text[32];
		uint64_t value;

		assert_non_null(l->name);
		assert_non_null(l->what);
		assert_int_equal(limit_find(l->name), id);
		limit_write(l->unit, l->fallback, text, sizeof(text));
		assert_int_equal(
			limit_parse((enum limit_id)id, text, &value, NULL), 0);
		assert_true(value == l->fallback);
	}
	assert_int_equal(limit_find("nothing"), LIMIT_NONE);
	assert_int_equal(limit_find(""), LIMIT_NONE);
}

static void quantities_are_written_in_the_biggest_unit(void **state)
{
	static const struct {
		enum limit_unit unit;
		uint64_t value;
		const char *text;
	} rows[] = {
		{UNIT_BYTES, 536870912, "512M"},
		{UNIT_BYTES, 1536, "1536"},
		{UNIT_BYTES, 1ULL << 40, "1T"},
		{UNIT_BYTES, 0, "0"},
		{UNIT_COUNT, 4096, "4096"},
		{UNIT_PERCENT, 200, "200%"},
		{UNIT_SECONDS, 5400, "90m"},
		{UNIT_SECONDS, 86400, "1d"},
	};
	char text[32];

	(void)state;
	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		limit_write(rows[i].unit, rows[i].value, text, sizeof(text));
		assert_string_equal(text, rows[i].text);
	}
}

static void caps_default_as_the_relay_has_them(void **state)
{
	(void)state;
	assert_true(PROFILE_TEXT_DEFAULT == OUTPUT_TEXT_DEFAULT);
	assert_true(PROFILE_BINARY_DEFAULT == OUTPUT_BINARY_DEFAULT);
}

static void network_grants_of_each_form_are_accepted(void **state)
{
	static const char *const good[] = {"example.org:443", "localhost:1",
		"*.example.org:443", "xn--bcher-kva.example:65535",
		"10.0.0.0/8:443", "0.0.0.0/0:443", "192.0.2.7:22",
		"192.0.2.7/32:22", "[2001:db8::1]:443", "[2001:db8::]/32:443",
		"[::]/0:443", "1.example:443", "a1:80"};

	(void)state;
	for (size_t i = 0; i < ELEMENTS(good); i++) {
		struct err e = {0};

		if (network_grant_check(good[i], &e) != 0)
			fail_msg("%s: %s", good[i], e.text);
	}
}

/* Readings that differ between programs are refused, whichever is meant. */
static void ambiguous_network_grants_are_refused(void **state)
{
	static const char *const bad[] = {"0x7f000001:443", "2130706433:443",
		"127.1:443", "0177.0.0.1:443", "1.2.3.4.5:443",
		"example.0x7f:443", "example..org:443", ".example.org:443",
		"example.org.:443", "exa mple.org:443", "example.org:443 ",
		"example.org:+443", "*.:443", "**.example.org:443",
		"*example.org:443", "10.0.0.0/:443", "10.0.0.0/08:443",
		"10.0.0.0/-1:443", "10.0.0.1/31:443", "[10.0.0.1]:443",
		"[::1]443:443", "[::1%lo]:443", "[fe80::1%eth0]:443", "[]:443",
		"::1", "[::1]", "user@example.org:443", "example.org:443:443",
		"ex\303\244mple.org:443"};

	(void)state;
	for (size_t i = 0; i < ELEMENTS(bad); i++) {
		struct err e = {0};

		if (network_grant_check(bad[i], &e) != -EINVAL || !e.text[0])
			fail_msg("%s is accepted", bad[i]);
	}
}

static void long_host_is_refused(void **state)
{
	char text[600];

	(void)state;
	for (size_t n = 0; n < 500; n += 10) {
		for (size_t i = 0; i < n; i++)
			text[i] = i % 10 == 9 ? '.' : 'a';
		memcpy(text + n, "b.org:443", 10);
		assert_int_equal(network_grant_check(text, NULL),
			n + 5 <= 253 ? 0 : -EINVAL);
	}
	memset(text, 'a', 64);
	memcpy(text + 64, ".org:443", 9);
	assert_int_equal(network_grant_check(text, NULL), -EINVAL);
	assert_int_equal(network_grant_check(text + 1, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quantities_are_read_in_their_units),
		cmocka_unit_test(nonsense_and_excess_are_refused),
		cmocka_unit_test(every_default_lies_within_its_bounds),
		cmocka_unit_test(quantities_are_written_in_the_biggest_unit),
		cmocka_unit_test(caps_default_as_the_relay_has_them),
		cmocka_unit_test(network_grants_of_each_form_are_accepted),
		cmocka_unit_test(ambiguous_network_grants_are_refused),
		cmocka_unit_test(long_host_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
