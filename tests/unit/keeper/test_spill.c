/* SPDX-License-Identifier: Apache-2.0 */
/* Files for what is cut out of results; the test plays relay. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/fd.h"
#include "keeper/spill.h"
#include "keeper/spill_sweep.h"
#include "rig.h"

#define S1 "00000000000000000000000000000001"
#define TXT SPILL_FILE(0, 0)

static char home[64];
static int relay[2]; /* ours, the keeper's */
static struct spill_folder s;
static struct ipc_parcel p;

static void open_folder(bool wanted)
{
	spill_folder_init(&s);
	spill_folder_open(&s, S1, wanted);
}

static int set_up(void **state)
{
	(void)state;
	home_make(home);
	assert_int_equal(ipc_pair(relay), 0);
	open_folder(true);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	spill_folder_deinit(&s);
	fd_close(&relay[0]);
	fd_close(&relay[1]);
	home_remove(home);
	return 0;
}

static int begin(uint64_t call, uint64_t file)
{
	p.fd = -1;
	p.m = (struct ipc_msg){.type = IPC_SPILL, .a = call, .b = file};
	return spill_begin(&s, relay[1], &p);
}

/* The descriptor that comes, or -1; the path is in p.text. */
static int receive(uint64_t call, uint64_t file)
{
	assert_int_equal(ipc_recv_parcel(relay[0], ROLE_KEEPER, &p), 0);
	assert_int_equal(p.m.type, IPC_SPILLED);
	assert_true(p.m.a == call && p.m.b == file);
	assert_int_equal(p.m.text > 0, p.fd >= 0);
	p.text[p.m.text] = '\0';
	return p.fd;
}

static int ask(uint64_t call, uint64_t file)
{
	assert_int_equal(begin(call, file), 0);
	return receive(call, file);
}

static void keep(uint64_t call, uint64_t file, const char *content)
{
	int fd = ask(call, file);

	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, content, strlen(content)), 0);
	fd_close(&fd);
	assert_int_equal(spill_done(&s, call, file), 0);
}

static bool exists(const char *name)
{
	char path[256];
	struct stat st;

	(void)snprintf(path, sizeof(path), "%s/%s", s.path, name);
	return lstat(path, &st) == 0;
}

static void a_file_is_its_owners_and_has_the_path_that_is_told(void **state)
{
	char path[256], text[8] = "";
	struct stat st;
	int fd = ask(12, SPILL_FILE(3, 4));

	(void)state;
	(void)snprintf(path, sizeof(path),
		"%s/.local/state/stockade/spill/" S1 "/12-3.png", home);
	assert_string_equal(p.text, path);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0600);
	assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE, O_WRONLY);
	assert_int_equal(write(fd, "abc", 3), 3);
	fd_close(&fd);
	assert_int_equal(spill_done(&s, 12, SPILL_FILE(3, 4)), 0);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(read(fd, text, sizeof(text)), 3);
	assert_string_equal(text, "abc");
	fd_close(&fd);
	assert_int_equal(s.bytes, 3);
	assert_int_equal(s.files, 1);
}

static void what_exists_is_never_opened(void **state)
{
	char path[256], target[256];

	(void)state;
	(void)snprintf(target, sizeof(target), "%s/precious", home);
	(void)snprintf(path, sizeof(path), "%s/1.txt", s.path);
	assert_int_equal(symlink(target, path), 0);
	assert_int_equal(ask(1, TXT), -1);
	assert_int_not_equal(access(target, F_OK), 0);
	(void)snprintf(path, sizeof(path), "%s/2.txt", s.path);
	fd_close(&(int){open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600)});
	assert_int_equal(ask(2, TXT), -1);
	assert_true(ask(3, TXT) >= 0);
	fd_close(&p.fd);
}

static void names_come_out_of_numbers_alone(void **state)
{
	static const uint64_t bad[] = {13, 255, SPILL_FILE(8, 0),
		SPILL_FILE(1ULL << 30, 0), UINT64_MAX, TXT | SPILL_FAILED};

	(void)state;
	for (size_t i = 0; i < ELEMENTS(bad); i++)
		assert_int_equal(begin(1, bad[i]), -EPROTO);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(spill_done(&s, 1, bad[i]), -EPROTO);
	assert_int_equal(s.files, 0);
	/* One that nobody asked for, or that could not be made. */
	assert_int_equal(spill_done(&s, 7, TXT), 0);
	assert_true(ask(UINT64_MAX, TXT) >= 0);
	fd_close(&p.fd);
	assert_int_equal(begin(UINT64_MAX, TXT), -EPROTO);
}

static void what_failed_is_removed(void **state)
{
	(void)state;
	assert_true(ask(1, TXT) >= 0);
	assert_true(exists("1.txt"));
	fd_close(&p.fd);
	assert_int_equal(spill_done(&s, 1, TXT | SPILL_FAILED), 0);
	assert_false(exists("1.txt"));
	assert_int_equal(s.files, 0);
}

