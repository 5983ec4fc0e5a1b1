/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/output.h"

#include <errno.h>

#include "policy/output_item.h"
#include "policy/output_write.h"

/* What a result carries. */
struct count {
	uint64_t fixed;      /* text that cannot be cut, but for: */
	uint64_t structured; /* structuredContent */
	uint64_t text;       /* text and links */
	uint64_t binary;
};

static void count_list(const struct output_plan *plan, struct count *c)
{
	struct json_iter i = json_iter(&plan->array);
	struct json_member m;
	struct item item;

	while (json_next(&i, &m)) {
		item_read(plan->list, &m, &item);
		if (item.kind == ITEM_OTHER)
			c->fixed += item.rest;
		else if (item.kind == ITEM_BINARY)
			c->binary += item.size + item.rest;
		else
			c->text += item.size + item.rest;
	}
}

/* What stands beside the list and structuredContent. */
static uint64_t count_rest(
	const struct output_plan *plan, const struct count *c)
{
	uint64_t raw = item_raw(&plan->result) - c->structured;

	if (plan->result.type != JSON_OBJECT)
		return raw;
	if (plan->array.type == JSON_ARRAY)
		raw -= item_raw(&plan->array);
	return raw > OUTPUT_FREE ? raw - OUTPUT_FREE : 0;
}

static struct count count_result(
	struct output_plan *plan, const char *name, bool structured)
{
	struct json_value v;
	struct count c = {0};

	if (json_get(&plan->result, name, &v) && v.type == JSON_ARRAY)
		plan->array = v;
	if (structured && json_get(&plan->result, "structuredContent", &v))
		c.structured = item_raw(&v);
	count_list(plan, &c);
	c.fixed += count_rest(plan, &c);
	return c;
}

static bool is_error(const struct json_value *result)
{
	struct json_value v;

	return json_get(result, "isError", &v) && v.type == JSON_TRUE;
}

/* Whether what cannot be cut leaves room for what can. */
static bool make_room(struct output_plan *plan, const struct count *c)
{
	uint64_t cap = plan->caps->text_bytes;
	uint64_t whole = c->fixed + c->structured;

	if (whole > cap && c->structured > 0 && is_error(&plan->result)) {
		plan->drop_structured = true;
		whole = c->fixed;
	}
	if (whole > cap)
		return false;
	plan->text_left = cap - whole;
	plan->text_total = c->text;
	return true;
}

static int cut(struct output_plan *plan, const struct count *c,
	const char *line, size_t len, struct out *out)
{
	size_t before = out->len;
	int r;

	if (!make_room(plan, c))
		return 2;
	r = output_write(plan, line, len, out);
	if (out->failed)
		return -ENOMEM;
	if (r == 2)
		out->len = before;
	return r;
}

int output_cap(const struct output_caps *caps, enum method method,
	const char *line, size_t len, const struct json_value *result,
	struct out *out, struct output_cut *ret)
{
	struct output_plan plan = {.caps = caps, .result = *result};
	struct count c = {0};
	const char *name = NULL;
	bool structured = false;
	int r = 0;

	if (result->text != line)
		return -EINVAL;
	plan.list = item_list(method, &name, &structured);
	if (plan.list != LIST_NONE)
		c = count_result(&plan, name, structured);
	if (c.fixed + c.structured + c.text > caps->text_bytes ||
		c.binary > caps->binary_bytes)
		r = cut(&plan, &c, line, len, out);
	if (r < 0)
		return r;
	*ret = (struct output_cut){
		.cut = r == 1,
		.text_seen = c.fixed + c.structured + c.text,
		.binary_seen = c.binary,
	};
	return r;
}
