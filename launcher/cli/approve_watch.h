/* SPDX-License-Identifier: Apache-2.0 */
/*
 * approve --watch: a screen on which a person answers as questions come.
 */
#pragma once

#include "base/err.h"

/* Until it is left: the exit status, or <0 with e->text. */
int watch_run(struct err *e) _must_use_;
