/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The profiles of profiles/, compiled in: the build turns each file into an
 * array (profile_embed.c).
 */
#pragma once

#include <stddef.h>

struct builtin_profile {
	const char *name;
	const char *text; /* terminated */
	size_t len;
};

extern const struct builtin_profile builtin_profiles[];
extern const size_t builtin_profiles_n;
