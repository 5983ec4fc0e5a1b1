/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/approve_list.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/escape.h"
#include "base/fd.h"
#include "cli/approve_shown.h"

#define COLUMNS_LEAST 40
#define COLUMNS_MOST 500
#define ARGUMENTS_MAX 4000

/* Of the terminal; where there is none, lines are as long as they are. */
static size_t columns(void)
{
	struct winsize w;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) < 0 || w.ws_col == 0)
		return 0;
	return w.ws_col < COLUMNS_LEAST ? COLUMNS_LEAST : w.ws_col;
}

static void state_text(const struct waiting *w, char *dst, size_t size)
{
	uint64_t now = clock_mono_ms();
	uint64_t until = w->held ? w->hold_until_ms : w->expires_ms;
	char left[DURATION_MAX];

	duration_text(until > now ? until - now : 0, left);
	(void)snprintf(dst, size, "%s, %s",
		w->held                         ? "held"
		: approval_kind_stands(w->kind) ? "open"
						: "retry",
		left);
}

static void print_row(const struct waiting *w, size_t width)
{
	char id[QUESTION_ID_MAX], age[DURATION_MAX], state[48], server[64],
		name[80], line[256];
	struct out o = OUT_INIT(COLUMNS_MOST + ARGUMENTS_MAX);
	int n;

	question_id(w, id);
	duration_text(clock_mono_ms() - w->asked_ms, age);
	state_text(w, state, sizeof(state));
	(void)escape_text(server, sizeof(server), w->link->about.server,
		strlen(w->link->about.server));
	(void)escape_text(name, sizeof(name), w->name, w->name_len);
	n = snprintf(line, sizeof(line), "%-12s  %-16s  %-20s  %-8s  %-16s  ",
		id, server, name, age, state);
	if (n < 0)
		return;
	/* On a terminal a long name does not leave its arguments no room. */
	if (width && (size_t)n + 20 > width)
		question_brief(&o, w, width > 24 ? width - 4 : 20);
	else
		question_brief(
			&o, w, width ? width - (size_t)n : ARGUMENTS_MAX);
	(void)printf("%s%s%.*s\n", line,
		width && (size_t)n + 20 > width ? "\n    " : "", (int)o.len,
		o.data ? o.data : "");
	out_deinit(&o);
}

static int print_json(const struct waiting *w)
{
	struct out o = OUT_INIT(QUESTION_TEXT_MAX);
	int r = 0;

	question_json(&o, w, false);
	if (o.failed || fwrite(o.data, 1, o.len, stdout) != o.len)
		r = o.failed ? -ENOMEM : -EIO;
	out_deinit(&o);
	return r;
}

int list_print(struct waiting *const *all, size_t n, bool json, struct err *e)
{
	size_t width = columns();
	int r = 0;

	if (!json && n)
		(void)printf("%-12s  %-16s  %-20s  %-8s  %-16s  %s\n", "ID",
			"SERVER", "NAME", "AGE", "LEFT", "ARGUMENTS");
	for (size_t i = 0; r == 0 && i < n; i++)
		if (json)
			r = print_json(all[i]);
		else
			print_row(all[i], width);
	if (r == 0 && fflush(stdout) != 0)
		r = -errno;
	return r < 0 ? err_set(e, r, "approve: standard output") : 0;
}
