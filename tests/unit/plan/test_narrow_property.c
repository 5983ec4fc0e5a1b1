/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What narrows never widens: random profiles and options, planned with and
 * without random policies. The same seed each time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "chance_rules.h"
#include "narrowrig.h"
#include "plan/build.h"
#include "policy/tools.h"

#define ROUNDS 400

static bool chance(uint32_t *seed, unsigned percent)
{
	return chance_next(seed) % 100 < percent;
}

static const char *const folders[] = {"p", "p/a", "p/a/x", "p/b", "p/.git",
	"p/.git/hooks", "q", "q/a", "home/project", "home/project/.vscode"};
static const char *const variables[] = {"ONE", "TWO", "THREE"};
static const char *const hosts[] = {"a.example.org:443", "*.example.org:443",
	"b.a.example.org:443", "10.0.0.0/8:1", "10.1.0.0/16:1", "10.1.2.3:1",
	"[2001:db8::]/32:1", "[2001:db8::1]:1"};
static const char *const globs[] = {"*", "a", "a*", "ab", "?b", "*b*", "c"};
static const char *const names[] = {"a", "b", "ab", "abc", "c", "xb", ""};
static const char *const limits[] = {"\"memory\": \"64M\"",
	"\"memory\": \"2G\"", "\"cpu\": \"50%%\"", "\"cpu\": 0",
	"\"session\": \"1h\"", "\"session\": 0", "\"pids\": 20",
	"\"stderr\": 0", "\"tmp\": \"1M\""};
static const char *const methods[] = {"\"sampling/createMessage\": \"allow\"",
	"\"sampling/createMessage\": \"deny\"",
	"\"elicitation/create\": \"allow\"", "\"elicitation/create\": \"deny\"",
	"\"elicitation/create\": \"ask\"",
	"\"sampling/createMessage\": \"ask\"", "\"roots/list\": \"allow\"",
	"\"roots/list\": \"filter\"", "\"roots/list\": \"deny\""};
static const char *const caps[] = {"\"text\": \"1K\"", "\"text\": \"64M\"",
	"\"binary\": \"2K\"", "\"binary\": \"64M\"", "\"unseen\": \"show\"",
	"\"unseen\": \"pass\""};

static const char *const grades[] = {"\"by\": \"proof\"", "\"by\": \"prompt\""};

/* A list of some of @all, or, half the time, no list at all. */
static void put_list(FILE *f, uint32_t *seed, const char *key,
	const char *const *all, size_t n, const char *before)
{
	bool first = true;

	if (chance(seed, 50))
		return;
	(void)fprintf(f, ", \"%s\": [", key);
	for (size_t i = 0; i < n; i++)
		if (chance(seed, 40)) {
			(void)fprintf(f, "%s\"%s%s\"", first ? "" : ", ",
				before, all[i]);
			first = false;
		}
	(void)fputs("]", f);
}

/* One of the members of an object, or none: no key stands there twice. */
static void put_one(FILE *f, uint32_t *seed, const char *key,
	const char *const *all, size_t n)
{
	const char *one = all[chance_next(seed) % n];

	(void)fprintf(f, ", \"%s\": {\"why\": \"\"", key);
	if (chance(seed, 60)) {
		(void)fputs(", ", f);
		for (; *one; one++)
			if (*one != '%' || one[1] != '%')
				(void)fputc(*one, f);
	}
	(void)fputs("}", f);
}

static void put_flag(
	FILE *f, uint32_t *seed, const char *key, const char *a, const char *b)
{
	if (chance(seed, 50))
		(void)fprintf(f, ", \"%s\": %s", key, chance(seed, 50) ? a : b);
}

static void put_names(FILE *f, uint32_t *seed, const char *key)
{
	(void)fprintf(f, ", \"%s\": {\"why\": \"\"", key);
	put_list(f, seed, "allow", globs, ELEMENTS(globs), "");
	put_list(f, seed, "ask", globs, ELEMENTS(globs), "");
	put_list(f, seed, "deny", globs, ELEMENTS(globs), "");
	put_list(f, seed, "always", names, 5, "");
	(void)fputs("}", f);
}

