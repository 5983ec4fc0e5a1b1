/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `stockade profile test --probe`: has options of its own, those of run.
 */
#pragma once

#include <stdbool.h>

bool profile_probe_is_meant(int argc, char **argv);
/* An exit status: 0 all held, 1 something was reached, 2 usage, 125. */
int profile_probe_main(int argc, char **argv);
