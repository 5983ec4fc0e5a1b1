/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/rework_refuse.h"

#include "policy/answer.h"
#include "policy/page.h"
#include "policy/versions.h"
#include "relay/session.h"

#define ENDLESS "The server's list leads back to itself."

/* An answer of the modern era is of a type that its request allows. */
static bool is_of_type(const struct message *m, const struct call *c)
{
	enum result_type type = result_type(&m->result);

	if (type == RESULT_INPUT_REQUIRED)
		return c->method == METHOD_TOOLS_CALL ||
		       c->method == METHOD_PROMPTS_GET ||
		       c->method == METHOD_RESOURCES_READ;
	return type != RESULT_UNKNOWN;
}

/* Of a request whose result holds nothing. */
static bool may_be_null(enum method m)
{
	return m == METHOD_PING || m == METHOD_LOGGING_SET_LEVEL ||
	       m == METHOD_RESOURCES_SUBSCRIBE ||
	       m == METHOD_RESOURCES_UNSUBSCRIBE;
}

const char *rework_refuses(
	struct relay *r, const struct message *m, const struct call *c)
{
	enum wish is;

	if (message_result_confused(&m->result) ||
		(m->result.type == JSON_NULL && !may_be_null(c->method)) ||
		(c->era == ERA_MODERN && !is_of_type(m, c)))
		return REWORK_MALFORMED;
	/* No answer of the legacy era asks; some client reads it all the same.
	 */
	is = wishes_permit_result(&r->wishes, &m->result);
	if (is == WISH_DENY || (is == WISH_ASK && c->era != ERA_MODERN))
		return REWORK_NOT_PERMITTED;
	if (c->era == ERA_MODERN && !wanted_fits(&m->result))
		return REWORK_NOT_PERMITTED;
	if (c->method == METHOD_INITIALIZE && !version_agreed(&m->result))
		return REWORK_VERSION;
	if (c->paged && pages_go_round(&r->pages, &c->subject, &m->result))
		return ENDLESS;
	return tasks_refuses(&r->tasks, m, c);
}

bool rework_error_may_ask(
	const struct relay *r, const struct message *m, const struct call *c)
{
	struct json_value code;
	int64_t n;

	return !json_get(&m->error, "code", &code) ||
	       !json_to_int64(&code, &n) || n != ANSWER_URL_ELICITATION ||
	       (c->era == ERA_LEGACY && r->wishes.elicitation != WISH_DENY &&
		       page_error_valid(&m->error));
}
