/* SPDX-License-Identifier: Apache-2.0 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "cli/option.h"
#include "cli/profile_probe.h"
#include "cli/profile_show.h"
#include "cli/profile_verb.h"
#include "cli/verb.h"

static void list_row(json_t *rows, const char *name,
	const struct profile_layer *l, const struct err *e)
{
	const char *about = l && l->about ? l->about : "";

	if (rows) {
		json_t *row = json_pack("{s:s, s:s?, s:s, s:s?}", "name", name,
			"source", l ? l->file : NULL, "about", about, "error",
			l ? NULL : e->text);

		(void)json_array_append_new(rows, row);
		return;
	}
	(void)printf("%-22s ", name);
	print_escaped(l ? l->file : "not valid: ");
	print_escaped(l ? "" : e->text);
	if (about[0])
		(void)printf("\n%-22s ", "");
	print_escaped(about);
	(void)putchar('\n');
}

/* Each name once, as --profile would find it. 1 if one cannot be read. */
static int list_names(
	struct profile_request *q, char *const *names, json_t *rows)
{
	int status = 0;

	for (; *names; names++) {
		_layer_ struct profile_layer *l = NULL;
		struct err e = {0};

		if (profile_store_find(&q->store, ORIGIN_USER, *names, &l, &e) <
			0)
			status = 1;
		list_row(rows, *names, l, &e);
	}
	return status;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int profile_list_verb(struct profile_request *q, struct err *e)
{
	_strv_ char **all = strv_copy(NULL);
	json_t *rows;
	int status;

	for (int o = ORIGIN_USER; all && o <= ORIGIN_BUILTIN; o++) {
		_strv_ char **names = NULL;
		int r = profile_store_list(
			&q->store, (enum profile_origin)o, &names, e);

		for (char **n = names; r == 0 && *n; n++)
			if (!strv_contains(all, *n))
				r = strv_add(&all, *n);
		if (r < 0)
			return err_set(e, r, "profiles");
	}
	if (!all)
		return err_set(e, -ENOMEM, "profiles");
	qsort(all, strv_len(all), sizeof(*all), compare_names);
	if (!q->json)
		return list_names(q, all, NULL);
	rows = json_array();
	if (!rows)
		return err_set(e, -ENOMEM, "profiles");
	status = list_names(q, all, rows);
	(void)json_dumpf(rows, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
	(void)putchar('\n');
	json_decref(rows);
	return status;
}

static int profile_show_verb(struct profile_request *q, struct err *e)
{
	_profile_ struct profile *p = NULL;
	_chain_ struct profile_chain c = {0};
	int r = profile_chain_load(&q->store, q->operands[0], &c, e);

	if (r > 0) {
		log_line("no profile %s; stockade profile list shows all",
			q->operands[0]);
		return 1;
	}
	if (r == 0)
		r = profile_chain_merge(&c, &p, e);
	if (r == 0)
		r = profile_show(&c, p, q->json);
	return r < 0 ? r : 0;
}

static int profile_trust_verb(struct profile_request *q, struct err *e)
{
	if ((q->trust == TRUST_LIST) != (strv_len(q->operands) == 0))
		return err_status(e, 2,
			"profile trust: expected FILE, --revoke FILE or "
			"--list");
	return profile_trust(&q->store, q->trust, q->operands, q->json, e);
}

static const struct {
	const char *name;
	int (*run)(
		struct profile_request *q, struct err *e); /* status, or <0 */
	size_t least, most;                                /* operands */
} verbs[] = {
	{"list", profile_list_verb, 0, 0},
	{"show", profile_show_verb, 1, 1},
	{"check", profile_check_verb, 1, 4096},
	{"diff", profile_diff_verb, 1, 2},
	{"test", profile_test_verb, 1, 2},
	{"trust", profile_trust_verb, 0, 4096},
};

static int profile_dispatch(struct profile_request *q, struct err *e)
{
	const char *name = q->operands[0];

	for (size_t i = 0; name && i < ELEMENTS(verbs); i++) {
		size_t n = strv_len(q->operands + 1);
		int r;

		if (strcmp(verbs[i].name, name) != 0)
			continue;
		if (n < verbs[i].least || n > verbs[i].most)
			return err_status(e, 2,
				"profile %s: wrong number of operands; see "
				"stockade profile --help",
				name);
		if (q->trust && verbs[i].run != profile_trust_verb)
			return err_status(e, 2,
				"profile %s: --list and --revoke are trust's",
				name);
		q->operands++;
		r = profile_store_open(&q->store, e);
		return r < 0 ? r : verbs[i].run(q, e);
	}
	return err_status(e, 2,
		"profile: expected list, show, check, diff, test or trust; see "
		"stockade profile --help");
}

static int set_json(void *context, const char *value, struct err *e)
{
	(void)value;
	(void)e;
	((struct profile_request *)context)->json = true;
	return 0;
}

static int set_strict(void *context, const char *value, struct err *e)
{
	(void)value;
	(void)e;
	((struct profile_request *)context)->strict = true;
	return 0;
}

static int set_list(void *context, const char *value, struct err *e)
{
	(void)value;
	(void)e;
	((struct profile_request *)context)->trust = TRUST_LIST;
	return 0;
}

static int set_revoke(void *context, const char *value, struct err *e)
{
	(void)value;
	(void)e;
	((struct profile_request *)context)->trust = TRUST_REVOKE;
	return 0;
}

static int set_message(void *context, const char *value, struct err *e)
{
	(void)e;
	((struct profile_request *)context)->message = value;
	return 0;
}

static int set_probe(void *context, const char *value, struct err *e)
{
	(void)context;
	(void)value;
	return err_say(e, -EINVAL, "--probe is of profile test");
}

static int set_name(char **field, const char *value, struct err *e)
{
	if (*field)
		return err_say(e, -EINVAL, "%s: given twice", value);
	*field = strdup(value);
	return *field ? 0 : -ENOMEM;
}

static int set_role(void *context, const char *value, struct err *e)
{
	return set_name(&((struct profile_request *)context)->role, value, e);
}

static int set_task(void *context, const char *value, struct err *e)
{
	return set_name(&((struct profile_request *)context)->task, value, e);
}

static int set_context(void *context, const char *value, struct err *e)
{
	return set_name(
		&((struct profile_request *)context)->context, value, e);
}

static int set_narrow(void *context, const char *value, struct err *e)
{
	(void)e;
	return strv_add(&((struct profile_request *)context)->narrow, value);
}

static int set_site(void *context, const char *value, struct err *e)
{
	(void)value;
	(void)e;
	((struct profile_request *)context)->site = true;
	return 0;
}

static void request_deinit(struct profile_request *q)
{
	profile_store_deinit(&q->store);
	free(q->role);
	free(q->task);
	free(q->context);
	strv_free(q->narrow);
}

int verb_profile(int argc, char **argv)
{
	static const struct option_row options[] = {
		{.name = "json",
			.help = "print JSON instead of text",
			.set = set_json},
		{.name = "strict",
			.help = "check: end with 1 for a warning too",
			.set = set_strict},
		{.name = "message",
			.arg = "FILE|-",
			.help = "test: one message of a client's",
			.set = set_message},
		{.name = "probe",
			.help = "test: try to get out of its sandbox",
			.set = set_probe},
		{.name = "role",
			.arg = "NAME",
			.help = "test: in a session of this role",
			.set = set_role},
		{.name = "task",
			.arg = "NAME",
			.help = "test: in one of this task",
			.set = set_task},
		{.name = "context",
			.arg = "NAME",
			.help = "test: in one of this context",
			.set = set_context},
		{.name = "narrow",
			.arg = "FILE",
			.help = "test: permit no more than this policy does",
			.set = set_narrow},
		{.name = "site",
			.help = "test: hold it to the site's policy, too",
			.set = set_site},
		{.name = "list",
			.help = "trust: show which files are trusted",
			.set = set_list},
		{.name = "revoke",
			.help = "trust: these files no longer",
			.set = set_revoke},
	};
	static const struct verb_info info = {
		.name = "profile",
		.usage = "[OPTION...] VERB [NAME|FILE.json]...",
		.about = "List, show, check, compare, try and trust profiles.",
		.more = "list            every profile, where it lies and what "
			"it is for\n"
			"show NAME       what a profile grants, each line with "
			"its source\n"
			"check FILE...   look for errors, and for what is "
			"hardly meant\n"
			"diff A B        what B grants more and less than "
			"A; FILE.json: than in force\n"
			"test --probe [PROFILE]    try to get out of its "
			"sandbox, with run's options\n"
			"test PROFILE CASES.json   try each case; --message: "
			"one message\n"
			"trust FILE...   let --profile FILE take it, from "
			"anywhere, as it is now\n"
			"Status: 1 an error, a difference, a failed case. "
			"See stockade-profile(5).",
		.options = options,
		.n_options = ELEMENTS(options),
	};
	struct profile_request q = {.store = PROFILE_STORE_INIT};
	struct err e = {0};
	int r;

	if (profile_probe_is_meant(argc, argv))
		return profile_probe_main(argc, argv);
	r = options_parse(&info, argc, argv, &q, &q.operands, &e);
	if (r == 0)
		r = profile_dispatch(&q, &e);
	else if (r > 0)
		r = 0;
	request_deinit(&q);
	return r < 0 ? log_err(&e) : r;
}
