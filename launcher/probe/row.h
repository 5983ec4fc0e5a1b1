/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the probe is to try, and what came of it: a row an act.
 *
 * The launcher's process; filled before the sandbox starts, judged after it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "plan/plan.h"
#include "probe/act.h"

enum row_verdict {
	ROW_NONE = 0, /* outside there is nothing to reach */
	ROW_HELD,
	ROW_GRANTED, /* given on purpose */
	ROW_REACHED,
	_ROW_N
};

enum row_kind {
	ROW_ACT = 0, /* done is reached */
	ROW_FILE,    /* reached if it is the same file as outside */
	ROW_EFFECT,  /* reached if it is seen outside */
};

/* What the outside sees of acts: a counter each. */
enum row_effect {
	EFFECT_NONE = 0,
	EFFECT_TCP,
	EFFECT_TCP6,
	EFFECT_UDP,
	EFFECT_ABSTRACT,
	EFFECT_PATH,
	EFFECT_SIGNAL,
	EFFECT_FILE, /* ->path is there */
	_EFFECT_N
};

struct probe_row {
	const char *area;
	char *what;       /* for people */
	char *act;        /* "ACT:ARG" */
	char *path;       /* of files and of what is written, or NULL */
	char *granted;    /* why it is no escape if it is done, or NULL */
	const char *hint; /* to a person, where it was reached; or NULL */
	enum row_kind kind;
	enum row_effect effect;
	bool bare; /* harmless: tried outside as well */
	bool must; /* has to succeed outside, or the probe proves nothing */
	bool skip; /* not tried: it would leave something in a grant */
	bool answered, outside_answered;
	bool seen; /* its effect, outside */
	struct act_result inside, outside;
	enum row_verdict verdict;
	char *detail;
};

struct probe_rows {
	struct probe_row *v;
	size_t n;
};

void probe_rows_deinit(struct probe_rows *r);
#define _rows_ _cleanup_(probe_rows_deinit)

/* The new row, or NULL when out of memory; both texts are taken over, and
 * freed where that fails. */
struct probe_row *probe_row_add(
	struct probe_rows *r, const char *area, char *what, char *act);
/* printf(3) into a new string, or NULL. */
char *probe_text(const char *fmt, ...) _printf_(1, 2);

/* Why @path is there inside as it is outside, or NULL: what the plan mounts. */
const char *probe_grant(const struct plan *p, const char *path, bool write);

/* Verdict and detail of each row. 0 or -ENOMEM. */
int probe_rows_judge(struct probe_rows *r) _must_use_;
