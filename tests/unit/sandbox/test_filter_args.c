/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The calls whose answer depends on their arguments, each compared with what
 * the manual promises over every value that could matter.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <sys/syscall.h>

#include "answer.h"

/* Not in the headers of Linux 6.1. */
#define NR_FCHMODAT2 452

static const enum filter_id servers[] = {FILTER_SERVER, FILTER_SERVER_NESTED};
static const enum filter_id own[] = {
	FILTER_SUPERVISOR, FILTER_RELAY, FILTER_KEEPER, FILTER_INIT};

#define EACH_SERVER(id)                                                     \
	for (size_t id##_i = 0; id##_i < ELEMENTS(servers); id##_i++)       \
		for (enum filter_id id = servers[id##_i], *id##_once = &id; \
			id##_once; id##_once = NULL)

/* Arguments @at and the next ones; the rest is rubbish that must not count. */
static int64_t ask(enum filter_id id, int nr, unsigned at, unsigned ints,
	uint64_t a, uint64_t b, uint64_t c)
{
	static const uint64_t rest[] = {0, UINT64_MAX, 0x6fff};
	int64_t first = 0;

	for (size_t i = 0; i < ELEMENTS(rest); i++) {
		uint64_t args[6];
		int64_t got;

		for (unsigned k = 0; k < 6; k++)
			args[k] = rest[i];
		args[at] = a;
		if (ints >> (at + 1) & 1)
			args[at + 1] = b;
		if (ints >> (at + 2) & 1)
			args[at + 2] = c;
		got = answer_args(id, nr, ints, args);
		if (i && got != first)
			return -3;
		first = got;
	}
	return first;
}

static void set_id_bits_in_a_mode_are_refused(void **state)
{
	static const struct {
		int nr;
		unsigned at;
	} calls[] = {{SYS_creat, 1}, {SYS_chmod, 1}, {SYS_fchmod, 1},
		{SYS_fchmodat, 2}, {NR_FCHMODAT2, 2}, {SYS_mkdir, 1},
		{SYS_mkdirat, 2}};

	(void)state;
	EACH_SERVER(id)
	for (size_t i = 0; i < ELEMENTS(calls); i++)
		for (uint64_t mode = 0; mode < 0200000; mode += 0100) {
			int64_t want = mode & 06000 ? REFUSED(EPERM) : ALLOWED;
			int64_t got = ask(id, calls[i].nr, calls[i].at,
				1U << calls[i].at, mode, 0, 0);

			/* libseccomp may be too old to know its name. */
			if (calls[i].nr == NR_FCHMODAT2 &&
				got == REFUSED(ENOSYS))
				continue;
			assert_int_equal(got, want);
		}
	for (uint64_t mode = 0; mode < 0200000; mode += 0100)
		assert_int_equal(
			ask(FILTER_KEEPER, SYS_fchmod, 1, 2, mode, 0, 0),
			mode & 06000 ? REFUSED(EPERM) : ALLOWED);
}

static void a_mode_counts_only_where_open_makes_a_file(void **state)
{
	(void)state;
	EACH_SERVER(id)
	for (unsigned pair = 0; pair < 1024; pair++)
		for (uint64_t mode = 0; mode < 010000; mode += 01000) {
			uint64_t bits = 1ULL << pair / 32 | 1ULL << pair % 32;
			/* O_CREAT 0100, __O_TMPFILE 020000000 */
			bool makes = bits & 020000100;
			int64_t want = makes && mode & 06000 ? REFUSED(EPERM)
							     : ALLOWED;

			assert_int_equal(
				ask(id, SYS_open, 1, 6, bits, mode | 0644, 0),
				want);
			assert_int_equal(ask(id, SYS_openat, 2, 12, bits,
						 mode | 0644, 0),
				want);
		}
}

static void nodes_are_files_pipes_and_sockets(void **state)
{
	(void)state;
	EACH_SERVER(id)
	for (uint64_t mode = 0; mode < 0200000; mode += 0400) {
		uint64_t type = mode & 0170000;
		bool fine = (type == 0 || type == 0100000 || type == 0010000 ||
				    type == 0140000) &&
			    !(mode & 06000);
		int64_t want = fine ? ALLOWED : REFUSED(EPERM);

		assert_int_equal(ask(id, SYS_mknod, 1, 2, mode, 0, 0), want);
		assert_int_equal(ask(id, SYS_mknodat, 2, 4, mode, 0, 0), want);
	}
}

static void typing_into_a_terminal_is_refused(void **state)
{
	(void)state;
	EACH_SERVER(id)
	for (uint64_t request = 0x5300; request < 0x5500; request++) {
		int64_t want = request == 0x5412 || request == 0x541c
				       ? REFUSED(EPERM)
				       : ALLOWED;

		assert_int_equal(ask(id, SYS_ioctl, 1, 2, request, 0, 0), want);
		/* The same low half with other upper bits is another one. */
		assert_int_equal(
			ask(id, SYS_ioctl, 1, 2, request | 0x80000000, 0, 0),
			ALLOWED);
	}
}

static void namespaces_are_refused(void **state)
{
	(void)state;
	for (unsigned bit = 0; bit < 32; bit++) {
		uint64_t flags = 1ULL << bit;
		bool namespace = flags & 0x7e020080;
		bool browser = flags & 0x70000000;

		assert_int_equal(
			ask(FILTER_SERVER, SYS_clone, 0, 1, flags, 0, 0),
			namespace ? REFUSED(EPERM) : ALLOWED);
		assert_int_equal(
			ask(FILTER_SERVER_NESTED, SYS_clone, 0, 1, flags, 0, 0),
			namespace && !browser ? REFUSED(EPERM) : ALLOWED);
		assert_int_equal(ask(FILTER_SERVER_NESTED, SYS_unshare, 0, 1,
					 flags, 0, 0),
			namespace && !browser ? REFUSED(EPERM) : ALLOWED);
		assert_int_equal(
			ask(FILTER_SERVER, SYS_unshare, 0, 1, flags, 0, 0),
			REFUSED(EPERM));
	}
}

static void namespaces_among_other_flags_are_refused(void **state)
{
	/* A thread's flags, a vfork's, a fork's with its signal. */
	static const uint64_t usual[] = {0x3d0f00, 0x4111, 0x1200011, 17};

	(void)state;
	for (size_t i = 0; i < ELEMENTS(usual); i++) {
		EACH_SERVER(id)
		{
			assert_int_equal(
				ask(id, SYS_clone, 0, 1, usual[i], 0, 0),
				ALLOWED);
			assert_int_equal(ask(id, SYS_clone, 0, 1,
						 usual[i] | 0x20000, 0, 0),
				REFUSED(EPERM));
			assert_int_equal(
				ask(id, SYS_clone, 0, 1, usual[i] | 0x80, 0, 0),
				REFUSED(EPERM));
		}
		assert_int_equal(ask(FILTER_SERVER, SYS_clone, 0, 1,
					 usual[i] | 0x10000000, 0, 0),
			REFUSED(EPERM));
		assert_int_equal(ask(FILTER_SERVER_NESTED, SYS_clone, 0, 1,
					 usual[i] | 0x70000000, 0, 0),
			ALLOWED);
	}
}

static void running_a_memfd_is_refused(void **state)
{
	(void)state;
	EACH_SERVER(id)
	for (unsigned bit = 0; bit < 32; bit++) {
		uint64_t flags = 1ULL << bit;

		assert_int_equal(ask(id, SYS_execveat, 4, 16, flags, 0, 0),
			flags == 0x1000 ? REFUSED(EPERM) : ALLOWED);
		assert_int_equal(
			ask(id, SYS_execveat, 4, 16, flags | 0x1000, 0, 0),
			REFUSED(EPERM));
		assert_int_equal(ask(id, SYS_memfd_create, 1, 2, flags, 0, 0),
			flags == 0x10 ? REFUSED(EPERM) : ALLOWED);
		assert_int_equal(
			ask(id, SYS_memfd_create, 1, 2, flags | 0x10, 0, 0),
			REFUSED(EPERM));
	}
}

static int64_t socket_wanted(uint64_t family, uint64_t type, uint64_t protocol)
{
	if (family == 1)
		return ALLOWED;
	if (family == 16)
		return protocol == 0 ? ALLOWED : REFUSED(EPROTONOSUPPORT);
	if (family != 2 && family != 10)
		return REFUSED(EAFNOSUPPORT);
	if ((type & 0xf) != 1 && (type & 0xf) != 2)
		return REFUSED(EPROTONOSUPPORT);
	return protocol == 0 || protocol == 6 || protocol == 17
		       ? ALLOWED
		       : REFUSED(EPROTONOSUPPORT);
}

static void check_socket(uint64_t family, uint64_t type, uint64_t protocol)
{
	EACH_SERVER(id)
	{
		int64_t want = socket_wanted(family, type, protocol);
		int64_t got = ask(id, SYS_socket, 0, 7, family, type, protocol);

		if (got != want)
			fail_msg("socket(%llx, %llx, %llx): 0x%llx",
				(unsigned long long)family,
				(unsigned long long)type,
				(unsigned long long)protocol,
				(unsigned long long)got);
	}
}

static void sockets_are_of_the_known_families(void **state)
{
	/* SOCK_NONBLOCK, SOCK_CLOEXEC, and a bit that is no flag. */
	static const uint64_t flags[] = {0, 04000, 02000000, 02004000, 0x10};

	(void)state;
	for (uint64_t family = 0; family < 64; family++)
		for (uint64_t type = 0; type < 16; type++)
			for (uint64_t protocol = 0; protocol < 264;
				protocol += protocol < 20 ? 1 : 61)
				check_socket(family, type | flags[protocol % 5],
					protocol);
	for (unsigned bit = 0; bit < 32; bit++) {
		check_socket(1ULL << bit, 1, 0);
		check_socket(1ULL << bit | 2, 1, 0);
		check_socket(2, 1, 1ULL << bit);
		check_socket(2, 1, 1ULL << bit | 6);
		check_socket(10, 2, 1ULL << bit | 17);
		check_socket(16, 3, 1ULL << bit);
	}
}

static void socket_pairs_are_unix(void **state)
{
	(void)state;
	EACH_SERVER(id)
	{
		for (uint64_t family = 0; family < 64; family++)
			assert_int_equal(
				ask(id, SYS_socketpair, 0, 1, family, 0, 0),
				family == 1 ? ALLOWED : REFUSED(EAFNOSUPPORT));
		for (unsigned bit = 0; bit < 32; bit++)
			assert_int_equal(ask(id, SYS_socketpair, 0, 1,
						 1ULL << bit | 1, 0, 0),
				bit == 0 ? ALLOWED : REFUSED(EAFNOSUPPORT));
	}
}

#ifndef STOCKADE_INSTRUMENTED
static void our_own_memory_is_never_executable(void **state)
{
	static const int calls[] = {SYS_mmap, SYS_mprotect};

	(void)state;
	for (size_t f = 0; f < ELEMENTS(own); f++)
		for (size_t i = 0; i < ELEMENTS(calls); i++)
			for (unsigned bit = 0; bit < 32; bit++)
				assert_int_equal(ask(own[f], calls[i], 2, 4,
							 1ULL << bit, 0, 0),
					bit == 2 ? KILLED : ALLOWED);
}

static void our_own_sends_name_no_address(void **state)
{
	(void)state;
	for (size_t f = 0; f < ELEMENTS(own); f++) {
		assert_int_equal(
			ask(own[f], SYS_sendto, 4, 0, 0, 0, 0), ALLOWED);
		for (unsigned bit = 0; bit < 64; bit++)
			assert_int_equal(ask(own[f], SYS_sendto, 4, 0,
						 1ULL << bit, 0, 0),
				KILLED);
	}
}

static bool opens_files(enum filter_id id)
{
	return id == FILTER_SUPERVISOR || id == FILTER_INIT;
}

static void our_own_opens_only_read(void **state)
{
	(void)state;
	for (size_t f = 0; f < ELEMENTS(own); f++)
		for (unsigned bit = 0; bit < 32; bit++) {
			/* accmode, O_CREAT, O_TRUNC, __O_TMPFILE */
			bool writes =
				(1U << bit) & (3 | 0100 | 01000 | 020000000);
			int64_t want = writes ? KILLED : ALLOWED;

			if (!opens_files(own[f]))
				want = REFUSED(EACCES);
			assert_int_equal(ask(own[f], SYS_openat, 2, 4,
						 1ULL << bit, 0, 0),
				want);
		}
}

/* 0302 0400000 02000000: O_WRONLY O_CREAT O_EXCL O_NOFOLLOW O_CLOEXEC */
static void the_keeper_makes_nothing_but_new_files_of_its_own(void **state)
{
	const uint64_t flags = 01 | 0100 | 0200 | 0400000 | 02000000;

	(void)state;
	assert_int_equal(
		ask(FILTER_KEEPER, SYS_openat, 2, 12, flags, 0600, 0), ALLOWED);
	for (unsigned bit = 0; bit < 32; bit++)
		assert_int_equal(ask(FILTER_KEEPER, SYS_openat, 2, 12,
					 flags ^ 1ULL << bit, 0600, 0),
			REFUSED(EACCES));
	for (uint64_t mode = 0; mode < 010000; mode++)
		assert_int_equal(
			ask(FILTER_KEEPER, SYS_openat, 2, 12, flags, mode, 0),
			mode == 0600 ? ALLOWED : REFUSED(EACCES));
	assert_int_equal(ask(FILTER_RELAY, SYS_openat, 2, 12, flags, 0600, 0),
		REFUSED(EACCES));
}

/* O_NONBLOCK O_NOFOLLOW O_CLOEXEC, and nothing that writes */
static void the_keeper_reads_in_one_way_alone(void **state)
{
	const uint64_t flags = 04000 | 0400000 | 02000000;

	(void)state;
	assert_int_equal(
		ask(FILTER_KEEPER, SYS_openat, 2, 12, flags, 0, 0), ALLOWED);
	for (unsigned bit = 0; bit < 32; bit++)
		assert_int_equal(ask(FILTER_KEEPER, SYS_openat, 2, 12,
					 flags ^ 1ULL << bit, 0, 0),
			REFUSED(EACCES));
	assert_int_equal(ask(FILTER_RELAY, SYS_openat, 2, 12, flags, 0, 0),
		REFUSED(EACCES));
}

static void the_keeper_sets_no_set_id_bit(void **state)
{
	(void)state;
	for (uint64_t mode = 0; mode < 010000; mode += 0200)
		assert_int_equal(
			ask(FILTER_KEEPER, SYS_fchmod, 1, 2, mode, 0, 0),
			mode & 06000 ? REFUSED(EPERM) : ALLOWED);
}

static void our_own_descriptors_get_no_owner(void **state)
{
	(void)state;
	for (size_t f = 0; f < ELEMENTS(own); f++)
		for (uint64_t command = 0; command < 2048; command++) {
			bool fine = (command >= 1 && command <= 4) ||
				    (command >= 1030 && command <= 1034);
			bool lock = command == 6 || command == 37;

			fine |= lock && own[f] == FILTER_KEEPER;
			assert_int_equal(
				ask(own[f], SYS_fcntl, 1, 2, command, 0, 0),
				fine ? ALLOWED : KILLED);
		}
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(set_id_bits_in_a_mode_are_refused),
		cmocka_unit_test(a_mode_counts_only_where_open_makes_a_file),
		cmocka_unit_test(nodes_are_files_pipes_and_sockets),
		cmocka_unit_test(typing_into_a_terminal_is_refused),
		cmocka_unit_test(namespaces_are_refused),
		cmocka_unit_test(namespaces_among_other_flags_are_refused),
		cmocka_unit_test(running_a_memfd_is_refused),
		cmocka_unit_test(sockets_are_of_the_known_families),
		cmocka_unit_test(socket_pairs_are_unix),
#ifndef STOCKADE_INSTRUMENTED
		cmocka_unit_test(our_own_memory_is_never_executable),
		cmocka_unit_test(our_own_sends_name_no_address),
		cmocka_unit_test(our_own_opens_only_read),
		cmocka_unit_test(our_own_descriptors_get_no_owner),
		cmocka_unit_test(
			the_keeper_makes_nothing_but_new_files_of_its_own),
		cmocka_unit_test(the_keeper_reads_in_one_way_alone),
		cmocka_unit_test(the_keeper_sets_no_set_id_bit),
#endif
	};

	(void)own;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
