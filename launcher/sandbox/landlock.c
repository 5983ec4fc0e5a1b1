/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/landlock.h"

#include <sys/stat.h>
#include <sys/syscall.h>

#define CREATE_RULESET_VERSION 1U
#define RULE_PATH_BENEATH 1

/* As in the kernel; an older one accepts the longer form while what it does
 * not know is 0. */
struct ruleset_attr {
	uint64_t handled_access_fs;
	uint64_t handled_access_net; /* stays 0: the network namespace is the
					wall, and the server may use its own
					loopback */
	uint64_t scoped;
};

struct path_beneath_attr {
	uint64_t allowed_access;
	int32_t parent_fd;
} __attribute__((packed));

/* What a right needs; a row for each step in which the kernel added any. */
static const struct {
	int abi;
	uint64_t fs, scopes;
} steps[] = {
	{1,
		LL_EXECUTE | LL_WRITE_FILE | LL_READ_FILE | LL_READ_DIR |
			LL_REMOVE_DIR | LL_REMOVE_FILE | LL_MAKE_CHAR |
			LL_MAKE_DIR | LL_MAKE_REG | LL_MAKE_SOCK |
			LL_MAKE_FIFO | LL_MAKE_BLOCK | LL_MAKE_SYM,
		0},
	{2, LL_REFER, 0},
	{3, LL_TRUNCATE, 0},
	{5, LL_IOCTL_DEV, 0},
	{6, 0, LL_SCOPE_ABSTRACT_UNIX | LL_SCOPE_SIGNAL},
	{9, LL_RESOLVE_UNIX, 0},
};

/* All that a rule on something that is no folder may carry (else EINVAL). */
#define FILE_RIGHTS \
	(LL_EXECUTE | LL_WRITE_FILE | LL_READ_FILE | LL_TRUNCATE | LL_IOCTL_DEV)

/* Devices are made by nobody, and a socket that somebody outside made is
 * connected to by nobody: the domain's own ones need no right. */
#define WRITE_RIGHTS                                                      \
	(LL_WRITE_FILE | LL_TRUNCATE | LL_REMOVE_DIR | LL_REMOVE_FILE |   \
		LL_MAKE_DIR | LL_MAKE_REG | LL_MAKE_SOCK | LL_MAKE_FIFO | \
		LL_MAKE_SYM | LL_REFER | LL_IOCTL_DEV)

uint64_t landlock_fs_handled(int abi)
{
	uint64_t fs = 0;

	for (size_t i = 0; i < ELEMENTS(steps); i++)
		if (abi >= steps[i].abi)
			fs |= steps[i].fs;
	return fs;
}

uint64_t landlock_scopes(int abi)
{
	uint64_t scopes = 0;

	for (size_t i = 0; i < ELEMENTS(steps); i++)
		if (abi >= steps[i].abi)
			scopes |= steps[i].scopes;
	return scopes;
}

uint64_t landlock_grant_rights(
	const struct landlock_grant *g, bool folder, int abi)
{
	uint64_t rights = LL_READ_DIR;

	if (g->make_files || g->remove_files || g->remove_folders)
		rights = (g->make_files ? LL_MAKE_REG | LL_WRITE_FILE |
						  LL_REMOVE_FILE
					: 0) |
			 (g->remove_files ? LL_REMOVE_FILE : 0) |
			 (g->remove_folders ? LL_REMOVE_DIR : 0);
	else if (!g->list_only)
		rights |= LL_READ_FILE | (g->exec ? LL_EXECUTE : 0) |
			  (g->write ? WRITE_RIGHTS : 0);
	if (!folder)
		rights &= FILE_RIGHTS;
	return rights & landlock_fs_handled(abi);
}

int landlock_abi(void)
{
	long r = syscall(SYS_landlock_create_ruleset, NULL, (size_t)0,
		CREATE_RULESET_VERSION);

	if (r < 0)
		return errno == ENOSYS || errno == EOPNOTSUPP ? 0 : -errno;
	return r > INT32_MAX ? INT32_MAX : (int)r;
}

static int ruleset_add(
	int ruleset, const struct landlock_grant *g, int abi, struct err *e)
{
	struct path_beneath_attr rule = {.parent_fd = g->fd};
	struct stat st;

	if (fstat(g->fd, &st) < 0)
		return err_set(e, -errno, "Landlock: look at a grant");
	rule.allowed_access =
		landlock_grant_rights(g, S_ISDIR(st.st_mode), abi);
	/* An empty rule is ENOMSG; it would grant nothing anyway. */
	if (rule.allowed_access == 0)
		return 0;
	if (syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &rule,
		    0U) < 0)
		return err_set(e, -errno, "Landlock: add a grant");
	return 0;
}

int landlock_restrict(const struct landlock_grant *grants, size_t n,
	uint64_t scopes, struct err *e)
{
	struct ruleset_attr attr = {0};
	_close_ int ruleset = -1;
	int abi = landlock_abi();

	if (abi < 0)
		return err_set(e, abi, "Landlock: ask for its version");
	/* ABI 1 forbids every rename between two folders. */
	if (abi < 2)
		return 1;
	if (abi > LANDLOCK_ABI_KNOWN)
		abi = LANDLOCK_ABI_KNOWN;
	attr.handled_access_fs = landlock_fs_handled(abi);
	attr.scoped = landlock_scopes(abi) & scopes;
	/* The kernel makes it O_CLOEXEC. */
	ruleset = (int)syscall(
		SYS_landlock_create_ruleset, &attr, sizeof(attr), 0U);
	if (ruleset < 0)
		return err_set(e, -errno, "Landlock: make a ruleset");
	for (size_t i = 0; i < n; i++) {
		int r = ruleset_add(ruleset, &grants[i], abi, e);

		if (r < 0)
			return r;
	}
	if (syscall(SYS_landlock_restrict_self, ruleset, 0U) < 0)
		return err_set(e, -errno, "Landlock: restrict this process");
	return 0;
}

int confine_landlock(
	const struct landlock_grant *grants, size_t n, struct err *e)
{
	return landlock_restrict(
		grants, n, LL_SCOPE_ABSTRACT_UNIX | LL_SCOPE_SIGNAL, e);
}
