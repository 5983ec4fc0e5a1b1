/* SPDX-License-Identifier: Apache-2.0 */
/* Files of the store of pins; the test plays a relay that may be lying. */
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "base/approval.h"
#include "base/fd.h"
#include "base/pin_batch.h"
#include "base/sha256.h"
#include "keeper/pins.h"
#include "rig.h"

#define S1 "00000000000000000000000000000001"
#define NEW "{\"name\":\"t\"}"
#define SHOWN(def)                                          \
	"{\"arguments\":{\"old\":null," PIN_BATCH_SHOWN def \
	"}" APPROVAL_SHOWN_END

static char home[64];
static struct pin_folder f;

static int set_up(void **state)
{
	struct err e = {0};

	(void)state;
	home_make(home);
	pin_folder_init(&f);
	assert_int_equal(pin_folder_open(&f, "store", S1, 0, &e), 0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	pin_folder_deinit(&f);
	home_remove(home);
	return 0;
}

static int sealed(const void *bytes, size_t len)
{
	int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), (ssize_t)len);
	assert_int_equal(fcntl(fd, F_ADD_SEALS,
				 F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW),
		0);
	return fd;
}

static void yes(uint64_t question, const char *text)
{
	pin_folder_yes(&f, question, sealed(text, strlen(text)));
}

/* @n events of that kind, for the sake of @question. */
static int add(enum pin_event e, const char *json, size_t n, uint64_t question)
{
	struct buf b = BUF_INIT(PIN_BATCH_MAX);
	uint8_t hash[32];
	int fd, r;

	sha256("t", 1, hash);
	assert_int_equal(pin_batch_begin(&b, "profile", "server"), 0);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(
			pin_batch_add(&b, e, "tool", hash, json, strlen(json)),
			0);
	assert_int_equal(pin_batch_end(&b), 0);
	fd = sealed(buf_head(&b), buf_len(&b));
	r = pin_folder_add(&f, fd, question);
	fd_close(&fd);
	buf_deinit(&b);
	return r;
}

static size_t files(void)
{
	DIR *d = fdopendir(openat(f.fd, ".", O_RDONLY | O_CLOEXEC));
	const struct dirent *entry;
	size_t n = 0;

	assert_non_null(d);
	while ((entry = readdir(d)))
		n += entry->d_name[0] != '.';
	(void)closedir(d);
	return n;
}

static void what_waits_is_kept_and_nothing_is_accepted_by_it(void **state)
{
	(void)state;
	assert_int_equal(add(PIN_EVENT_FIRST, NEW, 2, 0), 0);
	assert_int_equal(add(PIN_EVENT_WAITING, NEW, 1, 0), 0);
	assert_int_equal(files(), 2);
	assert_int_equal(add(PIN_EVENT_ACCEPTED, NEW, 1, 0), -EPROTO);
	yes(7, SHOWN(NEW));
	assert_int_equal(add(PIN_EVENT_ACCEPTED, NEW, 1, 0), -EPROTO);
	assert_int_equal(files(), 2);
}

static void an_answer_accepts_what_was_shown_once(void **state)
{
	(void)state;
	yes(7, SHOWN(NEW));
	assert_int_equal(add(PIN_EVENT_ACCEPTED, NEW, 1, 7), 0);
	assert_int_equal(files(), 1);
	assert_int_equal(add(PIN_EVENT_ACCEPTED, NEW, 1, 7), -EPROTO);
	assert_int_equal(files(), 1);
}

static void it_accepts_nothing_else(void **state)
{
	static const struct {
		const char *shown, *json;
		enum pin_event e;
		size_t n;
		uint64_t question;
	} bad[] = {
		{SHOWN(NEW), "{\"name\":\"u\"}", PIN_EVENT_ACCEPTED, 1, 7},
		{SHOWN(NEW), NEW, PIN_EVENT_ACCEPTED, 1, 8},
		{SHOWN(NEW), NEW, PIN_EVENT_ACCEPTED, 2, 7},
		{SHOWN(NEW), NEW, PIN_EVENT_ACCEPTED, 0, 7},
		{SHOWN(NEW), NEW, PIN_EVENT_FIRST, 1, 7},
		/* The end of what was shown, but not all of it. */
		{SHOWN("{\"a\":" NEW), NEW, PIN_EVENT_ACCEPTED, 1, 7},
		{SHOWN("[" NEW), NEW, PIN_EVENT_ACCEPTED, 1, 7},
		/* It is not last. */
		{SHOWN(NEW) " ", NEW, PIN_EVENT_ACCEPTED, 1, 7},
		{"}" APPROVAL_SHOWN_END, NEW, PIN_EVENT_ACCEPTED, 1, 7},
		{"x", NEW, PIN_EVENT_ACCEPTED, 1, 7},
	};

	(void)state;
	for (size_t i = 0; i < ELEMENTS(bad); i++) {
		yes(7, bad[i].shown);
		assert_int_equal(
			add(bad[i].e, bad[i].json, bad[i].n, bad[i].question),
			-EPROTO);
		/* And it is spent, as far as it was asked for. */
		f.yes[(f.n_yes - 1) % PIN_ACCEPTED_MAX].question = 0;
	}
	assert_int_equal(files(), 0);
}

static void answers_that_nobody_uses_are_forgotten(void **state)
{
	(void)state;
	for (uint64_t i = 1; i <= PIN_ACCEPTED_MAX + 1; i++)
		yes(i, SHOWN(NEW));
	assert_int_equal(add(PIN_EVENT_ACCEPTED, NEW, 1, 1), -EPROTO);
	assert_int_equal(add(PIN_EVENT_ACCEPTED, NEW, 1, 2), 0);
	assert_int_equal(
		add(PIN_EVENT_ACCEPTED, NEW, 1, PIN_ACCEPTED_MAX + 1), 0);
	assert_int_equal(files(), 2);
}

static void many_files_of_a_server_leave_room_for_an_answer(void **state)
{
	(void)state;
	for (size_t i = 0; i < 100; i++)
		assert_int_equal(add(PIN_EVENT_WAITING, NEW, 1, 0), 0);
	assert_int_equal(files(), 64);
	yes(7, SHOWN(NEW));
	assert_int_equal(add(PIN_EVENT_ACCEPTED, NEW, 1, 7), 0);
	assert_int_equal(files(), 65);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			what_waits_is_kept_and_nothing_is_accepted_by_it,
			set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			an_answer_accepts_what_was_shown_once, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(
			it_accepts_nothing_else, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			answers_that_nobody_uses_are_forgotten, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(
			many_files_of_a_server_leave_room_for_an_answer, set_up,
			tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
