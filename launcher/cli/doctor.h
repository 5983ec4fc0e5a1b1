/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `stockade doctor` finds out: each check tries one thing for real, in a
 * process of its own that ends afterwards, and says what to do if it fails.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"

enum doctor_state {
	DOCTOR_NONE = 0, /* the check itself broke; counts as FAILS */
	DOCTOR_OK,
	DOCTOR_WEAKER, /* stockade runs, with less than it could have */
	DOCTOR_FAILS,  /* stockade run is refused here */
	_DOCTOR_N
};

struct finding {
	enum doctor_state state;
	char detail[512];
	char fix[1536]; /* lines, "" for none */
};

struct doctor_check {
	const char *id;   /* stable, for --json */
	const char *what; /* for people */
	void (*probe)(const struct doctor_check *c, struct finding *f);
	unsigned long arg; /* the probe's own */
};

struct doctor_checks {
	const struct doctor_check *check;
	size_t n;
};

/* One a file: doctor_user.c, doctor_mount.c, doctor_kernel.c, doctor_host.c,
 * doctor_site.c */
extern const struct doctor_checks doctor_user, doctor_mount, doctor_kernel,
	doctor_host, doctor_site;

/* Fill a finding; the first call counts. @fix may be NULL. */
void finding_ok(struct finding *f, const char *fmt, ...) _printf_(2, 3);
void finding_weaker(struct finding *f, const char *fix, const char *fmt, ...)
	_printf_(3, 4);
void finding_fails(struct finding *f, const char *fix, const char *fmt, ...)
	_printf_(3, 4);

/* A number in a file of /proc/sys, or -1 when it is not there. */
long doctor_sysctl(const char *path);

/* How far doctor_in_userns() came. */
enum userns_step {
	USERNS_NONE = 0,
	USERNS_CLONE,
	USERNS_MAPS,
	USERNS_IDS,
	USERNS_ACT,
};

struct userns_try {
	unsigned long flags; /* CLONE_NEW… besides the user namespace */
	int (*early)(void);  /* still as who we are; NULL for nothing */
	int (*act)(void);    /* as uid 1000 inside; NULL for nothing */
};

/*
 * Clones a child with these namespaces, maps our id (root: the first spare
 * one) to 1000 in it as a run does, and has it act. 0 or a negative errno,
 * with *ret_step where it failed.
 */
int doctor_in_userns(
	const struct userns_try *t, enum userns_step *ret_step) _must_use_;

/* What to do where doctor_in_userns() failed; fills f->fix. */
void doctor_userns_advice(struct finding *f, int error, enum userns_step step);
