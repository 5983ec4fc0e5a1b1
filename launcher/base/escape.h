/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Foreign bytes made fit for a terminal or a log line.
 *
 * Everything that is not printable ASCII is escaped: a control character, a
 * bidi mark or a byte that is no UTF-8 can neither drive a terminal nor forge
 * a line. Pure functions, any process.
 */
#pragma once

#include <stddef.h>

/*
 * Writes @len bytes of @src to @dst (of @size bytes, always terminated) with
 * all but printable ASCII as \n, \t, \\ or \xNN. Stops where the next escape
 * would not fit. Returns the number of source bytes that were taken.
 */
size_t escape_text(char *dst, size_t size, const char *src, size_t len);

/*
 * @word so that a shell reads it as one word, and so that it still does after
 * escape_text(): quoted where it must be, as $'…' (bash, zsh) where bytes are
 * to be escaped. A word with both kinds of quotes is beyond it. NULL when out
 * of memory; the caller frees it.
 */
char *escape_shell_word(const char *word);
