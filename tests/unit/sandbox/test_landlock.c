/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "live.h"
#include "sandbox/landlock.h"

/*
 * A folder with: ro/file ro/fifo ro/prog rw/file rw/prog rw/a/file rw/b/
 * rw/link → ../secret/file secret/file single other, opened before anything
 * is shut in.
 */
static int root = -1;
static char root_path[] = "/tmp/stockade-landlock-XXXXXX";

static int make_file(const char *path)
{
	_close_ int fd = openat(
		root, path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0755);
	/* A program that ends with 0. */
	const char text[] = "#!/bin/sh\n";

	return fd < 0 || write(fd, text, sizeof(text) - 1) < 0 ? -1 : 0;
}

static int make_tree(void **state)
{
	static const char *const folders[] = {
		"ro", "rw", "rw/a", "rw/b", "secret"};
	static const char *const files[] = {"ro/file", "ro/prog", "rw/file",
		"rw/prog", "rw/a/file", "secret/file", "single", "other"};

	(void)state;
	if (!mkdtemp(root_path) || chmod(root_path, 0755) < 0)
		return -1;
	root = open(root_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; i < ELEMENTS(folders); i++)
		if (mkdirat(root, folders[i], 0755) < 0)
			return -1;
	for (size_t i = 0; i < ELEMENTS(files); i++)
		if (make_file(files[i]) < 0)
			return -1;
	if (mkfifoat(root, "ro/fifo", 0600) < 0)
		return -1;
	return symlinkat("../secret/file", root, "rw/link");
}

static int remove_tree(void **state)
{
	char command[128];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -rf %s", root_path);
	return system(command);
}

static int grant_fd(const char *path)
{
	return openat(root, path, O_PATH | O_CLOEXEC);
}

/* What a server's plan looks like. 0, or 1 with a line. */
static int shut_in(void)
{
	struct landlock_grant g[] = {
		{.fd = grant_fd("/"), .list_only = true},
		{.fd = grant_fd("/bin/"), .exec = true},
		{.fd = grant_fd("/lib/"), .exec = true},
		{.fd = grant_fd("/lib64/"), .exec = true},
		{.fd = grant_fd("/usr/"), .exec = true},
		{.fd = grant_fd("/dev/null"), .write = true},
		{.fd = grant_fd("ro"), .exec = true},
		{.fd = grant_fd("rw"), .write = true},
		{.fd = grant_fd("single"), .write = true},
	};
	struct err e = {0};

	for (size_t i = 0; i < ELEMENTS(g); i++)
		CHECK(g[i].fd >= 0);
	CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	CHECK(confine_landlock(g, ELEMENTS(g), &e) == 0);
	return 0;
}

static int try_open(const char *path, int flags)
{
	_close_ int fd = openat(root, path, flags | O_CLOEXEC, 0600);

	return fd < 0 ? -1 : 0;
}

static int grants(void *context)
{
	(void)context;
	if (shut_in())
		return 1;
	CHECK(try_open("ro/file", O_RDONLY) == 0);
	CHECK(FAILS(try_open("ro/file", O_WRONLY), EACCES));
	CHECK(FAILS(try_open("ro/new", O_CREAT | O_WRONLY), EACCES));
	CHECK(FAILS(unlinkat(root, "ro/file", 0), EACCES));
	CHECK(try_open("rw/file", O_RDWR | O_APPEND) == 0);
	CHECK(try_open("rw/new", O_CREAT | O_WRONLY) == 0);
	CHECK(mkdirat(root, "rw/c", 0755) == 0);
	CHECK(unlinkat(root, "rw/c", AT_REMOVEDIR) == 0);
	CHECK(FAILS(try_open("secret/file", O_RDONLY), EACCES));
	CHECK(FAILS(try_open("/etc/passwd", O_RDONLY), EACCES));
	CHECK(try_open("single", O_RDWR) == 0);
	CHECK(FAILS(try_open("other", O_RDONLY), EACCES));
	CHECK(try_open("/dev/null", O_WRONLY) == 0);
	return 0;
}

