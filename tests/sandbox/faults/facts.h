/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A server that tells what confines it, one line a fact on stderr:
 *
 *   FACT NAME VALUE
 *
 * Two runs with the same facts are confined alike, as far as a server can see.
 */
#pragma once

void fact(const char *name, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* An errno by its name; "done" for 0. */
const char *fact_errno(int errnum);

/* facts_refused.c: what must fail, and how it does. */
void facts_refused(void);

/* facts_files.c: what the mounts and Landlock leave; @rw and @ro were granted
 * for writing and for reading. */
void facts_files(const char *rw, const char *ro);
