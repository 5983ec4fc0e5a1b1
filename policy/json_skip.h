/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a value of an accepted text ends: brackets and quotes alone tell.
 * Inside policy/json*.c and clean.c only.
 */
#pragma once

/* @p is on the first byte of a value; returns what follows it, never beyond
 * @end. */
const char *json_skip(const char *p, const char *end);
