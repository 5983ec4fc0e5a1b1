/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A store of profiles in temporary folders, and short cuts for the tests.
 */
#pragma once

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "plan/profile_layer.h"

struct fixture {
	char root[64]; /* holds user/ and site/ */
	struct profile_store store;
};

/* cmocka's set-up and teardown: *state is a struct fixture. */
int fixture_setup(void **state);
int fixture_teardown(void **state);

/* Writes FOLDER/NAME.json ("user" or "site"), mode 0600. */
void fixture_write(const struct fixture *f, const char *folder,
	const char *name, const char *text);

/* Loads or fails the test. */
struct profile *fixture_load(const struct fixture *f, const char *name);

/* The error that a load ends with. */
void fixture_load_fails(
	const struct fixture *f, const char *name, const char *with);

/* "a b c" of a vector, owned by the caller. */
char *fixture_join(char *const *v);
void assert_list(char *const *v, const char *joined);
