/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/folders.h"

static char home[64];

static const char *const variables[] = {"XDG_CONFIG_HOME", "XDG_STATE_HOME",
	"XDG_CACHE_HOME", "XDG_RUNTIME_DIR"};

static int set_up(void **state)
{
	(void)state;
	(void)snprintf(home, sizeof(home), "/tmp/stockade-home-XXXXXX");
	if (!mkdtemp(home))
		return -1;
	for (size_t i = 0; i < ELEMENTS(variables); i++)
		(void)unsetenv(variables[i]);
	return setenv("HOME", home, 1);
}

static int tear_down(void **state)
{
	char command[128];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -rf -- %s", home);
	return system(command); /* NOLINT(cert-env33-c): a name of ours */
}

static char *in_home(const char *rest)
{
	static char path[256];

	(void)snprintf(path, sizeof(path), "%s/%s", home, rest);
	return path;
}

static void assert_path(enum folder folder, const char *want)
{
	_free_ char *path = NULL;
	struct err e = {0};

	assert_int_equal(folder_path(folder, &path, &e), 0);
	assert_string_equal(path, want);
}

static void assert_mode(const char *path, mode_t mode)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	assert_true(S_ISDIR(st.st_mode));
	assert_int_equal(st.st_mode & 07777, mode);
}

static int open_state(const char *sub, bool create, struct err *e)
{
	int fd = -1;
	int r = folder_open(FOLDER_STATE, sub, create, &fd, e);

	if (fd >= 0)
		(void)close(fd);
	assert_int_equal(r == 0, fd >= 0);
	return r;
}

/* It is refused, and says so in words that have @text in them. */
static void assert_refused(int want, const char *text)
{
	struct err e = {0};

	assert_int_equal(open_state("audit", true, &e), want);
	if (!strstr(e.text, text))
		fail_msg("\"%s\" does not say \"%s\"", e.text, text);
	assert_int_equal(e.status, EXIT_REFUSED);
}

static void home_and_variables_place_the_folders(void **state)
{
	(void)state;
	assert_path(FOLDER_CONFIG, in_home(".config/stockade"));
	assert_path(FOLDER_STATE, in_home(".local/state/stockade"));
	assert_path(FOLDER_CACHE, in_home(".cache/stockade"));
	(void)setenv("XDG_STATE_HOME", "/somewhere//", 1);
	assert_path(FOLDER_STATE, "/somewhere/stockade");
	(void)setenv("XDG_STATE_HOME", "/", 1);
	assert_path(FOLDER_STATE, "/stockade");
	/* Relative ones are to be ignored, says the specification. */
	(void)setenv("XDG_STATE_HOME", "somewhere", 1);
	assert_path(FOLDER_STATE, in_home(".local/state/stockade"));
	(void)setenv("XDG_STATE_HOME", "", 1);
	assert_path(FOLDER_STATE, in_home(".local/state/stockade"));
}

static void the_runtime_folder_is_found_by_uid(void **state)
{
	_free_ char *path = NULL;
	char user[64];
	struct err e = {0};
	struct stat st;

	(void)state;
	(void)setenv("XDG_RUNTIME_DIR", "/elsewhere", 1);
	assert_int_equal(folder_path(FOLDER_RUNTIME, &path, &e), 0);
	(void)snprintf(user, sizeof(user), "/run/user/%u", geteuid());
	if (lstat(user, &st) == 0 && st.st_uid == geteuid())
		assert_non_null(strstr(path, user));
	else
		assert_string_equal(path, in_home(".local/state/stockade/run"));
}

static void a_home_that_is_none_is_refused(void **state)
{
	(void)state;
	(void)unsetenv("HOME");
	assert_refused(-EINVAL, "HOME is not set");
	(void)setenv("HOME", "", 1);
	assert_refused(-EINVAL, "HOME is not set");
	(void)setenv("HOME", "home/me", 1);
	assert_refused(-EINVAL, "no absolute path");
	(void)setenv("HOME", "/nonexistent/me", 1);
	assert_refused(-ENOENT, "/nonexistent/me");
}

static void what_is_missing_is_made_for_the_owner_alone(void **state)
{
	struct err e = {0};

	(void)state;
	assert_int_equal(open_state("audit/deep", false, &e), 1);
	assert_int_equal(access(in_home(".local"), F_OK), -1);
	(void)umask(0);
	assert_int_equal(open_state("audit/deep", true, &e), 0);
	(void)umask(022);
	assert_mode(in_home(".local"), 0700);
	assert_mode(in_home(".local/state"), 0700);
	assert_mode(in_home(".local/state/stockade"), 0700);
	assert_mode(in_home(".local/state/stockade/audit"), 0700);
	assert_mode(in_home(".local/state/stockade/audit/deep"), 0700);
	assert_int_equal(open_state("audit/deep", false, &e), 0);
	assert_int_equal(open_state("", false, &e), 0);
}

static void a_variables_folder_is_made_too(void **state)
{
	struct err e = {0};

	(void)state;
	(void)setenv("XDG_STATE_HOME", in_home("a/b"), 1);
	assert_int_equal(open_state("", false, &e), 1);
	assert_int_equal(open_state("", true, &e), 0);
	assert_mode(in_home("a/b/stockade"), 0700);
}

