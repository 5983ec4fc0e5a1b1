/* SPDX-License-Identifier: Apache-2.0 */
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "plan/build.h"

#define OUT_OF_MEMORY(e) err_set((e), -ENOMEM, "planning")

/*
 * "../venv/bin/python" as the kernel would find it from here. The last part may
 * be a link that means something by where it lies (a virtual environment's),
 * so only its folder is resolved.
 */
static char *plain_path(const char *path)
{
	_free_ char *folder = strdup(path), *real = NULL;
	char *slash = folder ? strrchr(folder, '/') : NULL, *plain = NULL;

	if (!slash || (!strstr(path, "/../") && !strstr(path, "/./")))
		return strdup(path);
	*slash = '\0';
	real = realpath(folder, NULL);
	if (!real)
		return strdup(path);
	return asprintf(&plain, "%s/%s", real, slash + 1) < 0 ? NULL : plain;
}

/* Of none of them, nothing. */
static void hash_declared(const struct plan *p, crypto_hash_sha256_state *state)
{
	const struct {
		const char *what, *name;
	} rows[] = {
		{"role", p->role},
		{"task", p->task},
		{"context", p->context},
		{"tenant", p->tenant},
	};

	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		if (!rows[i].name)
			continue;
		(void)crypto_hash_sha256_update(state,
			(const unsigned char *)rows[i].what,
			strlen(rows[i].what) + 1);
		(void)crypto_hash_sha256_update(state,
			(const unsigned char *)rows[i].name,
			strlen(rows[i].name) + 1);
	}
}

/* What is in force: the profile, and what the command line adds to it. */
int plan_digest(struct plan *p, const struct plan_options *o, struct err *e)
{
	const struct {
		const char *name;
		char *const *list;
	} rows[] = {{"ro", o->ro}, {"rw", o->rw}, {"env", o->env},
		{"limit", o->limits}, {"network", o->network},
		{"tool", o->tools}, {"deny", o->deny}, {"ask", o->ask}};
	crypto_hash_sha256_state state;
	uint8_t flags[] = {o->state, o->keep_uid, o->no_proc};

	(void)e;
	(void)crypto_hash_sha256_init(&state);
	(void)crypto_hash_sha256_update(
		&state, p->profile->digest, sizeof(p->profile->digest));
	(void)crypto_hash_sha256_update(&state, flags, sizeof(flags));
	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		/* Without it the digest is what it was before it was. */
		if (rows[i].list == o->ask && !o->ask)
			continue;
		(void)crypto_hash_sha256_update(&state,
			(const unsigned char *)rows[i].name,
			strlen(rows[i].name) + 1);
		for (char *const *v = rows[i].list; v && *v; v++)
			(void)crypto_hash_sha256_update(&state,
				(const unsigned char *)*v, strlen(*v) + 1);
	}
	for (size_t i = 0; i < p->n_narrowings; i++) {
		const struct narrowing *w = &p->narrowings[i];

		(void)crypto_hash_sha256_update(&state,
			(const unsigned char *)(w->site ? "site" : "narrow"),
			w->site ? 5 : 7);
		(void)crypto_hash_sha256_update(
			&state, w->digest, sizeof(w->digest));
	}
	hash_declared(p, &state);
	/* Without it the digest is what it was before it was. */
	if (o->observe)
		(void)crypto_hash_sha256_update(
			&state, (const unsigned char *)"observe", 8);
	(void)crypto_hash_sha256_final(&state, p->digest);
	return 0;
}

int plan_command(struct plan *p, struct err *e)
{
	const char *slash = strrchr(p->runtime->exe, '/');
	const char *name = p->runtime->package ? p->runtime->package
			   : slash             ? slash + 1
					       : p->runtime->exe;

	p->exe = plain_path(p->runtime->exe);
	p->argv = strv_copy(p->runtime->argv);
	p->server_name = strdup(name);
	if (!p->exe || !p->argv || !p->server_name)
		return OUT_OF_MEMORY(e);
	return 0;
}
