/* SPDX-License-Identifier: Apache-2.0 */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>

#include "sandbox/confine.h"

/* Written by seccomp/generate.c at build time. */
extern const struct filter filter_table[_FILTER_N];

const struct filter *filter_get(enum filter_id id)
{
	if (id <= FILTER_NONE || id >= _FILTER_N)
		return NULL;
	return &filter_table[id];
}

int confine_seccomp(enum filter_id id, struct err *e)
{
	const struct filter *f = filter_get(id);
	struct sock_fprog prog = {0};

	if (!f || f->len == 0)
		return err_set(e, -EINVAL, "find seccomp list %d", (int)id);
	/* The kernel only reads it; its header has no const. */
	prog.len = f->len;
	prog.filter = (struct sock_filter *)(uintptr_t)f->code;
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0U, &prog) < 0)
		return err_set(e, -errno, "load the seccomp list");
	return 0;
}
