/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each of our processes tries, from inside, what it must not have.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>

#include "attempt.h"
#include "live.h"
#include "sandbox/confine.h"

/* What is expected of an act. */
#define D OUTCOME_DONE
#define R OUTCOME_REFUSED
#define K OUTCOME_KILLED

static const struct {
	enum act act;
	/* It takes what root has, or who made a user namespace. */
	bool root;
	enum outcome supervisor, relay, keeper, init, server;
} table[] = {
	/* The supervisor compares protected names, init samples /proc. */
	{ACT_READ_FILE, false, D, R, R, R, R},
	{ACT_WRITE_FILE, false, K, R, R, K, R},
	{ACT_LIST_FOLDER, false, D, R, R, R, R},
	{ACT_SOCKET_INET, false, K, K, K, K, D},
	{ACT_SOCKET_UNIX, false, K, K, K, K, D},
	{ACT_ABSTRACT, false, K, K, K, K, R},
	{ACT_EXEC, false, K, K, K, K, R},
	/* The relay makes some, and has nothing to put into them or run. */
	{ACT_EXEC_MEMFD, false, K, R, K, K, R},
	{ACT_EXEC_MEMORY, false, K, K, K, K, D},
	{ACT_FORK, false, K, K, K, K, D},
	{ACT_THREAD, false, K, K, K, K, D},
	/* Both end others; init's reach is its pid namespace. */
	{ACT_SIGNAL, false, D, K, K, D, R},
	{ACT_PTRACE, false, K, K, K, K, R},
	{ACT_READ_MEMORY, false, K, K, K, K, R},
	{ACT_STEAL_FD, false, K, K, K, K, R},
	/* Only root's processes are out of a fellow's reach; the supervisor was
	 * started with the client's environment anyway. */
	{ACT_ENVIRONMENT, false, OUTCOME_NONE, R, R, R, R},
	{ACT_USER_NS, false, K, K, K, K, R},
	{ACT_MOUNT, true, K, K, K, K, R},
	{ACT_SET_UID, false, K, K, K, K, R},
	{ACT_HOSTNAME, true, K, K, K, K, R},
	{ACT_KEYRING, false, K, K, K, K, R},
	/* The server's exec makes it dumpable anyway. */
	{ACT_DUMPABLE, false, K, K, K, K, D},
	{ACT_SET_OWNER, false, K, K, K, K, D},
};

struct preparation {
	enum ipc_role role; /* ROLE_NONE: nothing is shut in */
	bool root;
};

static int shut_in(enum ipc_role role, struct err *e)
{
	static const int keep[] = {0, ATTEMPT_FD};
	int r;

	if (role != ROLE_SERVER)
		return confine_self(role, keep, ELEMENTS(keep), NULL, 0, e);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	r = confine_capabilities(e);
	if (r == 0)
		r = confine_landlock(NULL, 0, e);
	return r < 0 ? r : confine_seccomp(FILTER_SERVER, e);
}

static int prepare(void *context)
{
	const struct preparation *p = context;
	struct err e = {0};
	int r;

	if (p->root && geteuid() != 0 &&
		unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWUTS) < 0)
		return -errno;
	if (p->role == ROLE_NONE)
		return 0;
	r = shut_in(p->role, &e);
	if (r < 0)
		(void)dprintf(2, "# %s\n", e.text);
	return r;
}

static const char *outcome_name(enum outcome o)
{
	static const char *const names[] = {
		"none", "done", "refused", "killed", "broken"};

	return names[o];
}

/* Where Landlock is left out, it is the seccomp list alone that refuses. */
static bool needs_landlock(enum act act, enum ipc_role role)
{
	if (act == ACT_SIGNAL || act == ACT_ABSTRACT)
		return role == ROLE_SERVER;
	return (role == ROLE_INIT || role == ROLE_SERVER) &&
	       (act == ACT_READ_FILE || act == ACT_WRITE_FILE ||
		       act == ACT_LIST_FOLDER || act == ACT_EXEC ||
		       act == ACT_EXEC_MEMFD || act == ACT_ENVIRONMENT);
}

