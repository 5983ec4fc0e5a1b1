/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/approve_program.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/fd.h"

#define GRACE_MS 1000 /* to take its window away */

static int can_run(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || access(path, X_OK) < 0)
		return -EACCES;
	return 0;
}

int program_check(const char *path, struct err *e)
{
	const char *dirs = getenv("PATH");
	char full[PATH_MAX];
	int r = -ENOENT;

	if (strchr(path, '/'))
		r = can_run(path);
	for (; r != 0 && !strchr(path, '/') && dirs && *dirs;) {
		size_t n = strcspn(dirs, ":");
		int len = snprintf(
			full, sizeof(full), "%.*s/%s", (int)n, dirs, path);

		/* An empty entry is the working folder: not ours to trust. */
		if (n > 0 && len > 0 && (size_t)len < sizeof(full))
			r = can_run(full);
		dirs += n + (dirs[n] == ':');
	}
	return r < 0 ? err_set(e, r, "approve: --exec %s", path) : 0;
}

/* In the child; never returns. What went wrong goes up the pipe. */
static void become(const char *path, const char *question, int in, int out,
	int failed, pid_t parent)
{
	sigset_t none;
	int saved;

	(void)setpgid(0, 0);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	if (dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0 &&
		setenv("SSH_ASKPASS_PROMPT", "confirm", 1) == 0)
		(void)execlp(path, path, question, (char *)NULL);
	saved = errno;
	(void)!write(failed, &saved, sizeof(saved));
	_exit(127);
}

static int make_pipe(int *ret_read, int *ret_write)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	*ret_read = fds[0];
	*ret_write = fds[1];
	return 0;
}

static void set_nonblocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags >= 0)
		(void)fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

static void reap(struct program *p)
{
	if (p->pid <= 0)
		return;
	(void)kill(-p->pid, SIGKILL);
	(void)waitpid(p->pid, &p->wait_status, 0);
	p->pid = 0;
}

int program_start(struct program *p, const char *path, const char *question,
	struct out *input)
{
	_close_ int in = -1, out = -1, failed_read = -1, failed = -1;
	pid_t self = getpid();
	int r, why = 0;

	*p = (struct program){.pidfd = -1, .in = -1, .out = -1};
	p->input = *input;
	*input = (struct out)OUT_INIT(0);
	r = make_pipe(&in, &p->in);
	if (r == 0)
		r = make_pipe(&p->out, &out);
	if (r == 0)
		r = make_pipe(&failed_read, &failed);
	if (r < 0)
		return r;
	p->pid = fork();
	if (p->pid < 0)
		return -errno;
	if (p->pid == 0)
		become(path, question, in, out, failed, self);
	/* Both sides, so that the group is there whoever is first. */
	(void)setpgid(p->pid, p->pid);
	p->pidfd = (int)syscall(SYS_pidfd_open, p->pid, 0U);
	fd_close(&failed);
	if (fd_read_all(failed_read, &why, sizeof(why)) == sizeof(why))
		r = -why;
	else if (p->pidfd < 0)
		r = -errno;
	if (r < 0)
		reap(p);
	set_nonblocking(p->in);
	set_nonblocking(p->out);
	return r;
}

void program_deinit(struct program *p)
{
	reap(p);
	fd_close(&p->pidfd);
	fd_close(&p->in);
	fd_close(&p->out);
	out_deinit(&p->input);
}

size_t program_fds(const struct program *p, struct pollfd *ret)
{
	ret[0] = (struct pollfd){.fd = p->pidfd, .events = POLLIN};
	ret[1] = (struct pollfd){.fd = p->out, .events = POLLIN};
	ret[2] = (struct pollfd){.fd = p->in, .events = POLLOUT};
	return PROGRAM_FDS;
}

/* One that does not read to the end may know enough. */
static void feed(struct program *p)
{
	while (p->in >= 0 && p->fed < p->input.len) {
		ssize_t n = write(
			p->in, p->input.data + p->fed, p->input.len - p->fed);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n < 0)
			break;
		p->fed += (size_t)n;
	}
	fd_close(&p->in);
	out_deinit(&p->input);
	p->input = (struct out)OUT_INIT(0);
}

static void listen_to(struct program *p)
{
	while (p->out >= 0) {
		ssize_t n = read(
			p->out, p->text + p->len, sizeof(p->text) - p->len);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n > 0)
			p->len += (size_t)n;
		p->overrun = p->overrun || p->len > CONTRACT_OUTPUT_MAX;
		if (n <= 0 || p->overrun)
			fd_close(&p->out);
	}
}

static bool has_exited(const struct program *p)
{
	struct pollfd fd = {.fd = p->pidfd, .events = POLLIN};

	return poll(&fd, 1, 0) == 1;
}

void program_stop(struct program *p)
{
	if (p->told || p->pid <= 0)
		return;
	p->told = true;
	p->kill_ms = clock_mono_ms() + GRACE_MS;
	(void)kill(-p->pid, SIGTERM);
	(void)kill(-p->pid, SIGCONT);
}

void program_finish(struct program *p)
{
	struct pollfd fd = {.fd = p->pidfd, .events = POLLIN};

	if (p->pid <= 0)
		return;
	program_stop(p);
	(void)poll(&fd, 1, GRACE_MS);
	reap(p);
}

void program_step(struct program *p)
{
	bool gone = has_exited(p);

	feed(p);
	listen_to(p);
	if (p->overrun)
		program_stop(p);
	if (p->told && clock_mono_ms() >= p->kill_ms)
		(void)kill(-p->pid, SIGKILL);
	if (!gone)
		return;
	/* What it left running in its group goes with it. */
	reap(p);
	p->ended = true;
}

uint64_t program_due_ms(const struct program *p)
{
	return p->told ? p->kill_ms : 0;
}

void program_result(const struct program *p, struct program_end *ret)
{
	*ret = (struct program_end){
		.exited = WIFEXITED(p->wait_status),
		.status = WIFEXITED(p->wait_status)
				  ? WEXITSTATUS(p->wait_status)
				  : WTERMSIG(p->wait_status),
		.overrun = p->overrun,
		.text = p->text,
		.len = p->len,
	};
}
