/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One line of a log or of the ledger, its members by name. Anybody may have
 * written it: what is missing or of another type reads as nothing. Readers'
 * side.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"

struct json_t; /* jansson.h, whose names are not for everybody */

struct audit_entry {
	struct json_t *root;
};

/* False if it is no JSON object, or has a member twice. */
bool audit_entry_parse(struct audit_entry *ret, const char *text, size_t len);
void audit_entry_deinit(struct audit_entry *e);

#define _entry_ _cleanup_(audit_entry_deinit)

/* NULL if it is not there. "a.b" is member b of the object a. */
const char *audit_entry_text(const struct audit_entry *e, const char *name);

/* False if it is not there, is no whole number or below 0. */
bool audit_entry_number(
	const struct audit_entry *e, const char *name, uint64_t *ret);

/* Microseconds since 1970 of "time"; 0 if it is not there or no time. */
uint64_t audit_entry_time(const struct audit_entry *e);
