/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the system knows of its users: /etc/passwd, and where nsswitch.conf(5)
 * names further sources (a directory service), what getent(1) says of those.
 *
 * libc's own getpwuid(3) loads what nsswitch.conf names into the process, which
 * a program that is linked statically cannot, and one like this should not.
 *
 * Before a process shuts itself in: it opens files, and runs getent.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"

struct account {
	char *name, *home;
};

void account_deinit(struct account *a);
#define _account_ _cleanup_(account_deinit)

/* 0, 1 when nobody has this uid, or -errno. */
int account_find(uint32_t uid, struct account *ret) _must_use_;

/* The same in the @text of a passwd(5) file; the first line with the uid. */
int account_parse(
	const char *text, uint32_t uid, struct account *ret) _must_use_;

/* Whether users come from elsewhere than /etc/passwd too. */
bool account_elsewhere(void);

/* Whether "passwd" or "group", as @database says, has @id in any source: 1,
 * 0, or -errno when that cannot be told. */
int account_has(const char *database, uint32_t id) _must_use_;
