/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/elicit.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "policy/answer.h"

/* The first is what a form that fills itself in would take. */
#define DENY "Do not run it"
#define ALLOW "Run it once"

void elicit_init(struct elicit *e, bool wanted)
{
	unsigned char bytes[8];

	*e = (struct elicit){.wanted = wanted};
	randombytes_buf(bytes, sizeof(bytes));
	(void)sodium_bin2hex(e->nonce, sizeof(e->nonce), bytes, sizeof(bytes));
}

/* {} is a form, as it was before there were two modes. */
static bool has_forms(const struct json_value *capabilities)
{
	struct json_value v, mode;
	struct json_iter i;
	struct json_member m;

	if (capabilities->type != JSON_OBJECT ||
		!json_get(capabilities, "elicitation", &v) ||
		v.type != JSON_OBJECT)
		return false;
	if (json_get(&v, "form", &mode))
		return mode.type == JSON_OBJECT;
	i = json_iter(&v);
	return !json_next(&i, &m);
}

void elicit_hello(struct elicit *e, const struct message *m)
{
	struct json_value v;

	e->can = m->params.type == JSON_OBJECT &&
		 json_get(&m->params, "capabilities", &v) && has_forms(&v);
}

bool elicit_possible(const struct elicit *e, const struct message *m)
{
	struct json_value v;

	if (!e->wanted)
		return false;
	if (m->era != ERA_MODERN)
		return e->can;
	return m->meta.type == JSON_OBJECT &&
	       json_get(&m->meta, "io.modelcontextprotocol/clientCapabilities",
		       &v) &&
	       has_forms(&v);
}

/* What a dialog would not show as itself is shown as an escape. */
static void put_shown(struct out *o, const char *text, size_t len)
{
	char shown[256];

	while (len > 0) {
		size_t n = escape_text(shown, sizeof(shown), text, len);

		if (n == 0)
			return;
		out_json_text(o, shown, strlen(shown));
		text += n;
		len -= n;
	}
}

/* Quoted, so that none can be taken for the words around it. */
static void put_name(
	struct out *o, struct out *scratch, const char *name, size_t len)
{
	out_reset(scratch);
	out_json_string(scratch, name, len);
	put_shown(o, scratch->data, scratch->len);
	out_reset(scratch);
}

static int put_arguments(
	struct out *o, struct out *scratch, const struct json_value *v)
{
	int x = 0;

	out_reset(scratch);
	if (v->type != JSON_INVALID)
		x = canonical_write(scratch, v);
	else
		out_str(scratch, "{}");
	if (x == 0 && (scratch->failed || scratch->len > ELICIT_SHOWN_MAX))
		x = 1;
	if (x == 0)
		put_shown(o, scratch->data, scratch->len);
	out_reset(scratch);
	return x;
}

int elicit_params(struct out *o, struct out *scratch,
	const struct elicit_about *a, bool modern)
{
	int x = a->name_len > ELICIT_SHOWN_MAX ? 1 : 0;

	out_str(o, modern ? "{\"mode\":\"form\",\"message\":\""
			  : "{\"message\":\"");
	out_str(o, "stockade asks: may the ");
	out_str(o, approval_kind_name(a->kind));
	out_str(o, " ");
	put_name(o, scratch, a->name, x == 0 ? a->name_len : 0);
	out_str(o, " of ");
	put_name(o, scratch, a->server, strlen(a->server));
	out_str(o, a->kind == APPROVAL_RESOURCE ? " be read? "
						: " be run? Arguments: ");
	if (x == 0 && a->kind != APPROVAL_RESOURCE)
		x = put_arguments(o, scratch, &a->arguments);
	out_str(o, "\",\"requestedSchema\":{\"type\":\"object\","
		   "\"properties\":{\"answer\":{\"type\":\"string\","
		   "\"title\":\"Answer\",\"enum\":[\"" DENY "\",\"" ALLOW
		   "\"]}},\"required\":[\"answer\"]}}");
	if (x == 0 && o->failed)
		x = -ENOMEM;
	return x;
}

/* A free place, or that of one which is over. */
static struct elicit_form *find_room(struct elicit *e)
{
	struct elicit_form *over = NULL;

	for (size_t i = 0; i < ELICIT_MAX; i++) {
		if (e->all[i].question == 0)
			return &e->all[i];
		if (e->all[i].over && !over)
			over = &e->all[i];
	}
	return over;
}

int elicit_ask(struct elicit *e, struct out *o, struct out *scratch,
	const struct elicit_about *a, uint64_t question)
{
	struct elicit_form *x = find_room(e);
	int r;

	if (!x)
		return 1;
	*x = (struct elicit_form){0};
	(void)snprintf(x->id, sizeof(x->id), "stockade-%s-%llu", e->nonce,
		(unsigned long long)++e->n);
	out_str(o, "{\"jsonrpc\":\"2.0\",\"id\":\"");
	out_str(o, x->id);
	out_str(o, "\",\"method\":\"elicitation/create\",\"params\":");
	r = elicit_params(o, scratch, a, false);
	out_str(o, "}\n");
	if (r == 0 && o->failed)
		r = -ENOMEM;
	if (r == 0)
		x->question = question;
	else
		out_reset(o);
	return r;
}

struct elicit_form *elicit_find(struct elicit *e, const struct json_value *id)
{
	for (size_t i = 0; id->type == JSON_STRING && i < ELICIT_MAX; i++)
		if (e->all[i].question && json_string_eq(id, e->all[i].id))
			return &e->all[i];
	return NULL;
}

struct elicit_form *elicit_of(struct elicit *e, uint64_t question)
{
	for (size_t i = 0; question && i < ELICIT_MAX; i++)
		if (e->all[i].question == question && !e->all[i].over)
			return &e->all[i];
	return NULL;
}

enum elicit_word elicit_read(const struct json_value *result)
{
	struct json_value v, content;

	if (result->type != JSON_OBJECT || !json_get(result, "action", &v) ||
		v.type != JSON_STRING || !json_string_eq(&v, "accept") ||
		!json_get(result, "content", &content) ||
		content.type != JSON_OBJECT ||
		!json_get(&content, "answer", &v) || v.type != JSON_STRING)
		return ELICIT_NOTHING;
	if (json_string_eq(&v, ALLOW))
		return ELICIT_ALLOW;
	return json_string_eq(&v, DENY) ? ELICIT_DENY : ELICIT_NOTHING;
}
