/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The profile loader. What it refuses, it refuses in one line with a place;
 * what it accepts holds nothing that the format forbids, and means the same
 * when it is read again.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/strv.h"
#include "plan/policy_key.h"
#include "plan/profile_compare.h"
#include "plan/profile_lint.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool ok)
{
	if (!ok)
		abort();
}

static void check_error(const struct err *e)
{
	require(strncmp(e->text, "fuzz.json:", 10) == 0);
	require(strspn(e->text + 10, "0123456789:") >= 4);
	require(strchr(e->text, '\n') == NULL);
	require(strstr(e->text, "; expected ") != NULL);
}

static void check_list(
	char *const *v, int (*check)(const char *text, struct err *e))
{
	require(strv_len(v) <= PROFILE_MAX_ITEMS);
	for (; v && *v; v++)
		require(check(*v, NULL) == 0);
}

static void check_paths(char *const *v)
{
	for (; v && *v; v++)
		require(strstr(*v, "/../") == NULL && !strchr(*v, '\n'));
}

static int check_assignment(const char *setting, struct err *e)
{
	const char *equals = strchr(setting, '=');
	char *name;
	int r;

	require(equals != NULL);
	name = strndup(setting, (size_t)(equals - setting));
	require(name != NULL);
	r = profile_check_variable(name, e);
	free(name);
	return r < 0 ? r : profile_check_setting(equals + 1, e);
}

static void check_limits(const struct profile *p)
{
	for (int i = LIMIT_NONE + 1; i < _LIMIT_N; i++) {
		const struct limit_info *l = &limit_table[i];

		require(!p->sandbox.limit_set[i] ||
			(p->sandbox.limits[i] >= l->least &&
				p->sandbox.limits[i] <= l->most));
	}
}

static void check_accepted(const struct profile *p, const char *extends)
{
	check_list(p->sandbox.read, profile_check_read);
	check_list(p->sandbox.write, profile_check_write);
	check_paths(p->sandbox.read);
	check_paths(p->sandbox.write);
	check_list(p->sandbox.network, network_grant_check);
	check_list(p->sandbox.env_pass, profile_check_variable);
	check_list(p->sandbox.env_set, check_assignment);
	check_list(p->protocol.tools.allow, profile_check_pattern);
	check_list(p->protocol.tools.deny, profile_check_pattern);
	check_limits(p);
	require(!extends || profile_name_check(extends, NULL) == 0);
	require(!p->base);
}

/* The same bytes as a policy, of a site and of --narrow: what is one holds no
 * more than a profile may, and grants nothing by a name of its own. */
static void check_policy(const char *text, size_t size)
{
	for (int site = 0; site < 2; site++) {
		_profile_ struct profile *p = NULL;
		struct site_rules rules = {0};
		struct err e = {0};

		if (policy_parse("fuzz", "fuzz.json", text, size,
			    site ? &rules : NULL, &p, &e) < 0) {
			require(p == NULL);
			check_error(&e);
			continue;
		}
		check_accepted(p, NULL);
		require(strv_len(p->sandbox.env_set) == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_profile_ struct profile *p = NULL, *again = NULL;
	_free_ char *extends = NULL, *extends_again = NULL;
	/* A copy of its own size: the sanitizer sees the slightest overrun. */
	_free_ char *text = malloc(size ? size : 1);
	_findings_ struct lint_findings found = {0};
	_changes_ struct profile_changes changes = {0};
	struct err e = {0};

	require(text != NULL);
	memcpy(text, data, size);
	check_policy(text, size);
	if (profile_parse("fuzz.json", text, size, &p, &extends, &e) < 0) {
		require(p == NULL && extends == NULL);
		check_error(&e);
		return 0;
	}
	require(e.text[0] == '\0');
	check_accepted(p, extends);
	require(profile_parse("fuzz.json", text, size, &again, &extends_again,
			&e) == 0);
	require(memcmp(p->digest, again->digest, sizeof(p->digest)) == 0);
	require(profile_lint(p, NULL, &found) == 0);
	require(profile_compare(p, again, &changes) == 0 && changes.n == 0);
	return 0;
}
