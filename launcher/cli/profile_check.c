/* SPDX-License-Identifier: Apache-2.0 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "cli/profile_show.h"
#include "cli/profile_verb.h"
#include "plan/profile_lint.h"

bool operand_is_file(const char *operand)
{
	size_t n = strlen(operand);

	return strchr(operand, '/') ||
	       (n > 5 && strcmp(operand + n - 5, ".json") == 0);
}

int operand_load(const struct profile_request *q, const char *operand,
	struct profile_chain *ret, struct profile **ret_effective,
	struct err *e)
{
	int r = operand_is_file(operand)
			? profile_chain_check(&q->store, operand, ret, e)
			: profile_chain_load(&q->store, operand, ret, e);

	if (r > 0)
		return err_say(e, -ENOENT,
			"%s: there is no such profile; expected one that "
			"stockade profile list shows, or a file",
			operand);
	return r < 0 ? r : profile_chain_merge(ret, ret_effective, e);
}

/* A row of --json; NULL when out of memory. */
static json_t *row_of(const char *what, const struct err *e,
	const struct lint_findings *found)
{
	json_t *list = json_array();

	for (size_t i = 0; i < found->n; i++) {
		const struct lint_rule *rule = &lint_rules[found->v[i].id];

		(void)json_array_append_new(
			list, json_pack("{s:s, s:s, s:s}", "id", rule->name,
				      "severity", lint_words[rule->severity],
				      "text", found->v[i].text));
	}
	return json_pack("{s:s, s:b, s:s?, s:o}", "profile", what, "ok",
		!e->text[0], "error", e->text[0] ? e->text : NULL, "findings",
		list);
}

static void print_row(const char *what, const struct err *e,
	const struct lint_findings *found, bool fine)
{
	for (size_t i = 0; i < found->n; i++) {
		const struct lint_rule *rule = &lint_rules[found->v[i].id];

		print_escaped(what);
		(void)printf(
			": %s: %s: ", lint_words[rule->severity], rule->name);
		print_escaped(found->v[i].text);
		(void)putchar('\n');
	}
	print_escaped(e->text[0] ? e->text : what);
	(void)puts(e->text[0] ? "" : fine ? ": ok" : ": not ok (--strict)");
}

static bool has_warning(const struct lint_findings *found)
{
	for (size_t i = 0; i < found->n; i++)
		if (lint_rules[found->v[i].id].severity == LINT_WARNING)
			return true;
	return false;
}

/* 0 fine, 1 not; what was found is printed. */
static int check_one(
	const struct profile_request *q, const char *what, json_t *rows)
{
	_findings_ struct lint_findings found = {0};
	_chain_ struct profile_chain c = {0};
	_profile_ struct profile *p = NULL;
	struct err e = {0};
	int r = operand_load(q, what, &c, &p, &e);
	bool fine;

	if (r == 0 && profile_lint(p, c.layers[0], &found) < 0)
		r = err_set(&e, -ENOMEM, "profile %s", what);
	fine = r == 0 && !(q->strict && has_warning(&found));
	if (q->json)
		(void)json_array_append_new(rows, row_of(what, &e, &found));
	else
		print_row(what, &e, &found, fine);
	return !fine;
}

int profile_check_verb(struct profile_request *q, struct err *e)
{
	json_t *rows = json_array();
	int status = 0;

	if (!rows)
		return err_set(e, -ENOMEM, "profile check");
	for (char **o = q->operands; *o; o++)
		status |= check_one(q, *o, rows);
	if (q->json) {
		(void)json_dumpf(
			rows, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
		(void)putchar('\n');
	}
	json_decref(rows);
	return status;
}
