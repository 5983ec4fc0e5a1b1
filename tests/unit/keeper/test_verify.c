/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "copy.h"
#include "rig.h"

#define S1 "00000000000000000000000000000001"
#define S2 "abcdef00000000000000000000000002"
#define S3 "abcdef00000000000000000000000003"

static char home[64];
static struct copy copy;

/* Two sessions that ended as they should. */
static int two_sessions(void **state)
{
	(void)state;
	home_make(home);
	rig_session(S1, 2);
	rig_session(S2, 1);
	copy_make(&copy);
	return 0;
}

static int clean_up(void **state)
{
	(void)state;
	copy_remove(&copy);
	home_remove(home);
	return 0;
}

static void an_untouched_log_is_intact(void **state)
{
	struct said said = copy_verify(&copy);

	(void)state;
	assert_int_equal(said.findings, 0);
	assert_int_equal(said.states[AUDIT_INTACT], 2);
	assert_int_equal(said.fragments, 0);
}

static size_t line_of(const struct copy_file *f, size_t at)
{
	size_t line = 1;

	for (size_t i = 0; i < at; i++)
		line += f->bytes[i] == '\n';
	return line;
}

/* Each bit pattern that turns one character into another plausible one. */
static const char flips[] = {1, 0x20, (char)0x80};

static void flip_each(const char *part, bool ledger)
{
	struct copy_file *f = copy_find(&copy, part);
	_free_ char *bytes = malloc(f->len);

	assert_non_null(bytes);
	for (size_t at = 0; at < f->len; at++)
		for (size_t i = 0; i < sizeof(flips); i++) {
			size_t line = line_of(f, at);
			struct said said;

			memcpy(bytes, f->bytes, f->len);
			bytes[at] = (char)(bytes[at] ^ flips[i]);
			copy_write(&copy, f, bytes, f->len);
			said = copy_verify(&copy);
			if (said.findings == 0)
				fail_msg("%s: byte %zu ^ %d is not found", part,
					at, flips[i]);
			/* The last newline of the ledger turned into something
			 * else is half a line, and the session's end gone. */
			if (ledger && !said.in_ledger && at + 1 == f->len)
				continue;
			assert_int_equal(said.in_ledger, ledger);
			if (said.first.line)
				assert_int_equal(said.first.line, line);
			else
				assert_int_equal(said.first.seq + 1, line);
		}
	copy_restore(&copy, f);
}

static void each_changed_byte_of_a_session_is_found_and_named(void **state)
{
	(void)state;
	flip_each(S1, false);
}

static void each_changed_byte_of_the_ledger_is_found_and_named(void **state)
{
	(void)state;
	flip_each("ledger", true);
}

static void cut_each(const char *part)
{
	struct copy_file *f = copy_find(&copy, part);

	for (size_t len = 0; len < f->len; len++) {
		struct said said;

		copy_write(&copy, f, f->bytes, len);
		said = copy_verify(&copy);
		if (said.findings == 0)
			fail_msg("%s: cut to %zu is not found", part, len);
	}
	copy_restore(&copy, f);
}

static void each_cut_of_a_session_is_found(void **state)
{
	(void)state;
	cut_each(S1);
}

static void each_cut_of_the_ledger_is_found(void **state)
{
	(void)state;
	cut_each("ledger");
}

#define LINES_MAX 16

struct lines {
	const char *text[LINES_MAX];
	size_t len[LINES_MAX], n; /* with newline */
};

static void lines_of(const struct copy_file *f, struct lines *ret)
{
	const char *p = f->bytes, *end = f->bytes + f->len;

	ret->n = 0;
	while (p < end) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));

		assert_non_null(newline);
		assert_true(ret->n < LINES_MAX);
		ret->text[ret->n] = p;
		ret->len[ret->n++] = (size_t)(newline - p) + 1;
		p = newline + 1;
	}
}

