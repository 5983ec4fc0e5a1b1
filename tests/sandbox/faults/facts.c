/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Usage: facts RW RO NAMESPACE...
 *
 * NAMESPACE are the links of /proc/self/ns outside ("net:[4026531840]"): the
 * facts say of each whether the server is in another one.
 */
#include "facts.h"

#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <net/if.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

extern char **environ;

void fact(const char *name, const char *fmt, ...)
{
	char line[1024];
	va_list ap;
	int n = snprintf(line, sizeof(line), "FACT %s ", name);

	va_start(ap, fmt);
	(void)vsnprintf(line + n, sizeof(line) - (size_t)n - 1, fmt, ap);
	va_end(ap);
	n = (int)strlen(line);
	line[n] = '\n';
	if (write(STDERR_FILENO, line, (size_t)n + 1) != n + 1)
		_exit(3);
}

const char *fact_errno(int errnum)
{
	const char *name = strerrorname_np(errnum);

	return errnum == 0 ? "done" : name ? name : "?";
}

/* Each line of a file as a fact; a line starts with one of @only if given. */
static void facts_lines(
	const char *name, const char *path, const char *const *only)
{
	FILE *f = fopen(path, "re");
	char line[4096];

	if (!f) {
		fact(name, "%s", fact_errno(errno));
		return;
	}
	while (fgets(line, sizeof(line), f)) {
		bool wanted = !only;

		line[strcspn(line, "\n")] = '\0';
		for (char *tab; (tab = strchr(line, '\t'));)
			*tab = ' ';
		for (size_t i = 0; only && only[i]; i++)
			wanted |= strncmp(line, only[i], strlen(only[i])) == 0;
		if (wanted)
			fact(name, "%s", line);
	}
	(void)fclose(f);
}

static void facts_identity(void)
{
	static const char *const status[] = {"Umask", "Uid", "Gid", "Groups",
		"SigBlk", "SigIgn", "SigCgt", "CapInh", "CapPrm", "CapEff",
		"CapBnd", "CapAmb", "NoNewPrivs", "Seccomp", "NSpid", NULL};
	gid_t groups[64];

	facts_lines("uid_map", "/proc/self/uid_map", NULL);
	facts_lines("gid_map", "/proc/self/gid_map", NULL);
	facts_lines("setgroups", "/proc/self/setgroups", NULL);
	facts_lines("status", "/proc/self/status", status);
	facts_lines("oom_score_adj", "/proc/self/oom_score_adj", NULL);
	fact("groups", "%d", getgroups(64, groups));
	fact("session", "%s",
		getsid(0) == getpid() && getpgrp() == getpid() ? "own" : "?");
	fact("parent", "%d", (int)getppid());
	fact("securebits", "%#x",
		(unsigned)prctl(PR_GET_SECUREBITS, 0, 0, 0, 0));
	fact("dumpable", "%d", prctl(PR_GET_DUMPABLE, 0, 0, 0, 0));
	fact("niceness", "%d", getpriority(PRIO_PROCESS, 0));
}

static void facts_namespaces(char *const *outside)
{
	for (; *outside; outside++) {
		char path[64], link[64], name[32];
		ssize_t n;

		(void)snprintf(name, sizeof(name), "%.*s",
			(int)strcspn(*outside, ":"), *outside);
		(void)snprintf(path, sizeof(path), "/proc/self/ns/%s", name);
		n = readlink(path, link, sizeof(link) - 1);
		if (n < 0) {
			fact("namespace", "%s %s", name, fact_errno(errno));
			continue;
		}
		link[n] = '\0';
		fact("namespace", "%s %s", name,
			strcmp(link, *outside) == 0 ? "the host's" : "own");
	}
}

static void facts_limits(void)
{
	for (int i = 0; i < RLIM_NLIMITS; i++) {
		struct rlimit l;

		if (getrlimit((__rlimit_resource_t)i, &l) == 0)
			fact("rlimit", "%d %llu %llu", i,
				(unsigned long long)l.rlim_cur,
				(unsigned long long)l.rlim_max);
	}
}

static void facts_environment(void)
{
	for (char **v = environ; *v; v++)
		fact("env", "%.*s", (int)strcspn(*v, "="), *v);
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names in a folder in order, as far as they begin like a number when
 * @numbers; *ret of them, which the caller owns. */
static size_t folder_names(const char *path, bool numbers, char *ret[512])
{
	DIR *d = opendir(path);
	const struct dirent *entry;
	size_t n = 0;

	while (d && n < 512 && (entry = readdir(d)))
		if (entry->d_name[0] != '.' &&
			(!numbers || strchr("0123456789", entry->d_name[0])))
			ret[n++] = strdup(entry->d_name);
	if (d)
		(void)closedir(d);
	qsort(ret, n, sizeof(*ret), compare);
	return n;
}

static void facts_folder(const char *fact_name, const char *path, bool numbers)
{
	char *names[512];
	size_t n = folder_names(path, numbers, names);

	for (size_t i = 0; i < n; i++) {
		fact(fact_name, "%s", names[i]);
		free(names[i]);
	}
	if (n == 0)
		fact(fact_name, "none");
}

/* The descriptors that a fresh process has; what a link names differs. */
static void facts_descriptors(void)
{
	for (int fd = 0; fd < 1024; fd++) {
		struct stat st;

		if (fstat(fd, &st) == 0)
			fact("descriptor", "%d %o", fd,
				(unsigned)(st.st_mode & S_IFMT));
	}
}

static void facts_network(void)
{
	struct if_nameindex *all = if_nameindex();
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	for (struct if_nameindex *i = all; i && i->if_index; i++) {
		struct ifreq r = {0};
		int e;

		(void)snprintf(
			r.ifr_name, sizeof(r.ifr_name), "%s", i->if_name);
		e = ioctl(s, SIOCGIFFLAGS, &r) < 0 ? errno : 0;
		fact("interface", "%s %s %#x", i->if_name, fact_errno(e),
			(unsigned)r.ifr_flags);
	}
	if (!all)
		fact("interface", "%s", fact_errno(errno));
	if_freenameindex(all);
	(void)close(s);
}

static void facts_names(void)
{
	struct utsname name;
	char cwd[PATH_MAX];

	if (uname(&name) == 0)
		fact("host", "%s %s", name.nodename, name.domainname);
	fact("cwd", "%s", getcwd(cwd, sizeof(cwd)) ? cwd : "?");
	facts_lines("memfd_noexec", "/proc/sys/vm/memfd_noexec", NULL);
	facts_lines("cgroup", "/proc/self/cgroup", NULL);
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	facts_identity();
	facts_namespaces(argv + 3);
	facts_limits();
	facts_environment();
	facts_descriptors();
	facts_folder("process", "/proc", true);
	facts_folder("root", "/", false);
	facts_network();
	facts_names();
	facts_files(argv[1], argv[2]);
	facts_refused();
	fact("end", "all told");
	return 0;
}
