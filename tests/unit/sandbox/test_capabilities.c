/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "base/fd.h"
#include "live.h"
#include "sandbox/confine.h"

/* A mask of /proc/self/status, or all ones if it is not there. */
static unsigned long long status_mask(const char *key)
{
	FILE *f = fopen("/proc/self/status", "re");
	unsigned long long mask = ~0ULL;
	char line[256];

	while (f && fgets(line, sizeof(line), f))
		if (strncmp(line, key, strlen(key)) == 0)
			mask = strtoull(line + strlen(key), NULL, 16);
	if (f)
		(void)fclose(f);
	return mask;
}

static int set_caps(unsigned bits)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{bits, bits, bits}};

	return (int)syscall(SYS_capset, &head, data);
}

static int check_none(bool bounding)
{
	struct err e = {0};

	CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	CHECK(confine_capabilities(&e) == 0);
	CHECK(e.text[0] == '\0');
	CHECK(status_mask("CapEff:") == 0);
	CHECK(status_mask("CapPrm:") == 0);
	CHECK(status_mask("CapInh:") == 0);
	CHECK(status_mask("CapAmb:") == 0);
	CHECK(!bounding || status_mask("CapBnd:") == 0);
	CHECK(FAILS(set_caps(1U << CAP_CHOWN), EPERM));
	CHECK(FAILS(prctl(PR_SET_SECUREBITS, 0, 0, 0, 0), EPERM));
	CHECK(FAILS(
		prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_CHOWN, 0, 0),
		EPERM));
	CHECK(FAILS(mount("none", "/tmp", "tmpfs", 0, NULL), EPERM));
	CHECK(confine_capabilities(&e) == 0);
	return 0;
}

/* With its own ids mapped, so that another one can be entered. */
static int enter_user_namespace(void)
{
	char uids[64], gids[64];

	(void)snprintf(uids, sizeof(uids), "1000 %d 1", (int)geteuid());
	(void)snprintf(gids, sizeof(gids), "1000 %d 1", (int)getegid());
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0 ||
		fd_write_knob(AT_FDCWD, "/proc/self/setgroups", "deny") < 0 ||
		fd_write_knob(AT_FDCWD, "/proc/self/gid_map", gids) < 0)
		return -1;
	return fd_write_knob(AT_FDCWD, "/proc/self/uid_map", uids);
}

static int as_started(void *context)
{
	(void)context;
	return check_none(geteuid() == 0);
}

static int in_a_namespace(void *context)
{
	(void)context;
	CHECK(enter_user_namespace() == 0);
	CHECK(status_mask("CapEff:") != 0);
	return check_none(true);
}

static int in_a_second_namespace(void *context)
{
	(void)context;
	CHECK(enter_user_namespace() == 0);
	CHECK(enter_user_namespace() == 0);
	return check_none(true);
}

static int with_every_set_full(void *context)
{
	(void)context;
	CHECK(geteuid() == 0 || enter_user_namespace() == 0);
	CHECK(set_caps(1U << CAP_SETPCAP | 1U << CAP_CHOWN) == 0);
	CHECK(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_CHOWN, 0, 0) ==
		0);
	CHECK(status_mask("CapAmb:") == 1U << CAP_CHOWN);
	return check_none(true);
}

/* The permitted set holds CAP_SETPCAP, the effective one does not. */
static int with_nothing_effective(void *context)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{0, ~0U, 0}};

	(void)context;
	CHECK(geteuid() == 0 || enter_user_namespace() == 0);
	data[0].permitted = (unsigned)status_mask("CapPrm:");
	CHECK(syscall(SYS_capset, &head, data) == 0);
	return check_none(false);
}

/* As under --allow-degraded=no-proc. */
static int without_proc(void *context)
{
	struct err e = {0};

	(void)context;
	CHECK(geteuid() == 0 ? unshare(CLONE_NEWNS) == 0
			     : enter_user_namespace() == 0);
	CHECK(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	CHECK(mount("none", "/proc", "tmpfs", 0, NULL) == 0);
	CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	CHECK(confine_capabilities(&e) == 0);
	CHECK(FAILS(set_caps(1U << CAP_CHOWN), EPERM));
	CHECK(prctl(PR_CAPBSET_READ, CAP_CHOWN, 0, 0, 0) == 0);
	return 0;
}

static int without_capabilities(void *context)
{
	(void)context;
	CHECK(geteuid() != 0 || setresuid(65534, 65534, 65534) == 0);
	return check_none(false);
}

#define CHILD_TEST(name)                                   \
	static void name##_all_are_gone(void **state)      \
	{                                                  \
		(void)state;                               \
		assert_int_equal(in_child(name, NULL), 0); \
	}

CHILD_TEST(as_started)
CHILD_TEST(in_a_namespace)
CHILD_TEST(in_a_second_namespace)
CHILD_TEST(with_every_set_full)
CHILD_TEST(with_nothing_effective)
CHILD_TEST(without_proc)
CHILD_TEST(without_capabilities)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_started_all_are_gone),
		cmocka_unit_test(in_a_namespace_all_are_gone),
		cmocka_unit_test(in_a_second_namespace_all_are_gone),
		cmocka_unit_test(with_every_set_full_all_are_gone),
		cmocka_unit_test(with_nothing_effective_all_are_gone),
		cmocka_unit_test(without_proc_all_are_gone),
		cmocka_unit_test(without_capabilities_all_are_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