static int truncation(void *context)
{
	char path[128];

	(void)context;
	(void)snprintf(path, sizeof(path), "%s/ro/file", root_path);
	if (shut_in())
		return 1;
	CHECK(FAILS(truncate(path, 0), EACCES));
	(void)snprintf(path, sizeof(path), "%s/rw/file", root_path);
	CHECK(truncate(path, 0) == 0);
	return 0;
}

static int listing(void *context)
{
	DIR *d;

	(void)context;
	if (shut_in())
		return 1;
	d = opendir("/");
	CHECK(d && readdir(d));
	(void)closedir(d);
	/* Listing is lent downwards, reading a file is not. */
	CHECK(try_open("secret", O_RDONLY | O_DIRECTORY) == 0);
	CHECK(FAILS(try_open("secret/file", O_RDONLY), EACCES));
	return 0;
}

static int renames(void *context)
{
	(void)context;
	if (shut_in())
		return 1;
	CHECK(renameat(root, "rw/a/file", root, "rw/b/file") == 0);
	CHECK(linkat(root, "rw/b/file", root, "rw/a/file", 0) == 0);
	CHECK(unlinkat(root, "rw/b/file", 0) == 0);
	CHECK(renameat(root, "rw/a/file", root, "ro/planted") < 0 &&
		(errno == EACCES || errno == EXDEV));
	CHECK(renameat(root, "ro/file", root, "rw/taken") < 0);
	CHECK(linkat(root, "ro/file", root, "rw/taken", 0) < 0);
	CHECK(linkat(root, "secret/file", root, "rw/taken", 0) < 0);
	CHECK(renameat(root, "secret", root, "rw/taken") < 0);
	return 0;
}

static int ways_around(void *context)
{
	_close_ int leaked =
		openat(root, "secret", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char path[64];

	(void)context;
	if (shut_in())
		return 1;
	CHECK(FAILS(openat(leaked, "file", O_RDONLY | O_CLOEXEC), EACCES));
	CHECK(FAILS(openat(leaked, "../other", O_RDONLY | O_CLOEXEC), EACCES));
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d/file", leaked);
	CHECK(FAILS(open(path, O_RDONLY | O_CLOEXEC), EACCES));
	CHECK(FAILS(try_open("rw/link", O_RDONLY), EACCES));
	CHECK(FAILS(try_open("rw/../secret/file", O_RDONLY), EACCES));
	/* A read-only mount does not stop writing to a FIFO. */
	CHECK(FAILS(try_open("ro/fifo", O_WRONLY | O_NONBLOCK), EACCES));
	CHECK(FAILS(try_open("ro/fifo", O_RDWR | O_NONBLOCK), EACCES));
	return 0;
}

static int devices(void *context)
{
	(void)context;
	if (shut_in())
		return 1;
	CHECK(FAILS(mknodat(root, "rw/null", S_IFCHR | 0600, 0x103), EACCES));
	CHECK(mkfifoat(root, "rw/fifo", 0600) == 0);
	return 0;
}

static int run(const char *folder)
{
	char path[128];
	static char *const env[] = {NULL};

	(void)snprintf(path, sizeof(path), "%s/%s/prog", root_path, folder);
	(void)execve(path, (char *[]){path, NULL}, env);
	return errno == EACCES ? 77 : 1;
}

static int execution_granted(void *context)
{
	(void)context;
	return shut_in() ? 1 : run("ro");
}

static int execution_not_granted(void *context)
{
	(void)context;
	return shut_in() ? 1 : run("rw");
}

static int nothing_granted(void *context)
{
	struct err e = {0};

	(void)context;
	CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	CHECK(confine_landlock(NULL, 0, &e) == 0);
	CHECK(FAILS(open("/", O_RDONLY | O_CLOEXEC), EACCES));
	CHECK(FAILS(open("/dev/null", O_RDONLY | O_CLOEXEC), EACCES));
	CHECK(FAILS(try_open("rw/file", O_RDONLY), EACCES));
	return 0;
}

static struct sockaddr_un abstract_name(pid_t pid)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};

	(void)snprintf(name.sun_path + 1, sizeof(name.sun_path) - 1,
		"stockade-landlock-%d", (int)pid);
	return name;
}

static int listen_at(const struct sockaddr_un *name)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 ||
		bind(fd, (const struct sockaddr *)name, sizeof(*name)) < 0 ||
		listen(fd, 4) < 0)
		return -1;
	return fd;
}

