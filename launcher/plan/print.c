/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plan as text and as JSON: what `stockade explain` shows.
 */
#include <jansson.h>
#include <sodium.h>
#include <string.h>

#include "base/escape.h"
#include "plan/print_declared.h"
#include "plan/print_narrow.h"
#include "plan/print_quotas.h"
#include "policy/pins.h"

static const char *const kind_name[_MOUNT_N] = {
	[MOUNT_DIR] = "folder",
	[MOUNT_FILE] = "file",
	[MOUNT_LINK] = "link",
	[MOUNT_TMPFS] = "tmpfs",
	[MOUNT_BIND] = "bind",
	[MOUNT_DEVICE] = "device",
	[MOUNT_PROC] = "proc",
	[MOUNT_MASK] = "mask",
};

static const char *access_name(const struct plan_mount *m)
{
	if (m->kind == MOUNT_MASK)
		return "--";
	return m->write ? "rw" : "ro";
}

static void print_text(FILE *f, const char *text)
{
	char line[4096];

	(void)escape_text(line, sizeof(line), text, strlen(text));
	(void)fputs(line, f);
}

static void print_pair(FILE *f, const char *name, const char *value)
{
	(void)fprintf(f, "  %-12s ", name);
	print_text(f, value);
	(void)fputc('\n', f);
}

static void print_mount(FILE *f, const struct plan_mount *m)
{
	(void)fprintf(f, "  %-6s %s ", kind_name[m->kind], access_name(m));
	print_text(f, m->target);
	if (m->source && strcmp(m->source, m->target) != 0) {
		(void)fputs(" = ", f);
		print_text(f, m->source);
	}
	if (m->kind == MOUNT_LINK) {
		(void)fputs(" -> ", f);
		print_text(f, m->content);
	}
	(void)fputs("  # ", f);
	print_text(f, m->reason);
	(void)fputc('\n', f);
}

static void print_list(FILE *f, const char *title, char *const *list)
{
	if (strv_len(list) == 0)
		return;
	(void)fprintf(f, "%s\n", title);
	for (; *list; list++) {
		(void)fputs("  ", f);
		print_text(f, *list);
		(void)fputc('\n', f);
	}
}

/* Names alone: a value may be a secret, and this goes to terminals. */
static void print_env(FILE *f, char *const *env)
{
	(void)fputs("environment (names)\n ", f);
	for (; env && *env; env++)
		(void)fprintf(f, " %.*s", (int)strcspn(*env, "="), *env);
	(void)fputc('\n', f);
}

static void print_limits(
	FILE *f, const struct plan *p, const char *const grades[_LIMIT_N])
{
	(void)fputs("limits\n", f);
	for (int i = LIMIT_NONE + 1; i < _LIMIT_N; i++) {
		char value[64];

		limit_write(limit_table[i].unit, p->limits[i], value,
			sizeof(value));
		if (limit_table[i].fallback == 0 && p->limits[i] == 0)
			(void)strcpy(value, "none");
		(void)fprintf(f, "  %-12s %-8s %-8s # %s\n",
			limit_table[i].name, value, grades[i],
			limit_table[i].what);
	}
}

static void print_head(FILE *f, const struct plan *p)
{
	char ids[64];

	(void)fputs("command\n", f);
	print_pair(f, "executes", p->exe);
	print_pair(f, "folder", p->cwd);
	print_pair(f, "runtime", runtime_kind_name(p->runtime->kind));
	print_pair(f, "server", p->server_name);
	print_pair(f, "profile", p->profile->name);
	for (char **s = p->profile->sources; s && *s; s++)
		print_pair(f, "  from", *s);
	print_declared(p, f);
	print_pair(f, "workspace", p->workspace ? p->workspace : "none");
	(void)snprintf(
		ids, sizeof(ids), "%d inside, %u outside", INSIDE_ID, p->uid);
	print_pair(f, "uid", ids);
}

static void print_name_lists(FILE *f, const struct profile_names *n)
{
	print_list(f, "  allow", n->allow);
	print_list(f, "  ask", n->ask);
	print_list(f, "  always", n->always);
	if (n->token)
		print_list(f, "  token", n->token);
	print_list(f, "  deny", n->deny);
}

static void print_names(FILE *f, const struct plan *p)
{
	const struct {
		const char *what;
		bool closed;
		const struct profile_names *names;
	} rows[] = {
		{"tools", p->policy, &p->names},
		{"prompts", !p->profile->base, &p->profile->protocol.prompts},
		{"resources", !p->profile->base,
			&p->profile->protocol.resources},
	};

	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		(void)fprintf(f, "%s: %s\n", rows[i].what,
			rows[i].closed ? "what is not allowed is denied"
				       : "all pass but what is denied");
		print_name_lists(f, rows[i].names);
	}
}