/* The keys that profiles and policies share. */
static char *random_body(uint32_t *seed)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(f);
	(void)fputs("\"sandbox\": {\"why\": \"\"", f);
	put_list(f, seed, "read", folders, ELEMENTS(folders), "%R/");
	put_list(f, seed, "write", folders, ELEMENTS(folders), "%R/");
	put_flag(f, seed, "state", "true", "false");
	put_flag(f, seed, "nested_userns", "true", "false");
	put_flag(f, seed, "git", "\"read\"", "\"write\"");
	put_list(f, seed, "network", hosts, ELEMENTS(hosts), "");
	(void)fputs(", \"env\": {\"why\": \"\"", f);
	put_list(f, seed, "pass", variables, ELEMENTS(variables), "");
	(void)fputs("}", f);
	put_one(f, seed, "limits", limits, ELEMENTS(limits));
	(void)fputs("}, \"protocol\": {\"why\": \"\"", f);
	put_names(f, seed, "tools");
	put_names(f, seed, "prompts");
	put_names(f, seed, "resources");
	put_one(f, seed, "methods", methods, ELEMENTS(methods));
	put_one(f, seed, "output", caps, ELEMENTS(caps));
	put_flag(f, seed, "pins", "\"first\"", "\"require\"");
	put_flag(f, seed, "call_timeout", "\"1m\"", "\"10m\"");
	chance_rules_put(f, seed);
	(void)fputs("}", f);
	put_one(f, seed, "approval", grades, ELEMENTS(grades));
	(void)fclose(f);
	return text;
}

static void random_options(struct rig *r, uint32_t *seed)
{
	if (chance(seed, 50))
		assert_int_equal(
			strv_add(&r->o.rw,
				fixture_path(r->f, folders[chance_next(seed) %
							   ELEMENTS(folders)])),
			0);
	if (chance(seed, 50))
		assert_int_equal(
			strv_add(&r->o.ro,
				fixture_path(r->f, folders[chance_next(seed) %
							   ELEMENTS(folders)])),
			0);
	if (chance(seed, 50))
		assert_int_equal(strv_add(&r->o.env, "TWO=other"), 0);
	if (chance(seed, 50))
		assert_int_equal(strv_add(&r->o.limits, "memory=3G"), 0);
	if (chance(seed, 50))
		assert_int_equal(strv_add(&r->o.network, hosts[0]), 0);
	if (chance(seed, 30))
		assert_int_equal(strv_add(&r->o.tools, "a*"), 0);
	if (chance(seed, 30))
		assert_int_equal(strv_add(&r->o.ask, "*b"), 0);
	if (chance(seed, 30))
		assert_int_equal(strv_add(&r->o.deny, "c"), 0);
	r->o.state = chance(seed, 50);
}

static unsigned grade(char access)
{
	return access == 'w' ? 2 : access == 'r' ? 1 : 0;
}

/* Of each folder, and of what may be made in it: no more than without. */
static void check_paths(
	const struct rig *r, const struct plan *wide, const struct plan *p)
{
	static const char *const inside[] = {"", "/new", "/.git/new"};

	for (size_t i = 0; i < ELEMENTS(folders); i++)
		for (size_t k = 0; k < ELEMENTS(inside); k++) {
			char tail[64];

			(void)snprintf(tail, sizeof(tail), "%s%s", folders[i],
				inside[k]);
			if (grade(rig_access(r, p, tail)) >
				grade(rig_access(r, wide, tail)))
				fail_msg("%s: %c, was %c", tail,
					rig_access(r, p, tail),
					rig_access(r, wide, tail));
		}
	/* And nothing else is there that was not, but parts of what was. */
	for (size_t i = 0; i < p->n_mounts; i++) {
		const struct plan_mount *m = &p->mounts[i];
		const struct plan_mount *was;

		if (m->kind != MOUNT_BIND)
			continue;
		was = plan_mount_over(wide, m->target);
		assert_non_null(was);
		assert_int_equal(was->kind, MOUNT_BIND);
		assert_true(was->write || !m->write);
	}
	for (char **v = p->roots; v && *v; v++)
		assert_non_null(plan_mount_over(wide, *v));
}

static void check_subset(char *const *part, char *const *whole)
{
	for (; part && *part; part++)
		if (!strv_contains(whole, *part))
			fail_msg("%s is new", *part);
}

