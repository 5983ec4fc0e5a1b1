/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A store of pins whose writer died: after each byte that it wrote, and between
 * its steps. It can be read, and nothing that was changed is accepted for it.
 */
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/folders.h"
#include "base/sha256.h"
#include "fixture.h"
#include "keeper/pins.h"
#include "plan/pin_store.h"

#define STORE "profile-0123456789abcdef"
#define SESSION "%031x"
#define T "{\"description\":\"what it does\",\"name\":\"t\"}"
#define T_EVIL "{\"description\":\"evil\",\"name\":\"t\"}"
#define T_BETTER "{\"description\":\"better\",\"name\":\"t\"}"
#define U "{\"description\":\"what it does\",\"name\":\"u\"}"
#define U_EVIL "{\"description\":\"evil\",\"name\":\"u\"}"

static const uint8_t able[32] = {1};

static void add_pin(
	struct buf *b, enum pin_event e, const char *name, const char *def)
{
	uint8_t hash[32];

	sha256(name, strlen(name), hash);
	assert_int_equal(
		pin_batch_add(b, e, "tool", hash, def, strlen(def)), 0);
}

static int sealed(const struct buf *b)
{
	int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, buf_head(b), buf_len(b)), 0);
	assert_int_equal(fcntl(fd, F_ADD_SEALS,
				 F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW),
		0);
	return fd;
}

/* Dies of the byte behind @most, as a process does that is killed there. */
static void die_behind(rlim_t most)
{
	const struct rlimit none = {0}, limit = {most, most};

	(void)setrlimit(RLIMIT_CORE, &none);
	(void)setrlimit(RLIMIT_FSIZE, &limit);
	(void)signal(SIGXFSZ, SIG_DFL);
}

/* True if it got to its end. */
static bool run(void (*what)(void), rlim_t most)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		die_behind(most);
		what();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) || WTERMSIG(status) == SIGXFSZ);
	return WIFEXITED(status);
}

static int batch_fd; /* what the keeper gets next */
static uint32_t batch_sequence;

static void keep_batch(void)
{
	struct pin_folder f;
	char session[33];
	struct err e = {0};

	(void)snprintf(session, sizeof(session), SESSION "0", batch_sequence);
	pin_folder_init(&f);
	if (pin_folder_open(&f, STORE, session, batch_sequence, &e) < 0 ||
		pin_folder_add(&f, batch_fd, 0) < 0)
		_exit(1);
}

/* One session: the tools @t and @u, and that this is all. */
static bool session(uint32_t sequence, enum pin_event e, const char *t,
	const char *u, rlim_t most)
{
	struct buf b = BUF_INIT(PIN_BATCH_MAX);
	bool whole;

	assert_int_equal(pin_batch_begin(&b, "profile", "server"), 0);
	if (t)
		add_pin(&b, e, "t", t);
	if (u)
		add_pin(&b, e, "u", u);
	assert_int_equal(
		pin_batch_add(&b, PIN_EVENT_KNOWN, "tool", able, "{}", 2), 0);
	assert_int_equal(pin_batch_end(&b), 0);
	batch_fd = sealed(&b);
	batch_sequence = sequence;
	buf_deinit(&b);
	whole = run(keep_batch, most);
	fd_close(&batch_fd);
	return whole;
}

