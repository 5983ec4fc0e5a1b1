/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The options that `run` and `explain` share: a profile's grants for one run.
 */
#pragma once

#include "cli/option.h"
#include "plan/plan.h"

extern const struct option_row run_options[];
extern const size_t n_run_options;

struct run_request {
	struct plan_options plan;
	bool json; /* explain only */
};
