/* SPDX-License-Identifier: Apache-2.0 */
#include "attempt.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "base/cleanup.h"

#define CHILD_REFUSED 0
#define CHILD_DONE 1
#define CHILD_BROKEN 2

static int result(long r)
{
	return r < 0 ? -errno : 0;
}

/* Closes what an open gave. */
static int opened(int fd)
{
	if (fd < 0)
		return -errno;
	(void)close(fd);
	return 0;
}

static int read_file(int parent)
{
	(void)parent;
	return opened(open("/etc/passwd", O_RDONLY | O_CLOEXEC));
}

static int write_file(int parent)
{
	char path[64];
	int r;

	(void)snprintf(path, sizeof(path), "/tmp/stockade-attempt-%d", parent);
	r = opened(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	if (r == 0)
		(void)unlink(path);
	return r;
}

static int list_folder(int parent)
{
	char bytes[512];
	_close_ int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)parent;
	if (fd < 0)
		return -errno;
	return result(syscall(SYS_getdents64, fd, bytes, sizeof(bytes)));
}

static int socket_inet(int parent)
{
	(void)parent;
	return opened(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

static int socket_unix(int parent)
{
	(void)parent;
	return opened(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

/* The name that act_in_child() listens at. */
static socklen_t abstract_name(struct sockaddr_un *ret, int parent)
{
	*ret = (struct sockaddr_un){.sun_family = AF_UNIX};
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
			   (size_t)snprintf(ret->sun_path + 1,
				   sizeof(ret->sun_path) - 1,
				   "stockade-attempt-%d", parent));
}

static int abstract(int parent)
{
	struct sockaddr_un name;
	socklen_t len = abstract_name(&name, parent);
	_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	return result(connect(fd, (struct sockaddr *)&name, len));
}

static char *const program_argv[] = {(char[]){"attempt"}, NULL};
static char *const no_env[] = {NULL};

/* The child says that it was done by ending with CHILD_DONE, so /bin/false. */
static int exec(int parent)
{
	(void)parent;
	return result(execve("/bin/false", program_argv, no_env));
}

static int exec_memfd(int parent)
{
	_close_ int from = open("/bin/false", O_RDONLY | O_CLOEXEC);
	_close_ int fd = memfd_create("attempt", MFD_CLOEXEC);

	(void)parent;
	if (from < 0 || fd < 0 || sendfile(fd, from, NULL, 1 << 24) < 0)
		return -errno;
	return result(syscall(
		SYS_execveat, fd, "", program_argv, no_env, AT_EMPTY_PATH));
}

static int exec_memory(int parent)
{
	(void)parent;
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED
		       ? -errno
		       : 0;
}

static int spawn(long flags)
{
	long pid = syscall(SYS_clone, flags, 0, 0, 0, 0);

	if (pid == 0)
		syscall(SYS_exit, 0);
	if (pid > 0)
		(void)waitpid((pid_t)pid, NULL, 0);
	return result(pid);
}

static int fork_one(int parent)
{
	(void)parent;
	return spawn(SIGCHLD);
}

static int thread(int parent)
{
	(void)parent;
	return spawn(CLONE_VM | CLONE_VFORK | SIGCHLD);
}

static int send_signal(int parent)
{
	return result(kill(parent, 0));
}

static int trace(int parent)
{
	long r = ptrace(PTRACE_SEIZE, parent, 0, 0);
	int error = errno;

	if (r == 0)
		(void)ptrace(PTRACE_DETACH, parent, 0, 0);
	errno = error;
	return result(r);
}

static int read_memory(int parent)
{
	static char source = 1;
	char got = 0;
	struct iovec to = {&got, 1}, from = {&source, 1};

	return result(process_vm_readv(parent, &to, 1, &from, 1, 0));
}

static int steal_fd(int parent)
{
	_close_ int pidfd = (int)syscall(SYS_pidfd_open, parent, 0);

	if (pidfd < 0)
		return -errno;
	return opened((int)syscall(SYS_pidfd_getfd, pidfd, 0, 0));
}

static int environment(int parent)
{
	char path[64], byte;
	_close_ int fd = -1;

	(void)snprintf(path, sizeof(path), "/proc/%d/environ", parent);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	return result(read(fd, &byte, 1));
}

static int user_ns(int parent)
{
	(void)parent;
	return result(unshare(CLONE_NEWUSER));
}

static int mount_one(int parent)
{
	(void)parent;
	if (unshare(CLONE_NEWNS) < 0 ||
		mount(NULL, "/", NULL, MS_PRIVATE | MS_REC, NULL) < 0)
		return -errno;
	return result(mount("none", "/tmp", "tmpfs", 0, NULL));
}

static int set_uid(int parent)
{
	(void)parent;
	return result(syscall(SYS_setresuid, -1, -1, -1));
}

static int hostname(int parent)
{
	char name[65] = "";

	(void)parent;
	if (gethostname(name, sizeof(name) - 1) < 0)
		return -errno;
	return result(sethostname(name, strlen(name)));
}

static int keyring(int parent)
{
	(void)parent;
	/* KEY_SPEC_PROCESS_KEYRING: gone with this process. */
	return result(syscall(
		SYS_add_key, "user", "stockade-attempt", "x", (size_t)1, -2));
}

static int dumpable(int parent)
{
	(void)parent;
	return result(prctl(PR_SET_DUMPABLE, 1UL, 0UL, 0UL, 0UL));
}

static int set_owner(int parent)
{
	return result(fcntl(2, F_SETOWN, parent));
}

static const struct {
	const char *name;
	int (*act)(int parent);
} acts[_ACT_N] = {
	[ACT_READ_FILE] = {"read a file", read_file},
	[ACT_WRITE_FILE] = {"write a file", write_file},
	[ACT_LIST_FOLDER] = {"list a folder", list_folder},
	[ACT_SOCKET_INET] = {"make an IP socket", socket_inet},
	[ACT_SOCKET_UNIX] = {"make a Unix socket", socket_unix},
	[ACT_ABSTRACT] = {"connect to an abstract socket", abstract},
	[ACT_EXEC] = {"execute a program", exec},
	[ACT_EXEC_MEMFD] = {"execute a memfd", exec_memfd},
	[ACT_EXEC_MEMORY] = {"map executable memory", exec_memory},
	[ACT_FORK] = {"fork", fork_one},
	[ACT_THREAD] = {"start a thread", thread},
	[ACT_SIGNAL] = {"signal another process", send_signal},
	[ACT_PTRACE] = {"trace another process", trace},
	[ACT_READ_MEMORY] = {"read another process's memory", read_memory},
	[ACT_STEAL_FD] = {"take another process's descriptor", steal_fd},
	[ACT_ENVIRONMENT] = {"read another's environment", environment},
	[ACT_USER_NS] = {"make a user namespace", user_ns},
	[ACT_MOUNT] = {"mount", mount_one},
	[ACT_SET_UID] = {"set the uid", set_uid},
	[ACT_HOSTNAME] = {"set the host name", hostname},
	[ACT_KEYRING] = {"add a key", keyring},
	[ACT_DUMPABLE] = {"become dumpable", dumpable},
	[ACT_SET_OWNER] = {"set a descriptor's owner", set_owner},
};

const char *act_name(enum act act)
{
	return act > ACT_NONE && act < _ACT_N ? acts[act].name : "?";
}

int act_try(enum act act, int parent)
{
	if (act <= ACT_NONE || act >= _ACT_N)
		return -EINVAL;
	return acts[act].act(parent);
}

static void child(enum act act, int (*prepare)(void *), void *context, int up)
{
	int parent = getppid();
	int status = CHILD_BROKEN;
	int r = dup2(up, ATTEMPT_FD) < 0 ? -errno : 0;

	if (r == 0 && prepare)
		r = prepare(context);
	if (r >= 0) {
		r = act_try(act, parent);
		status = r < 0 ? CHILD_REFUSED : CHILD_DONE;
	}
	r = -r;
	if (status != CHILD_DONE &&
		write(ATTEMPT_FD, &r, sizeof(r)) != sizeof(r))
		status = CHILD_BROKEN;
	_exit(status);
}

static int listen_abstract(void)
{
	struct sockaddr_un name;
	socklen_t len = abstract_name(&name, getpid());
	_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&name, len) < 0 ||
		listen(fd, 1) < 0)
		return -1;
	return take_fd(&fd);
}

enum outcome act_in_child(
	enum act act, int (*prepare)(void *), void *context, int *ret_error)
{
	_close_ _unused_ int heard =
		act == ACT_ABSTRACT ? listen_abstract() : -1;
	int pipes[2], status = 0, error = 0;
	pid_t pid;

	if (pipe2(pipes, O_CLOEXEC) < 0)
		return OUTCOME_BROKEN;
	pid = fork();
	if (pid == 0)
		child(act, prepare, context, pipes[1]);
	(void)close(pipes[1]);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		status = CHILD_BROKEN << 8;
	if (read(pipes[0], &error, sizeof(error)) != sizeof(error))
		error = 0;
	(void)close(pipes[0]);
	*ret_error = error;
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == SIGSYS ? OUTCOME_KILLED
						  : OUTCOME_BROKEN;
	if (WEXITSTATUS(status) == CHILD_DONE)
		return OUTCOME_DONE;
	return WEXITSTATUS(status) == CHILD_REFUSED && error ? OUTCOME_REFUSED
							     : OUTCOME_BROKEN;
}
