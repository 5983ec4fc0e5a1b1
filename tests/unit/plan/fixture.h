/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A home folder of a test's own, and a plan made in it.
 */
#pragma once

#include "plan/plan.h"

struct fixture {
	char root[64];     /* canonical temporary folder */
	char home[96];     /* ROOT/home, which is HOME */
	char project[128]; /* ROOT/home/project, the current folder */
};

int fixture_setup(void **state);
int fixture_teardown(void **state);

/* "ROOT/…" for a printf-like tail; from a ring of eight buffers. */
const char *fixture_path(const struct fixture *f, const char *tail);
void fixture_folder(const struct fixture *f, const char *tail);
void fixture_file(const struct fixture *f, const char *tail);
void fixture_fifo(const struct fixture *f, const char *tail);
void fixture_socket(const struct fixture *f, const char *tail);

/* plan_new() for /bin/true with one grant; asserts success. */
struct plan *fixture_plan(const char *ro, const char *rw);
/* The same, asserts that it is refused and gives the text. */
void fixture_refused(
	const char *ro, const char *rw, char *ret_text, size_t size);

const struct plan_mount *fixture_mount(
	const struct plan *p, const char *target);
