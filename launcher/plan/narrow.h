/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What only narrows: the site's policy and the files of --narrow. Each takes
 * away from what profile and options grant, and none can give; one after the
 * other, so that their order does not matter for what is left.
 *
 * Part of making a plan, before anything is started.
 */
#pragma once

#include "plan/build.h"

/*
 * Reads the policies, and refuses the run where one of them cannot be read or
 * forbids an option.
 */
int narrow_load(
	struct plan *p, const struct plan_options *o, struct err *e) _must_use_;
/* The files of --narrow alone, for what runs nothing. */
int narrow_load_files(
	struct plan *p, const struct plan_options *o, struct err *e) _must_use_;
void narrow_deinit(struct plan *p);

/* The site's policy alone. 0; 1 there is none; <0 it cannot be used. */
int narrow_load_site(const struct site_place *at, struct narrowing *ret,
	struct site_rules *ret_rules, struct err *e) _must_use_;
void narrowing_deinit(struct narrowing *w);
/* The real one. */
extern const struct site_place site_place;

/* Finds the folders that @w names; links count if they are @owner's, for the
 * site's. */
int narrow_paths(struct plan *p, struct narrowing *w, uid_t owner,
	struct err *e) _must_use_;

/* Refuses what is no policy where the site asks for one, and takes out of the
 * profile's own lists and switches. */
int narrow_profile(struct plan *p, struct err *e) _must_use_;

int narrow_profile_lists(struct plan *p, struct err *e) _must_use_;

enum narrow_list { NARROW_ENV = 0, NARROW_NETWORK };

/* Takes out of *list what is not permitted; @from is "option --env". */
int narrow_list(struct plan *p, enum narrow_list what, const char *from,
	char ***list, struct err *e) _must_use_;

/* Whether --state may be had: 1, or 0. */
int narrow_state(struct plan *p, struct err *e) _must_use_;

/* Takes out of *list the variables whose folders a runtime would be given,
 * where somebody has a say in what may be read. */
int narrow_search(struct plan *p, char ***list, struct err *e) _must_use_;

/* @given: somebody asked for that much. */
int narrow_limits(
	struct plan *p, const bool given[_LIMIT_N], struct err *e) _must_use_;
/* Of what may be answered to roots/list. */
bool narrow_is_stricter(enum roots_rule a, enum roots_rule b);
/* p->wishes and the caps of results. */
int narrow_answers(struct plan *p, struct err *e) _must_use_;

/* What is left of one grant: canonical paths, none in both. */
struct narrowed {
	char **read, **write;
};

void narrowed_deinit(struct narrowed *n);
#define _narrowed_ _cleanup_(narrowed_deinit)

/* Fills p->shadow, where a policy has a say in paths. */
int narrow_shadow(struct plan *p, struct err *e) _must_use_;
void narrow_shadow_free(struct plan *s);
/* Whether all of a part of a grant could be written without any policy. */
bool narrow_was_writable(const struct plan *p, const char *path);
/* Adds the masks that a whole grant would have had in what is left of it. */
int narrow_masks(struct plan *p, struct err *e) _must_use_;

/* @a is one of p->asked, all of which are known. */
int narrow_path(struct plan *p, const struct asked_grant *a,
	struct narrowed *ret, struct err *e) _must_use_;

/* Says on standard error, and keeps for explain, what @w took. */
int narrow_took(struct plan *p, struct narrowing *w, bool tell, struct err *e,
	const char *fmt, ...) _must_use_ _printf_(5, 6);
/* "the site's policy /etc/…" or "--narrow /…" */
void narrow_name(const struct narrowing *w, char *dst, size_t size);