static void check_numbers(const struct plan *wide, const struct plan *p)
{
	for (int i = LIMIT_NONE + 1; i < _LIMIT_N; i++) {
		bool open = limit_table[i].fallback == 0;

		if (open && wide->limits[i] == 0)
			continue;
		assert_true(p->limits[i] <= wide->limits[i]);
		assert_true(!open || p->limits[i] != 0);
	}
	assert_true(p->caps.text_bytes <= wide->caps.text_bytes);
	assert_true(p->caps.binary_bytes <= wide->caps.binary_bytes);
	assert_true(p->caps.unseen <= wide->caps.unseen);
	assert_int_equal(
		wish_strictest(p->wishes.sampling, wide->wishes.sampling),
		p->wishes.sampling);
	assert_int_equal(
		wish_strictest(p->wishes.elicitation, wide->wishes.elicitation),
		p->wishes.elicitation);
	assert_true(p->wishes.roots == wide->wishes.roots ||
		    p->wishes.roots == ROOTS_DENY ||
		    wide->wishes.roots == ROOTS_ALLOW);
	assert_true(p->proof || !wide->proof);
	assert_true(p->pins_mode <= wide->pins_mode);
	assert_true(wide->call_timeout_s == 0 ||
		    (p->call_timeout_s > 0 &&
			    p->call_timeout_s <= wide->call_timeout_s));
	assert_true(!p->profile->sandbox.nested_userns ||
		    wide->profile->sandbox.nested_userns);
	assert_true(!p->profile->sandbox.git_write ||
		    wide->profile->sandbox.git_write);
	assert_true(
		!fixture_mount(p, "/state") || fixture_mount(wide, "/state"));
}

static void check_names(const struct tools *wide, const struct tools *p)
{
	for (size_t i = 0; i < ELEMENTS(names); i++) {
		struct tool_verdict was, is;

		tools_decide(wide, names[i], strlen(names[i]), &was);
		tools_decide(p, names[i], strlen(names[i]), &is);
		assert_true(is.decision <= was.decision);
		assert_true(was.listed || !is.listed);
	}
}

/* Whole calls; how many are less than they were. */
static unsigned check_calls(const struct plan *wide, const struct plan *p)
{
	unsigned less = 0;

	for (size_t i = 0; i < ELEMENTS(names) && *names[i]; i++)
		for (unsigned k = 0; k < CHANCE_CALLS; k++) {
			enum decision was = chance_rules_say(wide, names[i], k);
			enum decision is = chance_rules_say(p, names[i], k);

			if (is > was)
				fail_msg("call %u of %s: %d, was %d", k,
					names[i], is, was);
			less += is < was;
		}
	return less;
}

static unsigned check(
	const struct rig *r, const struct plan *wide, const struct plan *p)
{
	check_paths(r, wide, p);
	check_subset(p->env, wide->env);
	check_subset(p->network, wide->network);
	check_numbers(wide, p);
	check_names(wide->tools, p->tools);
	check_names(wide->prompts, p->prompts);
	check_names(wide->resources, p->resources);
	return check_calls(wide, p);
}

/* One profile and one set of options, first alone, then narrowed more and
 * more. What is refused grants nothing. */
static unsigned one_round(struct rig *r, uint32_t *seed, unsigned *less)
{
	static const char *const labels[] = {"zero", "one", "two"};
	_free_ char *profile = random_body(seed), *text = NULL;
	_plan_ struct plan *wide = NULL;
	unsigned planned = 0;

	plan_options_deinit(&r->o);
	r->o.dry = true;
	(void)unlink(fixture_path(r->f, "etc/stockade/policy.json"));
	assert_true(
		asprintf(&text, "\"extends\": \"static\", %s", profile) > 0);
	if (chance(seed, 80))
		rig_profile(r, "mine", text);
	random_options(r, seed);
	wide = rig_plan_ok(r);
	for (unsigned i = 0; i < 3; i++) {
		_free_ char *body = random_body(seed);
		struct plan *p;

		if (i == 0 && chance(seed, 70))
			rig_site(r, body);
		else
			rig_narrow(r, labels[i], body);
		p = rig_plan(r);
		if (!p)
			break;
		*less += check(r, wide, p);
		plan_free(wide);
		wide = p;
		planned++;
	}
	return planned;
}

static void site_policy_and_narrow_never_widen(void **state)
{
	uint32_t seed = 20251125;
	unsigned planned = 0, less = 0;
	_rig_ struct rig r;

	rig_init(&r, *state);
	for (size_t i = 0; i < ELEMENTS(folders); i++)
		if (strcmp(folders[i], "home/project") != 0)
			fixture_folder(r.f, folders[i]);
	for (size_t i = 0; i < ELEMENTS(variables); i++)
		assert_int_equal(setenv(variables[i], "1", 1), 0);
	for (unsigned i = 0; i < ROUNDS; i++)
		planned += one_round(&r, &seed, &less);
	/* Most of them were plans, or nothing has been shown. */
	assert_true(planned > 2 * ROUNDS);
	assert_true(less > planned);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			site_policy_and_narrow_never_widen, fixture_setup,
			fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
