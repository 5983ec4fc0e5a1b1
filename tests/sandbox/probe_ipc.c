/* SPDX-License-Identifier: Apache-2.0 */
/* Shared memory, queues and terminals of the outside. */
#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#include "probe.h"

#define AREA "IPC"
/* ioctl_console(2): 0x541C. */
#define TYPE_LINUX 0x541CL
#define HIGH (1L << 32)

static long by_key(const struct facts *f, const long *arg)
{
	long key = fact_number(f, "key");

	if (key < 0)
		return -ENODATA;
	return syscall(arg[0], key, 0L, 0L) < 0 ? -errno : 0;
}

static long by_id(const struct facts *f, const long *arg)
{
	long id = fact_number(f, "shmid");
	long r;

	(void)arg;
	if (id < 0)
		return -ENODATA;
	r = syscall(SYS_shmat, id, 0L, 010000L /* SHM_RDONLY */);
	return r == -1 ? -errno : 0;
}

static long new_memory(const struct facts *f, const long *arg)
{
	int id = shmget(IPC_PRIVATE, 1, 0600);

	(void)f;
	(void)arg;
	return id < 0 ? -errno : probe_result(shmctl(id, IPC_RMID, NULL));
}

static long posix_memory(const struct facts *f, const long *arg)
{
	const char *name = fact_text(f, "shm");

	(void)arg;
	return name ? probe_opened(shm_open(name, O_RDONLY, 0)) : -ENODATA;
}

static long posix_queue(const struct facts *f, const long *arg)
{
	const char *name = fact_text(f, "mq");

	(void)arg;
	if (!name)
		return -ENODATA;
	return probe_opened((int)syscall(
		SYS_mq_open, name + 1, O_RDONLY | O_CLOEXEC, 0, 0));
}

static long own_memory(const struct facts *f, const long *arg)
{
	char name[64];
	long r;

	(void)f;
	(void)arg;
	(void)snprintf(name, sizeof(name), "/probe-own-%d", (int)getpid());
	r = probe_opened(shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600));
	(void)shm_unlink(name);
	return r;
}

/* A terminal of its own, which becomes the controlling one. */
static long type_into_own_terminal(const struct facts *f, const long *arg)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), slave;
	char key = 'x';
	const char *name;

	(void)f;
	(void)arg;
	if (master < 0)
		return -errno;
	if (unlockpt(master) < 0)
		return -errno;
	name = ptsname(master);
	(void)setsid();
	slave = name ? open(name, O_RDWR | O_CLOEXEC) : -1;
	if (slave < 0)
		return -errno;
	return probe_result(ioctl(slave, TIOCSTI, &key));
}

static long controlling_terminal(const struct facts *f, const long *arg)
{
	(void)f;
	(void)arg;
	return probe_opened(open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC));
}

/* A descriptor that is no terminal: the filter must answer before the
 * driver does. */
#define IOCTL(name, request)                                              \
	RAW(name, "ENOTTY EINVAL EPERM EIO", NULL, "EPERM", SYS_ioctl, 0, \
		request, POINTER("x"))

static const struct probe rows[] = {
	ACT("sysv_memory", by_key, "ok", NULL, "EPERM", SYS_shmget),
	ACT("sysv_semaphores", by_key, "ok", NULL, "EPERM", SYS_semget),
	ACT("sysv_messages", by_key, "ok", NULL, "EPERM", SYS_msgget),
	ACT("sysv_attach_by_id", by_id, "ok", NULL, "EPERM", 0),
	ACT("sysv_new_memory", new_memory, "ok", NULL, "EPERM", 0),
	ACT("posix_memory", posix_memory, "ok", NULL, "ENOENT", 0),
	ACT("posix_queue", posix_queue, "ok ENOSYS", NULL, "EPERM", 0),
	ACT("posix_memory_of_its_own", own_memory, "ok", NULL, "ok", 0),
	IOCTL("tiocsti", TIOCSTI),
	IOCTL("tiocsti_high_bits", TIOCSTI | HIGH),
	IOCTL("tiocsti_all_high_bits", TIOCSTI | ~0xffffffffL),
	IOCTL("tioclinux", TYPE_LINUX),
	IOCTL("tioclinux_high_bits", TYPE_LINUX | HIGH),
	RAW("ioctl_window_size", "ok ENOTTY", NULL, "ENOTTY", SYS_ioctl, 0,
		TIOCGWINSZ, POINTER("01234567")),
	ACT("type_into_a_terminal", type_into_own_terminal, "ok EIO",
		"ok EIO EPERM", "ENOENT", 0),
	ACT("controlling_terminal", controlling_terminal, "ok ENXIO", NULL,
		"ENOENT", 0),
};
const struct probe_table ipc_probes = {rows, ELEMENTS(rows)};
