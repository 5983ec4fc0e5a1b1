/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Filesystems that are full, read-only, or cannot reserve space: real ones,
 * mounted in a namespace of the test's own.
 */
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/fd.h"
#include "lines.h"
#include "rig.h"

#define S1 "00000000000000000000000000000001"
#define S2 "00000000000000000000000000000002"

static char home[64];

static void write_map(const char *path, const char *text)
{
	assert_int_equal(fd_write_knob(AT_FDCWD, path, text), 0);
}

/* Mounts of our own: as root at once, else inside a user namespace. */
static int namespace_enter(void **state)
{
	unsigned uid = geteuid(), gid = getegid();
	char map[64];

	(void)state;
	if (unshare(CLONE_NEWNS) < 0) {
		assert_int_equal(unshare(CLONE_NEWUSER | CLONE_NEWNS), 0);
		write_map("/proc/self/setgroups", "deny");
		(void)snprintf(map, sizeof(map), "0 %u 1", uid);
		write_map("/proc/self/uid_map", map);
		(void)snprintf(map, sizeof(map), "0 %u 1", gid);
		write_map("/proc/self/gid_map", map);
	}
	assert_int_equal(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	return 0;
}

static int set_up(void **state)
{
	(void)state;
	home_make(home);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	(void)umount2(home, MNT_DETACH);
	home_remove(home);
	return 0;
}

static void mount_home(const char *type, const char *options)
{
	assert_int_equal(mount(type, home, type, 0, options), 0);
}

static unsigned calls_in(const char *session)
{
	_free_ char *text = NULL;
	char name[64], *p;
	unsigned n = 0;

	audit_name(session, name);
	text = audit_text(name, NULL);
	for (p = text; (p = strstr(p, "\"type\":\"call\"")) != NULL; p++)
		n++;
	return n;
}

/* Fills the filesystem to the last byte. */
static void fill(void)
{
	static const char zeros[4096];
	char path[128];
	_close_ int fd = -1;

	(void)snprintf(path, sizeof(path), "%s/filler", home);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	for (size_t n = sizeof(zeros); n; n /= 2)
		while (write(fd, zeros, n) > 0)
			;
}

static void make_room(void)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/filler", home);
	assert_int_equal(unlink(path), 0);
}

/* Calls until one is refused for want of credit; how many went through. */
static unsigned call_until_refused(struct rig *r, unsigned at_most)
{
	static struct record record;
	unsigned n = 0;

	while (n < at_most) {
		record_call(&record, n, "read_file");
		if (!rig_send(r, &record, 400))
			break;
		n++;
	}
	return n;
}

static void a_disk_that_fills_up_stops_calls_and_loses_none(void **state)
{
	struct rig r = {.cgroup_fd = -1};
	unsigned before, after;

	(void)state;
	mount_home("tmpfs", "size=1m,mode=700");
	assert_true(rig_start(&r, S1));
	assert_int_equal(call_until_refused(&r, 10), 10);
	fill();
	before = call_until_refused(&r, 100000);
	assert_true(before < 100000);
	/* There is room again: calls go on by themselves. */
	make_room();
	after = call_until_refused(&r, 500);
	assert_int_equal(after, 500);
	fill();
	after += call_until_refused(&r, 100000);
	/* Full to the end: the last records have their place. */
	assert_int_equal(rig_end(&r), 0);
	assert_int_equal(rig_wait(&r), 0);
	assert_int_equal(calls_in(S1), 10 + before + after);
	assert_intact(1);
}

