/* SPDX-License-Identifier: Apache-2.0 */
/*
 * URIs that can be compared by their spelling. A pattern says nothing of one
 * that a server may resolve to another: file:///a/../b is file:///b to many.
 *
 * Pure; no state.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/*
 * Whether it names what it seems to name (RFC 3986 section 6.2.2, and what the
 * URL standard does beyond it): false with a segment of one or two dots, a
 * scheme in capitals, an unreserved character, a backslash or a control
 * character as %XX, one of the last two as it is, a blank at either end, and of
 * `file:` anything but file:/// and a path without empty segments. A slash may
 * be %2F, but counts as one. Templates, and names that are no URI, are plain by
 * the same rules.
 */
bool uri_is_plain(const char *uri, size_t len);
