/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/approve_person.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>

#include "base/fd.h"
#include "base/log.h"
#include "cli/approve_always.h"
#include "cli/approve_pager.h"
#include "cli/approve_shown.h"
#include "cli/approve_term.h"
#include "cli/approve_text.h"

/* What was typed before a person can have read the question is no answer. */
#define TOO_FAST_MS 300
#define LINE_SIZE 1024

bool person_is_here(void)
{
	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

enum person_word person_parse(char *line, struct verdict *ret)
{
	static const struct {
		const char *word;
		char letter;
		enum person_word said;
		enum approval_answer answer;
		bool any;
	} words[] = {
		{"once", 'o', SAID_ANSWER, APPROVAL_ONCE, false},
		{"session", 's', SAID_ANSWER, APPROVAL_SESSION, false},
		{"Session", 'S', SAID_ANSWER, APPROVAL_SESSION, true},
		{"always", 'a', SAID_ANSWER, APPROVAL_ALWAYS, false},
		{"deny", 'd', SAID_ANSWER, APPROVAL_DENY, false},
		{"skip", 'k', SAID_SKIP, APPROVAL_NONE, false},
		{"quit", 'q', SAID_QUIT, APPROVAL_NONE, false},
	};
	char *word = line + strspn(line, " \t"), *rest;
	size_t len = strcspn(word, " \t");

	rest = word + len;
	rest += strspn(rest, " \t");
	for (size_t i = 0; i < ELEMENTS(words); i++) {
		bool same = strlen(words[i].word) == len &&
			    memcmp(words[i].word, word, len) == 0;

		if (!same && (len != 1 || *word != words[i].letter))
			continue;
		if (*rest && words[i].answer != APPROVAL_DENY)
			return SAID_NONE;
		*ret = (struct verdict){
			.answer = words[i].answer,
			.any = words[i].any,
			.reason =
				words[i].answer == APPROVAL_DENY ? rest : NULL,
		};
		return words[i].said;
	}
	return SAID_NONE;
}

/* Who was not shown the question, nor what stands before it, answers none. */
static int prompt(const char *text)
{
	(void)tcflush(STDIN_FILENO, TCIFLUSH);
	(void)fputs(text, stdout);
	return fflush(stdout) != 0 || ferror(stdout) ? -EIO : 0;
}

/*
 * One line. 0; 1 when the question is gone; -EPIPE at the end of input. What
 * comes sooner than a person can read does not count.
 */
static int read_line(
	struct approver *a, const char *text, char *dst, size_t size)
{
	struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
	uint64_t since = clock_mono_ms();
	ssize_t n;
	int r = prompt(text);

	while (r == 0) {
		in.revents = 0;
		r = queue_wait(&a->queue, &in, 1, 1000);
		if (r < 0 && r != -EINTR)
			return r;
		r = 0;
		if (!a->shown)
			return 1;
		if (!in.revents)
			continue;
		n = read(STDIN_FILENO, dst, size - 1);
		if (n <= 0)
			return -EPIPE;
		if (clock_mono_ms() - since < TOO_FAST_MS) {
			r = prompt(text);
			continue;
		}
		dst[n] = '\0';
		dst[strcspn(dst, "\n")] = '\0';
		return 0;
	}
	return r;
}

static enum person_outcome gone(const struct approver *a)
{
	(void)printf("\nIt is not open any more: %s.\n",
		a->gone_by ? approval_answer_name(a->gone_by)
			   : "the session ended, or the call was given up");
	return PERSON_GONE;
}

static enum person_outcome send_it(
	struct approver *a, const struct waiting *w, const struct verdict *v)
{
	return approver_answer(a, w, v) == 0 ? PERSON_ANSWERED : PERSON_REFUSED;
}

static enum person_outcome always(
	struct approver *a, const struct waiting *w, struct verdict *v)
{
	_always_ struct always x;
	char line[LINE_SIZE];
	struct err e = {0};
	int r = always_prepare(w, &x, &e);

	if (r != 0) {
		(void)log_err(&e);
		log_line("\"always\" cannot be written; \"session\" can be "
			 "answered");
		return PERSON_REFUSED;
	}
	if (!x.writes) {
		(void)printf("The profile %s says so already.\n",
			w->link->about.profile);
		return send_it(a, w, v);
	}
	(void)fputs(x.preview, stdout);
	a->shown = w;
	r = read_line(a, "Write this, and allow every such call? [y/N] ", line,
		sizeof(line));
	if (r == 1)
		return gone(a);
	if (r < 0 || (strcmp(line, "y") != 0 && strcmp(line, "yes") != 0)) {
		(void)puts("Nothing was written, nothing was answered.");
		return PERSON_SKIPPED;
	}
	r = always_write(&x, v, &e);
	if (r < 0) {
		(void)log_err(&e);
		return PERSON_REFUSED;
	}
	(void)printf("%s is written.\n", x.edit.path);
	return send_it(a, w, v);
}

enum person_outcome person_answer(
	struct approver *a, const struct waiting *w, struct verdict *v)
{
	if (v->answer != APPROVAL_DENY && !shown_is_readable(w)) {
		log_line("its arguments cannot be read: it can only be "
			 "denied");
		return PERSON_REFUSED;
	}
	if (approval_kind_stands(w->kind) && !verdict_fits_standing(v)) {
		log_line("%s", approval_status_text(ANSWER_NOT_OFFERED));
		return PERSON_REFUSED;
	}
	if (v->answer != APPROVAL_ALWAYS)
		return send_it(a, w, v);
	if (!person_is_here()) {
		log_line("always is answered on a terminal only");
		return PERSON_REFUSED;
	}
	return always(a, w, v);
}

static size_t columns(void)
{
	struct winsize size;

	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 40
		       ? size.ws_col
		       : 80;
}

/* What a person needs to know of a question that was shown in the pager. */
static void print_head(const struct waiting *w, size_t width)
{
	struct out o = OUT_INIT(2 * width + QUESTION_ID_MAX +
				(size_t)2 * APPROVAL_NAME_MAX * 6);
	char id[QUESTION_ID_MAX];

	question_id(w, id);
	out_str(&o, id);
	out_str(&o, " ");
	text_bytes(&o, w->link->about.server, strlen(w->link->about.server));
	out_str(&o, ": ");
	text_bytes(&o, w->name, w->name_len);
	out_str(&o, "\n");
	question_brief(&o, w, width);
	out_str(&o, "\n");
	if (!o.failed)
		(void)fwrite(o.data, 1, o.len, stdout);
	out_deinit(&o);
}

/* All of it: at once, or in the pager. */
static int show(struct approver *a, const struct waiting *w)
{
	struct out o = OUT_INIT(QUESTION_TEXT_MAX);
	size_t width = columns();
	struct err e = {0};
	int r;

	question_whole(&o, w, width);
	r = pager_show(a, &o, &e);
	if (r == 1 && fwrite(o.data, 1, o.len, stdout) != o.len)
		r = -EIO;
	out_deinit(&o);
	if (r == 0 && a->shown)
		print_head(w, width);
	if (r > 128)
		(void)term_die(r - 128);
	if (r < 0)
		(void)log_err(&e);
	return r < 0 ? r : 0;
}

enum person_outcome person_ask(struct approver *a, const struct waiting *w)
{
	char line[LINE_SIZE];
	struct verdict v;
	int r;

	a->shown = w;
	a->gone_by = APPROVAL_NONE;
	r = show(a, w);
	while (r == 0) {
		r = read_line(a,
			approval_kind_stands(w->kind)
				? "(o)nce: yes, (d)eny REASON, s(k)ip, "
				  "(q)uit? "
			: !approval_kind_always(w->kind)
				? "(o)nce, (s)ession, (S)ession whatever it "
				  "asks, (d)eny REASON, s(k)ip,\n(q)uit? "
				: "(o)nce, (s)ession, (S)ession whatever the "
				  "arguments, (a)lways,\n(d)eny REASON, "
				  "s(k)ip, (q)uit? ",
			line, sizeof(line));
		if (r != 0)
			break;
		switch (person_parse(line, &v)) {
		case SAID_ANSWER:
			return person_answer(a, w, &v);
		case SAID_SKIP:
			return PERSON_SKIPPED;
		case SAID_QUIT:
			return PERSON_QUIT;
		case SAID_NONE:
			break;
		}
	}
	if (r == 1)
		return gone(a);
	return PERSON_QUIT;
}
