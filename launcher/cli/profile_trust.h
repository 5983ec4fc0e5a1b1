/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `stockade profile trust`: a profile file from anywhere, looked at and then
 * counted.
 */
#pragma once

#include "plan/profile_layer.h"

enum trust_action {
	TRUST_GIVE = 0, /* FILE… */
	TRUST_LIST,
	TRUST_REVOKE, /* FILE… */
};

/* An exit status, or <0 with e->text. @operands suits the action. */
int profile_trust(const struct profile_store *s, enum trust_action action,
	char *const *operands, bool json, struct err *e) _must_use_;
