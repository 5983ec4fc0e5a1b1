/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The emitter of the seccomp lists: decisions made up at random, and the
 * program of each run beside a plain walk over the same decisions.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <linux/audit.h>
#include <string.h>

#include "base/cleanup.h"
#include "bpf.h"
#include "sandbox/seccomp/emit.h"

#define TABLES 60
#define NODES 48
#define ARGS 6

struct world {
	uint64_t seed;
	struct node node[NODES];
	struct decisions decisions;
	struct program program;
};

static uint64_t roll(struct world *w, uint64_t below)
{
	/* xorshift64: the same tables in every run. */
	w->seed ^= w->seed << 13;
	w->seed ^= w->seed >> 7;
	w->seed ^= w->seed << 17;
	return w->seed % below;
}

static const struct node leaves[] = {{.kind = LEAF_KILL}, {.kind = LEAF_ALLOW},
	{.kind = LEAF_ERRNO, .error = 1}, {.kind = LEAF_ERRNO, .error = 38}};

static const uint64_t masks[] = {0x1, 0xf, 0xc00, 0xffffffff, 0x80000000,
	UINT64_MAX, 0x100000001, 0xffffffff00000000};

/* A leaf, or a question that leads to nodes before it: no circles. */
static const struct node *roll_node(struct world *w, size_t before)
{
	if (before == 0 || roll(w, 3) == 0)
		return &leaves[roll(w, ELEMENTS(leaves))];
	return &w->node[roll(w, before)];
}

static void roll_question(struct world *w, size_t at)
{
	struct node *q = &w->node[at];

	*q = (struct node){
		.kind = QUESTION,
		.arg = (unsigned)roll(w, ARGS),
		.mask = masks[roll(w, ELEMENTS(masks))],
		.n = (unsigned)roll(w, BRANCHES_MAX + 1),
		.otherwise = roll_node(w, at),
	};
	for (unsigned i = 0; i < q->n; i++) {
		/* Many alike, so that the first of them has to count. */
		q->branch[i].value =
			(roll(w, 4) * 0x40000000400000ffULL + roll(w, 3)) &
			q->mask;
		q->branch[i].then = roll_node(w, at);
	}
}

static void roll_table(struct world *w, uint32_t arch)
{
	uint64_t run = 1 + roll(w, 9);
	const struct node *n = NULL;

	for (size_t i = 0; i < NODES; i++)
		roll_question(w, i);
	w->decisions = (struct decisions){
		.arch = arch,
		.otherwise = &leaves[roll(w, ELEMENTS(leaves))],
	};
	for (size_t nr = 0; nr < NUMBERS; nr++) {
		if (roll(w, run) == 0)
			n = roll(w, 4) ? roll_node(w, NODES) : NULL;
		w->decisions.by_number[nr] = n;
	}
}

/* What the decisions say, without any program. */
static int64_t walk(const struct node *n, const struct seccomp_data *call)
{
	while (n->kind == QUESTION) {
		uint64_t value = call->args[n->arg] & n->mask;
		const struct node *next = n->otherwise;

		for (unsigned i = n->n; i > 0; i--)
			if (n->branch[i - 1].value == value)
				next = n->branch[i - 1].then;
		n = next;
	}
	if (n->kind == LEAF_ALLOW)
		return SECCOMP_RET_ALLOW;
	if (n->kind == LEAF_ERRNO)
		return SECCOMP_RET_ERRNO | (uint32_t)n->error;
	return SECCOMP_RET_KILL_PROCESS;
}

static int64_t expected(
	const struct decisions *d, const struct seccomp_data *call)
{
	uint32_t nr = (uint32_t)call->nr;
	const struct node *n = nr < NUMBERS ? d->by_number[nr] : NULL;

	if (call->arch != d->arch)
		return SECCOMP_RET_KILL_PROCESS;
	if (d->arch == AUDIT_ARCH_X86_64 && nr >= 0x40000000 &&
		nr != UINT32_MAX)
		return SECCOMP_RET_KILL_PROCESS;
	return walk(n ? n : d->otherwise, call);
}

static int64_t run(const struct program *p, const struct seccomp_data *call)
{
	uint64_t code[BPF_MAXINSNS];

	memcpy(code, p->code, p->n * sizeof(*code));
	return bpf_run(code, p->n, call);
}