static int connect_to(const struct sockaddr_un *name)
{
	_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return connect(fd, (const struct sockaddr *)name, sizeof(*name));
}

static int scopes(void *context)
{
	struct sockaddr_un theirs = abstract_name(getppid());
	struct sockaddr_un ours = abstract_name(getpid());
	pid_t child;
	int status;

	(void)context;
	CHECK(connect_to(&theirs) == 0);
	CHECK(kill(getppid(), 0) == 0);
	if (shut_in())
		return 1;
	CHECK(FAILS(connect_to(&theirs), EPERM));
	CHECK(FAILS(kill(getppid(), 0), EPERM));
	CHECK(listen_at(&ours) >= 0);
	CHECK(connect_to(&ours) == 0);
	child = fork();
	if (child == 0)
		(void)pause();
	CHECK(child > 0 && kill(child, SIGKILL) == 0);
	CHECK(waitpid(child, &status, 0) == child);
	CHECK(WIFSIGNALED(status));
	return 0;
}

static int init_scopes(void *context)
{
	struct sockaddr_un theirs = abstract_name(getppid());
	struct err e = {0};

	(void)context;
	CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	CHECK(landlock_restrict(NULL, 0, LL_SCOPE_ABSTRACT_UNIX, &e) == 0);
	CHECK(kill(getppid(), 0) == 0);
	CHECK(FAILS(connect_to(&theirs), EPERM));
	return 0;
}

/* What a keeper has for what it keeps of results: new files in one folder,
 * and an empty folder beside it may go. */
static int kept_files(void *context)
{
	const struct landlock_grant g[] = {
		{.fd = grant_fd("rw"), .make_files = true},
		{.fd = grant_fd("ro"), .remove_folders = true},
	};
	struct err e = {0};

	(void)context;
	CHECK(mkdirat(root, "ro/empty", 0700) == 0);
	CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	CHECK(confine_landlock(g, ELEMENTS(g), &e) == 0);
	CHECK(try_open("rw/kept", O_CREAT | O_EXCL | O_WRONLY) == 0);
	CHECK(FAILS(try_open("rw/kept", O_RDONLY), EACCES));
	CHECK(FAILS(try_open("rw", O_RDONLY | O_DIRECTORY), EACCES));
	CHECK(FAILS(mkdirat(root, "rw/folder", 0700), EACCES));
	CHECK(FAILS(symlinkat("kept", root, "rw/other"), EACCES));
	CHECK(FAILS(mknodat(root, "rw/pipe", S_IFIFO | 0600, 0), EACCES));
	CHECK(FAILS(renameat(root, "rw/kept", root, "ro/kept"), EXDEV) ||
		errno == EACCES);
	CHECK(unlinkat(root, "rw/kept", 0) == 0);
	CHECK(FAILS(try_open("ro/new", O_CREAT | O_WRONLY), EACCES));
	CHECK(FAILS(unlinkat(root, "ro/file", 0), EACCES));
	CHECK(unlinkat(root, "ro/empty", AT_REMOVEDIR) == 0);
	return 0;
}

static int broken_grant(void *context)
{
	struct landlock_grant g = {.fd = 999};
	struct err e = {0};

	(void)context;
	CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	CHECK(confine_landlock(&g, 1, &e) == -EBADF);
	CHECK(e.text[0]);
	return 0;
}

#define CHILD_TEST(name, function, want, abi)                            \
	static void name(void **state)                                   \
	{                                                                \
		(void)state;                                             \
		if (landlock_abi() < (abi)) {                            \
			print_message("# needs Landlock ABI %d\n", abi); \
			skip();                                          \
		}                                                        \
		assert_int_equal(in_child(function, NULL), want);        \
	}

