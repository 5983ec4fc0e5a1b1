/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verbs of `stockade profile`: a file each, or a few; what they share.
 */
#pragma once

#include <stdbool.h>

#include "cli/profile_trust.h"
#include "plan/profile_layer.h"

struct profile_request {
	struct profile_store store;
	bool json, strict;
	bool site; /* of test: this machine's policy counts, too */
	enum trust_action trust;     /* --list, --revoke */
	const char *message;         /* FILE or "-" of --message, or NULL */
	char *role, *task, *context; /* of test; copies, or NULL */
	char **narrow;               /* of test: files */
	char **operands;
};

/* Each returns an exit status, or <0 with e->text. */
int profile_check_verb(struct profile_request *q, struct err *e);
int profile_diff_verb(struct profile_request *q, struct err *e);
int profile_test_verb(struct profile_request *q, struct err *e);

/* NAME.json or a path, not the name of a profile. */
bool operand_is_file(const char *operand);

/*
 * The profile of an operand with all that it extends; *ret_effective is what
 * they make together. No such profile is an error here.
 */
int operand_load(const struct profile_request *q, const char *operand,
	struct profile_chain *ret, struct profile **ret_effective,
	struct err *e) _must_use_;
