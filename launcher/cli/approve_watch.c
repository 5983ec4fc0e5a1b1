/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/approve_watch.h"

#include <string.h>

#include "base/fd.h"
#include "cli/approve_watch_state.h"

#define TICK_MS 1000 /* the times count down, the folder is looked at */
#define DETAIL_MAX ((size_t)1 << 20)

static void hear(void *context, const struct link_news *news)
{
	struct watch *w = context;

	board_hear(&w->board, news, clock_mono_ms());
}

/* What a dead session left is of no interest to somebody who waits. */
static void say(void *context, const char *line, bool stale)
{
	struct watch *w = context;

	if (!stale)
		board_say(&w->board, true, "%s", line);
}

static void take_keys(struct watch *w, const char *bytes, size_t n)
{
	struct key k;
	size_t i = 0;

	while (i < n && !w->quit) {
		size_t len = key_take(bytes + i, n - i, &k);

		watch_key(w, &k, len == n);
		i += len;
	}
}

static int show(struct watch *w)
{
	uint64_t before = clock_mono_ms();
	int r;

	watch_draw(w);
	r = term_draw(&w->term);
	/* A moment in which no key counts is one in which it can be seen: not
	 * the time that a slow terminal took. */
	if (before < w->board.guard_until_ms)
		w->board.guard_until_ms += clock_mono_ms() - before;
	if (r == 0 && w->board.bell)
		term_bell();
	w->board.bell = false;
	return r;
}

/* 0; N > 0: signal N. */
static int step(struct watch *w, int timeout_ms)
{
	struct pollfd in[] = {
		{.fd = STDIN_FILENO, .events = POLLIN},
		{.fd = w->term.signals, .events = POLLIN},
	};
	char bytes[512];
	ssize_t n;
	int r = show(w);

	if (r == 0)
		r = queue_wait(&w->queue, in, ELEMENTS(in), timeout_ms);
	if (r < 0)
		return r == -EINTR ? 0 : r;
	if (in[1].revents) {
		r = term_signal(&w->term);
		if (r != 0)
			return r;
		/* Another size, or back from a stop: nothing is as it was. */
		w->board.touched = true;
		board_guard(&w->board, clock_mono_ms());
	}
	if (!in[0].revents)
		return 0;
	n = read(STDIN_FILENO, bytes, sizeof(bytes));
	if (n <= 0)
		return SIGHUP;
	take_keys(w, bytes, (size_t)n);
	return 0;
}

static int loop(struct watch *w, struct err *e)
{
	uint64_t look_ms = 0;
	int r = 0;

	while (r == 0 && !w->quit) {
		uint64_t now = clock_mono_ms();

		if (now >= look_ms) {
			r = queue_look(&w->queue, e);
			look_ms = now + TICK_MS;
		}
		if (r == 0)
			r = step(w, (int)(look_ms - now));
	}
	return r < 0 ? err_set(e, r, "approve --watch") : r;
}

int watch_run(struct err *e)
{
	struct watch *w = calloc(1, sizeof(*w));
	int r;

	if (!w)
		return err_set(e, -ENOMEM, "approve --watch");
	w->term.signals = -1;
	w->detail = (struct out)OUT_INIT(DETAIL_MAX);
	queue_init(&w->queue, CHANNEL_TERMINAL, hear, w);
	w->queue.say = say;
	w->queue.patient = true;
	r = term_take(&w->term, e);
	if (r == 0)
		r = loop(w, e);
	watch_back(w);
	term_give_back(&w->term);
	out_deinit(&w->detail);
	board_deinit(&w->board);
	queue_deinit(&w->queue);
	free(w);
	return r > 0 ? term_die(r) : r;
}
