/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "plan/build.h"

bool path_inside(const char *path, const char *folder)
{
	size_t n = strlen(folder);

	while (n > 0 && folder[n - 1] == '/')
		n--;
	return strncmp(path, folder, n) == 0 &&
	       (path[n] == '\0' || path[n] == '/');
}

static int copy_string(char **dst, const char *src)
{
	if (!src)
		return 0;
	*dst = strdup(src);
	return *dst ? 0 : -ENOMEM;
}

struct plan_mount *plan_mount_add(struct plan *p, enum mount_kind kind,
	const char *target, const char *source, const char *reason)
{
	struct plan_mount *grown, *m;

	grown = reallocarray(p->mounts, p->n_mounts + 1, sizeof(*grown));
	if (!grown)
		return NULL;
	p->mounts = grown;
	m = &grown[p->n_mounts];
	*m = (struct plan_mount){.kind = kind};
	if (copy_string(&m->target, target) < 0 ||
		copy_string(&m->source, source) < 0 ||
		copy_string(&m->reason, reason) < 0) {
		free(m->target);
		free(m->source);
		free(m->reason);
		return NULL;
	}
	p->n_mounts++;
	return m;
}

void plan_mounts_free(struct plan *p)
{
	for (size_t i = 0; i < p->n_mounts; i++) {
		free(p->mounts[i].target);
		free(p->mounts[i].source);
		free(p->mounts[i].content);
		free(p->mounts[i].reason);
	}
	free(p->mounts);
}

struct plan_mount *plan_mount_find(const struct plan *p, const char *target)
{
	for (size_t i = 0; i < p->n_mounts; i++)
		if (strcmp(p->mounts[i].target, target) == 0)
			return &p->mounts[i];
	return NULL;
}

struct plan_mount *plan_mount_over(const struct plan *p, const char *path)
{
	struct plan_mount *best = NULL;

	for (size_t i = 0; i < p->n_mounts; i++) {
		struct plan_mount *m = &p->mounts[i];

		if (m->kind != MOUNT_BIND && m->kind != MOUNT_TMPFS)
			continue;
		if (!path_inside(path, m->target))
			continue;
		if (!best || strlen(m->target) >= strlen(best->target))
			best = m;
	}
	return best;
}

/* Compares by components, so that a folder comes right before what is in it:
 * '/' sorts below every other byte. */
static int target_compare(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	if (*a == *b)
		return 0;
	if (!*a || (*a == '/' && *b))
		return -1;
	if (!*b || *b == '/')
		return 1;
	return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
}

static int mount_compare(const void *a, const void *b)
{
	const struct plan_mount *x = a, *y = b;

	return target_compare(x->target, y->target);
}

/* A link in the way of a grant (of /var/tmp/x) becomes the folder that it
 * stands for: nothing is mounted through a link. */
static void links_give_way(struct plan *p)
{
	for (size_t i = 0; i < p->n_mounts; i++) {
		struct plan_mount *link = &p->mounts[i];

		for (size_t k = 0; k < p->n_mounts; k++)
			if (link->kind == MOUNT_LINK && k != i &&
				path_inside(p->mounts[k].target, link->target))
				link->kind = MOUNT_DIR;
	}
}

void plan_mounts_sort(struct plan *p)
{
	links_give_way(p);
	if (p->n_mounts)
		qsort(p->mounts, p->n_mounts, sizeof(*p->mounts),
			mount_compare);
}
