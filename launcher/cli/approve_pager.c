/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/approve_pager.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "cli/approve_page.h"
#include "cli/approve_term.h"

#define PROMPT_ROWS 4

static bool fits(const struct page *p)
{
	struct winsize w;

	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) < 0 || w.ws_row == 0 ||
	       page_rows(p) + PROMPT_ROWS <= w.ws_row;
}

static int draw(struct term *t, struct page *p)
{
	unsigned rows = t->rows > 1 ? t->rows - 1 : 1;
	char where[64];

	page_resize(p, t->columns, rows);
	frame_clear(t->next, t->rows, t->columns);
	page_draw(p, t->next, 0);
	page_where(p, where, sizeof(where));
	frame_set_edges(t->next, rows, LOOK_BAR,
		" space, b, arrows: move   q: to the answer", where);
	return term_draw(t);
}

/* True when it is left. */
static bool take_keys(struct page *p, const char *bytes, size_t n)
{
	struct key k;

	for (size_t i = 0; i < n; i += key_take(bytes + i, n - i, &k)) {
		(void)key_take(bytes + i, n - i, &k);
		if (!page_key(p, &k) &&
			(k.type == KEY_ESCAPE ||
				(k.type == KEY_CHARACTER && k.bytes[0] == 'q')))
			return true;
	}
	return false;
}

static int loop(struct approver *a, struct term *t, struct page *p)
{
	for (;;) {
		struct pollfd in[] = {
			{.fd = STDIN_FILENO, .events = POLLIN},
			{.fd = t->signals, .events = POLLIN},
		};
		char bytes[256];
		ssize_t n;
		int r = draw(t, p);

		if (r == 0)
			r = queue_wait(&a->queue, in, ELEMENTS(in), 1000);
		if (r < 0)
			return r;
		if (!a->shown)
			return 0;
		r = in[1].revents ? term_signal(t) : 0;
		if (r > 0)
			return 128 + r;
		if (!in[0].revents)
			continue;
		n = read(STDIN_FILENO, bytes, sizeof(bytes));
		if (n <= 0)
			return -EPIPE;
		if (take_keys(p, bytes, (size_t)n))
			return 0;
	}
}

int pager_show(struct approver *a, struct out *text, struct err *e)
{
	_term_ struct term t = {.signals = -1};
	struct page p;
	int r = page_init(&p, text);

	if (r == 0) {
		struct winsize w;

		if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0)
			page_resize(&p, w.ws_col, w.ws_row);
		if (fits(&p)) {
			*text = p.text;
			p.text = (struct out)OUT_INIT(0);
			page_deinit(&p);
			return 1;
		}
		r = term_take(&t, e);
	}
	if (r == 0)
		r = loop(a, &t, &p);
	page_deinit(&p);
	return r < 0 ? err_set(e, r, "showing the question") : r;
}
