/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/rework.h"

#include <errno.h>

#include "policy/output.h"
#include "relay/rework_clean.h"
#include "relay/rework_hello.h"
#include "relay/rework_refuse.h"
#include "relay/rework_scope.h"
#include "relay/rework_types.h"
#include "relay/session.h"

#define UNSEEN                                                             \
	"The server's answer had characters that are not seen where they " \
	"cannot be taken out, and was dropped."
#define UNSEEN_STRUCTURED                                                  \
	"The server's answer had characters that are not seen in its "     \
	"structured content, which may not be valid without them. It was " \
	"dropped."
#define LIST_TOO_LONG \
	"The server's list was over the output limit and could not be cut."

void rework_replace(struct relay *r, const struct call *c, const char *text,
	struct reworked *w)
{
	out_reset(&r->s2c.instead);
	session_answer_lost(&r->s2c.instead, c, text);
	w->step = LANE_INSTEAD;
	w->replaced = true;
	w->outcome =
		c->method == METHOD_TOOLS_CALL ? "tool_error" : "rpc_error";
}

/* What lists of a method name, and by which policy. */
struct listing {
	enum names names;
	const struct tools *by;
};

static bool is_list(const struct relay *r, enum method m, struct listing *ret)
{
	const struct {
		enum method method;
		struct listing listing;
	} rows[] = {
		{METHOD_TOOLS_LIST, {NAMES_TOOLS, r->allowed.tools}},
		{METHOD_PROMPTS_LIST, {NAMES_PROMPTS, r->allowed.prompts}},
		{METHOD_RESOURCES_LIST,
			{NAMES_RESOURCES, r->allowed.resources}},
		{METHOD_RESOURCES_TEMPLATES_LIST,
			{NAMES_TEMPLATES, r->allowed.resources}},
	};

	for (size_t i = 0; i < ELEMENTS(rows); i++)
		if (rows[i].method == m) {
			*ret = rows[i].listing;
			return true;
		}
	return false;
}

static void cut_list(struct relay *r, const struct message *m, const char *line,
	size_t len, const struct call *c, const struct listing *of, bool plain,
	struct reworked *ret)
{
	const struct list_caps caps = {
		.bytes = output_other_bytes(&r->caps),
		.items = LIST_ITEMS_DEFAULT,
		.plain = plain,
	};
	struct filter_stats stats = {0};
	struct pinned_list pinned;
	struct list_judge judge;
	int n;

	pinning_list(r, of->names, c, &pinned);
	judge = (struct list_judge){pinning_judge, &pinned};
	n = names_judge_list(of->by, of->names, &caps,
		r->pinning.pins ? &judge : NULL, line, len, &m->result,
		&r->s2c.instead, &stats);
	pinned.cut = stats.over > 0;
	/* What was not judged was not seen. */
	if (n == 0 || n == 1)
		pinning_list_end(&pinned, c, &m->result);

	if (stats.unseen)
		ret->unseen = "an item of a list was left out";
	if (of->names == NAMES_TOOLS)
		titles_note(&r->titles, of->by, &m->result);
	ret->step = n == 1 ? LANE_PASS : LANE_INSTEAD;
	if (stats.bytes_seen > caps.bytes)
		ret->text_seen = stats.bytes_seen;
	ret->items_seen = stats.items_seen;
	ret->cut = n == 2 || stats.over > 0;
	if (n == 0)
		out_str(&r->s2c.instead, "\n");
	if (n == 2)
		rework_replace(r, c, LIST_TOO_LONG, ret);
	else if (n < 0 || r->s2c.instead.failed)
		rework_replace(r, c, REWORK_MALFORMED, ret);
}

/* No result, but words about it. */
static void answer_over(struct relay *r, const struct call *c,
	enum output_verdict verdict, const struct output_cut *cut,
	struct reworked *ret)
{
	struct out *text = &r->scratch;

	out_reset(text);
	output_over_text(text, &r->caps, verdict, cut,
		spill_files(&r->spill, c->number));
	out_bytes(text, "", 1);
	rework_replace(r, c,
		text->failed ? "The server's answer was over the output limit."
			     : text->data,
		ret);
	out_reset(text);
}

