/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What two profiles, as they take effect, grant differently: in words, and
 * whether it is more or less.
 *
 * Pure but for memory. Paths and hosts are compared by what they name, lists
 * of names by what becomes of a name: by the function that decides about
 * calls, tried on names made from the patterns.
 */
#pragma once

#include "plan/profile.h"

enum change_kind {
	CHANGE_NONE = 0,
	CHANGE_WIDER,    /* the second one grants more */
	CHANGE_NARROWER, /* … less */
	CHANGE_OTHER,    /* neither, or without effect */
	_CHANGE_N
};

/* "wider", "narrower", "other". */
extern const char *const change_words[_CHANGE_N];

struct profile_change {
	enum change_kind kind;
	char *key;  /* of a profile: "sandbox.write" */
	char *text; /* "may now write to /srv" */
};

struct profile_changes {
	struct profile_change *v;
	size_t n;
};

void profile_changes_deinit(struct profile_changes *c);
#define _changes_ _cleanup_(profile_changes_deinit)

/* In the order of the keys. No change where the digests are the same. -ENOMEM.
 */
int profile_compare(const struct profile *a, const struct profile *b,
	struct profile_changes *ret) _must_use_;

/* The parts of it, for its own files. */
int changes_addf(struct profile_changes *c, enum change_kind kind,
	const char *key, const char *fmt, ...) _must_use_ _printf_(4, 5);
int changes_add_names(struct profile_changes *c, const struct profile *a,
	const struct profile *b) _must_use_;
int changes_add_rules(struct profile_changes *c, const struct profile *a,
	const struct profile *b) _must_use_;
int changes_add_quotas(struct profile_changes *c, const struct profile *a,
	const struct profile *b) _must_use_;
int changes_add_roles(struct profile_changes *c, const struct profile *a,
	const struct profile *b) _must_use_;
int changes_add_methods(struct profile_changes *c, const struct profile *a,
	const struct profile *b) _must_use_;
int changes_add_paths(struct profile_changes *c, const struct profile *a,
	const struct profile *b) _must_use_;
