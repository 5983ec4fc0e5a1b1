/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What approve --watch knows: the questions in their order, the one that is
 * chosen, and what has happened. No terminal, no socket.
 *
 * The chosen question changes by itself only where there was none, and after
 * the person's own answer; then answers do not count for a moment, so that no
 * key that was meant for one question answers another.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "cli/approve_link.h"
#include "cli/approve_screen.h"

#define BOARD_EVENTS 32
/* Longer than a key repeats, and than a person takes to read a line. */
#define BOARD_GUARD_MS 300

struct board_item {
	uint64_t serial;   /* of this item alone, never 0 */
	struct waiting *w; /* NULL: gone, and still chosen */
	bool sent, taken;  /* our answer is on its way, or counts */
	enum approval_answer answer;
	struct screen_item shown;
};

struct board {
	struct board_item **items; /* the newest first */
	size_t n, size, chosen;    /* chosen < n, or n is 0 */
	uint64_t guard_until_ms, serials;
	bool bell;    /* somebody is to be called */
	bool touched; /* what is chosen is another, or has changed */
	struct screen_event events[BOARD_EVENTS];
	size_t n_events;
	char clock[16]; /* for events; the owner sets it */
};

void board_deinit(struct board *b);

/* What a session said. */
void board_hear(struct board *b, const struct link_news *news, uint64_t now_ms);

/* The chosen item, or NULL. */
struct board_item *board_chosen(const struct board *b);

/* An open item; NULL when it is gone. */
struct board_item *board_find(const struct board *b, uint64_t serial);

/* Up or down; lets go of one that is gone. */
void board_move(struct board *b, int by, uint64_t now_ms);

/* Whether a key that answers counts now. If not, it has to rest for a while
 * again: a key that is held down never gets through. */
bool board_may_answer(struct board *b, uint64_t now_ms);
void board_guard(struct board *b, uint64_t now_ms);

/* Adds an event; escapes it. */
void board_say(struct board *b, bool alert, const char *fmt, ...)
	_printf_(3, 4);
void board_forget_alerts(struct board *b);

/* Rows for the screen, with times as they are now; owned by the caller. NULL
 * when out of memory. */
struct screen_item *board_rows(
	const struct board *b, uint64_t now_ms, size_t *ret_open);