static void cap_result(struct relay *r, const struct message *m,
	const char *line, size_t len, const struct call *c,
	struct reworked *ret)
{
	struct output_cut cut = {0};
	int n;

	if (spill_result(r, m, line, c)) {
		ret->step = LANE_HOLD;
		return;
	}
	n = output_cap(&r->caps, c->of, line, len, &m->result,
		spill_files(&r->spill, c->number), &r->s2c.instead, &cut);
	ret->text_seen = cut.text_seen;
	ret->binary_seen = cut.binary_seen;
	ret->cut = n != OUTPUT_FITS;
	if (n == OUTPUT_FITS)
		return;
	ret->step = LANE_INSTEAD;
	if (n == OUTPUT_CUT)
		out_str(&r->s2c.instead, "\n");
	if (n != OUTPUT_CUT || r->s2c.instead.failed)
		answer_over(r, c,
			n == OUTPUT_FORBID ? OUTPUT_FORBID : OUTPUT_WHOLE, &cut,
			ret);
}

static void cap_error(struct relay *r, const struct message *m,
	const char *line, size_t len, const struct call *c,
	struct reworked *ret)
{
	struct output_cut cut = {0};
	int n = output_cap_error(
		&r->caps, line, len, &m->error, &r->s2c.instead, &cut);

	ret->text_seen = cut.text_seen;
	ret->cut = cut.cut;
	if (n == OUTPUT_FITS)
		return;
	ret->step = LANE_INSTEAD;
	out_str(&r->s2c.instead, "\n");
	if (n < 0 || r->s2c.instead.failed)
		rework_replace(r, c, REWORK_MALFORMED, ret);
}

static const char *outcome_of(const struct message *m, const struct call *c)
{
	struct json_value v;

	if (m->kind == MESSAGE_ERROR)
		return "rpc_error";
	if (c->of == METHOD_TOOLS_CALL && m->result.type == JSON_OBJECT &&
		json_get(&m->result, "isError", &v) && v.type == JSON_TRUE)
		return "tool_error";
	return "ok";
}

/* Where a task's result stands in what tells of the task. */
static struct message inner_result(
	const struct message *m, const struct call *c)
{
	struct message inner = *m;
	struct json_value v;

	if (c->method == METHOD_TASKS_GET && m->result.type == JSON_OBJECT &&
		json_get(&m->result, "result", &v) && v.type == JSON_OBJECT)
		inner.result = v;
	return inner;
}

static void cut_tasks(struct relay *r, const struct message *m,
	const char *line, size_t len, const struct call *c,
	struct reworked *ret)
{
	int n;

	/* A page of states has no text that could be shortened. */
	if (len > output_other_bytes(&r->caps)) {
		ret->text_seen = len;
		ret->cut = true;
		rework_replace(r, c, LIST_TOO_LONG, ret);
		return;
	}
	n = tasks_cut(&r->tasks, line, len, &m->result, &r->s2c.instead);
	if (n == 1)
		return;
	ret->step = LANE_INSTEAD;
	ret->cut = true;
	out_str(&r->s2c.instead, "\n");
	if (n < 0 || r->s2c.instead.failed)
		rework_replace(r, c, REWORK_MALFORMED, ret);
}

enum lane_step rework_task_note(
	struct relay *r, const struct message *m, const char *line, size_t len)
{
	struct output_cut cut = {0};
	struct message typed;
	struct json_value v;
	int n;

	if (!json_get(&m->params, "result", &v) || v.type != JSON_OBJECT)
		return len > r->caps.text_bytes ? LANE_DROP : LANE_PASS;
	n = rework_types(r, METHOD_TOOLS_CALL, line, len, &v, &typed);
	/* Who is told less asks for the result, and gets what may pass. */
	if (n == 1 && r->typed.len <= r->caps.text_bytes &&
		r->typed.len <= r->caps.binary_bytes)
		return rework_pass(r, &r->typed);
	if (n != 0)
		return LANE_DROP;
	n = output_cap(&r->caps, METHOD_TASKS_GET, line, len, &m->params, NULL,
		&r->s2c.instead, &cut);
	if (n == OUTPUT_FITS)
		return LANE_PASS;
	out_str(&r->s2c.instead, "\n");
	return n == OUTPUT_CUT && !r->s2c.instead.failed ? LANE_INSTEAD
							 : LANE_DROP;
}

