/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/print_declared.h"

#include <string.h>

#include "base/escape.h"

static const char *const grant_words[_GRANT_N] = {
	[GRANT_DENY] = "deny",
	[GRANT_TOKEN] = "token",
	[GRANT_ALLOW] = "allow",
};

void print_declared(const struct plan *p, FILE *f)
{
	const struct {
		const char *what, *name;
	} rows[] = {
		{"role", p->role},
		{"task", p->task},
		{"context", p->context},
		{"tenant", p->tenant},
	};
	char time[32];

	for (size_t i = 0; i < ELEMENTS(rows); i++)
		if (rows[i].name)
			(void)fprintf(
				f, "  %-12s %s\n", rows[i].what, rows[i].name);
	if (!p->expires_s)
		return;
	limit_write(UNIT_SECONDS, p->expires_s, time, sizeof(time));
	(void)fprintf(f, "  %-12s after %s, until somebody renews it\n",
		"expires", time);
}

/* These are patterns; no other text is printed here. */
static void print_patterns(FILE *f, const char *head, char *const *list)
{
	for (; list && *list; list++) {
		char line[1024];

		(void)escape_text(line, sizeof(line), *list, strlen(*list));
		(void)fprintf(f, "    %s: %s\n", head, line);
	}
}

static void print_lists(FILE *f, const char *whose, const struct role_lists *r)
{
	(void)fprintf(f, "  role of %s; a tool in no class: %s\n", whose,
		grant_words[r->otherwise]);
	print_patterns(f, "allow", r->over);
	print_patterns(f, "deny", r->deny);
	print_patterns(f, "token", r->token);
	print_patterns(f, "allow", r->allow);
}

void print_roles(const struct plan *p, FILE *f)
{
	if (!p->role && !p->task)
		return;
	(void)fputs("tools are narrowed by\n", f);
	if (p->role)
		print_lists(f, "the profile", &p->role_lists);
	for (size_t i = 0; i < p->n_narrowings; i++)
		if (p->narrowings[i].has_role)
			print_lists(f, p->narrowings[i].label,
				&p->narrowings[i].role_lists);
	if (p->task)
		(void)fputs("  the task; what is not allowed is denied\n", f);
	print_patterns(f, "allow", p->task_of.tools);
}

static json_t *json_patterns(char *const *list)
{
	json_t *a = json_array();

	for (; a && list && *list; list++)
		(void)json_array_append_new(a, json_string(*list));
	return a;
}

json_t *json_role_lists(const struct role_lists *r)
{
	return json_pack("{s:o,s:o,s:o,s:o,s:s}", "own", json_patterns(r->over),
		"deny", json_patterns(r->deny), "token",
		json_patterns(r->token), "allow", json_patterns(r->allow),
		"otherwise", grant_words[r->otherwise]);
}

json_t *json_declared(const struct plan *p)
{
	json_t *role = p->role ? json_role_lists(&p->role_lists) : json_null();
	json_t *task = p->task ? json_patterns(p->task_of.tools) : json_null();

	return json_pack("{s:s?,s:s?,s:s?,s:s?,s:I,s:I,s:o,s:o}", "role",
		p->role, "task", p->task, "context", p->context, "tenant",
		p->tenant, "expires", (json_int_t)p->expires_s, "expected",
		(json_int_t)p->task_of.expected_s, "role_tools", role,
		"task_tools", task);
}
