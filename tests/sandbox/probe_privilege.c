/* SPDX-License-Identifier: Apache-2.0 */
/* Capabilities, ids, groups, and what may not be had back. */
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "probe.h"

#define AREA "privileges"

/* "CapEff:" and the like of /proc/self/status: 0 is none. */
static long status_field(const struct facts *f, const long *arg)
{
	const char *name = (const char *)arg[0];
	FILE *file = fopen("/proc/self/status", "re");
	char line[1024];
	unsigned long long value;
	long r = -ENODATA;

	(void)f;
	if (!file)
		return -errno;
	while (fgets(line, sizeof(line), file))
		if (strncmp(line, name, strlen(name)) == 0 &&
			line[strlen(name)] == ':') {
			value = strtoull(line + strlen(name) + 1, NULL, 16);
			r = value > 99 ? 99 : (long)value;
		}
	(void)fclose(file);
	return r;
}

/* Ids of the innermost user namespace in the one around it: 1000 in 1000, for
 * the one that has our mounts is another. */
static long inner_namespace(const struct facts *f, const long *arg)
{
	FILE *file = fopen("/proc/self/uid_map", "re");
	char line[128] = "";
	char *end;

	(void)f;
	(void)arg;
	if (!file || !fgets(line, sizeof(line), file))
		return -EIO;
	(void)fclose(file);
	return strtol(line, &end, 10) == 1000 && strtol(end, NULL, 10) == 1000;
}

static long ask(const struct facts *f, const long *arg)
{
	(void)f;
	return probe_result(prctl((int)arg[0], arg[1], arg[2], 0UL, 0UL));
}

/* All that is permitted and one more. */
static long raise_capability(const struct facts *f, const long *arg)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{0}};

	(void)f;
	data[0].effective = data[0].permitted = 1U << (unsigned)arg[0];
	return probe_result(syscall(SYS_capset, &head, data));
}

static long bounding(const struct facts *f, const long *arg)
{
	long n = 0;

	(void)f;
	(void)arg;
	for (unsigned long cap = 0; cap < 64; cap++)
		n += prctl(PR_CAPBSET_READ, cap, 0UL, 0UL, 0UL) == 1;
	return n;
}

static long make_file(char path[64])
{
	(void)snprintf(path, 64, "/tmp/probe-privilege-XXXXXX");
	return probe_opened(mkstemp(path));
}

/* Calls by number, so that each way to a set-id bit is the one tried. */
static long set_id(const struct facts *f, const long *arg)
{
	char path[64];
	long r = make_file(path);

	(void)f;
	if (r < 0)
		return r;
	if (arg[0] == SYS_fchmod) {
		int fd = open(path, O_RDONLY | O_CLOEXEC);

		r = probe_result(syscall(SYS_fchmod, fd, arg[1]));
		(void)close(fd);
	} else if (arg[0] == SYS_chmod) {
		r = probe_result(syscall(SYS_chmod, path, arg[1]));
	} else {
		r = probe_result(syscall(arg[0], AT_FDCWD, path, arg[1], 0UL));
	}
	(void)unlink(path);
	return r;
}

static long create_set_id(const struct facts *f, const long *arg)
{
	char path[64];
	long r = make_file(path);

	(void)f;
	if (r < 0)
		return r;
	(void)unlink(path);
	if (arg[0] == SYS_openat)
		r = syscall(SYS_openat, AT_FDCWD, path,
			O_CREAT | O_WRONLY | O_CLOEXEC, arg[1]);
	else if (arg[0] == SYS_creat || arg[0] == SYS_mkdir)
		r = syscall(arg[0], path, arg[1]);
	else
		r = syscall(arg[0], AT_FDCWD, path, arg[1], 0UL);
	r = r < 0 ? -errno : 0;
	(void)remove(path);
	return r;
}

static long file_capability(const struct facts *f, const long *arg)
{
	/* VFS_CAP_REVISION_2 with CAP_SYS_ADMIN. */
	const uint32_t value[5] = {0x02000001, 1U << 21, 0, 0, 0};
	char path[64];
	long r = make_file(path);

	(void)f;
	(void)arg;
	if (r < 0)
		return r;
	r = probe_result(
		setxattr(path, "security.capability", value, sizeof(value), 0));
	(void)unlink(path);
	return r;
}

static long give_away(const struct facts *f, const long *arg)
{
	char path[64];
	long r = make_file(path);

	(void)f;
	if (r < 0)
		return r;
	r = probe_result(chown(path, (uid_t)arg[0], (gid_t)arg[0]));
	(void)unlink(path);
	return r;
}

static long become_nicer(const struct facts *f, const long *arg)
{
	(void)f;
	return probe_result(setpriority(PRIO_PROCESS, 0, (int)arg[0]));
}

static const struct sched_param realtime = {.sched_priority = 1};
static const gid_t group_zero[] = {0};