/* What the server's answer carries, apart from lists. */
static void rework_content(struct relay *r, const struct message *m,
	const char *line, size_t len, const struct call *c,
	struct reworked *ret)
{
	/* No line carries more than it is long: spares whole passes over it. */
	bool long_text = len > r->caps.text_bytes;
	const char *why;

	if (m->kind == MESSAGE_ERROR) {
		if (!rework_error_may_ask(r, m, c))
			rework_replace(r, c, REWORK_NOT_PERMITTED, ret);
		else if (long_text)
			cap_error(r, m, line, len, c, ret);
	} else if ((why = rework_refuses(r, m, c))) {
		rework_replace(r, c, why, ret);
	} else if (c->method == METHOD_TASKS_LIST) {
		cut_tasks(r, m, line, len, c, ret);
	} else if (long_text || len > r->caps.binary_bytes) {
		cap_result(r, m, line, len, c, ret);
	}
}

static void take_list(struct relay *r, const struct message *m,
	const char *line, size_t len, const struct call *c,
	const struct listing *of, bool plain, struct reworked *ret)
{
	const char *why = rework_refuses(r, m, c);

	if (of->names == NAMES_TOOLS)
		shapes_note(&r->shapes, &m->result);
	if (why)
		rework_replace(r, c, why, ret);
	else if (plain || r->pinning.pins || of->names == NAMES_TOOLS ||
		 !tools_pass_all(of->by) || len > r->caps.text_bytes ||
		 len > LIST_ITEMS_DEFAULT * 2)
		cut_list(r, m, line, len, c, of, plain, ret);
}

static void refuse_unseen(struct relay *r, const struct call *c,
	const char *text, struct reworked *ret)
{
	ret->unseen = "in an answer that was dropped";
	out_reset(&r->cleaned);
	rework_replace(r, c, text, ret);
}

static void pass_cleaned(
	struct relay *r, const struct call *c, struct reworked *ret)
{
	ret->step = rework_clean_pass(r);
	if (ret->step == LANE_DROP)
		rework_replace(r, c, REWORK_MALFORMED, ret);
}

static void clean_list(struct relay *r, const struct call *c, const char *line,
	size_t len, struct reworked *ret)
{
	struct message m;

	if (ret->step == LANE_INSTEAD) {
		line = r->s2c.instead.data;
		len = r->s2c.instead.len - 1;
	}
	switch (rework_clean(r, line, len, &m, &ret->stripped)) {
	case CLEAN_NOTHING:
		return;
	case CLEAN_CHANGED:
		pass_cleaned(r, c, ret);
		return;
	case CLEAN_REFUSED:
		refuse_unseen(r, c, UNSEEN, ret);
		return;
	}
}

static void clean_content(struct relay *r, const struct message *m,
	const char *line, size_t len, const struct call *c,
	struct reworked *ret)
{
	struct message cleaned, inner;

	switch (rework_clean(r, line, len, &cleaned, &ret->stripped)) {
	case CLEAN_NOTHING:
		rework_content(r, m, line, len, c, ret);
		return;
	case CLEAN_REFUSED:
		refuse_unseen(r, c, UNSEEN, ret);
		return;
	case CLEAN_CHANGED:
		break;
	}
	inner = inner_result(&cleaned, c);
	if (!rework_clean_valid(c->shape, &inner.result, &ret->stripped)) {
		refuse_unseen(r, c, UNSEEN_STRUCTURED, ret);
		return;
	}
	rework_content(r, &cleaned, r->cleaned.data, r->cleaned.len, c, ret);
	if (ret->step == LANE_PASS)
		pass_cleaned(r, c, ret);
}

