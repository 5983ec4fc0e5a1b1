/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A policy: a file of a profile's form that only takes away, the site's or one
 * of --narrow. Which keys it may have; the rest has no meaning "at most" and is
 * refused, for what is not enforced is not loaded.
 *
 * Any process before it forks.
 */
#pragma once

#include "plan/profile_key.h"

/* What the site's policy has besides. All false: nothing is asked. */
struct site_rules {
	bool require_profile; /* no run without a profile that is a policy */
	bool no_degraded, no_keep_uid, no_observe; /* options not permitted */
};

/*
 * Parses a policy; what its lists hold is "at most", and ->…_given tells an
 * empty one from none. @label is what the profile is called, @ret_site NULL for
 * a policy without a site's keys. -EINVAL with e->text "FILE:LINE:COLUMN: …".
 */
int policy_parse(const char *label, const char *file, const char *text,
	size_t len, struct site_rules *ret_site, struct profile **ret,
	struct err *e) _must_use_;

/*
 * For the walk over an object: keeps *k, the profile's key of that name or
 * NULL, exchanges it for a site's key, or refuses it.
 */
int policy_key_find(struct profile_parse *ps, enum profile_object object,
	const struct json_value *name, const struct profile_key **k) _must_use_;

/* Whether a policy may have this key of a profile. */
bool policy_key_permitted(enum profile_object object, const char *name);

/* The site's own keys. */
extern const struct profile_key site_keys[];
extern const size_t n_site_keys;
