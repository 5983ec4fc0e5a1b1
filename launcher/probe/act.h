/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `stockade profile test --probe` tries from inside: acts, by name, each
 * with one argument. The same program runs outside first, where what is
 * harmless has to succeed, or it would prove nothing.
 *
 * Runs as the server of a sandbox, and bare; no act changes anything that the
 * launcher did not make for it.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* The first word of a command line that means the probe itself. */
#define PROBE_WORD "probe-inside"
/* Instead of an errno: a child that did not answer. */
#define PROBE_LOST 4096

struct act_result {
	long r; /* 0: it was done; -errno; -PROBE_LOST-N: ended by signal N */
	uint64_t dev, ino; /* of a file, where it could be looked at */
};

typedef void act_fn(const char *arg, const char *nonce, struct act_result *ret);

struct act_row {
	const char *name; /* what stands before the ':' */
	act_fn *act;
};

struct act_table {
	const struct act_row *rows;
	size_t n;
};

extern const struct act_table file_acts, process_acts, network_acts,
	kernel_acts;

/* A kernel interface that is tried with harmless arguments. */
struct kernel_row {
	const char *name;
	const char *what; /* for people */
};

extern const struct kernel_row kernel_rows[];
extern const size_t n_kernel_rows;

/*
 * The probe: @argv is NONCE ACT:ARG...; a line "probe NONCE N R DEV INO" each
 * on standard error. Or "wait": writes a byte on standard output for each
 * SIGUSR1. An exit status.
 */
int probe_inside(int argc, char **argv);