/* What content has to be of, by each list. */
static void print_types(FILE *f, size_t nth, char *const *list)
{
	(void)fprintf(f, "  %-12s", nth ? "and types" : "types");
	if (!list || !*list)
		(void)fputs(" none but plain text", f);
	for (; list && *list; list++)
		(void)fprintf(f, " %s", *list);
	(void)fputc('\n', f);
}

static void print_caps(FILE *f, const struct output_caps *c)
{
	const struct {
		const char *what;
		uint64_t bytes;
		enum output_over over;
	} rows[] = {
		{"text", c->text_bytes, c->text_over},
		{"binary", c->binary_bytes, c->binary_over},
	};

	(void)fputs("a result may carry\n", f);
	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		char value[64];

		limit_write(UNIT_BYTES, rows[i].bytes, value, sizeof(value));
		(void)fprintf(f, "  %-12s %-8s over it: %s\n", rows[i].what,
			value, output_over_words[rows[i].over]);
	}
	(void)fprintf(f, "  %-12s %s\n", "unseen", clean_words[c->unseen]);
	for (size_t i = 0; i < c->types.n; i++)
		print_types(f, i, c->types.lists[i]);
}

/* Nothing where nothing is said of it. */
static void print_approval(FILE *f, const struct plan *p)
{
	char hold[32];

	if (p->proof)
		(void)fputs("approval: by operation tokens\n", f);
	else if (p->elicit)
		(void)fputs("approval: by approvers, or by a form that the "
			    "client shows\n",
			f);
	limit_write(UNIT_SECONDS, p->profile->hold_s, hold, sizeof(hold));
	if (p->profile->hold_set)
		(void)fprintf(f, "approval: a call is held for %s\n", hold);
}

static size_t count_accepted(const struct plan *p)
{
	size_t n = 0;

	for (size_t i = 0; i < pins_count(p->pins); i++)
		n += pins_at(p->pins, i)->accepted != NULL;
	return n;
}

static size_t count_waiting(const struct plan *p)
{
	size_t n = 0;

	for (size_t i = 0; i < pins_count(p->pins); i++)
		n += pins_at(p->pins, i)->other != NULL;
	return n;
}

static void print_pins(FILE *f, const struct plan *p)
{
	(void)fprintf(f, "pins %s%s", pins_mode_words[p->pins_mode],
		p->pins_observed ? " (observed)" : "");
	if (p->pin_store)
		(void)fprintf(f, ": %zu accepted, %zu to be looked at",
			count_accepted(p), count_waiting(p));
	(void)fputc('\n', f);
}

static json_t *json_pins(const struct plan *p)
{
	return json_pack("{s:s,s:b,s:I,s:I}", "mode",
		pins_mode_words[p->pins_mode], "observed",
		(int)p->pins_observed, "accepted",
		(json_int_t)count_accepted(p), "waiting",
		(json_int_t)count_waiting(p));
}

void plan_print(
	const struct plan *p, const char *const grades[_LIMIT_N], FILE *f)
{
	print_head(f, p);
	(void)fputs("mounts\n", f);
	for (size_t i = 0; i < p->n_mounts; i++)
		print_mount(f, &p->mounts[i]);
	print_env(f, p->env);
	print_list(f, "kept back (names)", p->kept_back);
	print_limits(f, p, grades);
	print_list(
		f, "network (granted, not opened by this version)", p->network);
	print_list(f, "watched for protected names", p->watched);
	print_names(f, p);
	print_roles(p, f);
	print_list(f, "rules about arguments", p->profile->protocol.rules);
	print_list(f, "schemas of arguments", p->profile->protocol.schemas);
	(void)fprintf(f,
		"the server may ask the client: sampling %s, elicitation %s, "
		"roots %s\n",
		wish_words[p->wishes.sampling],
		wish_words[p->wishes.elicitation],
		roots_words[p->wishes.roots]);
	print_approval(f, p);
	print_caps(f, &p->caps);
	print_pins(f, p);
	print_quotas(p, f);
	print_narrowings(p, f);
	print_list(f, "notes", p->notes);
}

static json_t *json_list(char *const *list)
{
	json_t *a = json_array();

	for (; a && list && *list; list++)
		(void)json_array_append_new(a, json_string(*list));
	return a;
}

/* Of variables the names alone, as in the text. */
static json_t *json_names(char *const *env)
{
	json_t *a = json_array();

	for (; a && env && *env; env++)
		(void)json_array_append_new(
			a, json_stringn(*env, strcspn(*env, "=")));
	return a;
}

static json_t *json_text(const char *text)
{
	json_t *s = text ? json_string(text) : json_null();

	/* A path may be any bytes; what is no UTF-8 is shown escaped. */
	if (!s && text) {
		char line[4096];

		(void)escape_text(line, sizeof(line), text, strlen(text));
		s = json_string(line);
	}
	return s;
}