static void a_full_disk_lets_the_supervisor_tell_what_happened(void **state)
{
	static struct record record;
	struct rig r = {.cgroup_fd = -1};
	_free_ char *text = NULL;
	char name[64];

	(void)state;
	mount_home("tmpfs", "size=1m,mode=700");
	assert_true(rig_start(&r, S1));
	fill();
	(void)call_until_refused(&r, 100000);
	for (int i = 0; i < 10; i++) {
		record_init(&record, RECORD_ANOMALY);
		record_put_str(&record, FIELD_KIND, "protected_name");
		assert_true(rig_supervisor_send(&r, &record));
	}
	assert_int_equal(rig_end(&r), 0);
	assert_int_equal(rig_wait(&r), 0);
	audit_name(S1, name);
	text = audit_text(name, NULL);
	assert_non_null(strstr(text, "protected_name"));
	assert_intact(1);
}

static void a_full_disk_refuses_a_start(void **state)
{
	struct rig r = {.cgroup_fd = -1};

	(void)state;
	mount_home("tmpfs", "size=1m,mode=700");
	rig_session(S1, 1);
	fill();
	assert_false(rig_start(&r, S2));
	assert_int_equal(rig_wait(&r), EXIT_REFUSED);
	make_room();
	/* Nothing of the attempt is left that a reader would stumble over. */
	assert_intact(1);
	rig_session(S2, 1);
	assert_intact(2);
}

static void a_read_only_folder_refuses_a_start(void **state)
{
	struct rig r = {.cgroup_fd = -1};

	(void)state;
	mount_home("tmpfs", "size=1m,mode=700");
	rig_session(S1, 1);
	assert_int_equal(
		mount(NULL, home, NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
	assert_false(rig_start(&r, S2));
	assert_int_equal(rig_wait(&r), EXIT_REFUSED);
	assert_intact(1);
}

static void a_read_only_home_refuses_a_start(void **state)
{
	struct rig r = {.cgroup_fd = -1};

	(void)state;
	mount_home("tmpfs", "size=1m,mode=700,ro");
	assert_false(rig_start(&r, S1));
	assert_int_equal(rig_wait(&r), EXIT_REFUSED);
}

/* ramfs knows no fallocate(2): one record at a time, and no clock. */
static void without_reservation_each_record_is_written_first(void **state)
{
	struct rig r = {.cgroup_fd = -1};

	(void)state;
	mount_home("ramfs", "mode=700");
	assert_true(rig_start(&r, S1));
	rig_credit(&r, 1000);
	assert_int_equal(r.credit, RECORD_LINE_MAX);
	assert_int_equal(call_until_refused(&r, 300), 300);
	/* Never more is out than one longest record. */
	assert_true(r.credit <= RECORD_LINE_MAX);
	assert_int_equal(rig_end(&r), 0);
	assert_int_equal(rig_wait(&r), 0);
	assert_int_equal(calls_in(S1), 300);
	assert_intact(1);
}

static void limit_files(rlim_t bytes)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* A limit on file sizes is one more way in which a file cannot grow. */
static void a_limit_on_file_sizes_stops_calls(void **state)
{
	static struct record record;
	struct rig r = {.cgroup_fd = -1};
	unsigned n = 0;

	(void)state;
	mount_home("tmpfs", "size=8m,mode=700");
	limit_files(400000);
	assert_true(rig_start(&r, S1));
	while (n < 100000) {
		record_call(&record, n, "read_file");
		if (!rig_send(&r, &record, 400))
			break;
		n++;
	}
	assert_int_equal(rig_end(&r), 0);
	assert_int_equal(rig_wait(&r), 0);
	limit_files(RLIM_INFINITY);
	assert_true(n < 100000);
	assert_int_equal(calls_in(S1), n);
	assert_intact(1);
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		EACH(a_disk_that_fills_up_stops_calls_and_loses_none),
		EACH(a_full_disk_lets_the_supervisor_tell_what_happened),
		EACH(a_full_disk_refuses_a_start),
		EACH(a_read_only_folder_refuses_a_start),
		EACH(a_read_only_home_refuses_a_start),
		EACH(without_reservation_each_record_is_written_first),
		EACH(a_limit_on_file_sizes_stops_calls),
	};

	return cmocka_run_group_tests(tests, namespace_enter, NULL);
}
