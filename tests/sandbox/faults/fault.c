/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs stockade under ptrace(2) and makes one system call of one of its
 * processes fail, or has the supervisor meet a signal at exactly that point.
 *
 *   fault [-o REPORT] [-i INPUT] [-t SECONDS] trace [all] -- stockade run …
 *   fault [-o REPORT] [-i INPUT] inject PROCESS CALL OCCURRENCE ERRNO -- …
 *   fault [-o REPORT] [-i INPUT] kill PROCESS CALL OCCURRENCE SIGNAL -- …
 *   fault [-o REPORT] [-i INPUT] kill-it PROCESS CALL OCCURRENCE SIGNAL -- …
 *
 * PROCESS, CALL and OCCURRENCE are as `trace` prints them (tracees.h); SIGNAL
 * is a number, or 0 for the end of file on stdin; `kill-it` sends it to PROCESS
 * in place of the supervisor. INPUT is what the client sends; its end stays
 * open until the point is reached, or two seconds passed. With "-" for it the
 * client is whoever started this tool.
 * -t is for a command that has to calculate: how long none hangs.
 * The report has one line a thing:
 *
 *   CALL PROCESS PLACE OCCURRENCE RESULT    trace: in each process's order
 *   LOADER PROCESS PLACE OCCURRENCE RESULT  the same, before the program is
 *                                           there: made by its loader
 *   OWN PROCESS LINE       of /proc/PID/status when the server was executed
 *   HIT                    the point was reached
 *   CRASH PROCESS SIGNAL   ended by a signal that nobody sent
 *   HANG PROCESS…          who was alive when time was up
 *   LEFT PROCESS…          who outlived the supervisor by too much
 *   END exit|signal N      of the supervisor
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tracees.h"

#define HANG_MS 15000
#define LEFT_MS 4000
#define INPUT_MS 2000 /* from the start: a point not reached by then */

enum mode { MODE_NONE, MODE_TRACE, MODE_INJECT, MODE_KILL };

struct fault {
	enum mode mode;
	bool whole; /* trace: to the end, not just to the start's */
	bool itself;
	const char *process, *place;
	unsigned occurrence;
	int number; /* errno or signal */
	FILE *report;
	const char *input;
	int input_fd;
	struct tracees tracees;
	struct tracee *supervisor;
	bool began, hit, executed, started, over;
	int status;
	uint64_t began_ms, gone_ms, hang_ms;
};

static uint64_t now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* Whether the calls of @p are of interest still. */
static bool watched(const struct fault *f, const struct tracee *p)
{
	if (p->server)
		return false;
	if (!f->began)
		return true;
	if (f->mode == MODE_TRACE)
		return f->whole || !f->started;
	return !f->hit && strcmp(p->name, f->process) == 0;
}

static void resume(const struct fault *f, const struct tracee *p, int sig)
{
	(void)ptrace(watched(f, p) || p->in_call ? PTRACE_SYSCALL : PTRACE_CONT,
		p->pid, NULL, (unsigned long)sig);
}

static bool at_point(const struct fault *f, const struct tracee *p)
{
	char place[64];

	if (f->mode == MODE_TRACE || f->hit || !f->began || p->loads ||
		strcmp(p->name, f->process) != 0 ||
		p->occurrence != f->occurrence)
		return false;
	tracee_place(p, place);
	return strcmp(place, f->place) == 0;
}

/*
 * The call is not made; in its place goes one without effect, which each of
 * the seccomp lists allows. close(2) is made all the same: whatever it says,
 * Linux has let the descriptor go. And brk(2) fails by answering what the break
 * is, as it does when asked for 0.
 */
static void begin_failure(struct tracee *p)
{
	struct user_regs_struct regs = p->regs;

	p->fails = true;
	if (p->nr == SYS_close)
		return;
	regs.orig_rax = p->nr == SYS_brk ? SYS_brk : SYS_read;
	regs.rdi = p->nr == SYS_brk ? 0 : (unsigned long)-1L;
	(void)ptrace(PTRACE_SETREGS, p->pid, NULL, &regs);
}

static void end_failure(const struct fault *f, struct tracee *p)
{
	struct user_regs_struct regs = p->regs;

	p->fails = false;
	if (p->nr == SYS_brk) {
		(void)ptrace(PTRACE_GETREGS, p->pid, NULL, &regs);
		regs.rdi = p->regs.rdi;
		(void)ptrace(PTRACE_SETREGS, p->pid, NULL, &regs);
		return;
	}
	regs.orig_rax = (unsigned long)-1L; /* nothing to restart */
	regs.rax = (unsigned long)-(long)f->number;
	(void)ptrace(PTRACE_SETREGS, p->pid, NULL, &regs);
}

static void close_input(struct fault *f)
{
	if (f->input_fd >= 0)
		(void)close(f->input_fd);
	f->input_fd = -1;
}

static void meet(struct fault *f, struct tracee *p)
{
	f->hit = true;
	(void)fprintf(f->report, "HIT\n");
	if (f->mode == MODE_INJECT)
		begin_failure(p);
	else if (f->number == 0)
		close_input(f);
	else
		(void)kill(f->itself ? p->pid : f->supervisor->pid, f->number);
}

