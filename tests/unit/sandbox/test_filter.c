/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every number on every architecture against filters.table.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <linux/filter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "bpf.h"

#define NUMBERS 1100
/* Above it the table of a newer libseccomp may know more. */
#define NUMBERS_SURE 451
#define X32 0x40000000U

/* In the order of the table's columns. */
static const enum filter_id columns[] = {FILTER_SERVER, FILTER_SERVER_NESTED,
	FILTER_SUPERVISOR, FILTER_RELAY, FILTER_KEEPER, FILTER_INIT};

static char table[NUMBERS][ELEMENTS(columns)];

static const char *table_path;

static int read_table(void **state)
{
	FILE *f = fopen(table_path, "re");
	char line[256], c[6], name[32];
	int nr, rows = 0;

	(void)state;
	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f)) {
		if (line[0] == '#')
			continue;
		if (sscanf(line, "%d %31s %c %c %c %c %c %c", &nr, name, &c[0],
			    &c[1], &c[2], &c[3], &c[4], &c[5]) != 8 ||
			nr < 0 || nr >= NUMBERS || table[nr][0])
			return -1;
		(void)memcpy(table[nr], c, sizeof(c));
		rows++;
	}
	(void)fclose(f);
	return rows > 300 ? 0 : -1;
}

static int64_t expected(char letter)
{
	switch (letter) {
	case '+':
		return ALLOWED;
	case 'P':
		return REFUSED(EPERM);
	case 'N':
		return REFUSED(ENOSYS);
	case 'A':
		return REFUSED(EACCES);
	case 'T':
		return REFUSED(ENOTTY);
	case 'K':
		return KILLED;
	}
	return -3;
}

/* Whether a build with a sanitizer lets more through on purpose. */
static bool widened(enum filter_id id)
{
#ifdef STOCKADE_INSTRUMENTED
	return !is_server(id);
#else
	(void)id;
	return false;
#endif
}

static void check_number(size_t column, uint32_t nr, int64_t got)
{
	enum filter_id id = columns[column];
	char letter = table[nr][column];

	if (!letter)
		letter = is_server(id) ? 'N' : 'K';
	if (letter == '?' || got == expected(letter))
		return;
	if (widened(id) && got == ALLOWED)
		return;
	if (nr >= NUMBERS_SURE && is_server(id) && got == REFUSED(EPERM))
		return;
	fail_msg("list %d, call %u: 0x%llx, expected %c", (int)id, nr,
		(unsigned long long)got, letter);
}

static void every_number_answers_as_the_table_says(void **state)
{
	(void)state;
	for (size_t column = 0; column < ELEMENTS(columns); column++)
		for (uint32_t nr = 0; nr < NUMBERS; nr++) {
			static const uint64_t fill[] = {
				0, UINT64_MAX, 0x5413, 0x100000000, 0x8000};

			for (size_t i = 0; i < ELEMENTS(fill); i++) {
				struct call c = {AUDIT_ARCH_X86_64, nr,
					{fill[i], fill[i], fill[i], fill[i],
						fill[i], fill[i]}};

				check_number(column, nr,
					answer(columns[column], &c));
			}
		}
}

static void foreign_architectures_are_killed(void **state)
{
	static const uint32_t foreign[] = {AUDIT_ARCH_I386, AUDIT_ARCH_ARM,
		AUDIT_ARCH_AARCH64, AUDIT_ARCH_RISCV64, AUDIT_ARCH_PPC64, 0,
		AUDIT_ARCH_X86_64 ^ 0x80000000U, UINT32_MAX};

	(void)state;
	for (size_t column = 0; column < ELEMENTS(columns); column++)
		for (size_t i = 0; i < ELEMENTS(foreign); i++)
			for (uint32_t nr = 0; nr < NUMBERS; nr++) {
				struct call c = {foreign[i], nr, {0}};

				assert_int_equal(
					answer(columns[column], &c), KILLED);
			}
}

static void x32_is_killed(void **state)
{
	(void)state;
	for (size_t column = 0; column < ELEMENTS(columns); column++)
		for (uint32_t nr = 0; nr < NUMBERS; nr++) {
			struct call c = {AUDIT_ARCH_X86_64, X32 | nr, {0}};

			assert_int_equal(answer(columns[column], &c), KILLED);
		}
}

static void numbers_below_zero_never_pass(void **state)
{
	(void)state;
	for (size_t column = 0; column < ELEMENTS(columns); column++)
		for (uint32_t nr = 1; nr < NUMBERS; nr++) {
			struct call c = {AUDIT_ARCH_X86_64, 0U - nr, {0}};
			int64_t got = answer(columns[column], &c);

			/* -1 is what a tracer writes to skip a call. */
			if (nr == 1 && is_server(columns[column]))
				assert_int_equal(got, REFUSED(ENOSYS));
			else
				assert_int_equal(got, KILLED);
		}
}

static void numbers_far_away_are_unknown(void **state)
{
	(void)state;
	for (size_t column = 0; column < ELEMENTS(columns); column++)
		for (uint32_t nr = NUMBERS; nr < X32; nr += 99991) {
			struct call c = {AUDIT_ARCH_X86_64, nr, {0}};

			assert_int_equal(answer(columns[column], &c),
				is_server(columns[column]) ? REFUSED(ENOSYS)
							   : KILLED);
		}
}

static void lists_are_there_and_fit_the_kernel(void **state)
{
	(void)state;
	for (int id = FILTER_NONE + 1; id < _FILTER_N; id++) {
		const struct filter *f = filter_get((enum filter_id)id);

		assert_non_null(f);
		assert_in_range(f->len, 10, BPF_MAXINSNS);
	}
	assert_null(filter_get(FILTER_NONE));
	assert_null(filter_get(_FILTER_N));
}

/* The interpreter itself: else all of the above could be an accident. */
static void interpreter_refuses_broken_programs(void **state)
{
	struct seccomp_data data = {.nr = 7, .args = {0x1122334455667788}};
	struct sock_filter f[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 20),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xff00ff),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x220044, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 1),
		BPF_STMT(BPF_RET | BPF_K, 2),
	};
	uint64_t code[ELEMENTS(f)];

	(void)state;
	(void)memcpy(code, f, sizeof(f));
	assert_int_equal(bpf_run(code, ELEMENTS(f), &data), 1);
	data.args[0] = 0;
	assert_int_equal(bpf_run(code, ELEMENTS(f), &data), 2);
	assert_int_equal(bpf_run(code, 2, &data), -1);
	f[0].k = 64;
	(void)memcpy(code, f, sizeof(f));
	assert_int_equal(bpf_run(code, ELEMENTS(f), &data), -1);
	f[0] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 0);
	(void)memcpy(code, f, sizeof(f));
	assert_int_equal(bpf_run(code, ELEMENTS(f), &data), -1);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_are_there_and_fit_the_kernel),
		cmocka_unit_test(every_number_answers_as_the_table_says),
		cmocka_unit_test(foreign_architectures_are_killed),
		cmocka_unit_test(x32_is_killed),
		cmocka_unit_test(numbers_below_zero_never_pass),
		cmocka_unit_test(numbers_far_away_are_unknown),
		cmocka_unit_test(interpreter_refuses_broken_programs),
	};

	if (argc < 2)
		return 2;
	table_path = argv[1];
	return cmocka_run_group_tests(tests, read_table, NULL);
}
