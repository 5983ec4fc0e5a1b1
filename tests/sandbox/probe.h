/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Escape probes: what a hostile server would try, one row an act.
 *
 * The same program runs bare and in the sandbox; each probe runs in a child of
 * its own, so that none can spoil the next. Bare and as root it is in private
 * mount and host name namespaces: what works there does no harm.
 */
#pragma once

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define ELEMENTS(a) (sizeof(a) / sizeof((a)[0]))

/* What the outside is: "--fact NAME=VALUE" of the command line. */
struct facts {
	char *const *words;
	size_t n;
};

/* Its value, or NULL. */
const char *fact_text(const struct facts *f, const char *name);
/* As a number, or -1. */
long fact_number(const struct facts *f, const char *name);

/*
 * One act. 0: it was done; above: done, and this is the value that counts;
 * below: -errno. @arg are the row's.
 */
typedef long probe_fn(const struct facts *f, const long *arg);

/*
 * Expectations are words of which one must be the result: "ok", a number, the
 * name of an errno or of a signal. "ok!PATH" holds where PATH is missing. "any"
 * where the kernel's configuration decides, "never" where the act is not tried:
 * it would end the machine.
 */
struct probe {
	const char *name, *area;
	probe_fn *act;
	long arg[7];
	const char *bare;      /* root's, without a sandbox */
	const char *bare_user; /* an ordinary user's; NULL: the same */
	const char *wrapped;
	const char *wrapped_user; /* NULL: the same */
};

struct probe_table {
	const struct probe *rows;
	size_t n;
};

extern const struct probe_table namespace_probes, mount_probes, process_probes,
	proc_probes, exec_probes, privilege_probes, kernel_probes,
	socket_probes, network_probes, ipc_probes, file_probes, limit_probes;

/* Whether a sandbox of stockade's is around us. */
bool probe_wrapped(void);

/* The system call of arg[0] with the six others. */
probe_fn probe_raw;

/* -errno of a call that failed, else its value. */
long probe_result(long r);
/* 0 for a descriptor, which is closed, or -errno. */
long probe_opened(int fd);
/* Opens the path that arg[0] points to, with the flags of arg[1]. */
probe_fn probe_open;

/* A row whose act is a plain system call. */
#define RAW(name, bare, bare_user, wrapped, ...)                       \
	{                                                              \
		name, AREA, probe_raw, {__VA_ARGS__}, bare, bare_user, \
			wrapped, NULL                                  \
	}
#define ACT(name, act, bare, bare_user, wrapped, ...)                          \
	{                                                                      \
		name, AREA, act, {__VA_ARGS__}, bare, bare_user, wrapped, NULL \
	}
#define POINTER(p) ((long)(p))

/*
 * Makes the outside (listeners, shared memory, files that are nobody's
 * business, descriptors 3 to 9 open on "/"), runs @argv with the facts
 * appended, and prints what reached it on standard output. Its exit status.
 */
int outside_run(char *const argv[]);
