/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/print_narrow.h"

#include <string.h>

#include "base/escape.h"
#include "plan/print_declared.h"

static void print_line(FILE *f, const char *head, const char *text)
{
	char line[4096];

	(void)escape_text(line, sizeof(line), text, strlen(text));
	(void)fprintf(f, "%s%s\n", head, line);
}

struct names_row {
	const char *name;
	const struct profile_names *names;
};

#define NAMES_N 3

static void rows_of(const struct narrowing *w, struct names_row rows[NAMES_N])
{
	const struct profile *f = w->profile;

	rows[0] = (struct names_row){"tools", &f->protocol.tools};
	rows[1] = (struct names_row){"prompts", &f->protocol.prompts};
	rows[2] = (struct names_row){"resources", &f->protocol.resources};
}

#define LISTS_N 5

static void lists_of(const struct profile_names *n, const char *names[LISTS_N],
	char *const *lists[LISTS_N])
{
	const char *const all[] = {"allow", "ask", "always", "token", "deny"};

	memcpy(names, all, sizeof(all));
	lists[0] = n->allow;
	lists[1] = n->ask;
	lists[2] = n->always;
	lists[3] = n->token;
	lists[4] = n->deny;
}

static void print_names(FILE *f, const struct names_row *row)
{
	const char *names[LISTS_N];
	char *const *lists[LISTS_N];

	lists_of(row->names, names, lists);
	for (size_t i = 0; i < LISTS_N; i++)
		for (char *const *v = lists[i]; v && *v; v++) {
			char head[64];

			(void)snprintf(head, sizeof(head),
				"    %s %s: ", row->name, names[i]);
			print_line(f, head, *v);
		}
	if (row->names->allow_given)
		(void)fprintf(f, "    %s: what is not allowed is denied\n",
			row->name);
}

void print_narrowings(const struct plan *p, FILE *f)
{
	if (p->n_narrowings)
		(void)fputs("narrowed by\n", f);
	for (size_t i = 0; i < p->n_narrowings; i++) {
		const struct narrowing *w = &p->narrowings[i];
		struct names_row rows[NAMES_N];
		char head[128];

		(void)snprintf(head, sizeof(head), "  %s ", w->label);
		print_line(f, head, w->file);
		for (char **t = w->took; t && *t; t++)
			print_line(f, "    ", *t);
		rows_of(w, rows);
		for (size_t k = 0; k < NAMES_N; k++)
			print_names(f, &rows[k]);
		for (char **v = w->profile->protocol.rules; v && *v; v++)
			print_line(f, "    rule: ", *v);
		for (char **v = w->profile->protocol.schemas; v && *v; v++)
			print_line(f, "    schema: ", *v);
	}
}

/* A path may be any bytes; what is no UTF-8 is shown escaped. */
static json_t *json_line(const char *text)
{
	json_t *s = json_string(text);
	char line[4096];

	if (s)
		return s;
	(void)escape_text(line, sizeof(line), text, strlen(text));
	return json_string(line);
}

static json_t *json_lines(char *const *list)
{
	json_t *a = json_array();

	for (; a && list && *list; list++)
		(void)json_array_append_new(a, json_line(*list));
	return a;
}

static json_t *json_names(const struct profile_names *n)
{
	const char *names[LISTS_N];
	char *const *lists[LISTS_N];
	json_t *o = json_object();

	lists_of(n, names, lists);
	(void)json_object_set_new(o, "closed", json_boolean(n->allow_given));
	for (size_t i = 0; i < LISTS_N; i++)
		(void)json_object_set_new(o, names[i], json_lines(lists[i]));
	return o;
}

/* They were kept as JSON of ours. */
json_t *json_rules(char *const *rules)
{
	json_t *a = json_array();

	for (; a && rules && *rules; rules++)
		(void)json_array_append_new(
			a, json_loads(*rules, JSON_ALLOW_NUL, NULL));
	return a;
}

json_t *json_narrowings(const struct plan *p)
{
	json_t *a = json_array();

	for (size_t i = 0; i < p->n_narrowings; i++) {
		const struct narrowing *w = &p->narrowings[i];
		struct names_row rows[NAMES_N];
		json_t *o = json_object();

		(void)json_object_set_new(o, "label", json_line(w->label));
		(void)json_object_set_new(o, "file", json_line(w->file));
		(void)json_object_set_new(o, "took", json_lines(w->took));
		rows_of(w, rows);
		for (size_t k = 0; k < NAMES_N; k++)
			(void)json_object_set_new(
				o, rows[k].name, json_names(rows[k].names));
		(void)json_object_set_new(
			o, "rules", json_rules(w->profile->protocol.rules));
		(void)json_object_set_new(
			o, "schemas", json_rules(w->profile->protocol.schemas));
		(void)json_object_set_new(o, "role_tools",
			w->has_role ? json_role_lists(&w->role_lists)
				    : json_null());
		(void)json_array_append_new(a, o);
	}
	return a;
}