static void call_ended(struct fault *f, struct tracee *p)
{
	struct user_regs_struct regs = {0};
	char place[64];

	if (p->fails)
		end_failure(f, p);
	if (f->mode != MODE_TRACE || !f->began || p->nr == SYS_execve)
		return;
	(void)ptrace(PTRACE_GETREGS, p->pid, NULL, &regs);
	tracee_place(p, place);
	(void)fprintf(f->report, "%s %s %s %u %lld\n",
		p->loads ? "LOADER" : "CALL", p->name, place, p->occurrence,
		(long long)regs.rax);
	/* The word to the relay is the first after the server's exec. */
	if (f->executed && p == f->supervisor && p->nr == SYS_sendto)
		f->started = true;
}

static void on_call(struct fault *f, struct tracee *p)
{
	if (!p->in_call) {
		p->in_call = true;
		tracee_enter(p);
		if (at_point(f, p))
			meet(f, p);
	} else {
		p->in_call = false;
		call_ended(f, p);
	}
}

/* How our own processes are confined when the server begins. */
static void tell_own(struct fault *f)
{
	static const char *const lines[] = {
		"Cap", "NoNewPrivs", "Seccomp", "SigIgn", "SigBlk"};

	for (size_t i = 0; i < f->tracees.n; i++) {
		const struct tracee *p = f->tracees.all[i];
		char path[64], line[256];
		FILE *s;

		if (!p->alive || p->server || strcmp(p->name, "other") == 0)
			continue;
		(void)snprintf(path, sizeof(path), "/proc/%d/status", p->pid);
		s = fopen(path, "re");
		while (s && fgets(line, sizeof(line), s))
			for (size_t k = 0; k < sizeof(lines) / sizeof(*lines);
				k++)
				if (strncmp(line, lines[k], strlen(lines[k])) ==
					0)
					(void)fprintf(f->report, "OWN %s %s",
						p->name, line);
		if (s)
			(void)fclose(s);
	}
}

static void on_exec(struct fault *f, struct tracee *p)
{
	if (p == f->supervisor) {
		tracee_begin(p);
		f->began = true;
	} else if (strcmp(p->name, "server") == 0) {
		p->server = f->executed = true;
		p->in_call = false;
		(void)fprintf(f->report, "EXECUTED\n");
		tell_own(f);
	}
}

static void on_birth(struct fault *f, struct tracee *parent)
{
	struct tracees *t = &f->tracees;
	unsigned long message = 0;
	struct tracee *child;

	(void)ptrace(PTRACE_GETEVENTMSG, parent->pid, NULL, &message);
	child = tracees_born(t, parent, (pid_t)message);
	child->server = parent->server;
	for (size_t i = 0; i < t->n_early; i++)
		if (t->early[i] == child->pid) {
			t->early[i] = t->early[--t->n_early];
			resume(f, child, 0);
			break;
		}
}

static void on_end(struct fault *f, struct tracee *p, int status)
{
	int sig = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

	p->alive = false;
	if (p == f->supervisor) {
		f->over = true;
		f->status = status;
		f->gone_ms = now_ms();
	}
	if (sig == SIGSEGV || sig == SIGABRT || sig == SIGSYS ||
		sig == SIGBUS || sig == SIGILL || sig == SIGFPE ||
		sig == SIGTRAP)
		(void)fprintf(f->report, "CRASH %s %d\n", p->name, sig);
}

static void on_stop(struct fault *f, pid_t pid, int status)
{
	struct tracee *p = tracees_find(&f->tracees, pid);
	int sig = WSTOPSIG(status), event = status >> 16;

	if (!p) {
		if (f->tracees.n_early < TRACEES_MAX)
			f->tracees.early[f->tracees.n_early++] = pid;
		return;
	}
	if (sig == (SIGTRAP | 0x80))
		on_call(f, p);
	else if (event == PTRACE_EVENT_EXEC)
		on_exec(f, p);
	else if (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_CLONE ||
		 event == PTRACE_EVENT_VFORK)
		on_birth(f, p);
	else if (event == 0) {
		resume(f, p, sig);
		return;
	}
	resume(f, p, 0);
}

static void tell_alive(struct fault *f, const char *what)
{
	(void)fprintf(f->report, "%s", what);
	for (size_t i = 0; i < f->tracees.n; i++)
		if (f->tracees.all[i]->alive)
			(void)fprintf(
				f->report, " %s", f->tracees.all[i]->name);
	(void)fprintf(f->report, "\n");
}

/* True when it has gone on for too long. */
static bool check_time(struct fault *f)
{
	uint64_t now = now_ms();

	if (f->over && now - f->gone_ms > LEFT_MS) {
		tell_alive(f, "LEFT");
		return true;
	}
	if (now - f->began_ms > f->hang_ms) {
		tell_alive(f, "HANG");
		return true;
	}
	if (now - f->began_ms > INPUT_MS)
		close_input(f);
	return false;
}

