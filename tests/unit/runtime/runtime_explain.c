/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prints what runtime_discover() finds for a command, one fact a line, for
 * tests that compare it with what the command says when it runs bare.
 *
 * runtime_explain [--workspace DIR] [--grant NAME[=VALUE]]… -- COMMAND [ARG…]
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "runtime/runtime.h"

static void print_list(const char *name, char *const *list)
{
	for (; list && *list; list++)
		printf("%s\t%s\n", name, *list);
}

static void print_result(const struct runtime_result *r)
{
	printf("kind\t%s\nexe\t%s\n", runtime_kind_name(r->kind), r->exe);
	print_list("argv", r->argv);
	print_list("argv_absolute", r->argv_absolute);
	print_list("path_first", r->path_first);
	for (size_t i = 0; i < r->n_mounts; i++)
		printf("mount\t%s\t%s\n", r->mounts[i].path,
			r->mounts[i].reason);
	print_list("link", r->links);
	print_list("env", r->env);
	print_list("note", r->notes);
	if (r->cwd)
		printf("cwd\t%s\n", r->cwd);
	if (r->package)
		printf("package\t%s\t%s\n", r->package,
			r->package_version ? r->package_version : "");
}

int main(int argc, char **argv)
{
	char cwd[PATH_MAX], workspace[PATH_MAX], home[PATH_MAX];
	_strv_ char **granted = NULL;
	_runtime_ struct runtime_result *r = NULL;
	struct runtime_request q = {.env = environ, .home = getenv("HOME")};
	struct err e = {0};
	int i = 1;

	if (q.home && realpath(q.home, home))
		q.home = home;
	q.cwd = getcwd(cwd, sizeof(cwd));
	for (; i + 1 < argc && strcmp(argv[i], "--") != 0; i += 2) {
		if (strcmp(argv[i], "--workspace") == 0 &&
			realpath(argv[i + 1], workspace))
			q.workspace = workspace;
		else if (strcmp(argv[i], "--grant") != 0 ||
			 strv_add(&granted, argv[i + 1]) < 0)
			return 2;
	}
	q.argv = argv + i + 1;
	q.granted_env = granted;
	if (!q.cwd || i + 1 >= argc)
		return 2;
	if (runtime_discover(&q, &r, &e) < 0) {
		printf("error\t%d\t%s\n", e.status, e.text);
		return e.status ? e.status : 1;
	}
	print_result(r);
	return 0;
}
