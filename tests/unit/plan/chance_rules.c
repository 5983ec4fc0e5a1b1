/* SPDX-License-Identifier: Apache-2.0 */
#include "chance_rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "policy/rules.h"

static const char *const calls[CHANCE_CALLS] = {
	"{}",
	"{\"p\":\"x\"}",
	"{\"p\":\"xy\",\"q\":[1,2]}",
	"{\"p\":7}",
	"{\"q\":[\"a\",\"b\"]}",
	"{\"q\":[],\"p\":\"/etc/passwd\"}",
	"{\"p\":\"/srv/../etc\",\"q\":{\"r\":3}}",
	"{\"q\":{\"r\":\"https://a.example.org/\"}}",
	"{\"q\":{\"r\":\"https://b.example.net:8443/\"},\"p\":null}",
	"{\"p\":true,\"q\":[7,\"x\"]}",
	"{\"p\":\"\",\"q\":[\"https://a.example.org/\"]}",
	"{\"p\":[\"x\"],\"q\":100000}",
};

static const char *const kinds[] = {"deny_if", "deny_unless", "ask_if",
	"ask_unless", "token_if", "token_unless"};
static const char *const pointers[] = {
	"/p", "/q", "/q/*", "/q/r", "/q/0", "/none"};
static const char *const conditions[] = {"\"eq\": \"x\"", "\"eq\": 7",
	"\"in\": [\"x\", \"a\", 7]", "\"glob\": \"x*\"",
	"\"regex\": \"[a-x]+\"", "\"under\": [\"/srv\"]", "\"min\": 2",
	"\"max\": 50", "\"max_len\": 1", "\"type\": \"string\"",
	"\"present\": true", "\"present\": false",
	"\"host_in\": [\"*.example.org\"]"};
static const char *const patterns[] = {"*", "a", "a*", "ab", "?b", "c"};
static const char *const schemas[] = {"{\"required\": [\"p\"]}",
	"{\"properties\": {\"p\": {\"type\": \"string\"}}}",
	"{\"additionalProperties\": false, \"properties\": {\"q\": true}}",
	"{\"not\": {\"required\": [\"q\"]}}", "true", "false"};

#define ONE_OF(seed, list) ((list)[chance_next(seed) % ELEMENTS(list)])

uint32_t chance_next(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

void chance_rules_put(FILE *f, uint32_t *seed)
{
	unsigned n = chance_next(seed) % 4;

	if (n > 0)
		(void)fputs(", \"rules\": [", f);
	for (unsigned i = 0; i < n; i++)
		(void)fprintf(f,
			"%s{\"id\": \"r%u\", \"tools\": [\"%s\"], \"%s\": "
			"{\"%s\": {%s}}}",
			i ? ", " : "", i, ONE_OF(seed, patterns),
			ONE_OF(seed, kinds), ONE_OF(seed, pointers),
			ONE_OF(seed, conditions));
	if (n > 0)
		(void)fputs("]", f);
	if (chance_next(seed) % 4 == 0)
		(void)fprintf(f, ", \"schemas\": {\"%s\": %s}",
			ONE_OF(seed, patterns), ONE_OF(seed, schemas));
}

static enum decision by_rules(
	const struct plan *p, const char *tool, const char *text)
{
	static const struct json_limits limits = {
		.max_bytes = 1024, .max_depth = 8, .max_keys = 64};
	struct json_scanner *s = json_scanner_new(&limits);
	struct json_scan_result scan;
	struct rules_verdict v;
	struct json_value args;

	if (!p->rules) {
		json_scanner_free(s);
		return DECISION_CLIENT;
	}
	assert_non_null(s);
	assert_int_equal(json_scan(s, text, strlen(text), &scan), 0);
	args = json_top(text, &scan);
	rules_decide(p->rules, tool, strlen(tool), &args, &v);
	json_scanner_free(s);
	return v.decision == DECISION_ALLOW ? DECISION_CLIENT : v.decision;
}

enum decision chance_rules_say(
	const struct plan *p, const char *tool, unsigned nth)
{
	enum decision ruled = by_rules(p, tool, calls[nth]);
	struct tool_verdict v;

	tools_decide(p->tools, tool, strlen(tool), &v);
	/* As ruling.c puts them together: the stricter. */
	return ruled < v.decision ? ruled : v.decision;
}
