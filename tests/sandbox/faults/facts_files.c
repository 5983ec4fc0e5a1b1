/* SPDX-License-Identifier: Apache-2.0 */
#include "facts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* mountinfo(5) without its numbers: target, options, type, options of the
 * filesystem. What a mount shows of which device is the host's. */
static void facts_mounts(void)
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	char line[8192];

	while (f && fgets(line, sizeof(line), f)) {
		char target[PATH_MAX], options[256], type[64], super[1024];
		const char *rest = strstr(line, " - ");

		if (!rest ||
			sscanf(line, "%*d %*d %*s %*s %4095s %255s", target,
				options) != 2 ||
			sscanf(rest, " - %63s %*s %1023s", type, super) != 2)
			continue;
		/* A peer group or a master is the host's hand in it. */
		fact("mount", "%s %s %s %s%s", target, options, type,
			strcmp(type, "tmpfs") == 0 ? super : "",
			strstr(line, " shared:") || strstr(line, " master:")
				? " propagates"
				: "");
	}
	if (f)
		(void)fclose(f);
}

static void tell_open(const char *what, const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0600);

	fact("open", "%s %s", what, fact_errno(fd < 0 ? errno : 0));
	if (fd >= 0)
		(void)close(fd);
}

struct open_row {
	const char *path;
	int flags;
};

static const struct open_row rows[] = {
	{"/etc/hosts", O_WRONLY},
	{"/new", O_WRONLY | O_CREAT},
	{"/dev/new", O_WRONLY | O_CREAT},
	{"/run/new", O_WRONLY | O_CREAT},
	{"/usr/new", O_WRONLY | O_CREAT},
	{"/etc/shadow", O_RDONLY},
	{"/sys", O_RDONLY},
	{"/dev/tty", O_RDWR},
	{"/dev/kmsg", O_RDONLY},
	{"/proc/sys/kernel/core_pattern", O_WRONLY},
	{"/proc/sys/kernel/hostname", O_WRONLY},
	{"/proc/sys/net/ipv4/ip_forward", O_WRONLY},
	{"/proc/sys/user/max_user_namespaces", O_WRONLY},
	{"/proc/sysrq-trigger", O_WRONLY},
	{"/proc/1/mem", O_RDWR},
	{"/proc/1/environ", O_RDONLY},
	{"/proc/1/root", O_RDONLY | O_DIRECTORY},
	{"/proc/1/fd", O_RDONLY | O_DIRECTORY},
	{"/proc/1/statm", O_RDONLY},
	{"/proc/self/uid_map", O_WRONLY},
};

/* What is hidden in /proc shows as an empty file without rights. */
static const char *const hidden[] = {"acpi", "asound", "bus", "config.gz",
	"driver", "fs", "irq", "kallsyms", "kcore", "key-users", "keys", "kmsg",
	"kpagecgroup", "kpagecount", "kpageflags", "scsi", "sched_debug",
	"timer_list", "tty", "vmallocinfo"};

static void facts_hidden(void)
{
	for (size_t i = 0; i < sizeof(hidden) / sizeof(*hidden); i++) {
		char path[64];
		struct stat st = {0};

		(void)snprintf(path, sizeof(path), "/proc/%s", hidden[i]);
		if (stat(path, &st) < 0)
			fact("hidden", "%s %s", hidden[i], fact_errno(errno));
		else
			fact("hidden", "%s %o %lld", hidden[i],
				(unsigned)st.st_mode, (long long)st.st_size);
	}
}

static void tell_in(
	const char *what, const char *folder, const char *name, int flags)
{
	char path[PATH_MAX], text[64];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	(void)snprintf(
		text, sizeof(text), "%s %s %#x", what, name, (unsigned)flags);
	tell_open(text, path, flags);
}

static void tell_connect(const char *folder, const char *name)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(
		a.sun_path, sizeof(a.sun_path), "%.60s/%.30s", folder, name);
	fact("connect", "%s %s", name,
		fact_errno(connect(s, (struct sockaddr *)&a, sizeof(a)) < 0
				   ? errno
				   : 0));
	(void)close(s);
}

/* Whether a file of our own making there can be run, and whose it is. */
static void tell_new_file(const char *what, const char *folder)
{
	char path[PATH_MAX];
	struct stat st = {0};
	struct timespec now;
	int fd, status = 0;
	pid_t pid;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	(void)snprintf(path, sizeof(path), "%s/facts.%ld.%ld", folder,
		(long)now.tv_sec, now.tv_nsec);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
	if (fd < 0) {
		fact("new file", "%s %s", what, fact_errno(errno));
		return;
	}
	if (write(fd, "#!/bin/true\n", 12) != 12 || fstat(fd, &st) < 0)
		st.st_mode = 0;
	(void)close(fd);
	pid = fork();
	if (pid == 0) {
		(void)execl(path, path, (char *)NULL);
		_exit(errno);
	}
	if (pid > 0)
		(void)waitpid(pid, &status, 0);
	fact("new file", "%s %u %u %o run %s", what, st.st_uid, st.st_gid,
		(unsigned)st.st_mode, fact_errno(WEXITSTATUS(status)));
	(void)unlink(path);
}

static void tell_owner(const char *what, const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		fact("owner", "%s %s", what, fact_errno(errno));
	else
		fact("owner", "%s %u %u %o", what, st.st_uid, st.st_gid,
			(unsigned)st.st_mode);
}

void facts_files(const char *rw, const char *ro)
{
	facts_mounts();
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		tell_open(rows[i].path, rows[i].path, rows[i].flags);
	facts_hidden();
	tell_owner("/", "/");
	tell_owner("/proc/1/mem", "/proc/1/mem");
	tell_owner("rw", rw);
	tell_owner("ro", ro);
	tell_in("rw", rw, "private", O_RDWR);
	tell_in("rw", rw, ".git/config", O_WRONLY);
	tell_in("rw", rw, ".git/new", O_WRONLY | O_CREAT);
	tell_in("ro", ro, "private", O_RDONLY);
	tell_in("ro", ro, "private", O_WRONLY);
	tell_in("ro", ro, "new", O_WRONLY | O_CREAT);
	/* A read-only mount lets a FIFO be written; Landlock alone does not.
	 * Without it this is ENXIO: nobody reads. */
	tell_in("ro", ro, "fifo", O_WRONLY);
	tell_connect(ro, "socket");
	tell_new_file("rw", rw);
	tell_new_file("/tmp", "/tmp");
	tell_new_file("/dev/shm", "/dev/shm");
	tell_new_file("HOME", getenv("HOME") ? getenv("HOME") : "/nowhere");
}
