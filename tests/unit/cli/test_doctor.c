/* SPDX-License-Identifier: Apache-2.0 */
/*
 * doctor where everything is as it is, and where user namespaces, a fresh
 * /proc, HOME or the state folder are taken away.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>
#include <jansson.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "cli/verb.h"

struct result {
	int status;
	json_t *json;
};

static char home[] = "/tmp/stockade-doctor-XXXXXX";

static int make_home(void **state)
{
	(void)state;
	if (!mkdtemp(home))
		return -1;
	return setenv("HOME", home, 1) || unsetenv("XDG_STATE_HOME");
}

static int remove_home(void **state)
{
	char command[128];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -rf %s", home);
	return system(command);
}

/* What @prepare takes away; run in the child. */
static void run_child(int (*prepare)(void), int out)
{
	char *argv[] = {(char[]){"doctor"}, (char[]){"--json"}, NULL};

	if (prepare && prepare() < 0)
		_exit(99);
	if (dup2(out, 1) < 0)
		_exit(98);
	_exit(verb_doctor(2, argv));
}

static void run(int (*prepare)(void), struct result *ret)
{
	json_error_t error;
	int pipes[2], status;
	FILE *f;
	pid_t pid;

	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	(void)fflush(NULL);
	pid = fork();
	if (pid == 0)
		run_child(prepare, pipes[1]);
	(void)close(pipes[1]);
	f = fdopen(pipes[0], "r");
	ret->json = json_loadf(f, 0, &error);
	(void)fclose(f);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	ret->status = WEXITSTATUS(status);
	assert_int_not_equal(ret->status, 99);
	assert_non_null(ret->json);
}

static const char *field(
	const struct result *r, const char *id, const char *name)
{
	json_t *check;
	size_t i;

	json_array_foreach(json_object_get(r->json, "checks"), i, check)
	{
		const char *got =
			json_string_value(json_object_get(check, "id"));

		if (strcmp(got, id) == 0)
			return json_string_value(json_object_get(check, name));
	}
	return "no such check";
}

static void assert_works(const struct result *r, bool works)
{
	assert_int_equal(r->status, works ? 0 : 1);
	assert_true(json_is_boolean(json_object_get(r->json, "works")));
	assert_int_equal(
		json_is_true(json_object_get(r->json, "works")), works);
}

static void a_machine_that_can_is_said_to_work(void **state)
{
	static const char *const ids[] = {"userns", "mountns", "pidns", "netns",
		"ipcns", "utsns", "cgroupns", "root", "binds", "proc",
		"userns2", "seccomp", "capabilities", "pidfd", "close_range",
		"state", "home", "runtime"};
	struct result r;

	(void)state;
	run(NULL, &r);
	for (size_t i = 0; i < ELEMENTS(ids); i++)
		assert_string_not_equal(field(&r, ids[i], "state"), "FAILS");
	assert_works(&r, true);
	json_decref(r.json);
}

/* Still who we are, with every capability over what is made here. */
static int enter_user_namespace(void)
{
	char uids[64], gids[64];

	(void)snprintf(
		uids, sizeof(uids), "%d %d 1", (int)geteuid(), (int)geteuid());
	(void)snprintf(
		gids, sizeof(gids), "%d %d 1", (int)getegid(), (int)getegid());
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0 ||
		fd_write_knob(AT_FDCWD, "/proc/self/setgroups", "deny") < 0 ||
		fd_write_knob(AT_FDCWD, "/proc/self/gid_map", gids) < 0)
		return -1;
	return fd_write_knob(AT_FDCWD, "/proc/self/uid_map", uids);
}

/* In a namespace of our own the limit is ours to set. */
static int no_user_namespaces(void)
{
	if (enter_user_namespace() < 0)
		return -1;
	return fd_write_knob(
		AT_FDCWD, "/proc/sys/user/max_user_namespaces", "0");
}

static void without_user_namespaces_it_fails_and_names_the_sysctl(void **state)
{
	static const char *const ids[] = {
		"userns", "mountns", "pidns", "netns", "root", "userns2"};
	struct result r;

	(void)state;
	run(no_user_namespaces, &r);
	for (size_t i = 0; i < ELEMENTS(ids); i++) {
		assert_string_equal(field(&r, ids[i], "state"), "FAILS");
		assert_non_null(strstr(
			field(&r, ids[i], "fix"), "user.max_user_namespaces="));
	}
	assert_string_equal(field(&r, "sysctls", "state"), "FAILS");
	/* What has nothing to do with them still works. */
	assert_string_equal(field(&r, "seccomp", "state"), "ok");
	assert_works(&r, false);
	json_decref(r.json);
}

/* As a container's runtime does. */
static int masked_proc(void)
{
	if (geteuid() == 0 ? unshare(CLONE_NEWNS) < 0
			   : enter_user_namespace() < 0)
		return -1;
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return -1;
	return mount("none", "/proc/fs", "tmpfs", 0, NULL);
}

static void a_masked_proc_fails_and_names_the_rung(void **state)
{
	struct result r;

	(void)state;
	run(masked_proc, &r);
	assert_string_equal(field(&r, "proc", "state"), "FAILS");
	assert_non_null(
		strstr(field(&r, "proc", "fix"), "--allow-degraded=no-proc"));
	assert_works(&r, false);
	json_decref(r.json);
}

static int state_is_a_file(void)
{
	char path[128];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/file", home);
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	return fd < 0 ? -1 : setenv("XDG_STATE_HOME", path, 1);
}

static void an_unusable_state_folder_fails(void **state)
{
	struct result r;

	(void)state;
	run(state_is_a_file, &r);
	assert_string_equal(field(&r, "state", "state"), "FAILS");
	assert_non_null(strstr(field(&r, "state", "fix"), home));
	assert_string_equal(field(&r, "xdg", "state"), "weaker");
	assert_non_null(strstr(field(&r, "xdg", "detail"), "XDG_STATE_HOME"));
	assert_works(&r, false);
	json_decref(r.json);
}

static int others_may_write(void)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/loose", home);
	if (setenv("XDG_STATE_HOME", path, 1) || mkdir(path, 0700) < 0)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/loose/stockade", home);
	return mkdir(path, 0700) < 0 ? -1 : chmod(path, 0777);
}

static void a_state_folder_that_others_may_write_fails(void **state)
{
	struct result r;

	(void)state;
	run(others_may_write, &r);
	assert_string_equal(field(&r, "state", "state"), "FAILS");
	assert_works(&r, false);
	json_decref(r.json);
}

static int no_home(void)
{
	return unsetenv("HOME");
}

static void a_missing_home_fails(void **state)
{
	struct result r;

	(void)state;
	run(no_home, &r);
	assert_string_equal(field(&r, "home", "state"), "FAILS");
	assert_works(&r, false);
	json_decref(r.json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_machine_that_can_is_said_to_work),
		cmocka_unit_test(
			without_user_namespaces_it_fails_and_names_the_sysctl),
		cmocka_unit_test(a_masked_proc_fails_and_names_the_rung),
		cmocka_unit_test(an_unusable_state_folder_fails),
		cmocka_unit_test(a_state_folder_that_others_may_write_fails),
		cmocka_unit_test(a_missing_home_fails),
	};

	return cmocka_run_group_tests(tests, make_home, remove_home);
}
