/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the pins of a server and profile lie, and what they say: a folder of
 * base/pin_batch.h's files in the state folder, one a server and profile.
 *
 * Read before anything is started, and by `stockade pin`. What was edited or
 * belongs to somebody else refuses the start; what was cut short holds as far
 * as it goes, and nothing is accepted by being shown any more.
 */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "base/pin_batch.h"
#include "policy/pins.h"

struct plan;

#define PIN_FOLDER "pins"

struct pin_store {
	char *name;        /* of its folder, below PIN_FOLDER */
	char *path;        /* of it, for messages */
	uint32_t sequence; /* the next file's */
	size_t n_files;
	size_t n_cut;           /* of them that a crash cut short */
	char *profile, *server; /* as the newest file has them, escaped */
	char *tenant;           /* whose it is; NULL: nobody's in particular */
};

void pin_store_deinit(struct pin_store *s);
#define _pin_store_ _cleanup_(pin_store_deinit)

/* Which store is @p's; does not look at it. -ENOMEM. */
int pin_store_name(
	const struct plan *p, struct pin_store *ret, struct err *e) _must_use_;

/* The store of this name. */
int pin_store_find(
	const char *name, struct pin_store *ret, struct err *e) _must_use_;

/* Reads @s, whose name is set, into @pins. 0; 1 there is none yet. */
int pin_store_read(
	struct pin_store *s, struct pins *pins, struct err *e) _must_use_;

/* The stores that there are, by name. */
int pin_store_names(char ***ret, struct err *e) _must_use_;

/*
 * Reads the store @name, has @change change the table (or nothing, if NULL),
 * and writes one file in the place of all that were there. What a session adds
 * meanwhile stays. 0; 1 there is none; <0, what @change returned too.
 */
int pin_store_change(const char *name,
	int (*change)(struct pins *pins, void *context), void *context,
	struct err *e) _must_use_;

/* One file's events, in their order. -EBADMSG for what is no definition. */
int pin_batch_apply(struct pin_batch b, struct pins *pins) _must_use_;

/* p->pins, p->pin_store; refuses what cannot be relied on. */
int plan_pins(struct plan *p, bool make, struct err *e) _must_use_;
void plan_pins_deinit(struct plan *p);
