/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "cli/pin.h"
#include "cli/profile_show.h"

size_t pin_count(const struct pins *p, bool waiting)
{
	size_t n = 0;

	for (size_t i = 0; i < pins_count(p); i++) {
		const struct pin *pin = pins_at(p, i);

		n += (waiting ? pin->other : pin->accepted) != NULL;
	}
	return n;
}

static int list_json(const struct pin_servers *s)
{
	json_t *rows = json_array();
	int r = 0;

	for (size_t i = 0; i < s->n; i++) {
		const struct pin_server *x = &s->all[i];

		if (json_array_append_new(rows,
			    json_pack("{s:s,s:s,s:s?,s:s,s:s,s:I,s:I}",
				    "server", x->store.server, "profile",
				    x->store.profile, "tenant", x->store.tenant,
				    "store", x->store.name, "path",
				    x->store.path, "accepted",
				    (json_int_t)pin_count(x->pins, false),
				    "waiting",
				    (json_int_t)pin_count(x->pins, true))) < 0)
			r = -ENOMEM;
	}
	if (r == 0 && json_dumpf(rows, stdout,
			      JSON_INDENT(2) | JSON_ENSURE_ASCII) < 0)
		r = -EIO;
	(void)putchar('\n');
	json_decref(rows);
	return r;
}

int pin_list(const struct pin_servers *s, bool json)
{
	if (json)
		return list_json(s);
	if (s->n)
		(void)printf("%-24s %-16s %8s %8s  %s\n", "SERVER", "PROFILE",
			"ACCEPTED", "WAITING", "STORE");
	for (size_t i = 0; i < s->n; i++) {
		const struct pin_server *x = &s->all[i];

		/* Both are escaped in the store already. */
		(void)printf("%-24s %-16s %8zu %8zu  ", x->store.server,
			x->store.profile, pin_count(x->pins, false),
			pin_count(x->pins, true));
		print_escaped(x->store.name);
		(void)putchar('\n');
	}
	return fflush(stdout) == 0 ? 0 : -EIO;
}

static int status_json(const struct pin_servers *s)
{
	int n = 0;

	for (size_t i = 0; n == 0 && i < s->n; i++) {
		const struct pin_server *x = &s->all[i];
		json_t *o = json_pack("{s:s,s:s,s:s,s:s?,s:I,s:I}", "pins",
			x->store.name, "server", x->store.server, "profile",
			x->store.profile, "tenant", x->store.tenant, "accepted",
			(json_int_t)pin_count(x->pins, false), "waiting",
			(json_int_t)pin_count(x->pins, true));

		n = o ? json_dumpf(o, stdout, JSON_COMPACT | JSON_ENSURE_ASCII)
		      : -1;
		json_decref(o);
		(void)putchar('\n');
	}
	return n < 0 ? -ENOMEM : 0;
}

int pin_status(const struct pin_servers *s, bool json, bool more)
{
	if (json)
		return status_json(s);
	if (more && s->n)
		(void)putchar('\n');
	return pin_list(s, false);
}
