/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <cmocka.h>

int fixture_setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	(void)strcpy(f->root, "/tmp/stockade-plan-XXXXXX");
	if (!mkdtemp(f->root))
		return -1;
	(void)snprintf(f->home, sizeof(f->home), "%s/home", f->root);
	(void)snprintf(f->project, sizeof(f->project), "%s/project", f->home);
	if (mkdir(f->home, 0755) < 0 || mkdir(f->project, 0755) < 0 ||
		chdir(f->project) < 0 || setenv("HOME", f->home, 1) < 0)
		return -1;
	(void)unsetenv("XDG_CONFIG_HOME");
	(void)unsetenv("XDG_STATE_HOME");
	(void)unsetenv("XDG_CACHE_HOME");
	*state = f;
	return 0;
}

int fixture_teardown(void **state)
{
	struct fixture *f = *state;
	pid_t pid = fork();

	if (pid == 0) {
		(void)execlp("rm", "rm", "-rf", f->root, (char *)NULL);
		_exit(127);
	}
	(void)waitpid(pid, NULL, 0);
	(void)!chdir("/");
	free(f);
	return 0;
}

const char *fixture_path(const struct fixture *f, const char *tail)
{
	static char ring[8][256];
	static unsigned next;
	char *path = ring[next++ % 8];

	(void)snprintf(path, sizeof(ring[0]), "%s/%s", f->root, tail);
	return path;
}

void fixture_folder(const struct fixture *f, const char *tail)
{
	assert_int_equal(mkdir(fixture_path(f, tail), 0700), 0);
}

void fixture_file(const struct fixture *f, const char *tail)
{
	int fd = open(
		fixture_path(f, tail), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	(void)close(fd);
}

void fixture_fifo(const struct fixture *f, const char *tail)
{
	assert_int_equal(mkfifo(fixture_path(f, tail), 0600), 0);
}

void fixture_socket(const struct fixture *f, const char *tail)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(s >= 0);
	(void)strncpy(
		a.sun_path, fixture_path(f, tail), sizeof(a.sun_path) - 1);
	assert_int_equal(bind(s, (const struct sockaddr *)&a, sizeof(a)), 0);
	(void)close(s);
}

static int make(
	const char *ro, const char *rw, struct plan **ret, struct err *e)
{
	struct plan_options o = {.dry = true};
	char *argv[] = {(char[]){"/bin/true"}, NULL};
	int r;

	if (ro)
		assert_int_equal(strv_add(&o.ro, ro), 0);
	if (rw)
		assert_int_equal(strv_add(&o.rw, rw), 0);
	r = plan_new(&o, argv, ret, e);
	plan_options_deinit(&o);
	return r;
}

struct plan *fixture_plan(const char *ro, const char *rw)
{
	struct plan *p = NULL;
	struct err e = {0};
	int r = make(ro, rw, &p, &e);

	if (r < 0)
		fail_msg("%s", e.text);
	return p;
}

void fixture_refused(
	const char *ro, const char *rw, char *ret_text, size_t size)
{
	struct plan *p = NULL;
	struct err e = {0};

	if (make(ro, rw, &p, &e) >= 0)
		fail_msg("granted: %s", ro ? ro : rw);
	assert_int_equal(e.status, EXIT_REFUSED);
	(void)snprintf(ret_text, size, "%s", e.text);
}

const struct plan_mount *fixture_mount(const struct plan *p, const char *target)
{
	for (size_t i = 0; i < p->n_mounts; i++)
		if (strcmp(p->mounts[i].target, target) == 0)
			return &p->mounts[i];
	return NULL;
}
