/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An answer and the log: what does not stand there did not count, and what did
 * not count does not stand there.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/fd.h"
#include "deskrig.h"
#include "rig.h"

static bool is_logged(const char *what)
{
	char name[64];
	size_t len;
	_free_ char *text = NULL;

	audit_name(S1, name);
	text = audit_text(name, &len);
	return memmem(text, len, what, strlen(what)) != NULL;
}

static void an_answer_stands_in_the_log_once_it_counts(void **state)
{
	int fd;

	(void)state;
	ask(7);
	fd = attach(CHANNEL_TERMINAL);
	answer(fd, 7, APPROVAL_ONCE);
	assert_false(is_logged("approval.answered"));
	assert_int_equal(delivered(7), 0);
	found(PEER_FINE);
	assert_true(is_logged("approval.answered"));
	assert_int_equal(delivered(7), APPROVAL_ONCE);
	assert_int_equal(f.heard.m.text, 2);
	assert_int_equal(status(fd), ANSWER_TAKEN);
	turn();
	assert_int_equal(delivered(7), 0);
	fd_close(&fd);
}

static void what_the_log_does_not_take_does_not_count(void **state)
{
	int fd;

	(void)state;
	ask(7);
	fd = attach(CHANNEL_TERMINAL);
	/* All room is the relay's. */
	f.k->credit = UINT32_MAX;
	answer(fd, 7, APPROVAL_SESSION);
	found(PEER_FINE);
	assert_int_equal(status(fd), ANSWER_UNRECORDED);
	assert_int_equal(delivered(7), 0);
	/* The question is still there, for when there is room. */
	f.k->credit = 0;
	answer(fd, 7, APPROVAL_SESSION);
	found(PEER_FINE);
	assert_int_equal(status(fd), ANSWER_TAKEN);
	assert_int_equal(delivered(7), APPROVAL_SESSION);
	fd_close(&fd);
}

/* How often @what is in the log, each line of which follows the one before. */
static unsigned times_logged(const char *what)
{
	char name[64];
	size_t len, text_len;
	_free_ char *text = NULL;
	uint8_t hash[CHAIN_HASH], stands[CHAIN_HASH];
	struct chain c;
	unsigned n = 0;

	audit_name(S1, name);
	text = audit_text(name, &len);
	chain_init(&c, S1);
	for (char *p = text, *end; p < text + len; p = end + 1) {
		end = memchr(p, '\n', (size_t)(text + len - p));
		assert_non_null(end);
		assert_true(
			chain_split(p, (size_t)(end - p), &text_len, stands));
		chain_hash(c.head, p, text_len, hash);
		assert_memory_equal(hash, stands, CHAIN_HASH);
		memcpy(c.head, hash, CHAIN_HASH);
		n += memmem(p, text_len, what, strlen(what)) != NULL;
	}
	return n;
}

/* The relay asks again before it has heard: that is no question any more, with
 * or without what is shown of it, and no reason to hear it no more. */
static void what_was_answered_is_not_asked_again(void **state)
{
	int fd;

	(void)state;
	ask(7);
	fd = attach(CHANNEL_TERMINAL);
	answer(fd, 7, APPROVAL_ONCE);
	found(PEER_FINE);
	ask(7);
	ask_with(7, -1);
	assert_null(desk_find(f.k->desk, 7));
	assert_int_equal(delivered(7), APPROVAL_ONCE);
	assert_int_equal(status(fd), ANSWER_TAKEN);
	answer(fd, 7, APPROVAL_DENY);
	found(PEER_FINE);
	assert_int_equal(status(fd), ANSWER_LATE);
	assert_int_equal(delivered(7), 0);
	assert_int_equal(times_logged("approval.answered"), 1);
	ask(8);
	assert_non_null(desk_find(f.k->desk, 8));
	fd_close(&fd);
}

/* A question about the session itself takes yes or no, and no more. */
static void what_belongs_to_no_call_is_answered_once_or_denied(void **state)
{
	static const enum approval_answer wrong[] = {
		APPROVAL_SESSION, APPROVAL_ALWAYS};
	int fd;

	(void)state;
	ask(7);
	desk_find(f.k->desk, 7)->kind = APPROVAL_SESSION_GOES_ON;
	fd = attach(CHANNEL_TERMINAL);
	for (size_t i = 0; i < ELEMENTS(wrong); i++) {
		answer(fd, 7, wrong[i]);
		found(PEER_FINE);
		assert_int_equal(status(fd), ANSWER_NOT_OFFERED);
		assert_int_equal(delivered(7), 0);
	}
	assert_int_equal(times_logged("self_approval"), 0);
	answer(fd, 7, APPROVAL_ONCE);
	found(PEER_FINE);
	assert_int_equal(status(fd), ANSWER_TAKEN);
	assert_int_equal(delivered(7), APPROVAL_ONCE);
	assert_int_equal(times_logged("\"kind\":\"session\""), 1);
	assert_int_equal(times_logged("\"scope\""), 0);
	fd_close(&fd);
}

