/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/output.h"

#include <errno.h>

#include "policy/chars.h"
#include "policy/output_item.h"
#include "policy/output_write.h"

const char *const output_over_words[_OVER_N] = {
	[OVER_TRUNCATE] = "truncate",
	[OVER_SPILL] = "spill",
	[OVER_ERROR] = "error",
};

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
		if (item.kind == ITEM_TEXT || item.kind == ITEM_LINK)
			c->text += item.size + item.rest;
		else
			c->fixed += item.rest;
		if (item.kind == ITEM_BINARY)
			c->binary += item.size;
	}
}

/* What stands beside the list and structuredContent, in the whole @result. */
static uint64_t count_rest(const struct output_plan *plan,
	const struct json_value *result, const struct count *c)
{
	uint64_t raw = item_raw(result) - c->structured;

	if (result->type != JSON_OBJECT || plan->list == LIST_NONE)
		return raw;
	if (plan->array.type != JSON_INVALID)
		raw -= item_raw(&plan->array);
	return raw > OUTPUT_FREE ? raw - OUTPUT_FREE : 0;
}

static struct count count_result(struct output_plan *plan,
	const struct list_info *info, const struct json_value *result)
{
	struct json_value v;
	struct count c = {0};

	if (info->inside && json_get(result, info->inside, &v) &&
		v.type == JSON_OBJECT)
		plan->result = v;
	if (info->name && json_get(&plan->result, info->name, &v) &&
		v.type ==
			(plan->list == LIST_STRING ? JSON_STRING : JSON_ARRAY))
		plan->array = v;
	if (info->structured &&
		json_get(&plan->result, "structuredContent", &v))
		c.structured = item_raw(&v);
	if (plan->list == LIST_STRING && plan->array.type == JSON_STRING)
		c.text = chars_count(&plan->array);
	else if (plan->array.type == JSON_ARRAY)
		count_list(plan, &c);
	c.fixed += count_rest(plan, result, &c);
	return c;
}

static bool is_error(const struct json_value *result)
{
	struct json_value v;

	return json_get(result, "isError", &v) && v.type == JSON_TRUE;
}

/* Whether it has a cap of its own, which leaves the text alone. */
static bool rest_apart(const struct output_plan *plan)
{
	return plan->list == LIST_STRING || plan->list == LIST_NONE;
}

static bool text_over(const struct output_plan *plan, const struct count *c)
{
	const struct output_caps *caps = plan->caps;

	if (rest_apart(plan))
		return c->text > caps->text_bytes ||
		       c->fixed > output_other_bytes(caps);
	return c->fixed + c->structured + c->text > caps->text_bytes;
}

/* Whether what cannot be cut leaves room for what can. */
static bool make_room(struct output_plan *plan, const struct count *c)
{
	uint64_t cap = plan->caps->text_bytes;
	uint64_t whole = c->fixed + c->structured;

	plan->text_total = c->text;
	if (rest_apart(plan)) {
		plan->text_left = cap;
		return c->fixed <= output_other_bytes(plan->caps);
	}
	if (whole > cap && c->structured > 0 && is_error(&plan->result)) {
		plan->drop_structured = true;
		whole = c->fixed;
	}
	if (whole > cap)
		return false;
	plan->text_left = cap - whole;
	return true;
}

enum output_verdict output_measure(const struct output_caps *caps,
	enum method method, const struct json_value *result,
	struct output_plan *ret)
{
	struct list_info info = item_list(method);
	struct output_plan plan = {
		.caps = caps,
		.result = *result,
		.list = info.list,
	};
	struct count c = count_result(&plan, &info, result);
	bool over = text_over(&plan, &c);
	bool binary_over = c.binary > caps->binary_bytes;
	enum output_verdict v = OUTPUT_CUT;

	plan.seen.text_seen = c.fixed + c.structured + c.text;
	plan.seen.binary_seen = c.binary;
	if (!over && !binary_over)
		v = OUTPUT_FITS;
	else if (plan.list != LIST_STRING &&
		 ((over && caps->text_over == OVER_ERROR) ||
			 (binary_over && caps->binary_over == OVER_ERROR)))
		v = OUTPUT_FORBID;
	else if (!make_room(&plan, &c))
		v = OUTPUT_WHOLE;
	*ret = plan;
	return v;
}

int output_cap(const struct output_caps *caps, enum method method,
	const char *line, size_t len, const struct json_value *result,
	const struct output_spill *spill, struct out *out,
	struct output_cut *ret)
{
	struct output_plan plan;
	size_t before = out->len;
	int r;

	if (result->text != line)
		return -EINVAL;
	r = (int)output_measure(caps, method, result, &plan);
	plan.spill = spill;
	if (r == OUTPUT_CUT)
		r = output_write(&plan, line, len, out);
	if (out->failed)
		return -ENOMEM;
	if (r != OUTPUT_CUT)
		out->len = before;
	*ret = plan.seen;
	ret->cut = r == OUTPUT_CUT;
	return r;
}
