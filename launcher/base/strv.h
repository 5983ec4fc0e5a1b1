/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NULL-terminated vectors of strings, as argv and environ are.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"

/* Frees the strings and the vector; NULL is fine. */
void strv_free(char **v);

static inline void cleanup_strv(char ***v)
{
	strv_free(*v);
}

#define _strv_ _cleanup_(cleanup_strv)

size_t strv_len(char *const *v);
bool strv_contains(char *const *v, const char *s);

/* Appends a copy of @s; *v may be NULL before. -ENOMEM leaves *v as it was. */
/* Adds copies of those of @more that are not there yet, each once, in their
 * order. -ENOMEM: @v may have some of them. */
int strv_join(char ***v, char *const *more) _must_use_;
int strv_add(char ***v, const char *s) _must_use_;
int strv_addf(char ***v, const char *fmt, ...) _must_use_ _printf_(2, 3);

/* By their bytes; @v may be NULL. */
void strv_sort(char **v);

/* A deep copy, or NULL when out of memory. @v may be NULL (gives an empty). */
char **strv_copy(char *const *v);

/* "NAME=VALUE" in an environment: a pointer to VALUE, or NULL. */
const char *strv_env(char *const *env, const char *name);
