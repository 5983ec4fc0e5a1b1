/* SPDX-License-Identifier: Apache-2.0 */
#include "bpf.h"

#include <linux/filter.h>
#include <stdbool.h>
#include <string.h>

struct machine {
	uint32_t a, x;
	uint32_t mem[BPF_MEMWORDS];
	bool failed;
};

static uint32_t load(struct machine *m, const struct sock_filter *f,
	const struct seccomp_data *data)
{
	uint32_t word = 0;

	switch (f->code) {
	case BPF_LD | BPF_W | BPF_ABS:
		/* seccomp takes aligned words of its own structure only. */
		if (f->k % 4 || f->k > sizeof(*data) - 4) {
			m->failed = true;
			return 0;
		}
		(void)memcpy(&word, (const char *)data + f->k, sizeof(word));
		return word;
	case BPF_LD | BPF_IMM:
	case BPF_LDX | BPF_IMM:
		return f->k;
	case BPF_LD | BPF_MEM:
	case BPF_LDX | BPF_MEM:
		if (f->k < BPF_MEMWORDS)
			return m->mem[f->k];
		break;
	}
	m->failed = true;
	return 0;
}

static uint32_t alu(struct machine *m, const struct sock_filter *f)
{
	uint32_t b = BPF_SRC(f->code) == BPF_X ? m->x : f->k;

	switch (BPF_OP(f->code)) {
	case BPF_ADD:
		return m->a + b;
	case BPF_SUB:
		return m->a - b;
	case BPF_AND:
		return m->a & b;
	case BPF_OR:
		return m->a | b;
	case BPF_XOR:
		return m->a ^ b;
	case BPF_LSH:
		return b < 32 ? m->a << b : 0;
	case BPF_RSH:
		return b < 32 ? m->a >> b : 0;
	case BPF_NEG:
		return 0U - m->a;
	}
	m->failed = true;
	return 0;
}

/* How far to jump. */
static uint32_t jump(struct machine *m, const struct sock_filter *f)
{
	uint32_t b = BPF_SRC(f->code) == BPF_X ? m->x : f->k;

	switch (BPF_OP(f->code)) {
	case BPF_JA:
		return f->k;
	case BPF_JEQ:
		return m->a == b ? f->jt : f->jf;
	case BPF_JGT:
		return m->a > b ? f->jt : f->jf;
	case BPF_JGE:
		return m->a >= b ? f->jt : f->jf;
	case BPF_JSET:
		return m->a & b ? f->jt : f->jf;
	}
	m->failed = true;
	return 0;
}

static void store(struct machine *m, const struct sock_filter *f)
{
	if (f->k >= BPF_MEMWORDS)
		m->failed = true;
	else
		m->mem[f->k] = BPF_CLASS(f->code) == BPF_ST ? m->a : m->x;
}

int64_t bpf_run(
	const uint64_t *code, size_t len, const struct seccomp_data *data)
{
	struct machine m = {0};

	/* Jumps go forward only, so this ends. */
	for (size_t pc = 0; pc < len && !m.failed; pc++) {
		struct sock_filter f;

		(void)memcpy(&f, &code[pc], sizeof(f));
		switch (BPF_CLASS(f.code)) {
		case BPF_LD:
			m.a = load(&m, &f, data);
			break;
		case BPF_LDX:
			m.x = load(&m, &f, data);
			break;
		case BPF_ST:
		case BPF_STX:
			store(&m, &f);
			break;
		case BPF_ALU:
			m.a = alu(&m, &f);
			break;
		case BPF_JMP:
			pc += jump(&m, &f);
			break;
		case BPF_RET:
			return BPF_RVAL(f.code) == BPF_A ? m.a : f.k;
		case BPF_MISC:
			if (BPF_MISCOP(f.code) == BPF_TAX)
				m.x = m.a;
			else
				m.a = m.x;
			break;
		}
	}
	return -1;
}
