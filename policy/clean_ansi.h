/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where an escape sequence (ECMA-48, and what terminals make of it) ends.
 * Inside policy/clean*.c only. Pure.
 */
#pragma once

#include <stdint.h>

/* Its first character @cp, of UNSEEN_ANSI, was before @p. See clean_text.h. */
const char *clean_ansi_end(const char *p, const char *end, uint32_t cp);