static const struct probe rows[] = {
	ACT("capabilities_effective", status_field, "99", "ok", "ok",
		POINTER("CapEff")),
	ACT("capabilities_permitted", status_field, "99", "ok", "ok",
		POINTER("CapPrm")),
	ACT("capabilities_inheritable", status_field, "any", NULL, "ok",
		POINTER("CapInh")),
	ACT("capabilities_ambient", status_field, "any", NULL, "ok",
		POINTER("CapAmb")),
	ACT("capabilities_bounding", status_field, "99", NULL, "ok",
		POINTER("CapBnd")),
	ACT("bounding_set_asked", bounding, "any", NULL, "ok", 0),
	ACT("raise_sys_admin", raise_capability, "ok", "EPERM", "EPERM",
		CAP_SYS_ADMIN),
	ACT("raise_dac_override", raise_capability, "ok", "EPERM", "EPERM",
		CAP_DAC_OVERRIDE),
	ACT("ambient_raise", ask, "EPERM", NULL, "EPERM", PR_CAP_AMBIENT,
		PR_CAP_AMBIENT_RAISE),
	ACT("in_the_second_user_namespace", inner_namespace, "ok", NULL, "1",
		0),
	ACT("no_new_privs", status_field, "ok", NULL, "1",
		POINTER("NoNewPrivs")),
	ACT("no_new_privs_undone", ask, "EINVAL", NULL, "EINVAL",
		PR_SET_NO_NEW_PRIVS, 0),
	ACT("seccomp_mode", status_field, "ok", NULL, "2", POINTER("Seccomp")),
	ACT("securebits", ask, "ok", "EPERM", "EPERM", PR_SET_SECUREBITS,
		SECBIT_NOROOT),
	ACT("set_mm", ask, "EINVAL EPERM", "EPERM EINVAL", "EPERM EINVAL",
		PR_SET_MM, PR_SET_MM_START_CODE),
	RAW("setuid_0", "ok", "EPERM", "EPERM", SYS_setuid, 0),
	RAW("setgid_0", "ok", "EPERM", "EPERM", SYS_setgid, 0),
	RAW("setresuid_0", "ok", "EPERM", "EPERM", SYS_setresuid, 0, 0, 0),
	RAW("setresgid_0", "ok", "EPERM", "EPERM", SYS_setresgid, 0, 0, 0),
	RAW("setreuid_0", "ok", "EPERM", "EPERM", SYS_setreuid, 0, 0),
	RAW("setregid_0", "ok", "EPERM", "EPERM", SYS_setregid, 0, 0),
	RAW("setfsuid", "ok", NULL, "EPERM", SYS_setfsuid, 0),
	RAW("setgroups", "ok", "EPERM", "EPERM", SYS_setgroups, 1,
		POINTER(group_zero)),
	RAW("setgroups_none", "ok", "EPERM", "EPERM", SYS_setgroups, 0, 0),
	ACT("chmod_setuid", set_id, "ok", NULL, "EPERM", SYS_chmod, 04755),
	ACT("chmod_setgid", set_id, "ok", NULL, "EPERM", SYS_chmod, 02755),
	ACT("fchmod_setuid", set_id, "ok", NULL, "EPERM", SYS_fchmod, 04755),
	ACT("fchmodat_setuid", set_id, "ok", NULL, "EPERM", SYS_fchmodat,
		04755),
	ACT("fchmodat2_setuid", set_id, "ok ENOSYS", NULL, "EPERM ENOSYS", 452,
		04755),
	ACT("chmod_plain", set_id, "ok", NULL, "ok", SYS_chmod, 0755),
	ACT("open_setuid", create_set_id, "ok", NULL, "EPERM", SYS_openat,
		04755),
	ACT("creat_setuid", create_set_id, "ok", NULL, "EPERM", SYS_creat,
		04755),
	ACT("mkdir_setgid", create_set_id, "ok", NULL, "EPERM", SYS_mkdir,
		02755),
	ACT("mkdirat_setgid", create_set_id, "ok", NULL, "EPERM", SYS_mkdirat,
		02755),
	ACT("mknodat_setuid", create_set_id, "ok", NULL, "EPERM", SYS_mknodat,
		S_IFREG | 04755),
	ACT("file_capability", file_capability, "ok", "EPERM", "EPERM", 0),
	ACT("chown_to_root", give_away, "ok", "EPERM", "EPERM EINVAL", 0),
	ACT("nice_minus_5", become_nicer, "ok", "EACCES EPERM", "EACCES EPERM",
		-5),
	RAW("realtime", "ok EPERM", "EPERM", "EPERM", SYS_sched_setscheduler, 0,
		SCHED_FIFO, POINTER(&realtime)),
	RAW("ioprio", "ok", NULL, "EPERM", SYS_ioprio_set, 1, 0, 2 << 13 | 4),
};
const struct probe_table privilege_probes = {rows, ELEMENTS(rows)};
