/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/wish_subject.h"

#include "policy/answer.h"
#include "policy/wishes_cut.h"

#define PAGES "elicitation/create"
#define MIXED "sampling/createMessage, elicitation/create"

static struct json_value constant(const char *text, size_t len)
{
	return json_value_of(text, 0, len, JSON_STRING);
}

void wish_subject_of_request(const struct message *m, struct wish_subject *ret)
{
	ret->name = method_name(m->method);
	ret->method = m->method_name;
	ret->params = m->params;
}

/* Pages that are to be opened first: what elicitation/create would ask. */
static bool of_error(const struct wishes *w, const struct json_value *error,
	struct wish_subject *ret)
{
	struct json_value code, data;
	int64_t n;

	if (w->elicitation != WISH_ASK || error->type != JSON_OBJECT ||
		!json_get(error, "code", &code) || !json_to_int64(&code, &n) ||
		n != ANSWER_URL_ELICITATION || !json_get(error, "data", &data))
		return false;
	ret->name = PAGES;
	ret->method = constant("\"" PAGES "\"", sizeof(PAGES) + 1);
	ret->params = data;
	return true;
}

/* The method of one of inputRequests; UNKNOWN: it is not to be asked for. */
static enum method asked_for(const struct wishes *w,
	const struct json_value *one, struct json_value *ret_name)
{
	enum method m;

	if (one->type != JSON_OBJECT || !json_get(one, "method", ret_name) ||
		ret_name->type != JSON_STRING)
		return METHOD_UNKNOWN;
	m = method_find(ret_name);
	return wishes_permit(w, m) == WISH_ASK ? m : METHOD_UNKNOWN;
}

static bool of_requests(const struct wishes *w,
	const struct json_value *requests, struct wish_subject *ret)
{
	struct json_iter i = json_iter(requests);
	enum method first = METHOD_UNKNOWN;
	struct json_member one;
	size_t n = 0;

	while (json_next(&i, &one)) {
		struct json_value name;
		enum method m = asked_for(w, &one.value, &name);

		n++;
		if (m == METHOD_UNKNOWN)
			continue;
		if (first == METHOD_UNKNOWN) {
			ret->name = method_name(m);
			ret->method = name;
			ret->params.type = JSON_INVALID;
			(void)json_get(&one.value, "params", &ret->params);
		} else if (m != first) {
			ret->name = MIXED;
		}
		first = first == METHOD_UNKNOWN ? m : first;
	}
	if (n > 1)
		ret->params = *requests;
	return first != METHOD_UNKNOWN;
}

bool wish_subject_of_answer(const struct wishes *w, const struct message *m,
	enum message_era era, struct wish_subject *ret)
{
	struct json_value requests;

	if (m->kind == MESSAGE_ERROR)
		return era == ERA_LEGACY && of_error(w, &m->error, ret);
	if (m->kind != MESSAGE_RESULT || era != ERA_MODERN ||
		m->result.type != JSON_OBJECT ||
		!json_get(&m->result, "inputRequests", &requests) ||
		requests.type != JSON_OBJECT)
		return false;
	return of_requests(w, &requests, ret);
}