static void clean_or_not(struct relay *r, const struct message *m,
	const char *line, size_t len, const struct call *c,
	struct reworked *ret)
{
	if (clean_may_change(r->caps.unseen, line, len))
		clean_content(r, m, line, len, c, ret);
	else
		rework_content(r, m, line, len, c, ret);
}

/* What takes the line's place before anything else looks at it, in r->typed, as
 * the server spelled it: 1 and *ret; 0 nothing does; <0 nothing may go on. */
static int stand_in(struct relay *r, const struct message *m, const char *line,
	size_t len, const struct call *c, struct message *ret, bool *ret_cut)
{
	int n;

	*ret_cut = false;
	if (m->kind == MESSAGE_ERROR)
		return 0;
	if (rework_is_hello(c->method))
		return rework_refuses(r, m, c)
			       ? 0
			       : rework_hello(r, m, line, len, c, ret, ret_cut);
	n = rework_types(r, c->of, line, len, &m->result, ret);
	*ret_cut = n == 1;
	return n;
}

static void rework_other(struct relay *r, const struct message *m,
	const char *line, size_t len, const struct call *c,
	struct reworked *ret)
{
	struct message other;
	bool cut;
	int n = stand_in(r, m, line, len, c, &other, &cut);

	if (n < 0) {
		rework_replace(r, c,
			n == -EPROTONOSUPPORT ? REWORK_VERSION
					      : REWORK_MALFORMED,
			ret);
		return;
	}
	if (n == 0) {
		clean_or_not(r, m, line, len, c, ret);
		return;
	}
	clean_or_not(r, &other, r->typed.data, r->typed.len, c, ret);
	ret->cut |= cut;
	if (ret->step == LANE_PASS)
		ret->step = rework_pass(r, &r->typed);
	if (ret->step == LANE_DROP)
		rework_replace(r, c, REWORK_MALFORMED, ret);
}

/* What was accepted, and stands in for what the server says now. */
static bool stand_in_is_dirty(const struct relay *r, const struct reworked *w)
{
	return w->step == LANE_INSTEAD &&
	       clean_may_change(r->caps.unseen, r->s2c.instead.data,
		       r->s2c.instead.len - 1);
}

/* Lists are cut before they are cleaned: names are judged as they are. */
static void rework_list(struct relay *r, const struct message *m,
	const char *line, size_t len, const struct call *c,
	const struct listing *of, struct reworked *ret)
{
	bool dirty = clean_may_change(r->caps.unseen, line, len);

	take_list(r, m, line, len, c, of, dirty, ret);
	if (dirty || stand_in_is_dirty(r, ret))
		clean_list(r, c, line, len, ret);
}

void rework_answer(struct relay *r, const struct message *m, const char *line,
	size_t len, const struct call *c, struct reworked *ret)
{
	struct listing of;

	*ret = (struct reworked){
		.step = LANE_PASS,
		.outcome = outcome_of(m, c),
	};
	if (m->kind != MESSAGE_ERROR && is_list(r, c->method, &of))
		rework_list(r, m, line, len, c, &of, ret);
	else
		rework_other(r, m, line, len, c, ret);
	if (ret->step == LANE_INSTEAD && !ret->replaced)
		ret->step = rework_scope(r, c);
	if (ret->step == LANE_DROP)
		rework_replace(r, c, REWORK_MALFORMED, ret);
}

void rework_note(
	struct relay *r, const struct call *c, const struct reworked *w)
{
	struct incident i = {.call = c->number};

	rework_clean_tell(r, &w->stripped);
	if (w->unseen) {
		i.reason = w->unseen;
		session_note(r, TALLY_UNSEEN, &i);
		i.reason = NULL;
	}
	if (!w->cut)
		return;
	i.value = w->text_seen;
	if (w->text_seen > r->caps.text_bytes)
		session_note(r, TALLY_TEXT, &i);
	i.value = w->binary_seen;
	if (w->binary_seen > r->caps.binary_bytes)
		session_note(r, TALLY_BINARY, &i);
	i.value = w->items_seen;
	if (w->items_seen > LIST_ITEMS_DEFAULT)
		session_note(r, TALLY_ITEMS, &i);
}