/* Writes the lines in the order given, by number, up to -1. */
static struct said arrange(
	const struct copy_file *f, const struct lines *l, const int *order)
{
	_free_ char *bytes = malloc(2 * f->len);
	size_t len = 0;

	assert_non_null(bytes);
	for (; *order >= 0; order++) {
		memcpy(bytes + len, l->text[*order], l->len[*order]);
		len += l->len[*order];
	}
	copy_write(&copy, f, bytes, len);
	return copy_verify(&copy);
}

static void order_init(int order[LINES_MAX + 2], size_t n)
{
	for (size_t i = 0; i < n; i++)
		order[i] = (int)i;
	order[n] = -1;
}

static void each_line_taken_out_is_named(void **state)
{
	static const char *const parts[] = {S1, "ledger"};

	(void)state;
	for (size_t p = 0; p < ELEMENTS(parts); p++) {
		struct copy_file *f = copy_find(&copy, parts[p]);
		int order[LINES_MAX + 2];
		struct lines l;

		lines_of(f, &l);
		for (size_t i = 0; i < l.n; i++) {
			struct said said;

			order_init(order, l.n);
			memmove(order + i, order + i + 1,
				(l.n - i) * sizeof(*order));
			said = arrange(f, &l, order);
			assert_true(said.findings > 0);
			/* The ledger's last line leaves no gap in it. */
			if (p == 1 && i + 1 == l.n) {
				assert_int_equal(
					said.kinds[FINDING_END_UNLISTED], 1);
				continue;
			}
			assert_int_equal(said.first.kind,
				i + 1 == l.n ? FINDING_CUT : FINDING_MISSING);
			assert_int_equal(said.first.seq, i);
		}
		copy_restore(&copy, f);
	}
}

static void each_repeated_line_is_named(void **state)
{
	static const char *const parts[] = {S1, "ledger"};

	(void)state;
	for (size_t p = 0; p < ELEMENTS(parts); p++) {
		struct copy_file *f = copy_find(&copy, parts[p]);
		int order[LINES_MAX + 2];
		struct lines l;

		lines_of(f, &l);
		for (size_t i = 0; i < l.n; i++) {
			struct said said;

			order_init(order, l.n);
			memmove(order + i + 1, order + i,
				(l.n - i + 1) * sizeof(*order));
			said = arrange(f, &l, order);
			assert_int_equal(said.findings, 1);
			assert_int_equal(said.first.kind, FINDING_INSERTED);
			assert_int_equal(said.first.line, i + 2);
		}
		copy_restore(&copy, f);
	}
}

static void lines_that_changed_places_are_named(void **state)
{
	static const char *const parts[] = {S1, "ledger"};

	(void)state;
	for (size_t p = 0; p < ELEMENTS(parts); p++) {
		struct copy_file *f = copy_find(&copy, parts[p]);
		int order[LINES_MAX + 2];
		struct lines l;

		lines_of(f, &l);
		for (size_t i = 0; i + 1 < l.n; i++) {
			struct said said;

			order_init(order, l.n);
			order[i] = (int)i + 1;
			order[i + 1] = (int)i;
			said = arrange(f, &l, order);
			assert_true(said.findings > 0);
			assert_true(said.first.line >= i + 1 &&
				    said.first.line <= i + 2);
		}
		copy_restore(&copy, f);
	}
}

/* A line that somebody made up, with a hash that even fits. */
static void a_line_put_in_is_named(void **state)
{
	struct copy_file *f = copy_find(&copy, S1);
	_buf_ struct buf out = BUF_INIT(1 << 16);
	struct chain chain;
	struct lines l;
	struct said said;
	size_t start;

	(void)state;
	lines_of(f, &l);
	chain_init(&chain, S1);
	assert_true(chain_split(l.text[0], l.len[0] - 1, &start, chain.head));
	assert_int_equal(buf_append(&out, l.text[0], l.len[0]), 0);
	start = buf_len(&out);
	assert_int_equal(buf_printf(&out, "{\"v\":1,\"seq\":1,\"session\":\"" S1
					  "\",\"type\":\"call\""),
		0);
	assert_int_equal(chain_seal(&chain, &out, start), 0);
	for (size_t i = 1; i < l.n; i++)
		assert_int_equal(buf_append(&out, l.text[i], l.len[i]), 0);
	copy_write(&copy, f, (const char *)buf_head(&out), buf_len(&out));
	said = copy_verify(&copy);
	assert_true(said.findings > 0);
	assert_true(said.first.line == 2 || said.first.line == 3);
	copy_restore(&copy, f);
}

