/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stockade pin: what servers said of their tools, and what of it changed.
 */
#include "cli/pin.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/strv.h"
#include "cli/option.h"
#include "cli/verb.h"

static int set_json(void *context, const char *value, struct err *e)
{
	(void)value;
	(void)e;
	((struct pin_cli *)context)->json = true;
	return 0;
}

static int set_name(void *context, const char *value, struct err *e)
{
	struct pin_cli *c = context;

	return strv_add(&c->names, value) < 0
		       ? err_set(e, -ENOMEM, "option --name")
		       : 0;
}

static int set_tenant(void *context, const char *value, struct err *e)
{
	(void)e;
	((struct pin_cli *)context)->tenant = value;
	return 0;
}

static const struct option_row options[] = {
	{.name = "json", .help = "list, diff: print JSON", .set = set_json},
	{.name = "name",
		.arg = "NAME",
		.help = "diff, accept: this tool, prompt or URI alone",
		.set = set_name},
	{.name = "tenant",
		.arg = "NAME",
		.help = "the pins of this tenant alone; \"\": of no tenant",
		.set = set_tenant},
};

static const struct verb_info info = {
	.name = "pin",
	.usage = "list|diff|accept [OPTION...] [SERVER...]",
	.about =
		"Look at what servers say of their tools, and accept what changed.",
	.options = options,
	.n_options = ELEMENTS(options),
	.more = "list     the servers that are pinned, and what waits to be looked at\n"
		"diff     what differs from what was accepted, member by member\n"
		"accept   shows it, asks on the terminal, and accepts it as it is shown\n\n"
		"SERVER: as list shows it, its name, its profile or its store.\n"
		"A session that runs takes what is accepted at its next start.\n"
		"Exit status: 0, 1 if nothing differs or nothing was accepted, 2 usage,\n"
		"125 if a store cannot be read.",
};

static void server_free(struct pin_server *s)
{
	pin_store_deinit(&s->store);
	pins_free(s->pins);
}

void pin_servers_deinit(struct pin_servers *s)
{
	for (size_t i = 0; i < s->n; i++)
		server_free(&s->all[i]);
	free(s->all);
	*s = (struct pin_servers){0};
}

static bool is_meant(const struct pin_cli *c, const struct pin_server *s,
	char *const *operands)
{
	const char *tenant = s->store.tenant ? s->store.tenant : "";
	const char *const known[] = {
		s->store.name, s->store.server, s->store.profile};

	if (c->tenant && strcmp(c->tenant, tenant) != 0)
		return false;
	if (!*operands)
		return true;
	for (; *operands; operands++)
		for (size_t i = 0; i < ELEMENTS(known); i++)
			if (known[i] && strcmp(*operands, known[i]) == 0)
				return true;
	return false;
}

static int add(struct pin_servers *s, const struct pin_cli *c, const char *name,
	char *const *operands, struct err *e)
{
	struct pin_server *all =
		reallocarray(s->all, s->n + 1, sizeof(*s->all));
	struct pin_server *one;
	int r;

	if (!all)
		return err_set(e, -ENOMEM, "reading the pins");
	s->all = all;
	one = &s->all[s->n];
	*one = (struct pin_server){.pins = pins_new(PINS_REQUIRE)};
	if (!one->pins)
		return err_set(e, -ENOMEM, "reading the pins");
	s->n++;
	r = pin_store_find(name, &one->store, e);
	if (r == 0)
		r = pin_store_read(&one->store, one->pins, e);
	if (r == 0 && is_meant(c, one, operands))
		return 0;
	server_free(one);
	s->n--;
	if (r < 0 && c->lenient) {
		(void)log_err(e);
		*e = (struct err){0};
		return 0;
	}
	return r < 0 ? r : 0;
}

int pin_servers_read(const struct pin_cli *c, char *const *operands,
	struct pin_servers *ret, struct err *e)
{
	_pin_servers_ struct pin_servers s = {0};
	_strv_ char **names = NULL;
	int r = pin_store_names(&names, e);

	for (char **n = names; r == 0 && n && *n; n++)
		r = add(&s, c, *n, operands, e);
	if (r < 0)
		return r;
	*ret = s;
	s = (struct pin_servers){0};
	return ret->n == 0 && (*operands || c->tenant) ? 1 : 0;
}

bool pin_waits(const struct pin_cli *c, const struct pin *p)
{
	return p->other && (!c->names || strv_contains(c->names, p->name));
}

static int act(const struct pin_cli *c, const char *what, char *const *operands,
	struct err *e)
{
	_pin_servers_ struct pin_servers s = {0};
	int r;

	if (strcmp(what, "list") != 0 && strcmp(what, "diff") != 0 &&
		strcmp(what, "accept") != 0)
		return err_status(
			e, 2, "pin %s: expected list, diff or accept", what);
	r = pin_servers_read(c, operands, &s, e);
	if (r > 0) {
		log_line(
			"pin: no server of that name, profile or tenant is pinned; "
			"see stockade pin list");
		return 1;
	}
	if (r < 0)
		return r;
	if (strcmp(what, "list") == 0)
		r = pin_list(&s, c->json);
	else if (strcmp(what, "diff") == 0)
		r = pin_diff(c, &s);
	else
		return pin_accept(c, &s, e);
	return r < 0 ? err_set(e, r, "standard output") : r;
}

int verb_pin(int argc, char **argv)
{
	struct pin_cli c = {0};
	struct err e = {0};
	char **args;
	int r = options_parse(&info, argc, argv, &c, &args, &e);

	if (r == 1)
		return 0;
	if (r == 0 && !*args)
		r = err_status(&e, 2, "pin: expected list, diff or accept");
	else if (r == 0)
		r = act(&c, args[0], args + 1, &e);
	strv_free(c.names);
	return r < 0 ? log_err(&e) : r;
}
