/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/token_when.h"

#include <errno.h>
#include <string.h>

#include "policy/out.h"
#include "policy/rules.h"

#define HEAD "[{\"id\":\"token\",\"tools\":[\"*\"],\"token_unless\":"
#define TAIL "}]"

static int scan(const char *text, size_t len, struct json_value *ret)
{
	static const struct json_limits limits = {
		.max_bytes = WHEN_MAX + 128,
		.max_depth = 16,
		.max_keys = 256,
	};
	struct json_scanner *s = json_scanner_new(&limits);
	struct json_scan_result result;
	int r = s ? json_scan(s, text, len, &result) : -ENOMEM;

	json_scanner_free(s);
	if (r == 0)
		*ret = json_top(text, &result);
	return r;
}

/* As one rule; @text holds what it is read from. 0, 1 or -ENOMEM. */
static int make(const char *when, size_t len, struct out *text,
	struct rules **ret, struct rules_fault *fault)
{
	static const struct rules_places nowhere = {0};
	struct json_value v;
	struct rules *r;
	/* By itself first: with what is put around it, it may be another. */
	int n = len > WHEN_MAX ? 1 : scan(when, len, &v);

	if (n == 0 && v.type != JSON_OBJECT)
		n = 1;
	if (n != 0)
		return n;
	out_str(text, HEAD);
	out_bytes(text, when, len);
	out_str(text, TAIL);
	if (text->failed)
		return -ENOMEM;
	n = scan(text->data, text->len, &v);
	if (n != 0)
		return n;
	r = rules_new();
	if (!r)
		return -ENOMEM;
	n = rules_add(r, &v, NULL, &nowhere, fault);
	if (n == 0)
		*ret = r;
	else
		rules_free(r);
	return n;
}

int token_when_check(const char *when, size_t len, char ret[static 200])
{
	struct rules_fault fault = {.text = "expected an object of conditions"};
	struct out text = OUT_INIT(WHEN_MAX + 128);
	struct rules *r = NULL;
	int n = make(when, len, &text, &r, &fault);

	rules_free(r);
	out_deinit(&text);
	if (n == 1)
		memcpy(ret, fault.text, sizeof(fault.text));
	return n;
}

bool token_when_holds(const char *when, size_t len, const char *tool,
	size_t tool_len, const struct json_value *arguments)
{
	struct rules_fault fault;
	struct rules_verdict v = {.decision = DECISION_DENY};
	struct out text = OUT_INIT(WHEN_MAX + 128);
	struct rules *r = NULL;

	if (make(when, len, &text, &r, &fault) == 0)
		rules_decide(r, tool, tool_len, arguments, &v);
	rules_free(r);
	out_deinit(&text);
	return v.decision == DECISION_ALLOW;
}
