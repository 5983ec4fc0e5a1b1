/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The terminal while a screen is shown on it: raw, on its second screen, and
 * given back as it was on every way out. Signals come as events meanwhile, so
 * that none ends the process in between.
 */
#pragma once

#include <signal.h>
#include <termios.h>

#include "base/err.h"
#include "cli/approve_frame.h"

struct term {
	bool taken;
	int signals; /* signalfd: poll it, then term_signal() */
	sigset_t mask;
	struct termios saved;
	bool colour;
	unsigned rows, columns;
	struct frame *shown, *next; /* .next is to be drawn into */
	bool fresh;                 /* nothing of ours stands there */
};

/* Of stdin and stdout. <0 with e->text. */
int term_take(struct term *t, struct err *e) _must_use_;
void term_give_back(struct term *t);
#define _term_ _cleanup_(term_give_back)

/* Shows t->next, in one write. */
int term_draw(struct term *t) _must_use_;
void term_bell(void);

/* What was typed so far is forgotten. */
void term_forget_typed(void);

/*
 * After signals is readable: 0 to draw anew (another size, or back from a
 * stop); N > 0 to end because of signal N: give the terminal back, then
 * term_die(). */
int term_signal(struct term *t) _must_use_;

/* Ends as if the signal had not been caught; returns where it cannot. */
int term_die(int signal_number);
