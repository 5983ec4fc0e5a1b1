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
};
