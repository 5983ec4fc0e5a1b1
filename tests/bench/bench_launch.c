/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usage: bench_launch STOCKADE [RUNS]
 *
 * Start to exit of /bin/true: bare, in the floor, in bubblewrap with a handful
 * of mounts and with the very policy of the plan, in stockade; one after the
 * other, RUNS times (100), so that a machine that changes its speed changes it
 * for all. Prints medians, p95 and ratios; then the memory of stockade's own
 * processes around an idle server. Prints numbers; fails only when something
 * does not run.
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "equal.h"
#include "floor.h"
#include "sandbox/confine.h"

#define RUNS_MAX 2000

enum peer {
	BARE = 0,
	FLOOR,
	BWRAP,
	BWRAP_SECCOMP,
	BWRAP_EQUAL,
	STOCKADE,
	PEERS
};

static const char *const names[PEERS] = {"bare", "floor",
	"bubblewrap, few mounts", "  the same with seccomp",
	"bubblewrap, equal policy", "stockade, log and policy on"};

struct bench {
	char *stockade;
	int null, filter; /* the server's list, for bubblewrap */
	char filter_text[16];
	struct equal equal;
	unsigned runs;
	double ms[PEERS][RUNS_MAX];
};

extern char **environ;

static pid_t spawn(const struct bench *b, char *const *argv)
{
	posix_spawn_file_actions_t a;
	pid_t pid;
	int r;

	(void)posix_spawn_file_actions_init(&a);
	for (int fd = 0; fd < 3; fd++)
		(void)posix_spawn_file_actions_adddup2(&a, b->null, fd);
	r = posix_spawnp(&pid, argv[0], &a, NULL, argv, environ);
	(void)posix_spawn_file_actions_destroy(&a);
	return r ? -r : pid;
}

#define WORD(text) ((char[]){text})

static pid_t spawn_bwrap(struct bench *b, bool seccomp)
{
	char *argv[] = {WORD("bwrap"), WORD("--unshare-all"),
		WORD("--die-with-parent"), WORD("--new-session"), WORD("--uid"),
		WORD("1000"), WORD("--gid"), WORD("1000"), WORD("--cap-drop"),
		WORD("ALL"), WORD("--ro-bind"), WORD("/usr"), WORD("/usr"),
		WORD("--symlink"), WORD("usr/bin"), WORD("/bin"),
		WORD("--symlink"), WORD("usr/lib"), WORD("/lib"),
		WORD("--symlink"), WORD("usr/lib64"), WORD("/lib64"),
		WORD("--ro-bind"), WORD("/etc/ld.so.cache"),
		WORD("/etc/ld.so.cache"), WORD("--ro-bind"), WORD("/etc/ssl"),
		WORD("/etc/ssl"), WORD("--ro-bind"), WORD("/etc/alternatives"),
		WORD("/etc/alternatives"), WORD("--proc"), WORD("/proc"),
		WORD("--dev"), WORD("/dev"), WORD("--tmpfs"), WORD("/tmp"),
		WORD("--tmpfs"), WORD("/home/user"), WORD("--clearenv"),
		seccomp ? WORD("--seccomp") : WORD("/usr/bin/true"),
		b->filter_text, WORD("/usr/bin/true"), NULL};

	if (!seccomp)
		argv[ELEMENTS(argv) - 3] = NULL;
	(void)lseek(b->filter, 0, SEEK_SET);
	return spawn(b, argv);
}

static pid_t launch(struct bench *b, enum peer peer)
{
	char *bare[] = {WORD("/usr/bin/true"), NULL};
	char *ours[] = {b->stockade, WORD("run"), WORD("--"),
		WORD("/usr/bin/true"), NULL};

	switch (peer) {
	case BARE:
		return spawn(b, bare);
	case FLOOR:
		return floor_spawn();
	case BWRAP:
		return spawn_bwrap(b, false);
	case BWRAP_SECCOMP:
		return spawn_bwrap(b, true);
	case BWRAP_EQUAL:
		(void)lseek(b->filter, 0, SEEK_SET);
		equal_rewind(&b->equal);
		return spawn(b, b->equal.argv);
	case STOCKADE:
		return spawn(b, ours);
	case PEERS:
		break;
	}
	return -EINVAL;
}

static int measure(struct bench *b, enum peer peer, double *ret_ms)
{
	uint64_t start = clock_mono_us();
	pid_t pid = launch(b, peer);
	int status;

	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return -1;
	*ret_ms = (double)(clock_mono_us() - start) / 1000;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		(void)fprintf(stderr, "%s: status %x\n", names[peer],
			(unsigned)status);
		return -1;
	}
	return 0;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double median(const struct bench *b, enum peer p)
{
	return b->ms[p][b->runs / 2];
}

