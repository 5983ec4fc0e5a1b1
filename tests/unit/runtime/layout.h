/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Folder trees as version managers make them, in a temporary folder with a
 * HOME and a workspace of its own, and what runtime_discover() says of them.
 *
 * Paths given to the functions are relative to the temporary folder; texts may
 * hold "^" for its path. Programs are copies of a small real one.
 */
#pragma once

#include "runtime/runtime.h"

struct layout {
	char root[4096]; /* canonical */
	char *home;      /* root/home */
	char *work;      /* root/ws: workspace and working directory */
	char **env;
	char **granted;
	struct runtime_result *r;
	struct err e;
};

/* For cmocka_unit_test_setup_teardown; *state is the struct layout. */
int layout_setup(void **state);
int layout_teardown(void **state);

void layout_dir(const struct layout *l, const char *path);
void layout_file(const struct layout *l, const char *path, const char *text);
void layout_script(const struct layout *l, const char *path, const char *text);
void layout_program(const struct layout *l, const char *path);
void layout_link(const struct layout *l, const char *path, const char *target);

/* @text with every "^" replaced by the temporary folder; caller frees. */
char *layout_text(const struct layout *l, const char *text);

/* "NAME=VALUE"; replaces what has the name. */
void layout_setenv(struct layout *l, const char *name, const char *value);
void layout_grant(struct layout *l, const char *name);

/*
 * Runs the discovery for the words of @command ("^" is replaced in them) in
 * the working directory @cwd. 0 or the exit status; checks what must hold of
 * any result.
 */
int layout_discover_in(struct layout *l, const char *cwd, const char *command);
int layout_discover(struct layout *l, const char *command); /* in "ws" */

void assert_exe(const struct layout *l, const char *path);
void assert_mounted(const struct layout *l, const char *path);
void assert_not_reachable(const struct layout *l, const char *path);
void assert_linked(
	const struct layout *l, const char *link, const char *target);
void assert_path_first(const struct layout *l, const char *path);
void assert_noted(const struct layout *l, const char *part);
void assert_package(
	const struct layout *l, const char *name, const char *version);
void assert_words(char *const *words, const char *expected);

#define LAYOUT_TEST(f) \
	cmocka_unit_test_setup_teardown(f, layout_setup, layout_teardown)
