/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts of `stockade pin` share. Runs and ends in one process.
 */
#pragma once

#include <stdbool.h>

#include "plan/pin_store.h"

struct pin_cli {
	bool json;
	bool lenient; /* a store that cannot be read is said, and left out */
	const char *tenant; /* whose stores; NULL: all, "": nobody's */
	char **names;       /* --name: of nothing else */
};

/* One store, read. */
struct pin_server {
	struct pin_store store;
	struct pins *pins;
};

/* Those of @c's tenant that @operands name, all without. 0; 1 there is none of
 * a name, or of that tenant. */
struct pin_servers {
	struct pin_server *all;
	size_t n;
};

int pin_servers_read(const struct pin_cli *c, char *const *operands,
	struct pin_servers *ret, struct err *e) _must_use_;
void pin_servers_deinit(struct pin_servers *s);
#define _pin_servers_ _cleanup_(pin_servers_deinit)

/* Whether somebody has to look at it, and was not asked for others only. */
bool pin_waits(const struct pin_cli *c, const struct pin *p);

/* How many were accepted, or wait to be. */
size_t pin_count(const struct pins *p, bool waiting);

/* On stdout; 0, -EIO, -ENOMEM. */
int pin_list(const struct pin_servers *s, bool json) _must_use_;
/* Below what is there already: a table, or an object a line. */
int pin_status(const struct pin_servers *s, bool json, bool more) _must_use_;
/* 0; 1 nothing differs. */
int pin_diff(const struct pin_cli *c, const struct pin_servers *s) _must_use_;
int pin_diff_server(
	const struct pin_cli *c, const struct pin_server *s) _must_use_;

/* Shows, asks, accepts. 0; 1 nothing was accepted. */
int pin_accept(const struct pin_cli *c, const struct pin_servers *s,
	struct err *e) _must_use_;