static void kill_all(struct fault *f)
{
	for (size_t i = 0; i < f->tracees.n; i++)
		if (f->tracees.all[i]->alive)
			(void)kill(f->tracees.all[i]->pid, SIGKILL);
}

static void loop(struct fault *f)
{
	bool killed = false;

	while (tracees_alive(&f->tracees) > 0) {
		int status;
		pid_t pid = wait4(-1, &status, __WALL, NULL);

		if (!killed && check_time(f)) {
			killed = true;
			kill_all(f);
		}
		if (pid < 0 && errno == EINTR)
			continue;
		if (pid < 0)
			break;
		if (WIFSTOPPED(status)) {
			on_stop(f, pid, status);
			continue;
		}
		for (size_t i = 0; i < f->tracees.n; i++)
			if (f->tracees.all[i]->pid == pid &&
				f->tracees.all[i]->alive)
				on_end(f, f->tracees.all[i], status);
	}
}

/* The client's end of stdin, with what it sends in it. */
static int open_input(struct fault *f)
{
	char bytes[16384];
	int p[2], in;
	ssize_t n;

	f->input_fd = -1;
	if (!f->input)
		return open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (strcmp(f->input, "-") == 0)
		return fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	in = open(f->input, O_RDONLY | O_CLOEXEC);
	if (in < 0 || pipe2(p, O_CLOEXEC) < 0)
		return -1;
	n = read(in, bytes, sizeof(bytes));
	(void)close(in);
	if (n <= 0 || write(p[1], bytes, (size_t)n) != n)
		return -1;
	f->input_fd = p[1];
	return p[0];
}

static void start(struct fault *f, char **command)
{
	const unsigned long options = PTRACE_O_TRACESYSGOOD |
				      PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
				      PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC |
				      PTRACE_O_EXITKILL;
	int input = open_input(f), go[2];
	pid_t pid;
	char byte;

	if (input < 0 || pipe2(go, O_CLOEXEC) < 0 ||
		prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0) {
		perror("fault");
		exit(2);
	}
	pid = fork();
	if (pid == 0) {
		(void)close(go[1]);
		(void)!read(go[0], &byte, 1);
		(void)dup2(input, STDIN_FILENO);
		(void)execv(command[0], command);
		_exit(2);
	}
	(void)close(input);
	f->supervisor = tracees_add(&f->tracees, pid, "supervisor");
	if (ptrace(PTRACE_SEIZE, pid, NULL, options) < 0 ||
		ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) < 0) {
		perror("fault: ptrace");
		exit(2);
	}
	(void)close(go[0]);
	(void)close(go[1]);
	f->began_ms = now_ms();
}

static char **parse_point(struct fault *f, char **argv)
{
	if (!argv[0] || !argv[1] || !argv[2] || !argv[3])
		return NULL;
	f->process = argv[0];
	f->place = argv[1];
	f->occurrence = (unsigned)strtoul(argv[2], NULL, 10);
	f->number = (int)strtol(argv[3], NULL, 10);
	return argv + 4;
}

/* The command, or NULL. */
static char **parse(struct fault *f, int argc, char **argv)
{
	const char *word;

	for (int c; (c = getopt(argc, argv, "+o:i:t:")) >= 0;)
		if (c == 'i')
			f->input = optarg;
		else if (c == 't')
			f->hang_ms = strtoul(optarg, NULL, 10) * 1000;
		else if (c != 'o' || !(f->report = fopen(optarg, "we")))
			return NULL;
	argv += optind;
	word = argv[0] ? *argv++ : "";
	if (strcmp(word, "trace") == 0) {
		f->mode = MODE_TRACE;
		f->whole = argv[0] && strcmp(argv[0], "all") == 0;
		argv += f->whole;
	} else if (strcmp(word, "inject") == 0 ||
		   strncmp(word, "kill", strlen("kill")) == 0) {
		f->mode = word[0] == 'i' ? MODE_INJECT : MODE_KILL;
		f->itself = strcmp(word, "kill-it") == 0;
		argv = parse_point(f, argv);
	}
	if (f->mode == MODE_NONE || !argv || !argv[0] ||
		strcmp(argv[0], "--") != 0 || !argv[1])
		return NULL;
	return argv + 1;
}

static void on_tick(int sig)
{
	(void)sig;
}

int main(int argc, char **argv)
{
	static struct fault f;
	const struct sigaction tick = {.sa_handler = on_tick};
	const struct itimerval every = {{0, 100000}, {0, 100000}};
	char **command;

	f.report = stdout;
	f.hang_ms = HANG_MS;
	command = parse(&f, argc, argv);
	if (!command) {
		(void)fprintf(stderr, "usage: see fault.c\n");
		return 2;
	}
	start(&f, command);
	(void)sigaction(SIGALRM, &tick, NULL);
	(void)setitimer(ITIMER_REAL, &every, NULL);
	loop(&f);
	(void)fprintf(f.report, "END %s %d\n",
		WIFEXITED(f.status) ? "exit" : "signal",
		WIFEXITED(f.status) ? WEXITSTATUS(f.status)
				    : WTERMSIG(f.status));
	return fclose(f.report) == 0 ? 0 : 2;
}
