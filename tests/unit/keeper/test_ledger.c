/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ledger in a bad state: locked by somebody, spoiled, replaced. It never
 * keeps the next session from starting without saying why, and nothing of what
 * was in it is lost.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/file.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/fd.h"
#include "copy.h"
#include "lines.h"
#include "rig.h"

#define S1 "00000000000000000000000000000001"
#define S2 "00000000000000000000000000000002"

static char home[64];

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

static int ledger_fd(int flags)
{
	_close_ int dir = audit_open();
	int fd = openat(dir, "ledger.jsonl", flags | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static struct said verify_now(void)
{
	struct copy c = {.dir = audit_open()};
	struct said said = copy_verify(&c);

	(void)close(c.dir);
	return said;
}

static void a_ledger_kept_locked_refuses_a_start(void **state)
{
	struct rig r = {.cgroup_fd = -1};
	uint64_t before;
	int fd;

	(void)state;
	rig_session(S1, 1);
	fd = ledger_fd(O_RDONLY);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	before = clock_mono_ms();
	assert_false(rig_start(&r, S2));
	assert_int_equal(rig_wait(&r), EXIT_REFUSED);
	assert_true(clock_mono_ms() - before < 30000);
	(void)close(fd);
	assert_intact(1);
	rig_session(S2, 1);
	assert_intact(2);
}

static void a_ledger_kept_locked_does_not_stop_calls(void **state)
{
	struct rig r = {.cgroup_fd = -1};
	struct said said;
	int fd;

	(void)state;
	assert_true(rig_start(&r, S1));
	fd = ledger_fd(O_RDONLY);
	assert_int_equal(flock(fd, LOCK_SH), 0);
	/* Past a checkpoint. */
	for (int i = 0; i < 700; i++)
		assert_true(rig_call(&r, "read_file"));
	/* The end is told to be incomplete, and is no tampering. */
	assert_int_equal(rig_end(&r), EWOULDBLOCK);
	assert_int_equal(rig_wait(&r), 1);
	(void)close(fd);
	said = verify_now();
	assert_int_equal(said.findings, 0);
	assert_int_equal(said.states[AUDIT_CUT_SHORT], 1);
}

static void append(const char *bytes, size_t len)
{
	_close_ int fd = ledger_fd(O_WRONLY | O_APPEND);

	assert_int_equal(fd_write_all(fd, bytes, len), 0);
}

/* Not half a line but a whole one: that is no crash. */
static void a_whole_line_of_rubbish_is_found_and_gone_round(void **state)
{
	struct said said;

	(void)state;
	rig_session(S1, 1);
	append("rubbish\n", 8);
	rig_session(S2, 1);
	said = verify_now();
	assert_int_equal(said.findings, 1);
	assert_true(said.in_ledger);
	assert_int_equal(said.first.line, 3);
	assert_int_equal(said.fragments, 0);
	assert_int_equal(said.states[AUDIT_INTACT], 2);
}

static void a_changed_last_line_is_found_and_gone_on_from(void **state)
{
	struct said said;
	_close_ int fd = -1;

	(void)state;
	rig_session(S1, 1);
	fd = ledger_fd(O_RDWR);
	{
		off_t size = lseek(fd, 0, SEEK_END);

		/* Inside the head of the last line. */
		assert_int_equal(pwrite(fd, "0000", 4, size - 100), 4);
	}
	rig_session(S2, 1);
	said = verify_now();
	assert_true(said.findings > 0);
	assert_true(said.in_ledger);
	assert_int_equal(said.first.line, 2);
	assert_int_equal(said.first.kind, FINDING_CHANGED);
}

static void a_flood_of_rubbish_does_not_stop_a_start(void **state)
{
	static char rubbish[20000];
	_free_ char *before = NULL, *after = NULL;
	struct said said;
	size_t len;

	(void)state;
	rig_session(S1, 1);
	memset(rubbish, 'x', sizeof(rubbish));
	append(rubbish, sizeof(rubbish));
	before = audit_text("ledger.jsonl", &len);
	rig_session(S2, 1);
	said = verify_now();
	assert_true(said.findings > 0);
	assert_true(said.in_ledger);
	/* What was there is there. */
	after = audit_text("ledger.jsonl", NULL);
	assert_memory_equal(before, after, len);
}

static void an_emptied_ledger_does_not_stop_a_start(void **state)
{
	_close_ int fd = -1;
	struct said said;

	(void)state;
	rig_session(S1, 1);
	fd = ledger_fd(O_WRONLY);
	assert_int_equal(ftruncate(fd, 0), 0);
	rig_session(S2, 1);
	said = verify_now();
	assert_int_equal(said.kinds[FINDING_NOT_LISTED], 1);
	assert_int_equal(said.states[AUDIT_INTACT], 1);
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		EACH(a_ledger_kept_locked_refuses_a_start),
		EACH(a_ledger_kept_locked_does_not_stop_calls),
		EACH(a_whole_line_of_rubbish_is_found_and_gone_round),
		EACH(a_changed_last_line_is_found_and_gone_on_from),
		EACH(a_flood_of_rubbish_does_not_stop_a_start),
		EACH(an_emptied_ledger_does_not_stop_a_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
