/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/ruling.h"

#include <string.h>

#include "policy/answer.h"
#include "policy/uri.h"
#include "policy/versions.h"
#include "relay/entry.h"

void ruling_error(struct ruling *u, int code, const char *text)
{
	u->answer = RULING_ERROR;
	u->decision = "deny";
	u->code = code;
	u->text = text;
}

/* With what is answered where there is none. */
static void needs_token(struct ruling *u)
{
	ruling_error(u, ANSWER_INTERNAL_ERROR,
		"Not run: only the user can permit this, one time, outside "
		"this conversation.");
	u->answer = RULING_TOKEN;
	u->decision = "token";
	u->as_result = u->is_tool;
}

/* Decides about a name; false if it is denied. */
static bool decide(
	const struct tools *t, const struct json_value *name, struct ruling *u)
{
	/* One byte more than a name may have: what is longer stays longer. */
	u->name_len = json_string_copy(name, u->name, sizeof(u->name));
	if (u->name_len > sizeof(u->name))
		u->name_len = sizeof(u->name);
	tools_decide(t, u->name, u->name_len, &u->verdict);
	u->named = true;
	if (u->verdict.decision == DECISION_CLIENT)
		u->decision = "client";
	if (u->verdict.decision == DECISION_ASK) {
		u->decision = "ask";
		u->answer = RULING_ASK;
	}
	if (u->verdict.decision == DECISION_TOKEN)
		needs_token(u);
	return u->verdict.decision != DECISION_DENY;
}

static void unknown(struct ruling *u)
{
	ruling_error(u, ANSWER_INVALID_PARAMS, "not listed");
	u->answer = RULING_UNKNOWN;
}

/* As a server says it that has none of that URI. */
static void not_found(struct ruling *u, enum message_era era)
{
	ruling_error(u,
		era == ERA_MODERN ? ANSWER_INVALID_PARAMS
				  : ANSWER_RESOURCE_NOT_FOUND,
		"Resource not found");
}

static void put(struct ruling *u, size_t *used, const char *text)
{
	size_t n = strlen(text), room = sizeof(u->said) - 1 - *used;

	n = n < room ? n : room;
	memcpy(u->said + *used, text, n);
	*used += n;
	u->said[*used] = '\0';
}

/* Told to the model: the rule and what it forbids. */
static void refused_by_rule(struct ruling *u, const struct rules_verdict *v)
{
	size_t used = 0;

	if (v->message) {
		put(u, &used, v->message);
	} else {
		put(u, &used, "Refused by policy \"");
		put(u, &used, v->id);
		put(u, &used, "\": ");
		put(u, &used, v->pointer[0] ? v->pointer : "what was given");
		put(u, &used, " is not permitted.");
	}
	put(u, &used, " Nothing was run.");
	ruling_error(u, ANSWER_INTERNAL_ERROR, u->said);
	u->as_result = true;
}

/* The names of those that fired, behind those of the lists. */
static void name_rules(struct tool_verdict *to, const struct rules_verdict *v)
{
	size_t n = 0;

	while (to->rules[n])
		n++;
	for (size_t i = 0; v->fired[i] && n < TOOL_RULES_MAX; i++)
		to->rules[n++] = v->fired[i];
	to->rules[n] = NULL;
	to->n_matched += v->n_fired;
}

/* What the lists let through, its arguments may still take away. */
static void rule_arguments(
	struct rules *rules, const struct message *m, struct ruling *u)
{
	struct json_value args = entry_arguments(m);
	struct rules_verdict v;

	rules_decide(rules, u->name, u->name_len,
		args.type == JSON_INVALID ? NULL : &args, &v);
	name_rules(&u->verdict, &v);
	if (u->verdict.decision == DECISION_DENY)
		return;
	if (v.decision == DECISION_DENY) {
		refused_by_rule(u, &v);
	} else if (v.decision == DECISION_TOKEN) {
		needs_token(u);
	} else if (v.decision == DECISION_ASK && u->answer != RULING_TOKEN) {
		u->decision = "ask";
		u->answer = RULING_ASK;
		u->by_rules = v;
	}
}

/* What nobody has accepted is not there; what is not what was accepted is
 * there, and refused. */
