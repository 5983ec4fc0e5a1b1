/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What somebody has accepted is listed from then on: the client is told that
 * its list is old, where it would hear that of the server, too.
 */
#include "relay/listen.h"
#include "relay/session.h"

static const struct {
	const char *capability;
	enum method method;
} lists[_PIN_N] = {
	[PIN_TOOL] = {"tools", METHOD_N_TOOLS_LIST_CHANGED},
	[PIN_PROMPT] = {"prompts", METHOD_N_PROMPTS_LIST_CHANGED},
	[PIN_RESOURCE] = {"resources", METHOD_N_RESOURCES_LIST_CHANGED},
	[PIN_TEMPLATE] = {"resources", METHOD_N_RESOURCES_LIST_CHANGED},
};

void pinning_announces(struct relay *r, const struct message *m)
{
	struct json_value all, one, flag;

	for (int k = PIN_NONE + 1; k < _PIN_N; k++)
		r->pinning.announces[k] =
			lists[k].capability &&
			json_get(&m->result, "capabilities", &all) &&
			all.type == JSON_OBJECT &&
			json_get(&all, lists[k].capability, &one) &&
			one.type == JSON_OBJECT &&
			json_get(&one, "listChanged", &flag) &&
			flag.type == JSON_TRUE;
}

/* @c: the subscription that it belongs to, or NULL. */
static void say(struct relay *r, enum pin_kind kind, const struct call *c)
{
	struct out *o = &r->answer;

	out_str(o, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/");
	out_str(o, lists[kind].capability);
	out_str(o, "/list_changed\"");
	if (c) {
		out_str(o,
			",\"params\":{\"_meta\":{\"" META_SUBSCRIPTION "\":");
		out_bytes(o, c->bytes, c->id_len);
		out_str(o, "}}");
	}
	out_str(o, "}\n");
	session_to_client(r);
}

void pinning_announce(struct relay *r, enum pin_kind kind)
{
	if (!lists[kind].capability || r->ends.over || r->ends.client_gone)
		return;
	if (r->client_legacy && r->pinning.announces[kind])
		say(r, kind, NULL);
	for (const struct call *c = r->calls.oldest; c; c = c->newer)
		if (c->listen && !c->cancelled && !c->held &&
			listen_hears(c->listen, lists[kind].method))
			say(r, kind, c);
}
