/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program is made from its end to its start, since BPF jumps forward only:
 * what a comparison jumps to is there already, and is shared if it is the same.
 * A place is the count of instructions behind, so it never moves.
 */
#include "emit.h"

#include <endian.h>
#include <linux/audit.h>
#include <linux/seccomp.h>

/* Numbers from here on are x32's: another table, of which nothing is known. */
#define X32_BIT 0x40000000U
#define JUMP_MAX 255

#define NR_AT ((uint32_t)offsetof(struct seccomp_data, nr))
#define ARCH_AT ((uint32_t)offsetof(struct seccomp_data, arch))
#define ARG_AT(i) \
	((uint32_t)(offsetof(struct seccomp_data, args) + (size_t)8 * (i)))
#if __BYTE_ORDER == __LITTLE_ENDIAN
#define LOW 0U
#define HIGH 4U
#else
#define LOW 4U
#define HIGH 0U
#endif

static const struct node killed = {.kind = LEAF_KILL};

/* A stretch of numbers with one answer, up to the next one's first. */
struct stretch {
	uint32_t first;
	const struct node *node;
};

static size_t emit(struct program *p, struct sock_filter instruction)
{
	if (p->n == BPF_MAXINSNS) {
		p->failed = true;
		return 0;
	}
	p->code[p->n] = instruction;
	return p->n++;
}

/* Instructions between the next one and @place. */
static size_t distance(const struct program *p, size_t place)
{
	return p->n - place - 1;
}

/* A jump of a comparison, which reaches 255 instructions. */
static size_t emit_bridge(struct program *p, size_t place)
{
	/* The bridge of the other jump may still come between. */
	if (distance(p, place) < JUMP_MAX)
		return place;
	return emit(p, (struct sock_filter){.code = BPF_JMP | BPF_JA,
			       .k = (uint32_t)distance(p, place)});
}

static size_t emit_compare(struct program *p, unsigned op, uint32_t k,
	size_t if_true, size_t if_false)
{
	if_true = emit_bridge(p, if_true);
	if_false = emit_bridge(p, if_false);
	return emit(p, (struct sock_filter){.code = (uint16_t)(BPF_JMP | op),
			       .jt = (uint8_t)distance(p, if_true),
			       .jf = (uint8_t)distance(p, if_false),
			       .k = k});
}

static size_t emit_load(struct program *p, uint32_t at)
{
	return emit(p, (struct sock_filter){
			       .code = BPF_LD | BPF_W | BPF_ABS, .k = at});
}

/* Loads half of an argument, its other bits cleared. */
static size_t emit_half(struct program *p, uint32_t at, uint32_t mask)
{
	if (mask != UINT32_MAX)
		(void)emit(p,
			(struct sock_filter){
				.code = BPF_ALU | BPF_AND | BPF_K, .k = mask});
	return emit_load(p, at);
}

static uint32_t leaf_value(const struct node *n)
{
	if (n->kind == LEAF_ALLOW)
		return SECCOMP_RET_ALLOW;
	if (n->kind == LEAF_ERRNO)
		return SECCOMP_RET_ERRNO | (uint32_t)n->error;
	return SECCOMP_RET_KILL_PROCESS;
}

static bool same_answer(const struct node *a, const struct node *b)
{
	return a == b || (a->kind != QUESTION && a->kind == b->kind &&
				 a->error == b->error);
}

static size_t emit_question(struct program *p, const struct node *q);

/* Where @n is decided: there already, or made now. */
static size_t place_of(struct program *p, const struct node *n)
{
	size_t place;

	for (size_t i = p->n_known; i > 0; i--) {
		place = p->known[i - 1].place;
		/* A leaf of its own is no longer than a bridge to one. */
		if (same_answer(p->known[i - 1].node, n) &&
			(n->kind == QUESTION || distance(p, place) < JUMP_MAX))
			return place;
	}
	place = n->kind == QUESTION
			? emit_question(p, n)
			: emit(p, (struct sock_filter){.code = BPF_RET | BPF_K,
					  .k = leaf_value(n)});
	if (p->n_known < KNOWN_MAX)
		p->known[p->n_known++] = (struct known){n, place};
	return place;
}

/* The first branch is asked first, so it is made last. */
static size_t emit_question(struct program *p, const struct node *q)
{
	uint32_t low = (uint32_t)q->mask, high = (uint32_t)(q->mask >> 32);
	size_t next = place_of(p, q->otherwise);

	for (unsigned i = q->n; i > 0; i--) {
		uint64_t value = q->branch[i - 1].value;
		size_t then = place_of(p, q->branch[i - 1].then), here;

		(void)emit_compare(p, BPF_JEQ, (uint32_t)value, then, next);
		/* Else it is still there from the branch before. */
		here = high || i == 1 ? emit_half(p, ARG_AT(q->arg) + LOW, low)
				      : p->n - 1;
		if (high) {
			(void)emit_compare(p, BPF_JEQ, (uint32_t)(value >> 32),
				here, next);
			here = emit_half(p, ARG_AT(q->arg) + HIGH, high);
		}
		next = here;
	}
	return next;
}

/* With the number in the accumulator. */
static size_t emit_search(struct program *p, const struct stretch *s, size_t n)
{
	size_t half = n / 2, high, low;

	if (n == 1)
		return place_of(p, s->node);
	high = emit_search(p, s + half, n - half);
	low = emit_search(p, s, half);
	return emit_compare(p, BPF_JGE, s[half].first, high, low);
}

/* Neighbours with one answer are one stretch; their number. */
static size_t stretches(
	const struct decisions *d, struct stretch ret[NUMBERS + 3])
{
	size_t n = 0;

	for (uint32_t nr = 0; nr <= NUMBERS; nr++) {
		const struct node *node =
			nr < NUMBERS ? d->by_number[nr] : NULL;

		if (!node)
			node = d->otherwise;
		if (n == 0 || !same_answer(ret[n - 1].node, node))
			ret[n++] = (struct stretch){nr, node};
	}
	if (d->arch == AUDIT_ARCH_X86_64) {
		ret[n++] = (struct stretch){X32_BIT, &killed};
		/* What a tracer writes to skip a call. */
		ret[n++] = (struct stretch){UINT32_MAX, d->otherwise};
	}
	return n;
}

static void reverse(struct program *p)
{
	for (size_t i = 0; i < p->n / 2; i++) {
		struct sock_filter c = p->code[i];

		p->code[i] = p->code[p->n - 1 - i];
		p->code[p->n - 1 - i] = c;
	}
}

int program_make(struct program *p, const struct decisions *d)
{
	struct stretch s[NUMBERS + 3];
	size_t known, foreign;

	*p = (struct program){.n = 0};
	(void)emit_search(p, s, stretches(d, s));
	known = emit_load(p, NR_AT);
	foreign = place_of(p, &killed);
	(void)emit_compare(p, BPF_JEQ, d->arch, known, foreign);
	(void)emit_load(p, ARCH_AT);
	reverse(p);
	return p->failed ? -1 : 0;
}
