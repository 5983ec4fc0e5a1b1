/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why a text of a profile is refused, put together of pieces; what it quotes
 * of the text cannot drive a terminal.
 *
 * Pure; no state.
 */
#pragma once

#include <stddef.h>

#include "policy/json.h"

#define FAULT_SHOWN 40 /* bytes of a name in a message */

/* @parts up to NULL, one after the other, as many as there is room for. */
void fault_text_put(char *dst, size_t size, const char *const *parts);

/* A member's name: its first bytes, `?` for all that is no printable ASCII. */
const char *fault_text_shown(
	const struct json_value *name, char ret[static FAULT_SHOWN + 1]);
