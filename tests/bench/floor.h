/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The floor of the launch benchmark: the least that a sandbox of the same kind
 * costs. All namespaces, eight binds, pivot, no capabilities, a compiled
 * filter, and nothing that tells anybody about it.
 */
#pragma once

#include <sys/types.h>

/* Starts /bin/true in it; the pid or -errno. */
pid_t floor_spawn(void);