/* The whole file computed anew, one argument count other than it was: only the
 * ledger can tell. */
static void a_file_written_anew_is_not_the_ledgers(void **state)
{
	struct copy_file *f = copy_find(&copy, S1);
	_buf_ struct buf out = BUF_INIT(1 << 16);
	struct chain chain;
	struct lines l;
	struct said said;

	(void)state;
	lines_of(f, &l);
	chain_init(&chain, S1);
	for (size_t i = 0; i < l.n; i++) {
		size_t start = buf_len(&out);
		char *digit;

		assert_int_equal(
			buf_append(&out, l.text[i], l.len[i] - CHAIN_SEAL_MAX),
			0);
		digit = memmem(buf_head(&out) + start, buf_len(&out) - start,
			"\"args_bytes\":17", 15);
		if (digit)
			digit[14] = '8';
		assert_int_equal(chain_seal(&chain, &out, start), 0);
	}
	copy_write(&copy, f, (const char *)buf_head(&out), buf_len(&out));
	said = copy_verify(&copy);
	assert_int_equal(said.findings, 1);
	assert_int_equal(said.first.kind, FINDING_REPLACED);
	copy_restore(&copy, f);
}

static void a_session_without_its_file_is_missing(void **state)
{
	struct copy_file *f = copy_find(&copy, S1);
	struct said said;

	(void)state;
	copy_unlink(&copy, f);
	said = copy_verify(&copy);
	assert_int_equal(said.states[AUDIT_MISSING], 1);
	assert_int_equal(said.first.kind, FINDING_NO_FILE);
	copy_restore(&copy, f);
}

static void a_session_in_anothers_place_is_found(void **state)
{
	struct copy_file *one = copy_find(&copy, S1);
	struct copy_file *two = copy_find(&copy, S2);
	struct said said;

	(void)state;
	copy_write(&copy, one, two->bytes, two->len);
	said = copy_verify(&copy);
	assert_true(said.findings > 0);
	assert_int_equal(said.states[AUDIT_TAMPERED], 1);
	copy_restore(&copy, one);
}

static void a_complete_session_of_no_ledger_line_is_found(void **state)
{
	struct copy_file *f = copy_find(&copy, S1), other = *f;
	struct said said;

	(void)state;
	memcpy(strstr(other.name, S1), S3, sizeof(S3) - 1);
	copy_write(&copy, &other, f->bytes, f->len);
	said = copy_verify(&copy);
	assert_true(said.kinds[FINDING_NOT_LISTED] == 1);
	copy_unlink(&copy, &other);
}

/* A session of which the test decides the end. */
static struct rig begin(const char *session, unsigned calls)
{
	struct rig r = {.cgroup_fd = -1};

	assert_true(rig_start(&r, session));
	for (unsigned i = 0; i < calls; i++)
		assert_true(rig_call(&r, "read_file"));
	return r;
}

static void a_running_session_is_running(void **state)
{
	struct rig r;
	char other[64];
	struct copy live = {.dir = -1};
	struct said said;

	(void)state;
	home_make(other);
	r = begin(S3, 3);
	live.dir = audit_open();
	said = copy_verify(&live);
	assert_int_equal(said.findings, 0);
	assert_int_equal(said.states[AUDIT_RUNNING], 1);
	assert_int_equal(rig_end(&r), 0);
	assert_int_equal(rig_wait(&r), 0);
	said = copy_verify(&live);
	assert_int_equal(said.findings, 0);
	assert_int_equal(said.states[AUDIT_INTACT], 1);
	(void)close(live.dir);
	home_remove(other);
}