static json_t *json_mounts(const struct plan *p)
{
	json_t *a = json_array();

	for (size_t i = 0; i < p->n_mounts; i++) {
		const struct plan_mount *m = &p->mounts[i];
		json_t *o = json_object();

		(void)json_object_set_new(
			o, "kind", json_string(kind_name[m->kind]));
		(void)json_object_set_new(o, "target", json_text(m->target));
		(void)json_object_set_new(o, "source", json_text(m->source));
		(void)json_object_set_new(
			o, "access", json_string(access_name(m)));
		(void)json_object_set_new(o, "reason", json_text(m->reason));
		(void)json_array_append_new(a, o);
	}
	return a;
}

static json_t *json_limits(
	const struct plan *p, const char *const grades[_LIMIT_N])
{
	json_t *o = json_object();

	for (int i = LIMIT_NONE + 1; i < _LIMIT_N; i++)
		(void)json_object_set_new(o, limit_table[i].name,
			json_pack("{s:I,s:s}", "value",
				(json_int_t)p->limits[i], "kept", grades[i]));
	return o;
}

static json_t *json_cap(uint64_t bytes, enum output_over over)
{
	return json_pack("{s:I,s:s}", "bytes", (json_int_t)bytes, "over",
		output_over_words[over]);
}

/* Null where all pass; else the lists, of which each has to have a type. */
static json_t *json_types(const struct output_types *t)
{
	json_t *all = t->n ? json_array() : json_null();

	for (size_t i = 0; i < t->n; i++)
		if (json_array_append_new(all, json_list(t->lists[i])) < 0) {
			json_decref(all);
			return NULL;
		}
	return all;
}

int plan_print_json(
	const struct plan *p, const char *const grades[_LIMIT_N], FILE *f)
{
	json_t *o = json_object();
	const struct {
		const char *name;
		json_t *value;
	} rows[] = {
		{"exe", json_text(p->exe)},
		{"cwd", json_text(p->cwd)},
		{"server", json_text(p->server_name)},
		{"runtime", json_text(runtime_kind_name(p->runtime->kind))},
		{"profile", json_text(p->profile->name)},
		{"declared", json_declared(p)},
		{"workspace", json_text(p->workspace)},
		{"mounts", json_mounts(p)},
		{"environment", json_names(p->env)},
		{"limits", json_limits(p, grades)},
		{"kept_back", json_list(p->kept_back)},
		{"network", json_list(p->network)},
		{"policy", json_boolean(p->policy)},
		{"allow", json_list(p->names.allow)},
		{"ask", json_list(p->names.ask)},
		{"always", json_list(p->names.always)},
		{"token", json_list(p->names.token)},
		{"deny", json_list(p->names.deny)},
		{"rules", json_rules(p->profile->protocol.rules)},
		{"schemas", json_rules(p->profile->protocol.schemas)},
		{"prompts_allow",
			json_list(p->profile->protocol.prompts.allow)},
		{"prompts_ask", json_list(p->profile->protocol.prompts.ask)},
		{"prompts_always",
			json_list(p->profile->protocol.prompts.always)},
		{"prompts_deny", json_list(p->profile->protocol.prompts.deny)},
		{"resources_allow",
			json_list(p->profile->protocol.resources.allow)},
		{"resources_ask",
			json_list(p->profile->protocol.resources.ask)},
		{"resources_always",
			json_list(p->profile->protocol.resources.always)},
		{"resources_deny",
			json_list(p->profile->protocol.resources.deny)},
		{"sampling", json_text(wish_words[p->wishes.sampling])},
		{"elicitation", json_text(wish_words[p->wishes.elicitation])},
		{"approval_by", json_text(p->proof ? "proof" : "prompt")},
		{"approval_elicitation", json_boolean(p->elicit)},
		{"approval_hold",
			p->profile->hold_set
				? json_integer((json_int_t)p->profile->hold_s)
				: json_null()},
		{"roots", json_text(roots_words[p->wishes.roots])},
		{"text", json_cap(p->caps.text_bytes, p->caps.text_over)},
		{"binary", json_cap(p->caps.binary_bytes, p->caps.binary_over)},
		{"pins", json_pins(p)},
		{"quotas", json_quotas(p)},
		{"unseen", json_text(clean_words[p->caps.unseen])},
		{"types", json_types(&p->caps.types)},
		{"narrowings", json_narrowings(p)},
		{"notes", json_list(p->notes)},
	};
	int r = o ? 0 : -ENOMEM;

	for (size_t i = 0; i < ELEMENTS(rows); i++)
		if (json_object_set_new(o, rows[i].name, rows[i].value) < 0)
			r = -ENOMEM;
	if (r == 0 && json_dumpf(o, f, JSON_INDENT(2)) < 0)
		r = -EIO;
	json_decref(o);
	(void)fputc('\n', f);
	return r;
}
