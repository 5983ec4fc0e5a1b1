/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table behind policy/pins.h, for the files that make it up alone.
 */
#pragma once

#include "policy/pins.h"

struct known {
	enum pin_kind kind;
	unsigned char able[32];
};

struct pins {
	enum pins_mode mode;
	struct pin **all; /* by kind and name */
	size_t n, size, bytes;
	struct known known[PINS_KNOWN_MAX];
	size_t n_known;
	bool shut[_PIN_N]; /* known to be of anybody */
	unsigned char able[32];
	bool is_able; /* somebody has said it */
	bool doubt;
	bool full; /* something found no room */
	struct pin_news *news;
	size_t news_begin, news_end, news_size;
	size_t n_told, untold;
	unsigned walk[_PIN_N]; /* of lists, how many were begun */
	unsigned client;       /* how many kinds of it there were */
};

/* Whether this kind of client is the only one that was ever shown a list. */
bool pins_known_alone(const struct pins *p, enum pin_kind kind);
struct pin *pins_at_name(
	struct pins *p, enum pin_kind kind, const char *name, size_t len);
bool pins_push_news(struct pins *p, struct pin *pin);
/* Of whatever @pin has to do with another name, nothing holds any more. */
void pins_unlink(struct pin *pin);
/* The pin of that name, new where there is none. */
int pins_find_or_add(struct pins *p, enum pin_kind kind, const char *name,
	size_t len, struct pin **ret);
