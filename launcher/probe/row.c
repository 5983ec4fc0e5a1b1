/* SPDX-License-Identifier: Apache-2.0 */
#include "probe/row.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void probe_rows_deinit(struct probe_rows *r)
{
	for (size_t i = 0; i < r->n; i++) {
		free(r->v[i].what);
		free(r->v[i].act);
		free(r->v[i].path);
		free(r->v[i].granted);
		free(r->v[i].detail);
	}
	free(r->v);
	*r = (struct probe_rows){0};
}

char *probe_text(const char *fmt, ...)
{
	char *text = NULL;
	va_list args;
	int n;

	va_start(args, fmt);
	n = vasprintf(&text, fmt, args);
	va_end(args);
	return n < 0 ? NULL : text;
}

struct probe_row *probe_row_add(
	struct probe_rows *r, const char *area, char *what, char *act)
{
	struct probe_row *grown =
		what && act ? reallocarray(r->v, r->n + 1, sizeof(*grown))
			    : NULL;

	if (!grown) {
		free(what);
		free(act);
		return NULL;
	}
	r->v = grown;
	grown += r->n++;
	*grown = (struct probe_row){.area = area, .what = what, .act = act};
	return grown;
}

/* The innermost mount that @path lies in: a bind of the same place, or none. */
const char *probe_grant(const struct plan *p, const char *path, bool write)
{
	const struct plan_mount *best = NULL;

	for (size_t i = 0; i < p->n_mounts; i++) {
		const struct plan_mount *m = &p->mounts[i];

		if (m->kind == MOUNT_DIR || !path_inside(path, m->target))
			continue;
		if (!best || strlen(m->target) >= strlen(best->target))
			best = m;
	}
	if (!best || best->kind != MOUNT_BIND || !best->source ||
		strcmp(best->source, best->target) != 0 ||
		(write && !best->write))
		return NULL;
	return best->reason ? best->reason : "the plan";
}

static char *why_not(long r)
{
	if (r <= -PROBE_LOST)
		return r == -PROBE_LOST
			       ? strdup("it could not be tried")
			       : probe_text("ended by SIG%s",
					 sigabbrev_np((int)(-PROBE_LOST - r)));
	return strdup(strerror((int)-r));
}

static bool same_file(const struct act_result *a, const struct act_result *b)
{
	return a->dev == b->dev && a->ino == b->ino;
}

/* Whether the act got at something that lies outside. */
static bool row_out(const struct probe_row *w)
{
	switch (w->kind) {
	case ROW_ACT:
		return w->inside.r >= 0 || w->seen;
	case ROW_FILE:
		return w->inside.r >= 0 && w->outside.ino &&
		       same_file(&w->inside, &w->outside);
	case ROW_EFFECT:
		return w->seen;
	}
	return true;
}

static bool row_absent(const struct probe_row *w)
{
	return w->bare && !w->must && w->outside_answered &&
	       (w->outside.r == -ENOENT || w->outside.r == -ENOTDIR ||
		       w->outside.r == -ECONNREFUSED);
}

static char *row_held_why(const struct probe_row *w)
{
	if (w->inside.r < 0)
		return why_not(w->inside.r);
	return strdup(w->kind == ROW_FILE ? "another one, of the sandbox alone"
					  : "nothing of it is seen outside");
}

static int row_judge(struct probe_row *w)
{
	if (w->skip) {
		w->verdict = ROW_GRANTED;
		w->detail = strdup(w->granted ? w->granted : "");
	} else if (!w->answered || w->inside.r == -PROBE_LOST) {
		w->verdict = ROW_REACHED;
		w->detail = strdup("the probe did not answer: it is not known "
				   "to have held");
	} else if (row_out(w)) {
		w->verdict = w->granted ? ROW_GRANTED : ROW_REACHED;
		w->detail = w->granted ? strdup(w->granted)
				       : probe_text("it was done from inside%s",
						 w->hint ? w->hint : "");
	} else if (row_absent(w)) {
		w->verdict = ROW_NONE;
		w->detail = strdup("outside there is none");
	} else {
		w->verdict = ROW_HELD;
		w->detail = row_held_why(w);
	}
	return w->detail ? 0 : -ENOMEM;
}

int probe_rows_judge(struct probe_rows *r)
{
	int x = 0;

	for (size_t i = 0; x == 0 && i < r->n; i++)
		x = row_judge(&r->v[i]);
	return x;
}
