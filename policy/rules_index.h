/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which rules can be about a tool, by what their patterns begin with: of
 * thousands only these are tried. Inside policy/ only.
 *
 * Pure; made with the rules. Marking needs a work area inside.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct rules;
struct rules_index;

/* Makes r->index of all that @r has now; the texts of the patterns stay its
 * own. 0, -ENOMEM. */
int rules_index_anew(struct rules *r);
void rules_index_free(struct rules_index *x);

/* Marks those that can be about @tool: all that are, perhaps more. */
void rules_index_mark(struct rules_index *x, const char *tool, size_t len);

/* The first that is marked from @from on; SIZE_MAX: there is none. @x may be
 * NULL. */
size_t rules_index_next(const struct rules_index *x, size_t from);
