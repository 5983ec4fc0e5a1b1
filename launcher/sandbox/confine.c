/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/confine.h"

#include <assert.h>
#include <limits.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "sandbox/landlock.h"

/* More than any of our processes holds: the supervisor's watch has one for each
 * writable folder. */
#define KEEP_MAX 256

/* What each of our processes is shut in with. */
static const struct {
	enum filter_id filter;
	bool landlock;
	uint64_t scopes;
} roles[] = {
	/* Landlock would hide from it what it must see: /proc/PID/exe of who
	 * asks for an approval; and a signal scope would stop its kill. */
	[ROLE_SUPERVISOR] = {FILTER_SUPERVISOR, false, 0},
	[ROLE_RELAY] = {FILTER_RELAY, true,
		LL_SCOPE_ABSTRACT_UNIX | LL_SCOPE_SIGNAL},
	[ROLE_KEEPER] = {FILTER_KEEPER, true,
		LL_SCOPE_ABSTRACT_UNIX | LL_SCOPE_SIGNAL},
	/* It forwards signals to the server, which is not in its domain. */
	[ROLE_INIT] = {FILTER_INIT, true, LL_SCOPE_ABSTRACT_UNIX},
	[ROLE_SERVER] = {FILTER_NONE, false, 0}, /* not by confine_self() */
};
static_assert(ELEMENTS(roles) == _ROLE_N, "a row a role");

static int close_between(unsigned first, unsigned last, struct err *e)
{
	if (first > last)
		return 0;
	/* glibc's wrapper is as new as 2.34. */
	if (syscall(SYS_close_range, first, last, 0U) < 0)
		return err_set(
			e, -errno, "close descriptors %u to %u", first, last);
	return 0;
}

static void sort_fds(unsigned *fds, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		unsigned fd = fds[i];
		size_t k = i;

		for (; k > 0 && fds[k - 1] > fd; k--)
			fds[k] = fds[k - 1];
		fds[k] = fd;
	}
}

/* Should: leave 2 and @keep open. Mustn't: leave anything else. */
static int close_others(const int *keep, size_t n_keep, struct err *e)
{
	unsigned fds[KEEP_MAX + 1] = {2};
	unsigned next = 0;
	size_t n = 1;

	if (n_keep > KEEP_MAX)
		return err_set(e, -E2BIG, "keep %zu descriptors", n_keep);
	for (size_t i = 0; i < n_keep; i++)
		if (keep[i] >= 0)
			fds[n++] = (unsigned)keep[i];
	sort_fds(fds, n);
	for (size_t i = 0; i < n; i++) {
		int r = fds[i] > next ? close_between(next, fds[i] - 1, e) : 0;

		if (r < 0)
			return r;
		next = fds[i] + 1;
	}
	return close_between(next, UINT_MAX, e);
}

static int forbid_gain(struct err *e)
{
	if (prctl(PR_SET_DUMPABLE, 0UL, 0UL, 0UL, 0UL) < 0)
		return err_set(e, -errno, "turn core dumps and tracing off");
	if (prctl(PR_GET_DUMPABLE, 0UL, 0UL, 0UL, 0UL) != 0)
		return err_say(e, -EPERM, "the process is still dumpable");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL) < 0)
		return err_set(e, -errno, "set no_new_privs");
	if (prctl(PR_GET_NO_NEW_PRIVS, 0UL, 0UL, 0UL, 0UL) != 1)
		return err_say(e, -EPERM, "no_new_privs did not hold");
	return 0;
}

int confine_self(enum ipc_role role, const int *keep, size_t n_keep,
	const struct landlock_grant *grants, size_t n_grants, struct err *e)
{
	int r, left_out = 0;

	if (role <= ROLE_NONE || role >= _ROLE_N ||
		roles[role].filter == FILTER_NONE)
		return err_set(e, -EINVAL, "shut in role %d", (int)role);
	/* The grants' own descriptors are not in @keep: Landlock first needs
	 * no_new_privs, closing comes after. */
	r = forbid_gain(e);
	if (r == 0)
		r = confine_capabilities(e);
	if (r == 0 && roles[role].landlock)
		r = left_out = landlock_restrict(
			grants, n_grants, roles[role].scopes, e);
	if (r >= 0)
		r = close_others(keep, n_keep, e);
	if (r >= 0)
		r = confine_seccomp(roles[role].filter, e);
	return r < 0 ? r : left_out;
}