static void what_is_unfinished_goes_at_the_end(void **state)
{
	(void)state;
	keep(1, TXT, "kept");
	assert_true(ask(2, TXT) >= 0);
	fd_close(&p.fd);
	spill_end(&s);
	assert_true(exists("1.txt"));
	assert_false(exists("2.txt"));
}

static void an_empty_folder_goes_at_the_end(void **state)
{
	(void)state;
	assert_true(exists("."));
	assert_true(ask(2, TXT) >= 0);
	fd_close(&p.fd);
	spill_end(&s);
	assert_false(exists("."));
}

static void only_so_many_are_open_at_a_time(void **state)
{
	int fds[SPILL_FILES_MAX];

	(void)state;
	for (unsigned i = 0; i < SPILL_FILES_MAX; i++) {
		fds[i] = ask(1, SPILL_FILE(i, 0));
		assert_true(fds[i] >= 0);
	}
	assert_int_equal(ask(2, TXT), -1);
	assert_int_equal(spill_done(&s, 1, SPILL_FILE(3, 0)), 0);
	assert_true(ask(2, TXT) >= 0);
	fd_close(&p.fd);
	for (unsigned i = 0; i < SPILL_FILES_MAX; i++)
		fd_close(&fds[i]);
}

static void there_is_an_end_of_bytes_and_of_files(void **state)
{
	(void)state;
	s.bytes = SPILL_SESSION_BYTES - 1;
	keep(1, TXT, "one more");
	assert_int_equal(ask(2, TXT), -1);
	s.bytes = 0;
	s.files = SPILL_SESSION_FILES;
	assert_int_equal(ask(3, TXT), -1);
	s.files = 0;
	s.others = SPILL_USER_BYTES;
	assert_int_equal(ask(4, TXT), -1);
	s.others = SPILL_USER_BYTES - 1;
	keep(5, TXT, "x");
	assert_int_equal(ask(6, TXT), -1);
}

/* The bytes that are in the file count, whoever says what of them. */
static void a_relay_that_writes_on_is_counted(void **state)
{
	int fd = ask(1, TXT);

	(void)state;
	assert_int_equal(ftruncate(fd, SPILL_SESSION_BYTES), 0);
	fd_close(&fd);
	assert_int_equal(spill_done(&s, 1, TXT), 0);
	assert_int_equal(ask(2, TXT), -1);
}

static void a_relay_that_does_not_read_gets_no_file(void **state)
{
	unsigned kept = 0;

	(void)state;
	for (uint64_t call = 1; call < 3000; call++) {
		assert_int_equal(begin(call, TXT), 0);
		assert_int_equal(spill_done(&s, call, TXT | SPILL_FAILED), 0);
	}
	for (uint64_t call = 1; call < 3000; call++) {
		char name[SPILL_NAME_SIZE];

		assert_true(spill_name(call, TXT, name));
		kept += exists(name);
	}
	assert_int_equal(kept, 0);
}

static void what_other_sessions_keep_counts_too(void **state)
{
	(void)state;
	keep(1, TXT, "abcd");
	keep(2, TXT, "efg");
	spill_folder_deinit(&s);
	spill_folder_init(&s);
	spill_folder_open(&s, "00000000000000000000000000000002", true);
	assert_int_equal(s.others, 7);
	assert_int_equal(s.bytes, 0);
}

static void where_there_is_too_much_nothing_new_is_kept(void **state)
{
	char name[40];

	(void)state;
	keep(1, TXT, "abcd");
	for (unsigned i = 0; i <= SWEEP_FOLDERS; i++) {
		_close_ int fd = -1;

		(void)snprintf(name, sizeof(name), "%032x", i + 0x100);
		assert_int_equal(mkdirat(s.parent, name, 0700), 0);
		fd = openat(s.parent, name, O_RDONLY | O_CLOEXEC);
		fd_close(&(int){openat(
			fd, "1.txt", O_WRONLY | O_CREAT | O_CLOEXEC, 0600)});
	}
	assert_true(spill_sweep(s.parent) == UINT64_MAX);
	s.others = UINT64_MAX;
	assert_int_equal(ask(2, TXT), -1);
}

static void without_a_wish_no_folder_is_made(void **state)
{
	(void)state;
	spill_end(&s);
	spill_folder_deinit(&s);
	open_folder(false);
	assert_int_equal(s.folder, -1);
	assert_int_equal(ask(1, TXT), -1);
	spill_end(&s);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_file_is_its_owners_and_has_the_path_that_is_told),
		TEST(what_exists_is_never_opened),
		TEST(names_come_out_of_numbers_alone),
		TEST(what_failed_is_removed),
		TEST(what_is_unfinished_goes_at_the_end),
		TEST(an_empty_folder_goes_at_the_end),
		TEST(only_so_many_are_open_at_a_time),
		TEST(there_is_an_end_of_bytes_and_of_files),
		TEST(a_relay_that_writes_on_is_counted),
		TEST(a_relay_that_does_not_read_gets_no_file),
		TEST(what_other_sessions_keep_counts_too),
		TEST(where_there_is_too_much_nothing_new_is_kept),
		TEST(without_a_wish_no_folder_is_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
