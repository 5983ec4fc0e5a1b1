/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random rules and schemas for profiles and policies, and whole calls held
 * against what two plans say of them: the part of the properties that is about
 * arguments.
 */
#pragma once

#include <stdint.h>
#include <stdio.h>

#include "plan/plan.h"
#include "policy/tools.h"

/* xorshift: the same everywhere. */
uint32_t chance_next(uint32_t *seed);

/* `, "rules": […], "schemas": {…}`, of the object "protocol", or less. */
void chance_rules_put(FILE *f, uint32_t *seed);

#define CHANCE_CALLS 12

/* What the lists and the rules together say of the nth call of a tool. */
enum decision chance_rules_say(
	const struct plan *p, const char *tool, unsigned nth);
