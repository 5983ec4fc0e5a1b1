/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an ELF file says that the loader would read: interpreter, needed
 * libraries, search folders. The file is foreign: every offset and size is
 * checked against the file, every count is bounded.
 *
 * Works on a descriptor with pread only; keeps nothing.
 */
#pragma once

#include <stdbool.h>

#include "base/cleanup.h"
#include "base/strv.h"

#define ELF_MAX_NEEDED 128

struct elf {
	bool is_dynamic; /* has a dynamic section or an interpreter */
	char *interp;    /* or NULL: static, or a library */
	char **needed;
	char *rpath;   /* DT_RPATH, or NULL */
	char *runpath; /* DT_RUNPATH, or NULL */
};

void elf_deinit(struct elf *elf);
#define _elf_ _cleanup_(elf_deinit)

/*
 * 0; 1 if it is no ELF file; -ENOEXEC if it is malformed or no program or
 * library; -EXDEV if it is for another machine, *ret_machine then says which.
 */
int elf_read(int fd, struct elf *ret, const char **ret_machine) _must_use_;
