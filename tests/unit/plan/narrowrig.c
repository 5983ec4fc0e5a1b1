/* SPDX-License-Identifier: Apache-2.0 */
#include "narrowrig.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "plan/build.h"

void rig_init(struct rig *r, const struct fixture *f)
{
	static char base[96];

	(void)snprintf(base, sizeof(base), "%s/etc", f->root);
	*r = (struct rig){.f = f,
		.o = {.dry = true},
		.at = {base, "stockade", geteuid()}};
	fixture_folder(f, "etc");
	fixture_folder(f, "etc/stockade");
	fixture_folder(f, "home/.config");
	fixture_folder(f, "home/.config/stockade");
	fixture_folder(f, "home/.config/stockade/profiles");
}

void rig_deinit(struct rig *r)
{
	plan_options_deinit(&r->o);
}

void rig_write(const struct rig *r, const char *tail, const char *text)
{
	int fd = open(fixture_path(r->f, tail),
		O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, text, strlen(text)), 0);
	(void)close(fd);
}

static char *document(const struct rig *r, const char *body)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	const char *hit;

	assert_non_null(out);
	(void)fputs("{\"version\": 1", out);
	if (body[0])
		(void)fputs(", ", out);
	for (; (hit = strstr(body, "%R")); body = hit + 2) {
		(void)fwrite(body, 1, (size_t)(hit - body), out);
		(void)fputs(r->f->root, out);
	}
	(void)fprintf(out, "%s}\n", body);
	(void)fclose(out);
	return text;
}

static void write_document(
	const struct rig *r, const char *tail, const char *body)
{
	_free_ char *text = document(r, body);

	rig_write(r, tail, text);
}

void rig_site(const struct rig *r, const char *body)
{
	write_document(r, "etc/stockade/policy.json", body);
}

void rig_narrow(struct rig *r, const char *name, const char *body)
{
	char tail[64];

	(void)snprintf(tail, sizeof(tail), "%s.json", name);
	write_document(r, tail, body);
	assert_int_equal(strv_add(&r->o.narrow, fixture_path(r->f, tail)), 0);
}

void rig_profile(struct rig *r, const char *name, const char *body)
{
	char tail[128];

	(void)snprintf(tail, sizeof(tail),
		"home/.config/stockade/profiles/%s.json", name);
	write_document(r, tail, body);
	free(r->o.profile);
	r->o.profile = strdup(name);
}

struct plan *rig_plan(struct rig *r)
{
	char *argv[] = {(char[]){"/bin/true"}, NULL};
	struct plan *p = NULL;

	r->o.site = &r->at;
	r->e = (struct err){0};
	return plan_new(&r->o, argv, &p, &r->e) < 0 ? NULL : p;
}

struct plan *rig_plan_ok(struct rig *r)
{
	struct plan *p = rig_plan(r);

	if (!p)
		fail_msg("%s", r->e.text);
	return p;
}

void rig_refused(struct rig *r, const char *with)
{
	_plan_ struct plan *p = rig_plan(r);

	if (p)
		fail_msg("not refused: %s", with);
	assert_int_equal(r->e.status, EXIT_REFUSED);
	if (!strstr(r->e.text, with))
		fail_msg("\"%s\" is not in \"%s\"", with, r->e.text);
}

char rig_access(const struct rig *r, const struct plan *p, const char *tail)
{
	const struct plan_mount *m =
		plan_mount_over(p, fixture_path(r->f, tail));

	if (!m || m->kind != MOUNT_BIND || !m->grant)
		return '-';
	return m->write ? 'w' : 'r';
}

unsigned rig_notes(const struct plan *p, const char *a, const char *b)
{
	unsigned n = 0;

	for (char **v = p->notes; v && *v; v++)
		n += strstr(*v, a) && strstr(*v, b);
	return n;
}