CHILD_TEST(a_grant_lends_what_it_says_and_no_more, grants, 0, 2)
CHILD_TEST(a_read_only_file_is_not_cut, truncation, 0, 3)
CHILD_TEST(the_root_can_be_listed, listing, 0, 2)
CHILD_TEST(renames_stay_inside_writable_grants, renames, 0, 2)
CHILD_TEST(leaks_links_and_pipes_lead_nowhere, ways_around, 0, 2)
CHILD_TEST(devices_are_never_made, devices, 0, 2)
CHILD_TEST(a_program_in_an_exec_grant_runs, execution_granted, 0, 2)
CHILD_TEST(a_program_elsewhere_does_not, execution_not_granted, 77, 2)
CHILD_TEST(no_grant_denies_every_path, nothing_granted, 0, 2)
CHILD_TEST(new_files_and_no_more, kept_files, 0, 2)
CHILD_TEST(an_unusable_grant_is_an_error, broken_grant, 0, 2)

static void scopes_end_at_the_domain(void **state)
{
	struct sockaddr_un name = abstract_name(getpid());
	_close_ int fd = -1;

	(void)state;
	if (landlock_abi() < 6) {
		print_message("# needs Landlock ABI 6\n");
		skip();
	}
	fd = listen_at(&name);
	assert_true(fd >= 0);
	assert_int_equal(in_child(scopes, NULL), 0);
	assert_int_equal(in_child(init_scopes, NULL), 0);
}

static void each_abi_adds_its_rights(void **state)
{
	(void)state;
	assert_int_equal(landlock_fs_handled(0), 0);
	assert_int_equal(landlock_fs_handled(1), 0x1fff);
	assert_int_equal(landlock_fs_handled(2), 0x3fff);
	assert_int_equal(landlock_fs_handled(3), 0x7fff);
	assert_int_equal(landlock_fs_handled(4), 0x7fff);
	assert_int_equal(landlock_fs_handled(5), 0xffff);
	assert_int_equal(landlock_fs_handled(8), 0xffff);
	assert_int_equal(landlock_fs_handled(9), 0x1ffff);
	assert_int_equal(landlock_scopes(5), 0);
	assert_int_equal(landlock_scopes(6), 3);
}

static void a_file_takes_file_rights_only(void **state)
{
	struct landlock_grant all = {.write = true, .exec = true};
	struct landlock_grant list = {.list_only = true, .write = true};
	struct landlock_grant keep = {.make_files = true, .write = true};
	struct landlock_grant gone = {.remove_folders = true, .exec = true};
	struct landlock_grant away = {.remove_files = true, .write = true};
	uint64_t file = LL_EXECUTE | LL_WRITE_FILE | LL_READ_FILE |
			LL_TRUNCATE | LL_IOCTL_DEV;

	(void)state;
	assert_int_equal(landlock_grant_rights(&all, false, 9), file);
	assert_int_equal(landlock_grant_rights(&list, true, 9), LL_READ_DIR);
	assert_int_equal(landlock_grant_rights(&list, false, 9), 0);
	assert_int_equal(landlock_grant_rights(&keep, true, 9),
		LL_MAKE_REG | LL_WRITE_FILE | LL_REMOVE_FILE);
	assert_int_equal(landlock_grant_rights(&gone, true, 9), LL_REMOVE_DIR);
	assert_int_equal(landlock_grant_rights(&away, true, 9), LL_REMOVE_FILE);
	/* Devices, and sockets from outside, are in no grant. */
	assert_int_equal(landlock_grant_rights(&all, true, 9),
		0x1ffff & ~(LL_MAKE_CHAR | LL_MAKE_BLOCK | LL_RESOLVE_UNIX));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_abi_adds_its_rights),
		cmocka_unit_test(a_file_takes_file_rights_only),
		cmocka_unit_test(a_grant_lends_what_it_says_and_no_more),
		cmocka_unit_test(a_read_only_file_is_not_cut),
		cmocka_unit_test(new_files_and_no_more),
		cmocka_unit_test(the_root_can_be_listed),
		cmocka_unit_test(renames_stay_inside_writable_grants),
		cmocka_unit_test(leaks_links_and_pipes_lead_nowhere),
		cmocka_unit_test(devices_are_never_made),
		cmocka_unit_test(a_program_in_an_exec_grant_runs),
		cmocka_unit_test(a_program_elsewhere_does_not),
		cmocka_unit_test(no_grant_denies_every_path),
		cmocka_unit_test(an_unusable_grant_is_an_error),
		cmocka_unit_test(scopes_end_at_the_domain),
	};

	return cmocka_run_group_tests(tests, make_tree, remove_tree);
}