static void roll_args(struct world *w, struct seccomp_data *call)
{
	for (size_t i = 0; i < ARGS; i++)
		call->args[i] = roll(w, 3)
					? roll(w, 4) * 0x40000000400000ffULL +
						  roll(w, 3)
					: roll(w, UINT64_MAX);
}

/* How many of some thousand calls are answered otherwise than they should. */
static size_t differences(struct world *w)
{
	static const uint32_t far[] = {NUMBERS, 0x3fffffff, 0x40000000,
		0x40000001, 0x80000000, 0xfffffffe, UINT32_MAX};
	size_t n = 0;

	for (uint32_t i = 0; i < NUMBERS + ELEMENTS(far); i++) {
		struct seccomp_data call = {
			.nr = (int)(i < NUMBERS ? i : far[i - NUMBERS]),
			.arch = w->decisions.arch,
		};

		for (int k = 0; k < 4; k++) {
			roll_args(w, &call);
			n += run(&w->program, &call) !=
			     expected(&w->decisions, &call);
		}
	}
	return n;
}

static void programs_answer_as_their_decisions(void **state)
{
	struct world *w = *state;
	size_t longest = 0;

	for (int i = 0; i < TABLES; i++) {
		roll_table(w, i % 4 ? AUDIT_ARCH_X86_64 : AUDIT_ARCH_AARCH64);
		assert_int_equal(program_make(&w->program, &w->decisions), 0);
		assert_int_equal(differences(w), 0);
		if (w->program.n > longest)
			longest = w->program.n;
	}
	/* Far more than a comparison can jump over. */
	assert_true(longest > 1000);
}

static void another_architecture_is_killed(void **state)
{
	struct world *w = *state;
	struct seccomp_data call = {.arch = AUDIT_ARCH_I386};

	roll_table(w, AUDIT_ARCH_X86_64);
	assert_int_equal(program_make(&w->program, &w->decisions), 0);
	for (call.nr = 0; call.nr < NUMBERS; call.nr++)
		assert_int_equal(
			run(&w->program, &call), SECCOMP_RET_KILL_PROCESS);
}

/* The comparison above is worth something: damage shows. */
static void damaged_programs_are_seen(void **state)
{
	struct world *w = *state;
	size_t seen = 0;

	for (int i = 0; i < 40; i++) {
		size_t at;

		roll_table(w, AUDIT_ARCH_X86_64);
		assert_int_equal(program_make(&w->program, &w->decisions), 0);
		at = 2 + roll(w, 8); /* in the search, which all pass */
		w->program.code[at].k++;
		seen += differences(w) > 0;
	}
	assert_true(seen > 20);
}

static void what_is_too_long_is_refused(void **state)
{
	struct world *w = *state;
	struct node *many = calloc(NUMBERS, sizeof(*many));

	assert_non_null(many);
	roll_table(w, AUDIT_ARCH_X86_64);
	for (size_t i = 0; i < NUMBERS; i++) {
		many[i] = (struct node){
			.kind = QUESTION,
			.mask = UINT64_MAX,
			.n = 1,
			.branch = {{i, &leaves[1]}},
			.otherwise = &leaves[0],
		};
		w->decisions.by_number[i] = &many[i];
	}
	assert_int_equal(program_make(&w->program, &w->decisions), -1);
	free(many);
}

/* What stands between the numbers costs nothing: the length is what the kernel
 * has to translate at each start. */
static void neighbours_with_one_answer_cost_one_comparison(void **state)
{
	struct world *w = *state;

	w->decisions = (struct decisions){
		.arch = AUDIT_ARCH_AARCH64,
		.otherwise = &leaves[0],
	};
	for (size_t nr = 100; nr < 900; nr++)
		w->decisions.by_number[nr] = &leaves[1];
	assert_int_equal(program_make(&w->program, &w->decisions), 0);
	/* Two loads, the architecture, two bounds, two answers. */
	assert_int_equal(w->program.n, 7);
	assert_int_equal(differences(w), 0);
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	if (!w)
		return -1;
	w->seed = 0x9e3779b97f4a7c15;
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	free(*state);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(programs_answer_as_their_decisions),
		TEST(another_architecture_is_killed),
		TEST(damaged_programs_are_seen),
		TEST(what_is_too_long_is_refused),
		TEST(neighbours_with_one_answer_cost_one_comparison),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
