/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/profile_trust.h"

#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "cli/deeds.h"
#include "cli/profile_show.h"
#include "plan/profile_lint.h"
#include "plan/trust.h"

/* What a person has to see before a file counts. */
static int show(const struct profile_chain *c, bool json, struct err *e)
{
	_profile_ struct profile *p = NULL;
	_findings_ struct lint_findings found = {0};
	int r = profile_chain_merge(c, &p, e);

	if (r == 0)
		r = profile_show(c, p, json);
	if (r > 0)
		return err_say(e, -EIO,
			"the site's policy cannot be used, as it is shown: so "
			"nobody has seen what would count");
	if (r == 0)
		r = profile_lint(p, c->layers[0], &found);
	for (size_t i = 0; r == 0 && !json && i < found.n; i++) {
		(void)printf(
			"%s: ", lint_words[lint_rules[found.v[i].id].severity]);
		print_escaped(found.v[i].text);
		(void)putchar('\n');
	}
	return r < 0 ? err_set(e, r, "profile") : 0;
}

/* What the file at @path was trusted as, if it was. */
static const uint8_t *trusted_as(
	const char *path, uint8_t digest[32], struct err *e)
{
	_strv_ char **lines = NULL;
	size_t n = 0;

	if (trust_list(&lines, e) < 0)
		return NULL;
	for (char **l = lines; *l; l++)
		if (strcmp(*l + TRUST_PATH, path) == 0 &&
			sodium_hex2bin(digest, 32, *l, 64, NULL, &n, NULL) == 0)
			return n == 32 ? digest : NULL;
	return NULL;
}

/* What is not in the log is not trusted. */
static int give_recorded(const struct trust_file *f, struct err *e)
{
	_deed_ struct deed *d = NULL;
	uint8_t old[32];
	const struct deed_policy what = {
		.kind = "trust",
		.name = f->path,
		.reason = "profile trust",
		.old = trusted_as(f->path, old, NULL),
		.new = f->digest,
	};
	int r = deeds_begin("profile trust", &d, e);

	if (r == 0)
		r = deeds_policy(d, &what, e);
	if (r == 0)
		r = trust_give(f, e);
	if (r == 0)
		return deed_end(d, 0, "done", e);
	(void)!deed_end(d, EXIT_REFUSED, "nothing was trusted", NULL);
	return r;
}

/* The very bytes that are shown are those that are trusted. */
static int give(const struct profile_store *s, const char *path, bool json,
	struct err *e)
{
	_trust_file_ struct trust_file f = {0};
	_chain_ struct profile_chain c = {0};
	int r = trust_file_read(path, &f, e);

	if (r == 0)
		r = profile_chain_text(s, f.path, f.text, f.len, &c, e);
	if (r == 0)
		r = show(&c, json, e);
	if (r == 0)
		r = give_recorded(&f, e);
	if (r < 0 || json)
		return r;
	(void)putchar('\n');
	print_escaped(f.path);
	(void)puts(" is trusted as it is now: --profile takes it by its path");
	return 0;
}

static const char *state_of(const char *line)
{
	_trust_file_ struct trust_file f = {0};
	int r = trust_file_read(line + TRUST_PATH, &f, NULL);

	if (r == 0)
		r = trust_find(&f, NULL);
	return r == TRUST_GIVEN ? "trusted" : r > 0 ? "changed" : "unreadable";
}

static int list(bool json, struct err *e)
{
	_strv_ char **lines = NULL;
	json_t *rows = json_array();
	int r = trust_list(&lines, e);

	for (char **l = lines; r == 0 && *l; l++) {
		const char *state = state_of(*l);

		if (json) {
			(void)json_array_append_new(
				rows, json_pack("{s:s?, s:s, s:s%}", "path",
					      *l + TRUST_PATH, "state", state,
					      "digest", *l, (size_t)64));
			continue;
		}
		(void)printf("%-10s ", state);
		print_escaped(*l + TRUST_PATH);
		(void)putchar('\n');
	}
	if (r == 0 && json) {
		(void)json_dumpf(
			rows, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
		(void)putchar('\n');
	}
	json_decref(rows);
	return r;
}

/* Taken back in any case: that it is not in the log changes only the status. */
static int record_taken(const char *path, const uint8_t *old, struct err *e)
{
	_deed_ struct deed *d = NULL;
	const struct deed_policy what = {
		.kind = "trust",
		.name = path,
		.reason = "profile trust --revoke",
		.old = old,
	};
	struct err why = {0};
	int r = deeds_begin("profile trust --revoke", &d, &why);

	if (r == 0)
		r = deeds_policy(d, &what, &why);
	if (r == 0)
		r = deed_end(d, 0, "done", &why);
	return r < 0 ? err_say(e, r,
			       "%s is not trusted any more, but that could not "
			       "be recorded: %s",
			       path, why.text)
		     : 0;
}

static int take_back(const char *operand, struct err *e)
{
	_free_ char *real = realpath(operand, NULL);
	const char *path = real ? real : operand;
	uint8_t digest[32];
	const uint8_t *old = trusted_as(path, digest, NULL);
	int r = trust_revoke(path, e);

	if (r > 0)
		log_line("%s was not trusted", operand);
	return r == 0 ? record_taken(path, old, e) : r;
}

int profile_trust(const struct profile_store *s, enum trust_action action,
	char *const *operands, bool json, struct err *e)
{
	int status = 0;

	deeds_guard();
	if (action == TRUST_LIST)
		return list(json, e);
	for (; *operands; operands++) {
		int r = action == TRUST_REVOKE ? take_back(*operands, e)
					       : give(s, *operands, json, e);

		if (r < 0)
			return r;
		status |= r;
	}
	return status;
}