/* Nothing of the kind is expected of lists that were widened for it. */
static bool comparable(enum act act, enum ipc_role role)
{
#ifdef STOCKADE_INSTRUMENTED
	if (role != ROLE_SERVER && role != ROLE_NONE)
		return act != ACT_EXEC_MEMORY && act != ACT_FORK &&
		       act != ACT_THREAD && act != ACT_DUMPABLE &&
		       act != ACT_SET_OWNER && act != ACT_READ_FILE &&
		       act != ACT_WRITE_FILE && act != ACT_LIST_FOLDER &&
		       act != ACT_EXEC_MEMFD && act != ACT_ENVIRONMENT;
#endif
	return !needs_landlock(act, role) || landlock_abi() >= 6;
}

static void check_act(size_t row, enum ipc_role role, enum outcome want)
{
	struct preparation p = {role, table[row].root};
	int error = 0;
	enum outcome got;

	if (!comparable(table[row].act, role))
		return;
	got = act_in_child(table[row].act, prepare, &p, &error);
	if (want != OUTCOME_NONE && got != want)
		fail_msg("role %d: %s: %s (%s), expected %s", (int)role,
			act_name(table[row].act), outcome_name(got),
			strerror(error), outcome_name(want));
}

static void every_act_works_where_nothing_is_shut_in(void **state)
{
	(void)state;
	assert_int_equal(ELEMENTS(table), _ACT_N - 1);
	for (size_t i = 0; i < ELEMENTS(table); i++)
		check_act(i, ROLE_NONE, OUTCOME_DONE);
}

#define ROLE_TEST(name, role)                                             \
	static void name##_is_refused_what_it_must_not_have(void **state) \
	{                                                                 \
		(void)state;                                              \
		for (size_t i = 0; i < ELEMENTS(table); i++)              \
			check_act(i, role, table[i].name);                \
	}

ROLE_TEST(supervisor, ROLE_SUPERVISOR)
ROLE_TEST(relay, ROLE_RELAY)
ROLE_TEST(keeper, ROLE_KEEPER)
ROLE_TEST(init, ROLE_INIT)
ROLE_TEST(server, ROLE_SERVER)

static int only_kept_descriptors(void *context)
{
	enum ipc_role role = *(enum ipc_role *)context;
	int keep[] = {9, 5, -1, 200, 5};
	struct err e = {0};
	char byte = 'x';

	for (int fd = 3; fd < 300; fd++)
		CHECK(dup2(0, fd) == fd);
	CHECK(dup2(2, 9) == 9);
	CHECK(confine_self(role, keep, ELEMENTS(keep), NULL, 0, &e) >= 0);
	for (int fd = 0; fd < 300; fd++) {
		bool kept = fd == 2 || fd == 5 || fd == 9 || fd == 200;

		CHECK((fcntl(fd, F_GETFD) >= 0) == kept);
	}
	CHECK(read(300, &byte, 1) < 0);
	return 0;
}

static void only_kept_descriptors_stay_open(void **state)
{
	static const enum ipc_role own[] = {
		ROLE_SUPERVISOR, ROLE_RELAY, ROLE_KEEPER, ROLE_INIT};

	(void)state;
	for (size_t i = 0; i < ELEMENTS(own); i++) {
		enum ipc_role role = own[i];

		assert_int_equal(in_child(only_kept_descriptors, &role), 0);
	}
}

/* Says that it is shut in, and waits for the end of file. */
static int confine_and_wait(void *context)
{
	int *pipes = context; /* ours to read, ours to write */
	struct err e = {0};
	char byte = 'x';
	int r = confine_self(ROLE_RELAY, pipes, 2, NULL, 0, &e);

	if (r < 0 || write(pipes[1], &byte, 1) != 1)
		return 1;
	return read(pipes[0], &byte, 1) == 0 ? 0 : 2;
}

static long status_number(pid_t pid, const char *key, int base)
{
	char path[64], line[256];
	long number = -1;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (strncmp(line, key, strlen(key)) == 0)
			number = strtol(line + strlen(key), NULL, base);
	if (f)
		(void)fclose(f);
	return number;
}

