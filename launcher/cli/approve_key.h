/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys, out of the bytes that a terminal sends (ECMA-48, xterm). Pure.
 */
#pragma once

#include <stddef.h>

enum key_type {
	KEY_NONE = 0, /* nothing of ours */
	KEY_CHARACTER,
	KEY_ENTER,
	KEY_ESCAPE,
	KEY_BACKSPACE,
	KEY_UP,
	KEY_DOWN,
	KEY_PAGE_UP,
	KEY_PAGE_DOWN,
	KEY_HOME,
	KEY_END,
	KEY_PASTE_BEGIN, /* what follows was not typed */
	KEY_PASTE_END,
	_KEY_N
};

struct key {
	enum key_type type;
	char bytes[4]; /* CHARACTER: one, of UTF-8 or of a control key */
	size_t n;
};

/* The byte of a key that is one; NUL for all others. */
char key_byte(const struct key *k);

/* Takes one key from the @len > 0 bytes; how many it was. A sequence that is
 * not complete is nothing, and ends there. */
size_t key_take(const char *bytes, size_t len, struct key *ret);