static int folder(void)
{
	struct err e = {0};
	int path, fd;

	assert_int_equal(
		folder_open(FOLDER_STATE, "pins/" STORE, true, &path, &e), 0);
	fd = openat(path, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(fd >= 0);
	fd_close(&path);
	return fd;
}

/* Number of files; all of them go, if @remove. */
static size_t files(bool remove)
{
	int dir = folder();
	DIR *d = fdopendir(folder());
	const struct timespec old[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
	const struct dirent *entry;
	size_t n = 0;

	while ((entry = readdir(d))) {
		if (entry->d_name[0] == '.')
			continue;
		n++;
		/* Not as if it were being written at this moment. */
		assert_int_equal(utimensat(dir, entry->d_name, old, 0), 0);
		if (remove)
			assert_int_equal(unlinkat(dir, entry->d_name, 0), 0);
	}
	(void)closedir(d);
	fd_close(&dir);
	return n;
}

/* As the next session begins. */
static struct pins *read_store(size_t *ret_cut)
{
	struct pin_store s = {0};
	struct pins *p = pins_new(PINS_FIRST);
	struct err e = {0};

	assert_non_null(p);
	assert_int_equal(pin_store_find(STORE, &s, &e), 0);
	assert_int_equal(pin_store_read(&s, p, &e), 0);
	assert_non_null(s.server);
	assert_non_null(s.profile);
	*ret_cut = s.n_cut;
	pin_store_deinit(&s);
	pins_able(p, able);
	return p;
}

static enum pin_seen see(struct pins *p, const char *name, const char *def)
{
	const struct pin *pin;

	return pins_see(
		p, PIN_TOOL, name, strlen(name), def, strlen(def), false, &pin);
}

/* Another definition is accepted by nothing. What was accepted holds, or is to
 * be accepted once more. */
static void check_strict(struct pins *p, bool t_holds)
{
	const unsigned char other[32] = {2};

	pins_able(p, other);
	assert_int_not_equal(see(p, "t", T_EVIL), PIN_FIRST);
	assert_int_not_equal(see(p, "u", U_EVIL), PIN_FIRST);
	assert_int_equal(pins_call(p, PIN_TOOL, "t", 1),
		t_holds ? PIN_CALL_CHANGED : PIN_CALL_UNKNOWN);
	assert_int_equal(see(p, "t", T), t_holds ? PIN_SAME : PIN_ADDED);
	assert_int_not_equal(see(p, "v", U_EVIL), PIN_FIRST);
}

static void change_nothing(void)
{
	struct err e = {0};

	if (pin_store_change(STORE, NULL, NULL, &e) != 0)
		_exit(1);
}

static void a_first_session_that_dies_accepts_nothing_later(void **state)
{
	size_t cut = 0, deaths = 0;
	struct pins *p;

	(void)state;
	for (rlim_t n = 0;; n++) {
		bool whole, t_holds;

		(void)files(true);
		whole = session(0, PIN_EVENT_FIRST, T, U, n);
		assert_int_equal(files(false), 1);
		p = read_store(&cut);
		assert_int_equal(cut, !whole);
		t_holds = pins_accepted(p, PIN_TOOL, "t", 1);
		if (!whole)
			check_strict(p, t_holds);
		pins_free(p);
		if (whole)
			break;
		deaths++;
		/* One file takes its place, and says as little. */
		change_nothing();
		p = read_store(&cut);
		assert_int_equal(cut, 0);
		assert_int_equal(pins_accepted(p, PIN_TOOL, "t", 1), t_holds);
		check_strict(p, t_holds);
		pins_free(p);
	}
	assert_true(deaths > 400);
}

static void a_later_session_that_dies_changes_nothing(void **state)
{
	size_t cut, deaths = 0;

	(void)state;
	for (rlim_t n = 0;; n++) {
		struct pins *p;
		bool whole;

		(void)files(true);
		assert_true(session(0, PIN_EVENT_FIRST, T, NULL, 1 << 20));
		whole = session(1, PIN_EVENT_WAITING, T_EVIL, U, n);
		assert_int_equal(files(false), 2);
		p = read_store(&cut);
		assert_int_equal(cut, !whole);
		if (!whole)
			check_strict(p, true);
		pins_free(p);
		if (whole)
			break;
		deaths++;
	}
	assert_true(deaths > 400);
}

static int accept_better(struct pins *p, void *context)
{
	(void)context;
	return pins_accept(p, PIN_TOOL, "t", 1, T_BETTER, strlen(T_BETTER));
}

static void accept_t(void)
{
	struct err e = {0};

	if (pin_store_change(STORE, accept_better, NULL, &e) != 0)
		_exit(1);
}

static void who_dies_while_accepting_has_accepted_nothing(void **state)
{
	size_t cut, deaths = 0;

	(void)state;
	for (rlim_t n = 0;; n++) {
		struct pins *p;
		bool whole;

		(void)files(true);
		assert_true(session(0, PIN_EVENT_FIRST, T, U, 1 << 20));
		assert_true(
			session(1, PIN_EVENT_WAITING, T_BETTER, NULL, 1 << 20));
		whole = run(accept_t, n);
		p = read_store(&cut);
		assert_int_equal(cut, 0);
		assert_int_equal(see(p, "u", U), PIN_SAME);
		assert_int_equal(see(p, "t", whole ? T_BETTER : T), PIN_SAME);
		assert_int_equal(
			see(p, "t", whole ? T : T_BETTER), PIN_CHANGED);
		pins_free(p);
		/* What was left over goes with the next that gets through. */
		assert_int_equal(files(false), whole ? 1 : 3);
		if (whole)
			break;
		accept_t();
		assert_int_equal(files(false), 1);
		deaths++;
	}
	assert_true(deaths > 400);
}

/* Whoever died before all that was replaced was gone. */
static void what_was_to_go_and_is_still_there_changes_nothing(void **state)
{
	int dir = folder();
	size_t cut;

	(void)state;
	for (unsigned left = 0; left < 4; left++) {
		struct pins *p;

		(void)files(true);
		assert_true(session(0, PIN_EVENT_FIRST, T, U, 1 << 20));
		assert_true(
			session(1, PIN_EVENT_WAITING, T_BETTER, NULL, 1 << 20));
		accept_t();
		if (left & 1)
			assert_true(session(0, PIN_EVENT_FIRST, T, U, 1 << 20));
		if (left & 2)
			assert_true(session(
				1, PIN_EVENT_WAITING, T_BETTER, NULL, 1 << 20));
		p = read_store(&cut);
		assert_int_equal(see(p, "t", T_BETTER), PIN_SAME);
		assert_int_equal(see(p, "t", T), PIN_CHANGED);
		assert_int_equal(see(p, "u", U), PIN_SAME);
		pins_free(p);
	}
	fd_close(&dir);
}

static void write_file(const char *text, size_t len)
{
	int dir = folder();
	int fd = openat(dir, "00000000-0000000000000000-00.pins",
		O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_int_equal(write(fd, text, len), (ssize_t)len);
	fd_close(&fd);
	fd_close(&dir);
}

static void what_is_not_merely_cut_is_refused(void **state)
{
	static const char cut[] = "stockade pins 1 profile server\nfirst tool";
	static const struct {
		const char *text;
		size_t len;
	} bad[] = {
		{"x", 1},
		{"stockade pins 2", 15},
		{"stockade pins 1 profile server\nx\n", 33},
		{"stockade pins 1 profile server\n\0\0\0\nfirst", 40},
		{"stockade pins 1 profile server\nend 00\n", 38},
	};
	char zeros[sizeof(cut) + 4096] = {0};
	struct pin_store s = {0};
	struct pins *p;
	struct err e = {0};
	size_t n;

	(void)state;
	(void)files(true);
	assert_int_equal(pin_store_find(STORE, &s, &e), 0);
	for (size_t i = 0; i < ELEMENTS(bad); i++) {
		p = pins_new(PINS_FIRST);
		write_file(bad[i].text, bad[i].len);
		assert_int_equal(pin_store_read(&s, p, &e), -EBADMSG);
		pins_free(p);
	}
	/* Blocks that were given to a file and never written. */
	memcpy(zeros, cut, sizeof(cut));
	write_file(zeros, sizeof(zeros));
	p = read_store(&n);
	assert_int_equal(n, 1);
	check_strict(p, false);
	pins_free(p);
	pin_store_deinit(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_first_session_that_dies_accepts_nothing_later),
		cmocka_unit_test(a_later_session_that_dies_changes_nothing),
		cmocka_unit_test(who_dies_while_accepting_has_accepted_nothing),
		cmocka_unit_test(
			what_was_to_go_and_is_still_there_changes_nothing),
		cmocka_unit_test(what_is_not_merely_cut_is_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