static void the_kernel_shows_it_from_outside(void **state)
{
	int down[2], up[2], status;
	char byte;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe2(down, O_CLOEXEC), 0);
	assert_int_equal(pipe2(up, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0)
		_exit(confine_and_wait((int[]){down[0], up[1]}));
	assert_int_equal(read(up[0], &byte, 1), 1);
	assert_int_equal(status_number(pid, "Seccomp:", 10), 2);
	assert_int_equal(status_number(pid, "NoNewPrivs:", 10), 1);
	assert_int_equal(status_number(pid, "CapPrm:", 16), 0);
	assert_int_equal(status_number(pid, "CapEff:", 16), 0);
	assert_int_equal(close(down[1]), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	for (int i = 0; i < 2; i++)
		(void)close(up[i]);
	(void)close(down[0]);
}

static int look_into(pid_t pid, const char *what)
{
	char path[64];
	_close_ int fd = -1;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, what);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -1 : 0;
}

/* Of the same uid, without any capability. */
static int looked_into(void *context)
{
	static const char *const what[] = {"mem", "environ", "maps"};
	int down[2], up[2];
	char byte;
	pid_t pid;

	(void)context;
	CHECK(geteuid() != 0 || setresuid(65534, 65534, 65534) == 0);
	CHECK(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0);
	CHECK(pipe2(down, O_CLOEXEC) == 0 && pipe2(up, O_CLOEXEC) == 0);
	pid = fork();
	if (pid == 0) {
		if (read(down[0], &byte, 1) != 1)
			_exit(1);
		_exit(confine_and_wait((int[]){down[0], up[1]}));
	}
	for (size_t i = 0; i < ELEMENTS(what); i++)
		CHECK(look_into(pid, what[i]) == 0);
	CHECK(write(down[1], "x", 1) == 1);
	CHECK(read(up[0], &byte, 1) == 1);
	for (size_t i = 0; i < ELEMENTS(what); i++)
		CHECK(FAILS(look_into(pid, what[i]), EACCES));
	return 0;
}

static void a_process_shut_in_cannot_be_looked_into(void **state)
{
	(void)state;
	assert_int_equal(in_child(looked_into, NULL), 0);
}

static void other_roles_are_not_shut_in(void **state)
{
	struct err e = {0};

	(void)state;
	assert_int_equal(
		confine_self(ROLE_SERVER, NULL, 0, NULL, 0, &e), -EINVAL);
	assert_int_equal(
		confine_self(ROLE_NONE, NULL, 0, NULL, 0, &e), -EINVAL);
	assert_int_equal(confine_self(_ROLE_N, NULL, 0, NULL, 0, &e), -EINVAL);
	assert_true(e.text[0]);
}

static int without_no_new_privs(void *context)
{
	struct err e = {0};

	(void)context;
	CHECK(geteuid() != 0 || setresuid(65534, 65534, 65534) == 0);
	CHECK(confine_seccomp(FILTER_RELAY, &e) == -EACCES);
	CHECK(confine_seccomp(FILTER_NONE, &e) == -EINVAL);
	CHECK(e.text[0]);
	return 0;
}

static void a_list_that_cannot_be_loaded_is_an_error(void **state)
{
	(void)state;
	assert_int_equal(in_child(without_no_new_privs, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_act_works_where_nothing_is_shut_in),
		cmocka_unit_test(supervisor_is_refused_what_it_must_not_have),
		cmocka_unit_test(relay_is_refused_what_it_must_not_have),
		cmocka_unit_test(keeper_is_refused_what_it_must_not_have),
		cmocka_unit_test(init_is_refused_what_it_must_not_have),
		cmocka_unit_test(server_is_refused_what_it_must_not_have),
		cmocka_unit_test(only_kept_descriptors_stay_open),
		cmocka_unit_test(the_kernel_shows_it_from_outside),
		cmocka_unit_test(a_process_shut_in_cannot_be_looked_into),
		cmocka_unit_test(other_roles_are_not_shut_in),
		cmocka_unit_test(a_list_that_cannot_be_loaded_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
