/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lines of a log as JSON values, for tests that look at what they say.
 */
#pragma once

#include <jansson.h>

/* All lines of a session's file, or the ledger's ("ledger.jsonl"). */
json_t *lines_load(const char *session);

/* A text member, "" if there is none. */
const char *text_of(const json_t *line, const char *name);

/* The first line of that type, or NULL. */
const json_t *line_of_type(const json_t *list, const char *type);
const json_t *last_line(const json_t *list);

/* Everything in the audit folder of HOME is sound, and so many sessions are
 * whole. */
void assert_intact(unsigned sessions);
