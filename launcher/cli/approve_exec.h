/* SPDX-License-Identifier: Apache-2.0 */
/*
 * approve --watch --exec: a program is asked each question, one at a time.
 */
#pragma once

#include "base/err.h"

/* Until a signal comes: the exit status, or <0 with e->text. */
int exec_run(const char *program, struct err *e) _must_use_;
