/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a server says of itself at the beginning, initialize or server/discover,
 * before anything else looks at it: versions that are not spoken here are taken
 * out, and instructions that nobody has accepted make way for those that
 * somebody has.
 *
 * Relay's process; lives for one line. r->typed has the new one.
 */
#pragma once

#include "policy/message.h"
#include "relay/pending.h"

struct relay;

bool rework_is_hello(enum method m);

/*
 * 0 nothing to change; 1 the new line, without a newline, is in r->typed, and
 * *ret is read from it; *ret_cut whether versions were taken out. <0 nothing of
 * it may go on: -EPROTONOSUPPORT when no version is left. Resets r->cleaned.
 */
int rework_hello(struct relay *r, const struct message *m, const char *line,
	size_t len, const struct call *c, struct message *ret, bool *ret_cut);
