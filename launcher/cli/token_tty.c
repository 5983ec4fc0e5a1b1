/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A passphrase, typed by somebody at the controlling terminal. What is
 * signalled while it is typed ends the verb, so the terminal is given back by
 * hand.
 */
#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <string.h>
#include <termios.h>

#include "base/fd.h"
#include "cli/token_key.h"

/* Ctrl-C and the like come once the terminal is as it was. */
static void block(sigset_t *ret_old)
{
	static const int all[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
	sigset_t set;

	(void)sigemptyset(&set);
	for (size_t i = 0; i < ELEMENTS(all); i++)
		(void)sigaddset(&set, all[i]);
	(void)sigprocmask(SIG_BLOCK, &set, ret_old);
}

/* Signals are characters while they are blocked. */
static bool is_signal(const struct termios *was, char c)
{
	static const int keys[] = {VINTR, VQUIT, VSUSP};

	for (size_t i = 0; i < ELEMENTS(keys); i++)
		if (c != _POSIX_VDISABLE && (cc_t)c == was->c_cc[keys[i]])
			return true;
	return false;
}

/* One line, without its end. The terminal's own editing has been at it. */
static int read_line(int fd, const struct termios *was, struct passphrase *p)
{
	p->len = 0;
	for (;;) {
		/* Nowhere else, not even one of them. */
		char *c = &p->bytes[p->len];
		ssize_t n = read(fd, c, 1);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0)
			return -ECANCELED;
		if (n < 0)
			continue;
		if (*c == '\n')
			break;
		if (is_signal(was, *c))
			return -ECANCELED;
		if (p->len == PASSPHRASE_MAX)
			return -E2BIG;
		p->len++;
	}
	p->bytes[p->len] = '\0';
	return 0;
}

static int ask_quietly(int fd, const char *prompt, struct passphrase *p)
{
	struct termios was, quiet;
	sigset_t old;
	int r;

	if (tcgetattr(fd, &was) < 0)
		return -errno;
	quiet = was;
	quiet.c_lflag &= ~(tcflag_t)(ECHO | ISIG);
	quiet.c_lflag |= ICANON | ECHONL;
	/* They end the line, so that nobody has to press return after them. */
	quiet.c_cc[VEOL] = was.c_cc[VINTR];
	quiet.c_cc[VEOL2] = was.c_cc[VQUIT];
	block(&old);
	/* What was typed before nobody asked for. */
	r = tcsetattr(fd, TCSAFLUSH, &quiet) < 0 ? -errno : 0;
	if (r == 0)
		r = fd_write_all(fd, prompt, strlen(prompt));
	if (r == 0)
		r = read_line(fd, &was, p);
	/* Whoever types next has to see it. */
	if (tcsetattr(fd, TCSAFLUSH, &was) < 0)
		(void)tcsetattr(fd, TCSANOW, &was);
	(void)sigprocmask(SIG_SETMASK, &old, NULL);
	return r;
}

int passphrase_ask(const char *prompt, struct passphrase *ret, struct err *e)
{
	_close_ int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
	int r = fd < 0 ? -errno : ask_quietly(fd, prompt, ret);

	if (fd < 0)
		return err_say(e, r,
			"there is no terminal to ask for the passphrase on; it "
			"is taken from nowhere else");
	if (r == -ECANCELED)
		return err_say(e, r, "no passphrase was typed");
	return r < 0 ? err_set(e, r, "asking for the passphrase") : 0;
}

int passphrase_ask_new(struct passphrase *ret, struct err *e)
{
	_passphrase_ struct passphrase *again = passphrase_new();
	int r;

	if (!again)
		return err_set(e, -ENOMEM, "passphrase");
	r = passphrase_ask("New passphrase: ", ret, e);
	if (r == 0 && ret->len < PASSPHRASE_LEAST)
		return err_status(e, 1,
			"a passphrase of %d bytes and more, please: whoever "
			"reads the file may guess as long as he likes",
			PASSPHRASE_LEAST);
	if (r == 0)
		r = passphrase_ask("The same again: ", again, e);
	if (r == 0 &&
		(again->len != ret->len ||
			sodium_memcmp(again->bytes, ret->bytes, ret->len) != 0))
		return err_status(e, 1, "the two are not the same");
	return r;
}