static void a_killed_session_is_cut_short_and_not_tampered(void **state)
{
	struct rig r;
	char other[64];
	struct copy cut;
	struct copy_file *f;
	struct said said;

	(void)state;
	home_make(other);
	r = begin(S3, 3);
	assert_int_equal(kill(r.pid, SIGKILL), 0);
	assert_int_equal(rig_wait(&r), -SIGKILL);
	/* The next one goes on after it. */
	rig_session(S2, 1);
	copy_make(&cut);
	said = copy_verify(&cut);
	assert_int_equal(said.findings, 0);
	assert_int_equal(said.states[AUDIT_CUT_SHORT], 1);
	assert_int_equal(said.states[AUDIT_INTACT], 1);
	/* In the middle of a record, too. */
	f = copy_find(&cut, S3);
	copy_write(&cut, f, f->bytes, f->len - 7);
	said = copy_verify(&cut);
	/* A line that the ledger counted is never given up for lost. */
	if (memchr(f->bytes, '\n', f->len - 1))
		assert_int_equal(said.states[AUDIT_CUT_SHORT], 1);
	else
		assert_int_equal(said.states[AUDIT_TAMPERED], 1);
	copy_remove(&cut);
	home_remove(other);
}

static void half_a_ledger_line_is_mended_and_told(void **state)
{
	struct copy_file *ledger;
	char other[64];
	struct copy mended;
	struct said said;
	_close_ int dir = -1;

	(void)state;
	home_make(other);
	rig_session(S1, 1);
	dir = audit_open();
	{
		_close_ int fd =
			openat(dir, "ledger.jsonl", O_WRONLY | O_APPEND);

		assert_true(fd >= 0);
		assert_int_equal(write(fd, "{\"v\":1,\"seq\":2,\"ti", 18), 18);
	}
	rig_session(S2, 1);
	copy_make(&mended);
	said = copy_verify(&mended);
	assert_int_equal(said.findings, 0);
	assert_int_equal(said.fragments, 1);
	assert_int_equal(said.states[AUDIT_INTACT], 2);
	/* What the crash left is as safe as all else. */
	ledger = copy_find(&mended, "ledger");
	for (size_t at = 0; at < ledger->len; at++) {
		ledger->bytes[at] ^= 1;
		copy_restore(&mended, ledger);
		said = copy_verify(&mended);
		if (said.findings == 0)
			fail_msg("byte %zu is not found", at);
		ledger->bytes[at] ^= 1;
	}
	copy_remove(&mended);
	home_remove(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_untouched_log_is_intact),
		cmocka_unit_test(
			each_changed_byte_of_a_session_is_found_and_named),
		cmocka_unit_test(
			each_changed_byte_of_the_ledger_is_found_and_named),
		cmocka_unit_test(each_cut_of_a_session_is_found),
		cmocka_unit_test(each_cut_of_the_ledger_is_found),
		cmocka_unit_test(each_line_taken_out_is_named),
		cmocka_unit_test(each_repeated_line_is_named),
		cmocka_unit_test(lines_that_changed_places_are_named),
		cmocka_unit_test(a_line_put_in_is_named),
		cmocka_unit_test(a_file_written_anew_is_not_the_ledgers),
		cmocka_unit_test(a_session_without_its_file_is_missing),
		cmocka_unit_test(a_session_in_anothers_place_is_found),
		cmocka_unit_test(a_complete_session_of_no_ledger_line_is_found),
		cmocka_unit_test(a_running_session_is_running),
		cmocka_unit_test(
			a_killed_session_is_cut_short_and_not_tampered),
		cmocka_unit_test(half_a_ledger_line_is_mended_and_told),
	};

	return cmocka_run_group_tests(tests, two_sessions, clean_up);
}
