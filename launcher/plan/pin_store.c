/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/pin_store.h"

#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/dir.h"
#include "base/fd.h"
#include "base/folders.h"
#include "base/strv.h"
#include "plan/build.h"
#include "plan/pin_folder.h"

#define TIDY_FILES 64

#define OUT_OF_MEMORY(e) err_set((e), -ENOMEM, "reading the pins")

void pin_store_deinit(struct pin_store *s)
{
	free(s->name);
	free(s->path);
	free(s->profile);
	free(s->server);
	free(s->tenant);
	*s = (struct pin_store){0};
}

static void mix(crypto_hash_sha256_state *state, const char *text)
{
	(void)crypto_hash_sha256_update(
		state, (const unsigned char *)text, strlen(text) + 1);
}

/* Of "PROFILE@TENANT-HASH", where no profile's name has the sign. */
static int tenant_of(const char *name, char **ret)
{
	const char *at = strchr(name, '@'), *end = strrchr(name, '-');

	if (!at || !end || end < at)
		return 0;
	*ret = strndup(at + 1, (size_t)(end - at - 1));
	return *ret ? 0 : -ENOMEM;
}

int pin_store_find(const char *name, struct pin_store *ret, struct err *e)
{
	_free_ char *base = NULL;
	int r = folder_path(FOLDER_STATE, &base, e);

	if (r < 0)
		return r;
	ret->name = strdup(name);
	if (!ret->name ||
		asprintf(&ret->path, "%s/" PIN_FOLDER "/%s", base, name) < 0) {
		ret->path = NULL;
		return OUT_OF_MEMORY(e);
	}
	return tenant_of(name, &ret->tenant) < 0 ? OUT_OF_MEMORY(e) : 0;
}

/* A package by its name, so that its next version is held against this one; a
 * program by where it really lies. What one tenant is shown is another one's
 * business: nobody accepts for two. */
int pin_store_name(const struct plan *p, struct pin_store *ret, struct err *e)
{
	unsigned char hash[crypto_hash_sha256_BYTES];
	const char *package = p->runtime->package, *tenant = p->tenant;
	crypto_hash_sha256_state state;
	char hex[17], name[NAME_MAX + 1];
	int n;

	(void)crypto_hash_sha256_init(&state);
	mix(&state, p->server_name);
	mix(&state, package ? package : "");
	mix(&state, package ? "" : p->runtime->program);
	mix(&state, p->profile->place ? p->profile->place : "");
	if (tenant)
		mix(&state, tenant);
	(void)crypto_hash_sha256_final(&state, hash);
	(void)sodium_bin2hex(hex, sizeof(hex), hash, 8);
	n = snprintf(name, sizeof(name), "%s%s%s-%s", p->profile->name,
		tenant ? "@" : "", tenant ? tenant : "", hex);
	if (n < 0 || (size_t)n >= sizeof(name))
		return err_say(e, -ENAMETOOLONG,
			"profile %s: the name is too "
			"long for a folder of pins",
			p->profile->name);
	return pin_store_find(name, ret, e);
}

static bool is_store_name(const char *name)
{
	return name[0] != '.';
}

int pin_store_names(char ***ret, struct err *e)
{
	const struct dirent *entry;
	_close_ int path = -1;
	_dir_ DIR *d = NULL;
	int r = folder_open(FOLDER_STATE, PIN_FOLDER, false, &path, e);

	if (r != 0)
		return r < 0 ? r : 0;
	r = dir_open(path, &d);
	while (r == 0 && (r = dir_next(d, &entry)) == 1)
		r = is_store_name(entry->d_name) ? strv_add(ret, entry->d_name)
						 : 0;
	if (r == 0)
		strv_sort(*ret);
	return r < 0 ? err_set(e, r, "folder of pins") : 0;
}

static int say_cut(struct plan *p, struct err *e)
{
	if (strv_addf(&p->notes,
		    "pins: a file of %s was cut short, as by a crash: what it "
		    "still says holds; anything else that the server shows "
		    "waits for stockade pin accept",
		    p->pin_store->path) < 0)
		return OUT_OF_MEMORY(e);
	return 0;
}

static bool is_known(const struct pins *pins)
{
	const unsigned char *able;
	enum pin_kind kind;

	return pins_count(pins) > 0 || pins_known_at(pins, 0, &kind, &able);
}

int plan_pins(struct plan *p, bool make, struct err *e)
{
	enum pins_mode mode = (enum pins_mode)p->pins_mode;
	int r;

	p->pins = pins_new(mode);
	if (!p->pins)
		return OUT_OF_MEMORY(e);
	if (mode == PINS_OFF)
		return 0;
	p->pin_store = calloc(1, sizeof(*p->pin_store));
	if (!p->pin_store)
		return OUT_OF_MEMORY(e);
	r = pin_store_name(p, p->pin_store, e);
	if (r == 0)
		r = pin_store_read(p->pin_store, p->pins, e);
	if (r == 0 && p->pin_store->n_cut > 0)
		r = say_cut(p, e);
	if (r == 0 && make &&
		(p->pin_store->n_files > TIDY_FILES || p->pin_store->n_cut > 0))
		r = pin_folder_tidy(p->pin_store, e);
	/* A server that is not known yet has nothing that could differ: its
	 * first start goes without a control socket. */
	if (r >= 0 && !p->pins_observed &&
		(mode == PINS_REQUIRE || is_known(p->pins)))
		p->stands = true;
	return r < 0 ? r : 0;
}

void plan_pins_deinit(struct plan *p)
{
	if (p->pin_store)
		pin_store_deinit(p->pin_store);
	free(p->pin_store);
	pins_free(p->pins);
}