static void our_own_part_is_never_a_link(void **state)
{
	struct err e = {0};

	(void)state;
	assert_int_equal(mkdir(in_home("elsewhere"), 0700), 0);
	assert_int_equal(open_state("", true, &e), 0);
	assert_int_equal(
		symlink(home, in_home(".local/state/stockade/audit")), 0);
	assert_refused(-ENOTDIR, "symbolic link");
	assert_int_equal(unlink(in_home(".local/state/stockade/audit")), 0);
	assert_int_equal(rmdir(in_home(".local/state/stockade")), 0);
	assert_int_equal(
		symlink("../../elsewhere", in_home(".local/state/stockade")),
		0);
	assert_refused(-ENOTDIR, "symbolic link");
	/* Nothing was made behind it. */
	assert_int_equal(access(in_home("elsewhere/audit"), F_OK), -1);
}

static void links_above_our_own_part_are_followed(void **state)
{
	char real[256];
	struct err e = {0};

	(void)state;
	assert_int_equal(mkdir(in_home("dots"), 0700), 0);
	assert_int_equal(symlink("dots", in_home(".local")), 0);
	assert_int_equal(open_state("audit", true, &e), 0);
	assert_mode(in_home("dots/state/stockade/audit"), 0700);
	(void)snprintf(real, sizeof(real), "%s", in_home("link"));
	assert_int_equal(symlink(home, real), 0);
	(void)setenv("HOME", real, 1);
	assert_int_equal(open_state("audit", false, &e), 0);
}

static void a_file_in_its_place_is_refused(void **state)
{
	struct err e = {0};
	int fd;

	(void)state;
	assert_int_equal(open_state("", true, &e), 0);
	fd = open(in_home(".local/state/stockade/audit"), O_CREAT | O_CLOEXEC,
		0600);
	assert_true(fd >= 0);
	(void)close(fd);
	assert_refused(-ENOTDIR, "no folder");
}

static void a_folder_that_others_may_write_is_refused(void **state)
{
	static const mode_t modes[] = {0770, 0707, 01777, 0720};
	struct err e = {0};

	(void)state;
	assert_int_equal(open_state("audit", true, &e), 0);
	for (size_t i = 0; i < ELEMENTS(modes); i++) {
		assert_int_equal(
			chmod(in_home(".local/state/stockade/audit"), modes[i]),
			0);
		assert_refused(-EPERM, "written by others");
	}
	/* To be looked into is no danger to what it says. */
	assert_int_equal(
		chmod(in_home(".local/state/stockade/audit"), 0755), 0);
	assert_int_equal(open_state("audit", true, &e), 0);
	assert_int_equal(chmod(in_home(".local/state/stockade"), 0777), 0);
	assert_refused(-EPERM, "written by others");
}

/* An ordinary user has nobody else's folder but the system's, put in the place
 * of his own in a namespace. */
static _Noreturn void child_with_roots_folder(void)
{
	char map[32];
	struct err e = {0};

	(void)snprintf(map, sizeof(map), "%u %u 1", geteuid(), geteuid());
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0 ||
		fd_write_knob(AT_FDCWD, "/proc/self/uid_map", map) < 0 ||
		mount("/usr", in_home(".local/state/stockade/audit"), NULL,
			MS_BIND | MS_REC, NULL) < 0)
		_exit(2);
	_exit(open_state("audit", true, &e) == -EPERM &&
				strstr(e.text, "belongs to uid")
			? 0
			: 1);
}

static void a_folder_of_another_user_is_refused(void **state)
{
	struct err e = {0};
	int status;
	pid_t pid;

	(void)state;
	assert_int_equal(open_state("audit", true, &e), 0);
	if (geteuid() == 0) {
		assert_int_equal(chown(in_home(".local/state/stockade/audit"),
					 12345, (gid_t)-1),
			0);
		assert_refused(-EPERM, "belongs to uid 12345");
		return;
	}
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		child_with_roots_folder();
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void names_that_lead_out_are_refused(void **state)
{
	static const char *const subs[] = {"..", "a/..", "a/../b", ".", "a/."};

	(void)state;
	for (size_t i = 0; i < ELEMENTS(subs); i++) {
		struct err e = {0};

		assert_true(open_state(subs[i], true, &e) < 0);
	}
}

static void many_at_once_get_the_same_folder(void **state)
{
	pid_t pids[16];

	(void)state;
	for (size_t i = 0; i < ELEMENTS(pids); i++) {
		pids[i] = fork();
		assert_true(pids[i] >= 0);
		if (pids[i] == 0) {
			struct err e = {0};
			int fd;

			_exit(folder_open(FOLDER_STATE, "audit/a/b", true, &fd,
				      &e) == 0
					? 0
					: 1);
		}
	}
	for (size_t i = 0; i < ELEMENTS(pids); i++) {
		int status;

		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
}

static void the_descriptor_is_a_place_only(void **state)
{
	struct err e = {0};
	int fd, flags;

	(void)state;
	assert_int_equal(folder_open(FOLDER_STATE, "", true, &fd, &e), 0);
	flags = fcntl(fd, F_GETFL);
	assert_true(flags & O_PATH);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	(void)close(fd);
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		EACH(home_and_variables_place_the_folders),
		EACH(the_runtime_folder_is_found_by_uid),
		EACH(a_home_that_is_none_is_refused),
		EACH(what_is_missing_is_made_for_the_owner_alone),
		EACH(a_variables_folder_is_made_too),
		EACH(our_own_part_is_never_a_link),
		EACH(links_above_our_own_part_are_followed),
		EACH(a_file_in_its_place_is_refused),
		EACH(a_folder_that_others_may_write_is_refused),
		EACH(a_folder_of_another_user_is_refused),
		EACH(names_that_lead_out_are_refused),
		EACH(many_at_once_get_the_same_folder),
		EACH(the_descriptor_is_a_place_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
