/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shared libraries of a program, as its loader would find them.
 */
#pragma once

#include "runtime/scan.h"

/*
 * Checks that the ELF file can run on this machine and mounts its loader and
 * libraries that are not given by the sandbox: the files alone, at most
 * SCAN_MAX_LIBS. What is not found is left to the loader to complain about.
 * <0 with an error (EXIT_CANNOT_RUN) if it cannot run.
 */
int libs_mount(struct scan *s, const char *path, const char *real) _must_use_;
