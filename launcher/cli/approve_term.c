/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/approve_term.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>

#include "base/fd.h"
#include "policy/out.h"

/* xterm: the second screen; pasted text in brackets; the cursor. */
#define ENTER_SCREEN "\033[?1049h\033[?2004h\033[?25l"
#define LEAVE_SCREEN "\033[0m\033[?2004l\033[?25h\033[?1049l"

static const int caught[] = {
	SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGWINCH, SIGPIPE};

static void write_text(const char *text)
{
	(void)!fd_write_all(STDOUT_FILENO, text, strlen(text));
}

static void measure(struct term *t)
{
	struct winsize w;

	t->rows = 24;
	t->columns = 80;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_row && w.ws_col) {
		t->rows = w.ws_row;
		t->columns = w.ws_col;
	}
	t->rows = t->rows < FRAME_ROWS_MAX ? t->rows : FRAME_ROWS_MAX;
	t->columns =
		t->columns < FRAME_COLUMNS_MAX ? t->columns : FRAME_COLUMNS_MAX;
}

/* Byte by byte, unseen; Ctrl-C and Ctrl-Z stay signals. */
static int make_raw(struct term *t)
{
	struct termios raw = t->saved;

	raw.c_iflag &= ~(tcflag_t)(ICRNL | INLCR | IGNCR | IXON);
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | IEXTEN);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	return tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw) < 0 ? -errno : 0;
}

static int enter(struct term *t)
{
	int r = make_raw(t);

	if (r < 0)
		return r;
	t->fresh = true;
	measure(t);
	write_text(ENTER_SCREEN);
	return 0;
}

static void leave(const struct term *t)
{
	write_text(LEAVE_SCREEN);
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &t->saved);
}

static int watch_signals(struct term *t)
{
	sigset_t set;

	(void)sigemptyset(&set);
	for (size_t i = 0; i < ELEMENTS(caught); i++)
		(void)sigaddset(&set, caught[i]);
	if (sigprocmask(SIG_BLOCK, &set, &t->mask) < 0)
		return -errno;
	t->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return t->signals < 0 ? -errno : 0;
}

int term_take(struct term *t, struct err *e)
{
	const char *no_colour = getenv("NO_COLOR");
	int r;

	*t = (struct term){.signals = -1};
	t->colour = !no_colour || !no_colour[0];
	if (!isatty(STDOUT_FILENO) || tcgetattr(STDIN_FILENO, &t->saved) < 0)
		return err_status(e, 2,
			"approve: a screen needs a terminal for input and "
			"output");
	t->shown = calloc(1, sizeof(*t->shown));
	t->next = calloc(1, sizeof(*t->next));
	r = t->shown && t->next ? watch_signals(t) : -ENOMEM;
	t->taken = r == 0;
	if (r == 0)
		r = enter(t);
	return r < 0 ? err_set(e, r, "terminal") : 0;
}

void term_give_back(struct term *t)
{
	if (t->taken) {
		leave(t);
		(void)sigprocmask(SIG_SETMASK, &t->mask, NULL);
	}
	t->taken = false;
	fd_close(&t->signals);
	free(take_ptr(t->shown));
	free(take_ptr(t->next));
}

int term_draw(struct term *t)
{
	struct out o = OUT_INIT((size_t)1 << 20);
	struct frame *drawn = t->next;
	int r;

	frame_write(&o, t->next, t->fresh ? NULL : t->shown, t->colour);
	r = o.failed ? -ENOMEM : fd_write_all(STDOUT_FILENO, o.data, o.len);
	out_deinit(&o);
	t->next = t->shown;
	t->shown = drawn;
	t->fresh = false;
	return r;
}

void term_bell(void)
{
	write_text("\a");
}

void term_forget_typed(void)
{
	(void)tcflush(STDIN_FILENO, TCIFLUSH);
}

/* As a shell's user expects of Ctrl-Z: the terminal is as it was meanwhile. */
static int stop(struct term *t)
{
	sigset_t stop_set;

	leave(t);
	(void)sigemptyset(&stop_set);
	(void)sigaddset(&stop_set, SIGTSTP);
	(void)raise(SIGTSTP);
	(void)sigprocmask(SIG_UNBLOCK, &stop_set, NULL);
	/* Here it was stopped. */
	(void)sigprocmask(SIG_BLOCK, &stop_set, NULL);
	return enter(t);
}

int term_signal(struct term *t)
{
	struct signalfd_siginfo s;

	while (read(t->signals, &s, sizeof(s)) == (ssize_t)sizeof(s)) {
		int number = (int)s.ssi_signo;

		if (number == SIGTSTP && stop(t) < 0)
			return SIGHUP;
		if (number == SIGWINCH)
			measure(t);
		if (number != SIGTSTP && number != SIGWINCH &&
			number != SIGPIPE)
			return number;
	}
	return 0;
}

int term_die(int signal_number)
{
	sigset_t set;

	(void)signal(signal_number, SIG_DFL);
	(void)sigemptyset(&set);
	(void)sigaddset(&set, signal_number);
	(void)raise(signal_number);
	(void)sigprocmask(SIG_UNBLOCK, &set, NULL);
	return 128 + signal_number;
}
