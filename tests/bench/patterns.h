/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A policy of so many patterns, of which each kind of list has a third; one
 * allows what the benchmarks call, the others have to be tried all the same.
 */
#pragma once

#include <stddef.h>

#include "policy/tools.h"

/* Ends the process where there is no memory. */
struct tools *patterns_new(size_t n);
