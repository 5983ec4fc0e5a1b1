/* SPDX-License-Identifier: Apache-2.0 */
#include "answer.h"

#include <stddef.h>
#include <string.h>

#include "bpf.h"

int64_t answer(enum filter_id id, const struct call *c)
{
	const struct filter *f = filter_get(id);
	struct seccomp_data data = {
		.nr = (int)c->nr,
		.arch = c->arch,
		.instruction_pointer = 0x7f0012345678,
	};

	if (!f)
		return -1;
	for (unsigned i = 0; i < 6; i++)
		data.args[i] = c->args[i];
	return bpf_run(f->code, f->len, &data);
}

int64_t answer_args(
	enum filter_id id, int nr, unsigned ints, const uint64_t args[6])
{
	static const uint64_t rubbish[] = {
		0xffffffff00000000, 0x0000000100000000, 0xdeadbeef00000000};
	struct call c = {.arch = AUDIT_ARCH_X86_64, .nr = (uint32_t)nr};
	int64_t first;

	(void)memcpy(c.args, args, sizeof(c.args));
	first = answer(id, &c);
	for (size_t r = 0; r < ELEMENTS(rubbish); r++) {
		for (unsigned i = 0; i < 6; i++)
			c.args[i] = args[i] | (ints >> i & 1 ? rubbish[r] : 0);
		if (answer(id, &c) != first)
			return -2;
	}
	return first;
}
