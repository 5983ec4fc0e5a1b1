/* SPDX-License-Identifier: Apache-2.0 */
/* What a session is declared to be, and what that leaves of a profile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "narrowrig.h"
#include "policy/tools.h"

#define BODY                                                                 \
	"\"protocol\": {\"tools\": {\"allow\": [\"*\"], \"deny\": "          \
	"[\"hidden\"]}, \"classes\": {\"read\": [\"read\", \"hidden\", "     \
	"\"two\"], \"search\": [\"search\"], \"fetch\": [\"fetch\"], "       \
	"\"write\": [\"write\", \"two\"], \"delete\": [\"delete\"], "        \
	"\"send\": [\"send\"], \"execute\": [\"execute\"], \"secret\": "     \
	"[\"secret\"], \"config\": [\"config\"]}}, \"roles\": {\"ops\": "    \
	"{\"classes\": [\"read\", \"write\"], \"tools\": [\"send\"]}, "      \
	"\"analyst\": {\"tools\": [\"read\"]}}, \"tasks\": {\"triage\": "    \
	"{\"tools\": [\"read\", \"delete\"], \"expires\": \"2h\", "          \
	"\"expected\": \"15m\"}, \"usual\": {\"tools\": [\"*\"]}}, "         \
	"\"contexts\": {\"staging\": {\"protocol\": {\"tools\": {\"ask\": "  \
	"[\"write\"]}}, \"sandbox\": {\"state\": false, \"env\": {\"pass\":" \
	" [\"ONE\"]}}}}, \"sandbox\": {\"state\": true}"

static void set_up(struct rig *r, void **state, const char *more)
{
	char body[4096];

	rig_init(r, *state);
	(void)snprintf(body, sizeof(body), "%s%s", BODY, more);
	rig_profile(r, "p", body);
}

static char says(const struct plan *p, const char *name)
{
	static const char words[] = {
		[DECISION_DENY] = '-',
		[DECISION_TOKEN] = 't',
		[DECISION_ASK] = '?',
		[DECISION_ALLOW] = '+',
		[DECISION_CLIENT] = 'c',
	};
	struct tool_verdict v;

	tools_decide(p->tools, name, strlen(name), &v);
	assert_int_equal(v.listed, v.decision != DECISION_DENY);
	return words[v.decision];
}

static const char *const names[] = {"read", "search", "fetch", "write",
	"delete", "send", "execute", "secret", "config", "unclassified", "two",
	"hidden"};

static void expect(struct rig *r, const char *role, const char *task,
	const char *decisions)
{
	_plan_ struct plan *p = NULL;
	char got[ELEMENTS(names) + 1] = "";

	free(r->o.role);
	free(r->o.task);
	r->o.role = role ? strdup(role) : NULL;
	r->o.task = task ? strdup(task) : NULL;
	p = rig_plan_ok(r);
	for (size_t i = 0; i < ELEMENTS(names); i++)
		got[i] = says(p, names[i]);
	assert_string_equal(got, decisions);
}

static void roles_are_the_matrix_over_the_profile(void **state)
{
	struct rig r;

	set_up(&r, state, "");
	expect(&r, NULL, NULL, "+++++++++++-");
	expect(&r, "reader", NULL, "++----------");
	expect(&r, "executor", NULL, "+++tttt--tt-");
	expect(&r, "admin", NULL, "+++++++tt++-");
	rig_deinit(&r);
}

static void a_role_of_the_profile_has_its_classes_and_tools(void **state)
{
	struct rig r;

	set_up(&r, state, "");
	expect(&r, "ops", NULL, "+--+-+----+-");
	/* In the place of the built-in one. */
	expect(&r, "analyst", NULL, "+-----------");
	rig_deinit(&r);
}

static void role_and_task_leave_what_both_have(void **state)
{
	struct rig r;

	set_up(&r, state, "");
	expect(&r, NULL, "triage", "+---+-------");
	expect(&r, "reader", "triage", "+-----------");
	expect(&r, "executor", "triage", "+---t-------");
	rig_deinit(&r);
}

static void classes_are_needed_for_a_role_to_mean_anything(void **state)
{
	_plan_ struct plan *p = NULL;
	struct rig r;

	rig_init(&r, *state);
	rig_profile(
		&r, "p", "\"protocol\": {\"tools\": {\"allow\": [\"read\"]}}");
	r.o.role = strdup("reader");
	p = rig_plan_ok(&r);
	assert_int_equal(says(p, "read"), '-');
	assert_int_equal(rig_notes(p, "has no \"classes\"", "reader"), 1);
	rig_deinit(&r);
}