static void rule_pin(const struct pins *pins, enum pin_kind kind,
	const struct message *m, struct ruling *u)
{
	static const char *const texts[_PIN_N] = {
		[PIN_TOOL] = PIN_REFUSED,
		[PIN_PROMPT] = "The prompt's definition changed; the user must "
			       "look at it first.",
		[PIN_RESOURCE] = "The resource's definition changed; the user "
				 "must look at it first.",
		[PIN_TEMPLATE] = "The template's definition changed; the user "
				 "must look at it first.",
	};

	if (!pins || u->verdict.decision == DECISION_DENY)
		return;
	switch (pins_call(pins, kind, u->name, u->name_len)) {
	case PIN_CALL_FINE:
		return;
	case PIN_CALL_UNKNOWN:
		u->pin = kind;
		u->verdict.listed = false;
		if (kind == PIN_RESOURCE || kind == PIN_TEMPLATE)
			not_found(u, m->era);
		else
			unknown(u);
		u->reason = "no definition of it was accepted";
		return;
	case PIN_CALL_CHANGED:
		u->pin = kind;
		ruling_error(u, ANSWER_INTERNAL_ERROR, texts[kind]);
		u->as_result = u->is_tool;
		return;
	}
}

static void rule_named(
	const struct allowed *a, const struct message *m, struct ruling *u)
{
	const struct tools *t = u->is_tool ? a->tools : a->prompts;
	enum record_field field;
	struct json_value name;

	if (!entry_subject(m, &name, &field))
		ruling_error(u, ANSWER_INVALID_PARAMS,
			"Invalid params: name is not a string");
	else if (!decide(t, &name, u))
		unknown(u);
	if (u->named && u->is_tool && a->rules)
		rule_arguments(a->rules, m, u);
	if (u->named)
		rule_pin(a->pins, u->is_tool ? PIN_TOOL : PIN_PROMPT, m, u);
}

static void rule_resource(
	const struct allowed *a, const struct message *m, struct ruling *u)
{
	enum record_field field;
	struct json_value uri;

	if (!entry_subject(m, &uri, &field))
		ruling_error(u, ANSWER_INVALID_PARAMS,
			"Invalid params: uri is not a string");
	else if (!decide(a->resources, &uri, u))
		not_found(u, m->era);
	if (u->named && u->verdict.decision == DECISION_DENY &&
		!uri_is_plain(u->name, u->name_len))
		u->reason = "a URI that can be read in two ways";
	if (u->named)
		rule_pin(a->pins, PIN_RESOURCE, m, u);
}

static void rule_reference(const struct tools *t, const struct pins *pins,
	enum pin_kind kind, const struct message *m,
	const struct json_value *name, struct ruling *u)
{
	bool denied = name->type != JSON_STRING || !decide(t, name, u);

	if (denied && kind == PIN_PROMPT)
		unknown(u);
	else if (denied)
		not_found(u, m->era);
	else
		rule_pin(pins, kind, m, u);
}

/* What is completed is an argument of a prompt or of a template. */
static void rule_completion(
	const struct allowed *a, const struct message *m, struct ruling *u)
{
	struct json_value ref, name;

	if (m->params.type != JSON_OBJECT ||
		!json_get(&m->params, "ref", &ref) || ref.type != JSON_OBJECT) {
		ruling_error(u, ANSWER_INVALID_PARAMS,
			"Invalid params: ref is not an object");
		return;
	}
	if (json_get(&ref, "name", &name))
		rule_reference(a->prompts, a->pins, PIN_PROMPT, m, &name, u);
	if (u->code == 0 && json_get(&ref, "uri", &name))
		rule_reference(
			a->resources, a->pins, PIN_TEMPLATE, m, &name, u);
}

/* Its subscriptions are reads of what they name. */
static void rule_listen(
	const struct allowed *a, const struct message *m, struct ruling *u)
{
	struct json_value notifications, uris;
	struct json_iter i;
	struct json_member one;

	if (m->params.type != JSON_OBJECT ||
		!json_get(&m->params, "notifications", &notifications) ||
		notifications.type != JSON_OBJECT ||
		!json_get(&notifications, "resourceSubscriptions", &uris))
		return;
	if (uris.type != JSON_ARRAY) {
		not_found(u, m->era);
		return;
	}
	i = json_iter(&uris);
	while (json_next(&i, &one))
		if (one.value.type != JSON_STRING ||
			!decide(a->resources, &one.value, u)) {
			not_found(u, m->era);
			return;
		}
}

/* Of a version that is not known nothing is known. */
static void rule_version(const struct message *m, struct ruling *u)
{
	struct json_value version = {.type = JSON_INVALID};
	int code = version_fault(m, &version);

	if (code == 0)
		return;
	if (code == ANSWER_INVALID_PARAMS) {
		ruling_error(u, code,
			m->era == ERA_MODERN
				? "Invalid params: _meta does not name the "
				  "protocol version and the client's "
				  "capabilities"
				: "Invalid params: protocolVersion is not a "
				  "string");
		return;
	}
	ruling_error(u, code, "Unsupported protocol version");
	u->name_len = json_string_copy(&version, u->name, sizeof(u->name));
	if (u->name_len > sizeof(u->name))
		u->name_len = sizeof(u->name);
}