/* As if it had never been: the log has the answer that counted, and it alone.
 */
static void is_taken_and_logged_once(int fd)
{
	answer(fd, 7, APPROVAL_DENY);
	found(PEER_FINE);
	assert_int_equal(status(fd), ANSWER_TAKEN);
	assert_int_equal(delivered(7), APPROVAL_DENY);
	assert_int_equal(times_logged("\"approval.answered\""), 1);
	assert_int_equal(times_logged("\"deny\""), 1);
}

static void a_file_that_cannot_be_written_counts_nothing(void **state)
{
	_close_ int good = -1;
	int fd;

	(void)state;
	ask(7);
	fd = attach(CHANNEL_TERMINAL);
	good = f.k->file.fd;
	f.k->file.fd = open("/dev/full", O_RDONLY | O_CLOEXEC);
	answer(fd, 7, APPROVAL_ONCE);
	found(PEER_FINE);
	assert_int_equal(status(fd), ANSWER_UNRECORDED);
	assert_int_equal(delivered(7), 0);
	fd_close(&f.k->file.fd);
	f.k->file.fd = take_fd(&good);
	is_taken_and_logged_once(fd);
	fd_close(&fd);
}

/* The file takes @bytes more, and then nothing. */
static void limit_file(uint64_t bytes)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes == RLIM_INFINITY ? limit.rlim_max
						: f.k->file.written + bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void half_a_line_is_taken_back(void **state)
{
	struct stat st;
	uint64_t before;
	int fd;

	(void)state;
	ask(7);
	fd = attach(CHANNEL_TERMINAL);
	turn();
	before = f.k->file.written;
	limit_file(100);
	answer(fd, 7, APPROVAL_ONCE);
	found(PEER_FINE);
	limit_file(RLIM_INFINITY);
	assert_int_equal(status(fd), ANSWER_UNRECORDED);
	assert_int_equal(delivered(7), 0);
	assert_int_equal(f.k->file.written, before);
	assert_int_equal(fstat(f.k->file.fd, &st), 0);
	assert_int_equal(st.st_size, before + 100);
	/* Nothing of it is left where nothing comes after it either. */
	audit_file_trim(&f.k->file);
	assert_int_equal(audit_file_reserve(&f.k->file, 1 << 18), 0);
	assert_int_equal(fstat(f.k->file.fd, &st), 0);
	assert_int_equal(st.st_size, before);
	is_taken_and_logged_once(fd);
	fd_close(&fd);
}

static void what_the_relay_does_not_read_comes_later_and_once(void **state)
{
	int fd;

	(void)state;
	ask(7);
	fd = attach(CHANNEL_TERMINAL);
	fill_relay();
	answer(fd, 7, APPROVAL_ONCE);
	found(PEER_FINE);
	assert_int_equal(status(fd), ANSWER_TAKEN);
	assert_int_equal(delivered(7), 0);
	/* Nor does anybody else answer it meanwhile. */
	answer(fd, 7, APPROVAL_SESSION);
	found(PEER_FINE);
	assert_int_equal(status(fd), ANSWER_LATE);
	turn();
	assert_int_equal(delivered(7), APPROVAL_ONCE);
	turn();
	assert_int_equal(delivered(7), 0);
	answer(fd, 7, APPROVAL_SESSION);
	found(PEER_FINE);
	assert_int_equal(status(fd), ANSWER_LATE);
	fd_close(&fd);
}

int main(void)
{
#define T(t) cmocka_unit_test_setup_teardown(t, desk_set_up, desk_tear_down)
	const struct CMUnitTest tests[] = {
		T(an_answer_stands_in_the_log_once_it_counts),
		T(what_was_answered_is_not_asked_again),
		T(what_belongs_to_no_call_is_answered_once_or_denied),
		T(what_the_log_does_not_take_does_not_count),
		T(a_file_that_cannot_be_written_counts_nothing),
		T(half_a_line_is_taken_back),
		T(what_the_relay_does_not_read_comes_later_and_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
