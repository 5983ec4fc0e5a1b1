/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an approver is shown: memory of its own, sealed, so that it stays what
 * it is while somebody reads it.
 *
 * Relay's process; the descriptor is the caller's.
 */
#pragma once

#include <stddef.h>

#include "base/cleanup.h"

/* 0 and a descriptor of @len bytes that nobody can change; -errno. */
int sealed_text(const char *text, size_t len, int *ret_fd) _must_use_;
