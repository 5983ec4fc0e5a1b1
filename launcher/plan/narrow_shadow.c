/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What would be open without any policy. A grant that is cut down to a part of
 * itself must not lose what guarded it as a whole: protected names at its top,
 * other grants inside of it, masks a few levels down. So all of it is planned
 * once as if nothing narrowed, and no part opens what was shut there.
 */
#include <string.h>

#include "plan/narrow.h"

void narrow_shadow_free(struct plan *s)
{
	if (!s)
		return;
	plan_mounts_free(s);
	strv_free(s->watched);
	strv_free(s->roots);
	strv_free(s->notes);
	free(s);
}

static int copy_mounts(struct plan *s, const struct plan *p)
{
	for (size_t i = 0; i < p->n_mounts; i++) {
		const struct plan_mount *from = &p->mounts[i];
		struct plan_mount *to = plan_mount_add(
			s, from->kind, from->target, from->source, "");

		if (!to)
			return -ENOMEM;
		to->folder = from->folder;
		to->dev = from->dev;
		to->ino = from->ino;
	}
	return 0;
}

static bool has_say(const struct plan *p)
{
	for (size_t i = 0; i < p->n_narrowings; i++)
		if (p->narrowings[i].profile->sandbox.read_given ||
			p->narrowings[i].profile->sandbox.write_given)
			return true;
	return false;
}

int narrow_shadow(struct plan *p, struct err *e)
{
	struct plan *s;
	int r;

	if (!has_say(p) || !p->n_asked)
		return 0;
	s = calloc(1, sizeof(*s));
	if (!s)
		return err_set(e, -ENOMEM, "planning what narrows");
	/* Borrowed; what is the shadow's own is freed above. */
	s->home = p->home;
	s->own = p->own;
	s->profile = p->profile;
	s->asked = p->asked;
	s->n_asked = p->n_asked;
	p->shadow = s;
	r = copy_mounts(s, p);
	if (r < 0)
		return err_set(e, r, "planning what narrows");
	r = plan_grants_whole(s, e);
	return r < 0 ? r : plan_guard(s, e);
}

bool narrow_was_writable(const struct plan *p, const char *path)
{
	const struct plan_mount *over = plan_mount_over(p->shadow, path);

	if (!over || over->kind != MOUNT_BIND || !over->write)
		return false;
	for (size_t i = 0; i < p->shadow->n_mounts; i++) {
		const struct plan_mount *m = &p->shadow->mounts[i];

		if (m->kind == MOUNT_BIND && !m->write &&
			path_inside(m->target, path))
			return false;
	}
	return true;
}

int narrow_masks(struct plan *p, struct err *e)
{
	for (size_t i = 0; p->shadow && i < p->shadow->n_mounts; i++) {
		const struct plan_mount *from = &p->shadow->mounts[i];
		const struct plan_mount *over =
			plan_mount_over(p, from->target);
		struct plan_mount *to;

		if (from->kind != MOUNT_MASK || !over ||
			over->kind != MOUNT_BIND || !over->folder)
			continue;
		to = plan_mount_add(
			p, MOUNT_MASK, from->target, NULL, from->reason);
		if (!to)
			return err_set(e, -ENOMEM, "planning masks");
		to->folder = from->folder;
	}
	return 0;
}
