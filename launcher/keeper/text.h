/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Foreign bytes as a JSON string of printable ASCII. Pure, any process.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/*
 * Appends @bytes with quotes. Characters outside printable ASCII become \uXXXX
 * (a surrogate pair above U+FFFF); each byte that is no UTF-8 becomes \ufffd.
 * At most 6 bytes for each byte.
 */
int text_append_json(
	struct buf *out, const uint8_t *bytes, size_t len) _must_use_;