static const struct {
	enum method method;
	void (*rule)(const struct allowed *a, const struct message *m,
		struct ruling *u);
} rules[] = {
	{METHOD_TOOLS_CALL, rule_named},
	{METHOD_PROMPTS_GET, rule_named},
	{METHOD_RESOURCES_READ, rule_resource},
	{METHOD_RESOURCES_SUBSCRIBE, rule_resource},
	{METHOD_RESOURCES_UNSUBSCRIBE, rule_resource},
	{METHOD_COMPLETION_COMPLETE, rule_completion},
	{METHOD_SUBSCRIPTIONS_LISTEN, rule_listen},
};

/* A request of the modern era says its version; one that only that era has, and
 * that does not, is no unknown method. */
static void rule_method(const struct message *m, struct ruling *u)
{
	if (method_permitted(m->method, DIR_C2S, MESSAGE_REQUEST, m->era))
		return;
	if (m->era == ERA_LEGACY && method_permitted(m->method, DIR_C2S,
					    MESSAGE_REQUEST, ERA_MODERN))
		ruling_error(u, ANSWER_INVALID_PARAMS,
			"No protocolVersion in params._meta");
	else
		ruling_error(u, ANSWER_METHOD_NOT_FOUND, "Method not found");
}

void ruling_make(const struct allowed *a, const struct message *m, bool lost,
	struct ruling *ret)
{
	struct ruling *u = ret;

	u->answer = RULING_FORWARD;
	u->decision = "allow";
	u->text = NULL;
	u->reason = NULL;
	u->as_result = false;
	u->approval = 0;
	u->token = NULL;
	u->agreed = false;
	u->observed = false;
	u->counts = u->counts_observed = u->quarantined = false;
	u->limit = RATE_NONE;
	u->limit_most = 0;
	u->pin = PIN_NONE;
	u->code = 0;
	u->is_tool = m->method == METHOD_TOOLS_CALL;
	u->named = false;
	u->name_len = 0;
	u->verdict = (struct tool_verdict){.decision = DECISION_DENY};
	u->by_rules = (struct rules_verdict){.decision = DECISION_ALLOW};
	rule_version(m, u);
	if (u->answer == RULING_FORWARD)
		rule_method(m, u);
	for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++)
		if (u->answer == RULING_FORWARD && rules[i].method == m->method)
			rules[i].rule(a, m, u);
	/* A completion or a subscription runs nothing: the call is asked for.
	 */
	if (u->answer == RULING_ASK && m->method != METHOD_TOOLS_CALL &&
		m->method != METHOD_PROMPTS_GET &&
		m->method != METHOD_RESOURCES_READ) {
		u->answer = RULING_FORWARD;
		u->decision = "allow";
	}
	if (u->answer == RULING_ASK && a->proof)
		needs_token(u);
	if ((u->answer == RULING_FORWARD || u->answer == RULING_ASK ||
		    u->answer == RULING_TOKEN) &&
		lost) {
		u->answer = RULING_LOST;
		u->as_result = u->is_tool;
		u->text = "The server has ended.";
		u->code = ANSWER_INTERNAL_ERROR;
	}
}

void ruling_make_observed(const struct allowed *a,
	const struct allowed *observed, const struct message *m, bool lost,
	struct ruling *ret)
{
	struct ruling would;

	ruling_make(observed, m, lost, &would);
	ruling_make(a, m, lost, ret);
	/* What is refused all the same is refused in its own words. */
	if (ret->answer != RULING_FORWARD)
		return;
	ret->decision = would.decision;
	ret->verdict = would.verdict;
	ret->observed = would.answer != RULING_FORWARD;
	if (!ret->observed)
		return;
	ret->reason = would.text ? would.text : "asked for";
	if (would.text == would.said) {
		memcpy(ret->said, would.said, sizeof(ret->said));
		ret->reason = ret->said;
	}
}

void ruling_answer(
	const struct ruling *u, const struct message *m, struct out *o)
{
	const char *id = m->id.text + m->id.begin;
	size_t id_len = m->id.end - m->id.begin;
	bool told = u->answer == RULING_LOST || u->answer == RULING_ERROR ||
		    u->answer == RULING_TOKEN;

	if (u->answer == RULING_UNKNOWN)
		(u->is_tool ? answer_unknown_tool : answer_unknown_prompt)(
			o, m->era, id, id_len, u->name, u->name_len);
	else if (told && u->as_result)
		answer_tool_error(
			o, m->era, id, id_len, u->text, strlen(u->text));
	else if (told && u->code == ANSWER_UNSUPPORTED_VERSION)
		answer_unsupported_version(o, id, id_len, u->name, u->name_len);
	else if (told)
		answer_error(o, m->era, id, id_len, u->code, u->text,
			strlen(u->text));
}
