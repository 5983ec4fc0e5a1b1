/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines for the person at the terminal: "stockade: …" on standard error.
 *
 * One line a message, escaped, one write. A full stderr pipe never blocks the
 * caller: what does not fit at once is dropped. This is not the audit log.
 */
#pragma once

#include "base/cleanup.h"
#include "base/err.h"

void log_line(const char *fmt, ...) _printf_(1, 2);

/* Prints e->text, if there is one, and returns the exit status to end with. */
int log_err(const struct err *e);

/*
 * Writes @len raw bytes to standard error without blocking; returns how many
 * went out. For text that was escaped already.
 */
size_t log_raw(const char *text, size_t len);