static void print(struct bench *b)
{
	for (int p = 0; p < PEERS; p++)
		qsort(b->ms[p], b->runs, sizeof(double), compare);
	(void)printf("launch of /bin/true, uid %u, %u runs in turn, ms\n",
		geteuid(), b->runs);
	(void)printf("%-30s %8s %8s %8s %8s %8s\n", "", "median", "p95",
		"x floor", "x few", "x equal");
	for (int p = 0; p < PEERS; p++)
		(void)printf("%-30s %8.2f %8.2f %8.2f %8.2f %8.2f\n", names[p],
			median(b, (enum peer)p), b->ms[p][b->runs * 95 / 100],
			median(b, (enum peer)p) / median(b, FLOOR),
			median(b, (enum peer)p) / median(b, BWRAP_SECCOMP),
			median(b, (enum peer)p) / median(b, BWRAP_EQUAL));
}

/* KiB of PSS of @pid, 0 if it cannot be read. */
static unsigned long pss(long pid)
{
	_free_ char *text = NULL;
	unsigned long kib = 0;
	const char *row;
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%ld/smaps_rollup", pid);
	if (fd_read_file(-1, path, 65536, &text, NULL) < 0)
		return 0;
	row = strstr(text, "\nPss:");
	if (row)
		kib = strtoul(row + strlen("\nPss:"), NULL, 10);
	return kib;
}

static bool is_ours(long pid, const char *stockade)
{
	char path[64], exe[4096], real[4096];
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%ld/exe", pid);
	n = readlink(path, exe, sizeof(exe) - 1);
	if (n <= 0 || !realpath(stockade, real))
		return false;
	exe[n] = '\0';
	return strcmp(exe, real) == 0;
}

/* Only root may look into processes that are not dumpable. */
static void print_memory(struct bench *b)
{
	char *argv[] = {b->stockade, WORD("run"), WORD("--"),
		WORD("/bin/sleep"), WORD("600"), NULL};
	unsigned long sum = 0;
	unsigned n = 0;
	const struct dirent *entry;
	DIR *d;
	int in[2];
	struct bench quiet = *b;
	pid_t pid;

	if (geteuid() != 0 || pipe2(in, O_CLOEXEC) < 0)
		return;
	quiet.null = in[0];
	pid = spawn(&quiet, argv);
	(void)sleep(1);
	d = opendir("/proc");
	while (pid > 0 && d && (entry = readdir(d))) {
		long p = strtol(entry->d_name, NULL, 10);

		if (p > 0 && is_ours(p, b->stockade)) {
			sum += pss(p);
			n++;
		}
	}
	if (d)
		(void)closedir(d);
	(void)printf(
		"memory of our %u processes beside an idle server: %lu KiB "
		"PSS\n",
		n, sum);
	if (pid > 0) {
		(void)kill(pid, SIGTERM);
		(void)waitpid(pid, NULL, 0);
	}
	(void)close(in[0]);
	(void)close(in[1]);
}

static int prepare(struct bench *b, int argc, char **argv)
{
	const struct filter *f = filter_get(FILTER_SERVER);
	struct err e = {0};

	b->stockade = argv[1];
	b->runs = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 100;
	b->null = open("/dev/null", O_RDWR | O_CLOEXEC);
	b->filter = memfd_create("filter", 0); /* bubblewrap inherits it */
	(void)snprintf(b->filter_text, sizeof(b->filter_text), "%d", b->filter);
	if (b->runs == 0 || b->runs > RUNS_MAX || b->null < 0 ||
		b->filter < 0 ||
		fd_write_all(b->filter, f->code, (size_t)f->len * 8) < 0)
		return -1;
	if (equal_make(&b->equal, "/usr/bin/true", b->filter, &e) < 0) {
		(void)fprintf(stderr, "%s\n", e.text);
		return -1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	static struct bench b;
	double warm;

	if (argc < 2 || prepare(&b, argc, argv) < 0)
		return 2;
	for (int p = 0; p < PEERS; p++)
		if (measure(&b, (enum peer)p, &warm) < 0)
			return 1;
	for (unsigned i = 0; i < b.runs; i++)
		for (int p = 0; p < PEERS; p++)
			if (measure(&b, (enum peer)p, &b.ms[p][i]) < 0)
				return 1;
	print(&b);
	print_memory(&b);
	return 0;
}
