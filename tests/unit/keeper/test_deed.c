/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is done outside a session has a log that is whole, or none.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>

#include <cmocka.h>
#include <sodium.h>

#include "base/fd.h"
#include "copy.h"
#include "keeper/deed.h"
#include "keeper/key.h"
#include "lines.h"
#include "rig.h"

#define S1 "00000000000000000000000000000001"

static char home[64];
static const uint8_t args[32] = {1, 2, 3};

static int set_up(void **state)
{
	(void)state;
	home_make(home);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	home_remove(home);
	return 0;
}

static int begin(struct deed **ret, struct err *e)
{
	static struct record start;

	record_init(&start, RECORD_SESSION_START);
	record_put_str(&start, FIELD_VERSION, "1");
	record_put_str(&start, FIELD_CLIENT_PURPOSE, "test");
	return deed_begin(&start, ret, e);
}

static int add(struct deed *d, const char *server, struct err *e)
{
	struct record *r = deed_record(d);

	record_init(r, RECORD_TOKEN_MINTED);
	record_put_str(r, FIELD_TOOL, "t");
	record_put_hash(r, FIELD_ARGS_HASH, args);
	return deed_add(d, server, e);
}

/* The session of the ledger's last line. */
static void last_session(char ret[33])
{
	json_t *ledger = lines_load("ledger.jsonl");

	assert_int_equal(strlen(text_of(last_line(ledger), "session")), 32);
	memcpy(ret, text_of(last_line(ledger), "session"), 33);
	json_decref(ledger);
}

static void assert_hash(const json_t *line, const char *server)
{
	_close_ int dir = audit_open();
	const struct key_piece pieces[] = {
		{server, strlen(server)}, {"t", 1}, {args, sizeof(args)}};
	_cleanup_(audit_key_cleanup) struct audit_key *key = NULL;
	uint8_t mac[32];
	char hex[65];

	assert_int_equal(audit_key_open(dir, home, NULL, false, &key, NULL), 0);
	audit_key_mac(key, pieces, 3, mac);
	(void)sodium_bin2hex(hex, sizeof(hex), mac, sizeof(mac));
	assert_string_equal(text_of(line, "args_hash"), hex);
}

static void a_deed_is_a_whole_session_of_its_own(void **state)
{
	struct deed *d = NULL;
	struct err e = {0};
	char session[33];
	json_t *lines;

	(void)state;
	rig_session(S1, 2);
	assert_int_equal(begin(&d, &e), 0);
	assert_int_equal(add(d, "one", &e), 0);
	assert_int_equal(add(d, "two", &e), 0);
	assert_int_equal(deed_end(d, 1, "done", &e), 0);
	deed_free(d);
	last_session(session);
	lines = lines_load(session);
	assert_int_equal(json_array_size(lines), 4);
	assert_string_equal(text_of(json_array_get(lines, 0), "previous"), S1);
	/* Each of its own server. */
	assert_hash(json_array_get(lines, 1), "one");
	assert_hash(json_array_get(lines, 2), "two");
	assert_string_equal(text_of(last_line(lines), "type"), "session.end");
	json_decref(lines);
	rig_session("00000000000000000000000000000002", 1);
	assert_intact(3);
}

static void what_is_not_ended_is_cut_short_and_no_tampering(void **state)
{
	struct copy c;
	struct deed *d = NULL;
	struct err e = {0};
	struct said said;

	(void)state;
	assert_int_equal(begin(&d, &e), 0);
	assert_int_equal(add(d, "one", &e), 0);
	deed_free(d);
	c = (struct copy){.dir = audit_open()};
	said = copy_verify(&c);
	(void)close(c.dir);
	assert_int_equal(said.findings, 0);
	assert_int_equal(said.states[AUDIT_CUT_SHORT], 1);
}

static void without_the_ledger_there_is_no_deed(void **state)
{
	struct deed *d = NULL;
	struct err e = {0};
	_close_ int dir = -1, held = -1;

	(void)state;
	rig_session(S1, 1);
	dir = audit_open();
	held = openat(dir, "ledger.jsonl", O_RDONLY | O_CLOEXEC);
	assert_int_equal(flock(held, LOCK_EX), 0);
	assert_true(begin(&d, &e) < 0);
	assert_null(d);
	assert_non_null(strstr(e.text, "locked"));
	fd_close(&held);
	assert_intact(1);
}

static void a_record_that_does_not_fit_is_said(void **state)
{
	struct rlimit old, small;
	struct deed *d = NULL;
	struct err e = {0};
	int r = 0;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = (struct rlimit){262144 + 4096, old.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(begin(&d, &e), 0);
	for (int i = 0; r == 0 && i < 1000; i++)
		r = add(d, "one", &e);
	assert_true(r < 0);
	assert_non_null(strstr(e.text, "audit log"));
	/* The end has its room all the same. */
	assert_int_equal(deed_end(d, 125, "no room", NULL), 0);
	deed_free(d);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_intact(1);
}

static void on_signal(int sig)
{
	(void)sig;
}

static void signals_are_as_they_were_afterwards(void **state)
{
	const struct sigaction mine = {.sa_handler = on_signal};
	struct sigaction now, old;
	struct deed *d = NULL;
	struct err e = {0};

	(void)state;
	assert_int_equal(sigaction(SIGINT, &mine, &old), 0);
	assert_int_equal(begin(&d, &e), 0);
	assert_int_equal(sigaction(SIGINT, NULL, &now), 0);
	assert_ptr_equal(now.sa_handler, SIG_IGN);
	assert_int_equal(raise(SIGTERM), 0);
	assert_int_equal(deed_end(d, 0, "done", &e), 0);
	deed_free(d);
	assert_int_equal(sigaction(SIGINT, &old, &now), 0);
	assert_ptr_equal(now.sa_handler, on_signal);
	assert_int_equal(sigaction(SIGTERM, NULL, &now), 0);
	assert_ptr_equal(now.sa_handler, SIG_DFL);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(a_deed_is_a_whole_session_of_its_own),
		TEST(what_is_not_ended_is_cut_short_and_no_tampering),
		TEST(without_the_ledger_there_is_no_deed),
		TEST(a_record_that_does_not_fit_is_said),
		TEST(signals_are_as_they_were_afterwards),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