static void an_unknown_name_refuses_the_start_and_says_which_there_are(
	void **state)
{
	struct rig r;

	set_up(&r, state, "");
	r.o.role = strdup("root");
	rig_refused(&r, "no role root; expected one of: reader, analyst, "
			"executor, admin, ops");
	free(r.o.role);
	r.o.role = strdup("../x");
	rig_refused(&r, "is no name");
	free(r.o.role);
	r.o.role = NULL;
	r.o.task = strdup("Triage");
	rig_refused(&r, "no task Triage; expected one of: triage, usual");
	free(r.o.task);
	r.o.task = NULL;
	r.o.context = strdup("x");
	rig_refused(&r, "no context x; expected one of: staging");
	free(r.o.context);
	r.o.context = NULL;
	r.o.tenant = strdup("a/b");
	rig_refused(&r, "is no name");
	rig_deinit(&r);
}

static void the_profile_says_where_no_option_does(void **state)
{
	_plan_ struct plan *p = NULL, *q = NULL;
	struct rig r;

	set_up(&r, state, ", \"role\": \"reader\", \"tenant\": \"acme\"");
	p = rig_plan_ok(&r);
	assert_string_equal(p->role, "reader");
	assert_string_equal(p->tenant, "acme");
	assert_false(p->role_asked);
	assert_int_equal(says(p, "write"), '-');
	r.o.role = strdup("ops");
	q = rig_plan_ok(&r);
	assert_string_equal(q->role, "ops");
	assert_true(q->role_asked);
	assert_int_equal(says(q, "write"), '+');
	assert_memory_not_equal(p->digest, q->digest, sizeof(p->digest));
	rig_deinit(&r);
}

static void a_context_narrows_as_a_file_does(void **state)
{
	_plan_ struct plan *p = NULL, *q = NULL;
	struct rig r;

	set_up(&r, state, "");
	assert_int_equal(strv_add(&r.o.env, "ONE=1"), 0);
	assert_int_equal(strv_add(&r.o.env, "TWO=2"), 0);
	p = rig_plan_ok(&r);
	assert_int_equal(says(p, "write"), '+');
	assert_non_null(strv_env(p->env, "TWO"));
	r.o.context = strdup("staging");
	q = rig_plan_ok(&r);
	assert_int_equal(says(q, "write"), '?');
	assert_int_equal(says(q, "read"), '+');
	assert_false(q->profile->sandbox.state);
	assert_non_null(strv_env(q->env, "ONE"));
	assert_null(strv_env(q->env, "TWO"));
	assert_int_equal(rig_notes(q, "TWO", "context staging"), 1);
	assert_memory_not_equal(p->digest, q->digest, sizeof(p->digest));
	rig_deinit(&r);
}

static void it_expires_only_where_something_is_declared(void **state)
{
	struct rig r;

	set_up(&r, state, "");
	for (int i = 0; i < 4; i++) {
		static const struct {
			const char *role, *task;
			uint64_t expires;
		} rows[] = {{NULL, NULL, 0}, {"reader", NULL, 3600},
			{"reader", "triage", 7200}, {NULL, "usual", 3600}};
		_plan_ struct plan *p = NULL;

		free(r.o.role);
		free(r.o.task);
		r.o.role = rows[i].role ? strdup(rows[i].role) : NULL;
		r.o.task = rows[i].task ? strdup(rows[i].task) : NULL;
		p = rig_plan_ok(&r);
		assert_int_equal(p->expires_s, rows[i].expires);
	}
	rig_deinit(&r);
}

static void what_narrows_has_a_role_of_its_own(void **state)
{
	struct rig r;

	set_up(&r, state, "");
	rig_site(&r, "\"roles\": {\"ops\": {\"tools\": [\"read\"]}}");
	expect(&r, "ops", NULL, "+-----------");
	/* No classes there, and so nothing of a built-in one. */
	expect(&r, "executor", NULL, "+++tttt--tt-");
	rig_site(&r, "\"protocol\": {\"classes\": {\"config\": [\"read\"], "
		     "\"read\": [\"search\"]}}");
	expect(&r, "reader", NULL, "-+----------");
	rig_deinit(&r);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(roles_are_the_matrix_over_the_profile),
		TEST(a_role_of_the_profile_has_its_classes_and_tools),
		TEST(role_and_task_leave_what_both_have),
		TEST(classes_are_needed_for_a_role_to_mean_anything),
		TEST(an_unknown_name_refuses_the_start_and_says_which_there_are),
		TEST(the_profile_says_where_no_option_does),
		TEST(a_context_narrows_as_a_file_does),
		TEST(it_expires_only_where_something_is_declared),
		TEST(what_narrows_has_a_role_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
