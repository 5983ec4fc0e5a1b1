/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a command's file to the program that the kernel would run for it:
 * symlinks, shims, #! lines, shell trampolines.
 */
#pragma once

#include "runtime/family.h"
#include "runtime/scan.h"

#define CHAIN_MAX_SCRIPTS 5 /* as many #! levels as the kernel follows */

struct chain {
	const char *exe;     /* what to execute, never a shim */
	const char *real;    /* its canonical path */
	const char *program; /* the ELF file at the end, as found */
	const char *program_real;
	enum family family;
	const char *scripts[CHAIN_MAX_SCRIPTS]; /* spelled; [0] is exe's file */
	size_t n_scripts;
	char **before; /* words that the kernel and env put before the script:
			  interpreter first; empty if there is no script */
	bool is_shim;  /* the command itself was a shim */
	bool is_rewritten; /* exe is the interpreter: run it with before +
			      script, since the #! line names a shim */
	bool is_bare_text; /* a text without #!: for /bin/sh, as execvp does */
};

void chain_deinit(struct chain *c);
#define _chain_ _cleanup_(chain_deinit)

/* @path absolute. Errors have EXIT_NOT_FOUND or EXIT_CANNOT_RUN. */
int chain_follow(
	struct scan *s, const char *path, struct chain *ret) _must_use_;
