/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Build time: a list file read into rules.
 *
 * A line is one of
 *	NAME				allowed
 *	NAME if CONDITION		allowed under a condition (conditions.c)
 *	NAME errno ERRNO		answered with an error
 *	NAME absent			answered with ENOSYS
 *	include FILE
 * with "# why" at its end. "?" before a name: libseccomp may be too old to
 * know it. The first rule for a name counts, so that a list may sharpen or
 * widen what it includes. Some names need a why when they are let through.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define RULES_MAX 512

enum rule_kind {
	RULE_NONE = 0,
	RULE_ALLOW,
	RULE_IF,
	RULE_ERRNO,
	RULE_ABSENT,
};

struct rule {
	enum rule_kind kind;
	bool optional;
	int nr;    /* of the build's architecture; below 0: not there */
	int error; /* RULE_ERRNO */
	char name[40];
	char condition[32];
};

struct rules {
	struct rule rule[RULES_MAX];
	size_t n;
};

/* The first rule for a number, or NULL. */
const struct rule *rules_find(const struct rules *r, int nr);

/*
 * Appends a file of @dir. Prints what is wrong with file and line and returns
 * -1.
 */
int rules_read(struct rules *r, const char *dir, const char *file);
