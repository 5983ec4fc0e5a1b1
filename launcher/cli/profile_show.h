/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `stockade profile show`: the effective profile, line by line, each with the
 * file that it came from.
 */
#pragma once

#include <stdbool.h>

#include "plan/profile_layer.h"

/* Prints on stdout. 0; 1: the site's policy cannot be used, as is printed too;
 * -ENOMEM. */
int profile_show(const struct profile_chain *c, struct profile *effective,
	bool json) _must_use_;

/* Prints @text with everything but printable ASCII escaped. */
void print_escaped(const char *text);
