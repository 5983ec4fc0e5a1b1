/* SPDX-License-Identifier: Apache-2.0 */
/* Files of the outside: by name, by descriptor, and the kernel's. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "probe.h"

#define AREA "files"
#define FOLDER (O_RDONLY | O_DIRECTORY)

/* A file whose path only the outside knows. */
static long canary(const struct facts *f, const long *arg)
{
	const char *path = fact_text(f, (const char *)arg[0]);

	return path ? probe_opened(open(path, (int)arg[1] | O_CLOEXEC))
		    : -ENODATA;
}

/* A new file, which is taken away again. */
static long create(const struct facts *f, const long *arg)
{
	const char *path = (const char *)arg[0];
	long r = probe_opened(
		open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));

	(void)f;
	if (r == 0)
		(void)unlink(path);
	return r;
}

static long write_canary(const struct facts *f, const long *arg)
{
	const char *path = fact_text(f, (const char *)arg[0]);
	char other[512];
	long r;

	if (!path)
		return -ENODATA;
	/* Beside it: the folder may be there, the file must not. */
	(void)snprintf(other, sizeof(other), "%s.new", path);
	r = probe_opened(
		open(other, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
	(void)unlink(other);
	return r;
}

/* The number of names in a folder that belong to nobody inside. */
static long process_folders(const struct facts *f, const long *arg)
{
	char path[64];
	long n = 0;

	(void)f;
	(void)arg;
	/* Pids of the machine are far higher than a sandbox's. */
	for (int pid = 2; pid < 4096; pid++) {
		(void)snprintf(path, sizeof(path), "/proc/%d", pid);
		n += access(path, F_OK) == 0;
	}
	return n > 3 ? 99 : 0;
}

static long by_descriptor(const struct facts *f, const long *arg)
{
	(void)f;
	return probe_opened(openat(
		(int)arg[0], (const char *)arg[1], O_RDONLY | O_CLOEXEC));
}

static long up_from_descriptor(const struct facts *f, const long *arg)
{
	(void)f;
	return fchdir((int)arg[0]) < 0
		       ? -errno
		       : probe_opened(open("../../etc", FOLDER | O_CLOEXEC));
}

/* Any descriptor from 3 up that we did not open. */
static long open_descriptors(const struct facts *f, const long *arg)
{
	long n = 0;

	(void)f;
	(void)arg;
	/* 3 and 4 are the pipe that results come by. */
	for (int fd = 5; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n > 0;
}

static long out_by_dots(const struct facts *f, const long *arg)
{
	char path[512] = "";
	size_t used = 0;

	(void)f;
	for (int i = 0; i < 40; i++, used += 3)
		(void)snprintf(path + used, 4, "../");
	(void)snprintf(
		path + used, sizeof(path) - used, "%s", (const char *)arg[0]);
	return probe_opened(open(path, O_RDONLY | O_CLOEXEC));
}

/* A link made inside that names what is outside. */
static long out_by_link(const struct facts *f, const long *arg)
{
	const char *target = fact_text(f, "canary_home");
	char path[] = "/tmp/probe-link-XXXXXX";
	long r;

	(void)arg;
	if (!target || !mkdtemp(path))
		return -ENODATA;
	(void)rmdir(path);
	if (symlink(target, path) < 0)
		return -errno;
	r = probe_opened(open(path, O_RDONLY | O_CLOEXEC));
	(void)unlink(path);
	return r;
}

static long write_oom_score(const struct facts *f, const long *arg)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	long r;

	(void)f;
	if (fd < 0)
		return -errno;
	r = write(fd, (const char *)arg[0], strlen((const char *)arg[0]));
	r = r < 0 ? -errno : 0;
	(void)close(fd);
	return r;
}

static long environment(const struct facts *f, const long *arg)
{
	(void)f;
	return getenv((const char *)arg[0]) ? 0 : -ENOENT;
}

#define GONE(name, path, flags, user) \
	ACT(name, probe_open, "ok", user, "ENOENT", POINTER(path), flags)
#define MAYBE(name, path, flags) \
	ACT(name, probe_open, "any", NULL, "ENOENT", POINTER(path), flags)
/* Shut for writing: by its mount, by its owner, or not there. */
#define KNOB(name, path)                                               \
	ACT("knob_" name, probe_open, "ok ENOENT EROFS EACCES",        \
		"EACCES ENOENT", "EROFS EACCES ENOENT", POINTER(path), \
		O_WRONLY)
#define MASKED(name, path)                                                \
	ACT("masked_" name, probe_open, "ok ENOENT EPERM",                \
		"ok EACCES EPERM ENOENT", "EACCES ENOENT", POINTER(path), \
		O_RDONLY)

static const struct probe rows[] = {
	GONE("etc_shadow", "/etc/shadow", O_RDONLY, "EACCES"),
	MAYBE("etc_ssh", "/etc/ssh", FOLDER),
	MAYBE("etc_sudoers", "/etc/sudoers", O_RDONLY),
	MAYBE("etc_fstab", "/etc/fstab", O_RDONLY),
	MAYBE("etc_cron", "/etc/crontab", O_RDONLY),
	MAYBE("root_home", "/root/.bashrc", O_RDONLY),
	MAYBE("home", "/home", FOLDER),
	MAYBE("var_log", "/var/log", FOLDER),
	MAYBE("var_lib", "/var/lib", FOLDER),
	MAYBE("boot", "/boot", FOLDER),
	MAYBE("mnt", "/mnt", FOLDER),
	MAYBE("srv", "/srv", FOLDER),
	MAYBE("opt", "/opt", FOLDER),
	MAYBE("sys", "/sys", FOLDER),
	MAYBE("sys_kernel", "/sys/kernel/debug", FOLDER),
	MAYBE("cgroups", "/sys/fs/cgroup", FOLDER),
	MAYBE("docker", "/run/docker.sock", O_RDONLY),
	MAYBE("docker_by_var", "/var/run/docker.sock", O_RDONLY),
	MAYBE("run_user", "/run/user", FOLDER),
	MAYBE("run_systemd", "/run/systemd", FOLDER),
	MAYBE("x11", "/tmp/.X11-unix", FOLDER),
	ACT("canary_in_home", canary, "ok", NULL, "ENOENT",
		POINTER("canary_home"), O_RDONLY),
	ACT("canary_in_tmp", canary, "ok", NULL, "ENOENT",
		POINTER("canary_tmp"), O_RDONLY),
	ACT("canary_in_var_tmp", canary, "ok", NULL, "ENOENT",
		POINTER("canary_var_tmp"), O_RDONLY),
	ACT("canary_in_dev_shm", canary, "ok", NULL, "ENOENT",
		POINTER("canary_shm"), O_RDONLY),
	ACT("canary_for_writing", canary, "ok", NULL, "ENOENT",
		POINTER("canary_home"), O_WRONLY),
	ACT("canary_by_link", out_by_link, "ok", NULL, "ENOENT", 0),
	ACT("home_is_its_own", write_canary, "ok", NULL, "ok",
		POINTER("canary_home")),
	ACT("etc_by_dots", out_by_dots, "ok", "EACCES", "ENOENT",
		POINTER("etc/shadow")),
	ACT("processes_of_the_machine", process_folders, "99 ok", NULL, "ok",
		0),
	ACT("descriptor_3", by_descriptor, "ok", NULL, "EBADF ENOTDIR", 3,
		POINTER("../../etc")),
	ACT("descriptor_5", by_descriptor, "ok", NULL, "EBADF", 5,
		POINTER("../../etc")),
	ACT("descriptor_9", by_descriptor, "ok", NULL, "EBADF", 9,
		POINTER("../../etc")),
	ACT("descriptor_9_and_up", up_from_descriptor, "ok", NULL, "EBADF", 9),
	ACT("descriptors_left_open", open_descriptors, "1", NULL, "ok", 0),
	ACT("new_file_in_root", create, "ok", "EACCES", "EROFS EACCES",
		POINTER("/probe-new-file")),
	ACT("new_file_in_dev", create, "ok", "EACCES", "EROFS EACCES",
		POINTER("/dev/probe-new-file")),
	ACT("new_file_in_etc", create, "ok", "EACCES", "EROFS EACCES",
		POINTER("/etc/probe-new-file")),
	ACT("new_file_in_run", create, "ok", "EACCES", "EROFS EACCES",
		POINTER("/run/probe-new-file")),
	ACT("usr_for_writing", probe_open, "ok EROFS", "EACCES EROFS",
		"EROFS EACCES", POINTER("/usr/bin/env"), O_WRONLY | O_APPEND),
	ACT("passwd_for_writing", probe_open, "ok", "EACCES", "EROFS EACCES",
		POINTER("/etc/passwd"), O_WRONLY | O_APPEND),
	ACT("resolver_for_writing", probe_open, "any", NULL, "EROFS EACCES",
		POINTER("/etc/resolv.conf"), O_WRONLY | O_APPEND),
	RAW("usr_chmod", "ok EROFS", "EPERM EROFS", "EROFS EPERM", SYS_chmod,
		POINTER("/usr/bin"), 0755),
	RAW("usr_mkdir", "EEXIST", NULL, "EEXIST EROFS", SYS_mkdir,
		POINTER("/usr/bin"), 0755),
	KNOB("core_pattern", "/proc/sys/kernel/core_pattern"),
	KNOB("modprobe", "/proc/sys/kernel/modprobe"),
	KNOB("hotplug", "/proc/sys/kernel/hotplug"),
	KNOB("hostname", "/proc/sys/kernel/hostname"),
	KNOB("randomize", "/proc/sys/kernel/randomize_va_space"),
	ACT("knob_last_pid", probe_open, "ok ENOENT", NULL,
		"EROFS EACCES ENOENT", POINTER("/proc/sys/kernel/ns_last_pid"),
		O_WRONLY),
	KNOB("suid_dumpable", "/proc/sys/fs/suid_dumpable"),
	KNOB("binfmt", "/proc/sys/fs/binfmt_misc/register"),
	KNOB("drop_caches", "/proc/sys/vm/drop_caches"),
	KNOB("overcommit", "/proc/sys/vm/overcommit_memory"),
	KNOB("ip_forward", "/proc/sys/net/ipv4/ip_forward"),
	KNOB("user_namespaces", "/proc/sys/user/max_user_namespaces"),
	KNOB("sysrq_trigger", "/proc/sysrq-trigger"),
	KNOB("irq", "/proc/irq/default_smp_affinity"),
	KNOB("uevent_helper", "/sys/kernel/uevent_helper"),
	KNOB("power", "/sys/power/state"),
	MASKED("kcore", "/proc/kcore"),
	MASKED("kmsg", "/proc/kmsg"),
	MASKED("kallsyms", "/proc/kallsyms"),
	MASKED("keys", "/proc/keys"),
	MASKED("key_users", "/proc/key-users"),
	MASKED("timer_list", "/proc/timer_list"),
	MASKED("config", "/proc/config.gz"),
	MASKED("vmallocinfo", "/proc/vmallocinfo"),
	MASKED("kpagecount", "/proc/kpagecount"),
	MAYBE("device_mem", "/dev/mem", O_RDONLY),
	MAYBE("device_port", "/dev/port", O_RDONLY),
	GONE("device_kmsg", "/dev/kmsg", O_RDONLY, "ok EACCES EPERM"),
	MAYBE("device_sda", "/dev/sda", O_RDONLY),
	MAYBE("device_vda", "/dev/vda", O_RDONLY),
	MAYBE("device_loop", "/dev/loop-control", O_RDONLY),
	MAYBE("device_fuse", "/dev/fuse", O_RDWR),
	MAYBE("device_kvm", "/dev/kvm", O_RDWR),
	MAYBE("device_tun", "/dev/net/tun", O_RDWR),
	MAYBE("device_input", "/dev/input", FOLDER),
	MAYBE("device_dri", "/dev/dri", FOLDER),
	MAYBE("device_ptmx", "/dev/ptmx", O_RDWR),
	MAYBE("device_pts", "/dev/pts", FOLDER),
	ACT("device_null", probe_open, "ok", NULL, "ok", POINTER("/dev/null"),
		O_RDWR),
	ACT("device_urandom", probe_open, "ok", NULL, "ok",
		POINTER("/dev/urandom"), O_RDONLY),
	ACT("oom_score_down", write_oom_score, "any", "EACCES", "EACCES",
		POINTER("-500")),
	/* Not lower than it was when the client started us; up to there an
	 * ordinary user's process may always go (proc(5)). */
	ACT("oom_score_back", write_oom_score, "any", NULL, "ok EACCES",
		POINTER("0")),
	ACT("secret_variable", environment, "ok", NULL, "ENOENT",
		POINTER("STOCKADE_PROBE_SECRET")),
	ACT("preload_variable", environment, "ok", NULL, "ENOENT",
		POINTER("NODE_OPTIONS")),
	ACT("agent_variable", environment, "ok", NULL, "ENOENT",
		POINTER("SSH_AUTH_SOCK")),
	ACT("display_variable", environment, "ok", NULL, "ENOENT",
		POINTER("DISPLAY")),
	ACT("home_variable", environment, "ok", NULL, "ok", POINTER("HOME")),
};
const struct probe_table file_probes = {rows, ELEMENTS(rows)};
