/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plans that are narrowed: a site, files of --narrow and profiles of a test's
 * own, in its fixture's folder.
 */
#pragma once

#include "fixture.h"

struct rig {
	const struct fixture *f;
	struct plan_options o;
	struct site_place at; /* ROOT/etc/stockade, of whoever runs the test */
	struct err e;         /* of the last plan */
};

/* Makes ROOT/etc/stockade and ROOT/home/.config/stockade/profiles. */
void rig_init(struct rig *r, const struct fixture *f);
void rig_deinit(struct rig *r);
#define _rig_ __attribute__((cleanup(rig_deinit)))

/* Writes ROOT/TAIL, mode 0600. */
void rig_write(const struct rig *r, const char *tail, const char *text);
/* `{"version": 1, BODY}`, where "%R" is ROOT. */
void rig_site(const struct rig *r, const char *body);
/* Writes ROOT/NAME.json and gives it to --narrow. */
void rig_narrow(struct rig *r, const char *name, const char *body);
/* Writes a profile of the user's and names it. */
void rig_profile(struct rig *r, const char *name, const char *body);

/* NULL with r->e where it is refused. */
struct plan *rig_plan(struct rig *r);
/* Asserts that there is a plan. */
struct plan *rig_plan_ok(struct rig *r);
/* Asserts that there is none, and that the line says @with. */
void rig_refused(struct rig *r, const char *with);

/* '-' not granted, 'r', 'w': what a path of ROOT's may be done with. */
char rig_access(const struct rig *r, const struct plan *p, const char *tail);
/* How many of the notes have both texts in them. */
unsigned rig_notes(const struct plan *p, const char *a, const char *b);
