/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/folders.h"
#include "base/ipc.h"
#include "copy.h"
#include "lines.h"
#include "rig.h"

#define S1 "00000000000000000000000000000001"
#define S2 "00000000000000000000000000000002"

static char home[64];
static struct record record;

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

static struct rig begin(const char *session)
{
	struct rig r = {.cgroup_fd = -1};

	assert_true(rig_start(&r, session));
	return r;
}

static void end(struct rig *r)
{
	assert_int_equal(rig_end(r), 0);
	assert_int_equal(rig_wait(r), 0);
}

static void records_stand_in_the_log_in_order(void **state)
{
	struct rig r = begin(S1);
	json_t *list;

	(void)state;
	for (int i = 0; i < 20; i++)
		assert_true(rig_call(&r, "read_file"));
	end(&r);
	list = lines_load(S1);
	assert_int_equal(json_array_size(list), 42);
	for (size_t i = 0; i < 42; i++)
		assert_int_equal(json_integer_value(json_object_get(
					 json_array_get(list, i), "seq")),
			i);
	assert_string_equal(
		text_of(json_array_get(list, 0), "type"), "session.start");
	assert_string_equal(text_of(last_line(list), "type"), "session.end");
	json_decref(list);
	assert_intact(1);
}

static void files_are_the_owners_alone_and_closed_at_the_end(void **state)
{
	struct rig r = begin(S1);
	_close_ int dir = audit_open();
	char name[64];
	struct stat st;

	(void)state;
	audit_name(S1, name);
	assert_int_equal(fstatat(dir, name, &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_true(st.st_blocks * 512 >= 131072);
	assert_true(rig_call(&r, "read_file"));
	end(&r);
	assert_int_equal(fstatat(dir, name, &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0400);
	/* What was reserved and not used is given back. */
	assert_true(st.st_blocks * 512 <= st.st_size + 8192);
	assert_int_equal(fstatat(dir, "ledger.jsonl", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(fstatat(dir, "key", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_size, 32);
	assert_int_equal(fstat(dir, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
}

static void first_record_names_key_and_the_session_before(void **state)
{
	json_t *one, *two;

	(void)state;
	rig_session(S1, 1);
	rig_session(S2, 1);
	one = lines_load(S1);
	two = lines_load(S2);
	assert_null(json_object_get(json_array_get(one, 0), "previous"));
	assert_string_equal(text_of(json_array_get(two, 0), "previous"), S1);
	assert_int_equal(strlen(text_of(json_array_get(one, 0), "key_id")), 16);
	assert_string_equal(text_of(json_array_get(one, 0), "key_id"),
		text_of(json_array_get(two, 0), "key_id"));
	json_decref(one);
	json_decref(two);
}

static void arguments_are_hashed_with_the_key(void **state)
{
	static const uint8_t hash[32] = {1, 2, 3};
	uint8_t key[32], mac[32];
	crypto_auth_hmacsha256_state s;
	_free_ char *bytes = NULL;
	char hex[65];
	json_t *list;
	size_t len;

	(void)state;
	rig_session(S1, 1);
	bytes = audit_text("key", &len);
	assert_int_equal(len, 32);
	memcpy(key, bytes, 32);
	(void)crypto_auth_hmacsha256_init(&s, key, 32);
	/* Each with its NUL. */
	(void)crypto_auth_hmacsha256_update(
		&s, (const uint8_t *)"test-server", 12);
	(void)crypto_auth_hmacsha256_update(
		&s, (const uint8_t *)"read_file", 10);
	(void)crypto_auth_hmacsha256_update(&s, hash, 32);
	(void)crypto_auth_hmacsha256_final(&s, mac);
	(void)sodium_bin2hex(hex, sizeof(hex), mac, 32);
	list = lines_load(S1);
	assert_string_equal(
		text_of(line_of_type(list, "call"), "args_hash"), hex);
	json_decref(list);
}

static void text_is_ascii_and_keeps_its_characters(void **state)
{
	static const char odd[] = "\xc3\xa4\xf0\x9f\x98\x80\x1b[2J\"\\\n\x7f";
	struct rig r = begin(S1);
	_free_ char *text = NULL;
	char name[64];
	json_t *list;
	size_t len;

	(void)state;
	record_call(&record, 1, odd);
	assert_true(rig_send(&r, &record, 1000));
	record_call(&record, 2, "a\xff\xc0\xaf\xed\xa0\x80z");
	assert_true(rig_send(&r, &record, 1000));
	end(&r);
	list = lines_load(S1);
	assert_string_equal(text_of(json_array_get(list, 1), "tool"), odd);
	/* Each byte that is no UTF-8 is seen to have been there. */
	assert_string_equal(text_of(json_array_get(list, 2), "tool"),
		"a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
		"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz");
	json_decref(list);
	audit_name(S1, name);
	text = audit_text(name, &len);
	for (size_t i = 0; i < len; i++)
		assert_true(
			text[i] == '\n' || (text[i] >= 0x20 && text[i] < 0x7f));
	assert_intact(1);
}

static void long_text_is_cut_with_length_and_hash(void **state)
{
	static char uri[10000];
	struct rig r = begin(S1);
	const json_t *line;
	json_t *list;

	(void)state;
	memset(uri, 'u', sizeof(uri));
	record_init(&record, RECORD_CALL);
	record_put_text(&record, FIELD_URI, uri, sizeof(uri));
	record_put_text(&record, FIELD_RULES, uri, sizeof(uri));
	assert_true(rig_send(&r, &record, 1000));
	end(&r);
	list = lines_load(S1);
	line = line_of_type(list, "call");
	assert_int_equal(strlen(text_of(line, "uri")), 4096);
	assert_int_equal(
		json_integer_value(json_object_get(line, "uri_len")), 10000);
	assert_int_equal(strlen(text_of(line, "uri_sha256")), 64);
	line = json_array_get(json_object_get(line, "rules"), 0);
	assert_int_equal(strlen(text_of(line, "cut")), 4096);
	assert_string_equal(text_of(line, "sha256"),
		text_of(line_of_type(list, "call"), "uri_sha256"));
	json_decref(list);
}

static void members_of_a_group_come_together(void **state)
{
	const json_t *start, *client;
	json_t *list;

	(void)state;
	rig_session(S1, 0);
	list = lines_load(S1);
	start = json_array_get(list, 0);
	client = json_object_get(start, "client");
	assert_string_equal(text_of(client, "exe"), "/usr/bin/client");
	assert_int_equal(
		json_integer_value(json_object_get(client, "pid")), 77);
	assert_string_equal(
		text_of(json_object_get(start, "limits"), "nofile"), "hard");
	assert_true(json_is_true(json_object_get(start, "clock_synced")));
	json_decref(list);
}

static void the_end_comes_last(void **state)
{
	struct rig r = begin(S1);
	json_t *list;

	(void)state;
	record_init(&record, RECORD_SESSION_END);
	record_put_u64(&record, FIELD_STATUS, 3);
	assert_true(rig_supervisor_send(&r, &record));
	(void)usleep(20000);
	assert_true(rig_call(&r, "read_file"));
	assert_int_equal(rig_wait(&r), 0);
	list = lines_load(S1);
	assert_int_equal(json_array_size(list), 4);
	assert_string_equal(text_of(last_line(list), "type"), "session.end");
	assert_int_equal(
		json_integer_value(json_object_get(last_line(list), "status")),
		3);
	json_decref(list);
	assert_intact(1);
}

static void a_dead_supervisor_does_not_leave_the_log_open(void **state)
{
	struct rig r = begin(S1);
	const json_t *last;
	json_t *list;
	uint64_t before;

	(void)state;
	assert_true(rig_call(&r, "read_file"));
	/* The relay hangs: its pipe stays open. */
	before = clock_mono_ms();
	fd_close(&r.supervisor_records);
	fd_close(&r.liveness);
	assert_int_equal(waitpid(r.pid, NULL, 0), r.pid);
	assert_true(clock_mono_ms() - before < 5000);
	fd_close(&r.relay_records);
	list = lines_load(S1);
	last = last_line(list);
	assert_string_equal(text_of(last, "type"), "session.end");
	assert_string_equal(text_of(last, "cause"), "supervisor died");
	assert_int_equal(json_integer_value(json_object_get(
				 json_object_get(last, "totals"), "calls")),
		1);
	json_decref(list);
	assert_intact(1);
}

static void signals_of_the_terminal_do_not_end_it(void **state)
{
	static const int signals[] = {
		SIGTERM, SIGINT, SIGHUP, SIGPIPE, SIGXFSZ};
	struct rig r = begin(S1);

	(void)state;
	for (size_t i = 0; i < ELEMENTS(signals); i++)
		assert_int_equal(kill(r.pid, signals[i]), 0);
	assert_true(rig_call(&r, "read_file"));
	end(&r);
	assert_intact(1);
}

static void the_cgroup_is_removed(void **state)
{
	struct rig r = {.cgroup_name = "stockade-test"};
	struct stat st;

	(void)state;
	r.cgroup_fd = audit_open();
	assert_int_equal(mkdirat(r.cgroup_fd, r.cgroup_name, 0700), 0);
	assert_true(rig_start(&r, S1));
	end(&r);
	assert_int_equal(fstatat(r.cgroup_fd, r.cgroup_name, &st, 0), -1);
	(void)close(r.cgroup_fd);
}

static void each_thousand_records_are_checkpointed(void **state)
{
	struct rig r = begin(S1);
	const json_t *mark;
	json_t *list, *ledger;

	(void)state;
	for (int i = 0; i < 600; i++)
		assert_true(rig_call(&r, "read_file"));
	end(&r);
	list = lines_load(S1);
	ledger = lines_load("ledger.jsonl");
	mark = line_of_type(list, "checkpoint");
	assert_non_null(mark);
	assert_true(
		json_integer_value(json_object_get(mark, "records")) >= 1000);
	assert_int_equal(json_array_size(ledger), 3);
	mark = json_array_get(ledger, 1);
	assert_string_equal(text_of(mark, "type"), "checkpoint");
	assert_true(json_integer_value(json_object_get(mark, "count")) > 1000);
	json_decref(list);
	json_decref(ledger);
	assert_intact(1);
}

/* More than a window of credit, as fast as it goes. */
static void a_flood_is_written_whole(void **state)
{
	struct rig r = begin(S1);
	json_t *list;
	size_t calls = 0;

	(void)state;
	for (int i = 0; i < 5000; i++)
		assert_true(rig_call(&r, "read_file"));
	end(&r);
	list = lines_load(S1);
	for (size_t i = 0; i < json_array_size(list); i++)
		calls += strcmp(text_of(json_array_get(list, i), "type"),
				 "call") == 0;
	assert_int_equal(calls, 5000);
	json_decref(list);
	assert_intact(1);
}

#define MANY 20

static pid_t session_in_the_background(unsigned i)
{
	char session[33];
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid)
		return pid;
	(void)snprintf(session, sizeof(session), "%032x", i + 16);
	rig_session(session, 50);
	_exit(0);
}

static void many_keepers_share_key_and_ledger(void **state)
{
	json_t *ledger;
	pid_t pids[MANY];
	char key_id[17] = "";

	(void)state;
	for (unsigned i = 0; i < MANY; i++)
		pids[i] = session_in_the_background(i);
	for (unsigned i = 0; i < MANY; i++) {
		int status;

		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	ledger = lines_load("ledger.jsonl");
	assert_int_equal(json_array_size(ledger), 2 * MANY);
	json_decref(ledger);
	for (unsigned i = 0; i < MANY; i++) {
		char session[33];
		json_t *list;

		(void)snprintf(session, sizeof(session), "%032x", i + 16);
		list = lines_load(session);
		if (key_id[0])
			assert_string_equal(key_id,
				text_of(json_array_get(list, 0), "key_id"));
		(void)snprintf(key_id, sizeof(key_id), "%s",
			text_of(json_array_get(list, 0), "key_id"));
		json_decref(list);
	}
	assert_intact(MANY);
}

static void a_killed_keeper_leaves_no_tampering(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 40; i++) {
		struct copy c = {.dir = -1};
		struct said said;
		struct rig r;
		char session[33];

		(void)snprintf(session, sizeof(session), "%032x", i + 16);
		r = begin(session);
		for (unsigned n = 0; n < i; n++)
			assert_true(rig_call(&r, "read_file"));
		/* Spread over the tick, the writing and the end. */
		if (i % 4 == 3)
			fd_close(&r.relay_records);
		(void)usleep(i * 331 % 7000);
		assert_int_equal(kill(r.pid, SIGKILL), 0);
		assert_int_equal(rig_wait(&r), -SIGKILL);
		c.dir = audit_open();
		said = copy_verify(&c);
		assert_int_equal(said.findings, 0);
		assert_int_equal(said.states[AUDIT_CUT_SHORT], i + 1);
		(void)close(c.dir);
	}
}

static void an_open_key_is_refused(void **state)
{
	struct rig r = {.cgroup_fd = -1};
	_close_ int dir = -1;

	(void)state;
	rig_session(S1, 0);
	dir = audit_open();
	assert_int_equal(fchmodat(dir, "key", 0640, 0), 0);
	assert_false(rig_start(&r, S2));
	assert_int_equal(rig_wait(&r), EXIT_REFUSED);
	assert_int_equal(fchmodat(dir, "key", 0600, 0), 0);
	rig_session(S2, 0);
}

static void a_short_key_is_refused(void **state)
{
	struct rig r = {.cgroup_fd = -1};
	_close_ int dir = -1, fd = -1;

	(void)state;
	rig_session(S1, 0);
	dir = audit_open();
	fd = openat(dir, "key", O_WRONLY);
	assert_int_equal(ftruncate(fd, 31), 0);
	assert_false(rig_start(&r, S2));
	assert_int_equal(rig_wait(&r), EXIT_REFUSED);
}

static void a_ledger_that_is_a_link_is_refused(void **state)
{
	struct rig r = {.cgroup_fd = -1};
	_close_ int dir = -1;
	struct stat st;

	(void)state;
	dir = audit_open();
	assert_int_equal(symlinkat("elsewhere", dir, "ledger.jsonl"), 0);
	assert_false(rig_start(&r, S1));
	assert_int_equal(rig_wait(&r), EXIT_REFUSED);
	assert_int_equal(fstatat(dir, "elsewhere", &st, 0), -1);
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		EACH(records_stand_in_the_log_in_order),
		EACH(files_are_the_owners_alone_and_closed_at_the_end),
		EACH(first_record_names_key_and_the_session_before),
		EACH(arguments_are_hashed_with_the_key),
		EACH(text_is_ascii_and_keeps_its_characters),
		EACH(long_text_is_cut_with_length_and_hash),
		EACH(members_of_a_group_come_together),
		EACH(the_end_comes_last),
		EACH(a_dead_supervisor_does_not_leave_the_log_open),
		EACH(signals_of_the_terminal_do_not_end_it),
		EACH(the_cgroup_is_removed),
		EACH(each_thousand_records_are_checkpointed),
		EACH(a_flood_is_written_whole),
		EACH(many_keepers_share_key_and_ledger),
		EACH(a_killed_keeper_leaves_no_tampering),
		EACH(an_open_key_is_refused),
		EACH(a_short_key_is_refused),
		EACH(a_ledger_that_is_a_link_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
