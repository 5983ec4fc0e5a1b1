/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "supervisor/tripwire.h"

struct fixture {
	char folder[64];
	char git[80]; /* FOLDER/.git */
	struct tripwire wire;
	char told[4096]; /* "what NAME\n" each */
};

static void tell(void *context, const char *what, const char *path)
{
	struct fixture *f = context;
	size_t n = strlen(f->told);

	(void)snprintf(f->told + n, sizeof(f->told) - n, "%s %s\n", what,
		path + strlen(f->folder) + 1);
}

static void make(const struct fixture *f, const char *name, const char *text)
{
	char path[128];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", f->folder, name);
	file = fopen(path, "we");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void drop(const struct fixture *f, const char *name)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", f->folder, name);
	assert_int_equal(unlink(path), 0);
}

static void arm(struct fixture *f, const char *folder)
{
	char *folders[] = {strdup(folder), NULL};
	struct err e = {0};
	int r = tripwire_open(&f->wire, folders, &e);

	free(folders[0]);
	if (r < 0)
		fail_msg("%s", e.text);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	(void)strcpy(f->folder, "/tmp/stockade-wire-XXXXXX");
	if (!mkdtemp(f->folder))
		return -1;
	(void)snprintf(f->git, sizeof(f->git), "%s/.git", f->folder);
	tripwire_init(&f->wire);
	*state = f;
	return mkdir(f->git, 0700);
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	pid_t pid = fork();

	if (pid == 0) {
		(void)execlp("rm", "rm", "-rf", f->folder, (char *)NULL);
		_exit(127);
	}
	(void)waitpid(pid, NULL, 0);
	tripwire_deinit(&f->wire);
	free(f);
	return 0;
}

static void a_protected_name_that_appears_is_told(void **state)
{
	struct fixture *f = *state;

	arm(f, f->folder);
	make(f, "plain", "x");
	make(f, ".envrc", "x");
	tripwire_read(&f->wire, tell, f);
	assert_non_null(strstr(f->told, "created .envrc\n"));
	assert_null(strstr(f->told, "plain"));
}

static void one_that_changes_or_goes_is_told(void **state)
{
	struct fixture *f = *state;

	make(f, ".envrc", "one");
	make(f, ".mcp.json", "one");
	arm(f, f->folder);
	make(f, ".envrc", "another");
	drop(f, ".mcp.json");
	tripwire_read(&f->wire, tell, f);
	assert_non_null(strstr(f->told, "changed .envrc\n"));
	assert_non_null(strstr(f->told, "removed .mcp.json\n"));
}

static void what_came_and_went_is_told(void **state)
{
	struct fixture *f = *state;

	arm(f, f->folder);
	make(f, ".bashrc", "x");
	drop(f, ".bashrc");
	tripwire_read(&f->wire, tell, f);
	assert_non_null(strstr(f->told, "created and removed .bashrc\n"));
}

static void the_comparison_finds_what_no_event_told(void **state)
{
	struct fixture *f = *state;

	arm(f, f->folder);
	make(f, ".zshrc", "x");
	tripwire_compare(&f->wire, tell, f);
	assert_string_equal(f->told, "created .zshrc\n");
	f->told[0] = '\0';
	tripwire_compare(&f->wire, tell, f);
	tripwire_read(&f->wire, tell, f);
	/* Told once: its event is of a state that is known. */
	assert_null(strstr(f->told, "changed"));
}

static void work_inside_a_protected_folder_is_no_change(void **state)
{
	struct fixture *f = *state;

	arm(f, f->folder);
	make(f, ".git/index", "x");
	tripwire_read(&f->wire, tell, f);
	tripwire_compare(&f->wire, tell, f);
	assert_string_equal(f->told, "");
}

static void a_protected_folder_that_is_replaced_is_told(void **state)
{
	struct fixture *f = *state;
	char other[96];

	(void)snprintf(other, sizeof(other), "%s/x", f->folder);
	arm(f, f->folder);
	assert_int_equal(rename(f->git, other), 0);
	assert_int_equal(mkdir(f->git, 0700), 0);
	tripwire_read(&f->wire, tell, f);
	assert_non_null(strstr(f->told, ".git\n"));
}

static void inside_git_its_own_names_are_watched(void **state)
{
	struct fixture *f = *state;

	arm(f, f->git);
	make(f, ".git/commondir", "/tmp/planted");
	make(f, ".git/index", "x");
	tripwire_read(&f->wire, tell, f);
	assert_string_equal(f->told, "created .git/commondir\n");
}

static void nothing_watched_tells_nothing(void **state)
{
	struct fixture *f = *state;
	char *none[] = {NULL};
	struct err e = {0};

	assert_int_equal(tripwire_open(&f->wire, none, &e), 0);
	make(f, ".envrc", "x");
	tripwire_read(&f->wire, tell, f);
	tripwire_compare(&f->wire, tell, f);
	assert_string_equal(f->told, "");
}

#define FIXTURE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE(a_protected_name_that_appears_is_told),
		FIXTURE(one_that_changes_or_goes_is_told),
		FIXTURE(what_came_and_went_is_told),
		FIXTURE(the_comparison_finds_what_no_event_told),
		FIXTURE(work_inside_a_protected_folder_is_no_change),
		FIXTURE(a_protected_folder_that_is_replaced_is_told),
		FIXTURE(inside_git_its_own_names_are_watched),
		FIXTURE(nothing_watched_tells_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
