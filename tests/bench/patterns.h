/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A policy of so many patterns, of which each kind of list has a third; one
 * allows what the benchmarks call, the others have to be tried all the same.
 */
#pragma once

#include <stddef.h>

#include "policy/rules.h"
#include "policy/tools.h"

/*
 * So many rules about arguments, of which ten are about what the benchmarks
 * call; none fires. 0: NULL.
 */
struct rules *bench_rules_new(size_t n);

/* Ends the process where there is no memory. */
struct tools *patterns_new(size_t n);
