/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file of test cases, each of which is tried: what is refused is refused in
 * one line with a place; what is accepted is judged, and the same twice.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cli/profile_cases.h"
#include "cli/profile_trial.h"
#include "plan/plan.h"
#include "plan/profile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool ok)
{
	if (!ok)
		abort();
}

static struct trial *trial_make(void)
{
	static const char text[] =
		"{\"version\": 1, \"protocol\": {\"tools\": {\"allow\": "
		"[\"get_*\"], \"ask\": [\"create_*\"], \"deny\": [\"*x\"]}, "
		"\"resources\": {\"allow\": [\"file:*\"]}, "
		"\"rate\": \"3/min\", \"calls\": 2, \"bytes\": \"1K\", "
		"\"output\": {\"text\": \"1K\", \"binary\": \"1K\", "
		"\"binary_over\": \"error\", \"types\": [\"image/*\"]}, "
		"\"methods\": {\"sampling/createMessage\": \"ask\"}}}";
	_free_ char *extends = NULL;
	struct profile *p = NULL;
	const struct plan_options none = {0};
	struct trial *t = NULL;
	struct err e = {0};

	require(profile_parse("f.json", text, sizeof(text) - 1, &p, &extends,
			&e) == 0);
	require(trial_new(p, &none, &t, &e) == 0);
	return t;
}

static void check_case(struct trial *t, const struct profile_case *c)
{
	const struct trial_ask ask = {
		.message = c->message,
		.len = c->len,
		.server = c->server,
		.result = c->result,
		.result_len = c->result ? strlen(c->result) : 0,
		.times = c->times,
		.state = &c->state,
	};
	_result_ struct trial_result x = {0}, y = {0};
	struct err e = {0};

	require(c->line > 0 && c->column > 0 && c->what && c->expect);
	if (trial_run(t, &ask, &x, &e) < 0) {
		require(e.text[0] != '\0');
		return;
	}
	require(trial_run(t, &ask, &y, &e) == 0);
	require(x.decision == y.decision && x.n_matched == y.n_matched);
	require(!x.answer || !strpbrk(x.answer, "\n\r"));
	/* What is denied and has an id is answered; what passes is not, unless
	 * not all of it does. */
	require(!x.answer || strcmp(x.decision, "deny") == 0 ||
		strcmp(x.decision, "token") == 0 ||
		strcmp(x.decision, "cut") == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cases_ struct profile_cases cases = {0};
	_trial_ struct trial *t = NULL;
	/* A copy of its own size: the sanitizer sees the slightest overrun. */
	_free_ char *text = malloc(size ? size : 1);
	struct err e = {0};

	require(text != NULL);
	memcpy(text, data, size);
	if (profile_cases_parse("fuzz.json", text, size, &cases, &e) < 0) {
		require(cases.n == 0);
		require(strncmp(e.text, "fuzz.json:", 10) == 0);
		require(strstr(e.text, "; expected ") != NULL);
		return 0;
	}
	t = trial_make();
	for (size_t i = 0; i < cases.n; i++)
		check_case(t, &cases.v[i]);
	return 0;
}
