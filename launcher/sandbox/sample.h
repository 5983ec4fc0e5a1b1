/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the sandbox holds in memory, looked up from inside by init, where no
 * cgroup counts it: whoever hides from a tree walk, or turns undumpable, is
 * still in this pid namespace.
 */
#pragma once

#include "plan/plan.h"

#define SAMPLE_TMPFS_MAX 8
#define SAMPLE_FDS (SAMPLE_TMPFS_MAX + 1)

struct sample {
	bool off;
	int proc; /* "/proc", O_RDONLY; -1 when off */
	int tmpfs[SAMPLE_TMPFS_MAX];
	size_t n_tmpfs;
	uint64_t limit;
	uint64_t last, next_ms; /* last figure; when to look again */
};

/* Opens what is needed; @off: nothing to do. */
int sample_init(struct sample *s, const struct plan *p, bool off) _must_use_;
size_t sample_fds(const struct sample *s, int ret_fds[SAMPLE_FDS]);

/* Milliseconds to the next look, -1 for never. */
int sample_wait_ms(const struct sample *s);
bool sample_due(const struct sample *s);

/*
 * Bytes resident of all processes but init, files of programs aside, and what
 * lies in the tmpfs; sets when to look again. Not seen: a memfd that nobody
 * has mapped, which only a cgroup counts.
 */
uint64_t sample_take(struct sample *s);
