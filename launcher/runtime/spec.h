/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words of command lines that name a package: "@scope/name@1.2",
 * "name[extra]==1.2". Text only.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define SPEC_MAX_BYTES 256

/* Options of a command: those whose value is the next word, and the package. */
struct spec_options {
	const char *const *values;   /* NULL-terminated */
	const char *const *packages; /* those whose value is the package */
};

/*
 * Where the first word after the options is, from argv[at]; *ret_package is
 * the value of an option that names the package, or NULL.
 */
size_t spec_first_word(char *const *argv, size_t at,
	const struct spec_options *options, const char **ret_package);

/*
 * The package's name without version and extras; false for an address, a path
 * or what cannot be a name.
 */
bool spec_name(const char *spec, char *ret_name, size_t size);
