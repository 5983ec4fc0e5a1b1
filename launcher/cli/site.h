/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What verbs say of the site's policy, which narrows every run.
 */
#pragma once

#include <stddef.h>

/* Fills @dst with its path, or with why it cannot be used. 0 there is one; 1
 * there is none (@dst is ""); <0 every run is refused. */
int site_text(char *dst, size_t size);
