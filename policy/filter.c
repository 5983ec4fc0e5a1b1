/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/chars.h"
#include "policy/clean.h"
#include "policy/message_id.h"
#include "policy/scope.h"
#include "policy/sort.h"
#include "policy/splice.h"
#include "policy/tools.h"

/* What becomes of a tool. Zero removes it. */
enum fate {
	FATE_REMOVE = 0,
	FATE_DUPLICATE,
	FATE_OVER,
	FATE_UNSEEN,
	FATE_KEEP,
};

/* A tool's name as it stands in the line: 16 bytes, for there may be 600 000
 * of them in one line. */
struct entry {
	const char *contents; /* between the quotes */
	uint32_t len;
	uint32_t index; /* of the tool in the list */
};

/* What a list is called in the result, and what decides about its elements. */
static const struct list_kind {
	const char *array, *key;
	size_t key_max;
	bool unique; /* two of one name: neither can be told from the other */
} kinds[_NAMES_N] = {
	[NAMES_TOOLS] = {"tools", "name", TOOL_NAME_MAX, true},
	[NAMES_PROMPTS] = {"prompts", "name", TOOL_NAME_MAX, true},
	[NAMES_RESOURCES] = {"resources", "uri", URI_NAME_MAX, false},
	[NAMES_TEMPLATES] = {"resourceTemplates", "uriTemplate", URI_NAME_MAX,
		false},
};

/* What stands in the place of an item; NULL: itself. */
struct stand_in {
	const char *by;
	size_t len;
};

struct list {
	const struct tools *tools;
	const struct list_kind *kind;
	enum names names;
	const struct list_caps *caps;   /* or NULL */
	struct json_value array, scope; /* of the result */
	uint64_t rest;                  /* bytes beside the array that count */
	const struct list_judge *judge; /* or NULL */
	struct stand_in *stand_ins;     /* with a judge: of each item */
	unsigned char *fates;
	struct entry *entries;
	size_t n_tools, n_entries;
};

static void list_deinit(struct list *l)
{
	free(l->fates);
	free(l->stand_ins);
	free(l->entries);
}

/* Whether some reader takes another of its members for its name. */
static bool is_confused(
	const struct list_kind *k, const struct json_value *tool)
{
	const struct name_known known = {k->key, (unsigned)strlen(k->key)};
	struct json_iter i = json_iter(tool);
	struct json_member m;
	unsigned which;

	while (json_next(&i, &m))
		if (message_name_match(&m.name, &known, 1, &which) ==
			NAME_CONFUSED)
			return true;
	return false;
}

/* The name of a tool if it can be one of a tool that may be called. */
static bool tool_name(const struct list_kind *k, const struct json_value *tool,
	struct json_value *ret)
{
	return tool->type == JSON_OBJECT && json_get(tool, k->key, ret) &&
	       ret->type == JSON_STRING && chars_count(ret) <= k->key_max &&
	       !is_confused(k, tool);
}

static bool is_listed(const struct tools *t, const struct json_value *name)
{
	char bytes[URI_NAME_MAX];
	size_t len = json_string_copy(name, bytes, sizeof(bytes));
	struct tool_verdict v;

	tools_decide(t, bytes, len, &v);
	return v.listed;
}

static int list_allocate(struct list *l)
{
	struct json_iter i = json_iter(&l->array);
	struct json_member m;

	while (json_next(&i, &m))
		l->n_tools++;
	if (l->n_tools >= UINT32_MAX)
		return -ENOMEM;
	l->fates = calloc(l->n_tools + 1, sizeof(*l->fates));
	if (l->judge)
		l->stand_ins = calloc(l->n_tools + 1, sizeof(*l->stand_ins));
	return l->fates && (!l->judge || l->stand_ins) ? 0 : -ENOMEM;
}

static int list_add(struct list *l, size_t index, const struct json_value *name)
{
	if ((l->n_entries & (l->n_entries - 1)) == 0) { /* a power of two */
		size_t n = l->n_entries > 0 ? l->n_entries * 2 : 1;
		struct entry *grown =
			reallocarray(l->entries, n, sizeof(*grown));

		if (grown == NULL)
			return -ENOMEM;
		l->entries = grown;
	}
	l->entries[l->n_entries++] = (struct entry){
		.contents = name->text + name->begin + 1,
		/* at most six bytes for each of the longest name's */
		.len = (uint32_t)(name->end - name->begin - 2),
		.index = (uint32_t)index,
	};
	return 0;
}

/* Of an item that policy lists. */
static enum fate list_fate(const struct list *l, const struct json_value *item)
{
	return l->caps && l->caps->plain && !clean_item_passes(l->names, item)
		       ? FATE_UNSEEN
		       : FATE_KEEP;
}

static int list_read(struct list *l)
{
	struct json_iter i = json_iter(&l->array);
	struct json_value name;
	struct json_member m;
	size_t index = 0;
	int r = list_allocate(l);

	for (; r == 0 && json_next(&i, &m); index++) {
		if (!tool_name(l->kind, &m.value, &name))
			continue;
		if (is_listed(l->tools, &name))
			l->fates[index] = (unsigned char)list_fate(l, &m.value);
		r = list_add(l, index, &name);
	}
	return r;
}

static int entry_compare(const void *entries, uint32_t a, uint32_t b)
{
	const struct entry *x = (const struct entry *)entries + a;
	const struct entry *y = (const struct entry *)entries + b;

	return chars_compare(x->contents, x->len, y->contents, y->len);
}

static void mark_equals(struct list *l, const uint32_t *next, uint32_t i)
{
	for (; next[i] != SORT_END; i = next[i]) {
		if (entry_compare(l->entries, i, next[i]) != 0)
			continue;
		l->fates[l->entries[i].index] = FATE_DUPLICATE;
		l->fates[l->entries[next[i]].index] = FATE_DUPLICATE;
	}
}

/* Sorting, not hashing: no choice of names makes it slower than n log n. */
static int list_mark_duplicates(struct list *l)
{
	uint32_t *next;
	uint32_t n = (uint32_t)l->n_entries;

	if (n < 2 || !l->kind->unique)
		return 0;
	next = calloc(n, sizeof(*next));
	if (next == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++)
		next[i] = i + 1 < n ? i + 1 : SORT_END;
	mark_equals(l, next, sort_chain(next, 0, entry_compare, l->entries));
	free(next);
	return 0;
}

static void list_judge(struct list *l)
{
	struct json_iter i = json_iter(&l->array);
	struct json_value name;
	struct json_member m;

	for (size_t index = 0; json_next(&i, &m); index++) {
		struct stand_in *in = &l->stand_ins[index];

		if (!tool_name(l->kind, &m.value, &name))
			continue;
		if (!l->judge->judge(l->judge->ctx, &m.value, &name,
			    l->fates[index] == FATE_DUPLICATE, &in->by,
			    &in->len) &&
			l->fates[index] == FATE_KEEP)
			l->fates[index] = FATE_REMOVE;
	}
}

/* Those that policy keeps, as far as there is room for them. */
static void list_cap(struct list *l, struct filter_stats *stats)
{
	struct json_iter i = json_iter(&l->array);
	uint64_t left = l->caps->bytes - l->rest, items = 0;
	struct json_member m;
	bool full = false;

	for (size_t index = 0; json_next(&i, &m); index++) {
		const struct stand_in *in =
			l->judge ? &l->stand_ins[index] : NULL;
		uint64_t bytes = in && in->by ? in->len : m.end - m.begin;

		if (l->fates[index] != FATE_KEEP)
			continue;
		stats->items_seen++;
		stats->bytes_seen += bytes;
		full |= items == l->caps->items ||
			(bytes > left && bytes <= l->caps->bytes);
		if (full || bytes > left) {
			l->fates[index] = FATE_OVER;
			continue;
		}
		left -= bytes;
		items++;
	}
}

static void list_count(const struct list *l, struct filter_stats *ret)
{
	struct filter_stats s = *ret;

	for (size_t i = 0; i < l->n_tools; i++) {
		s.kept += l->fates[i] == FATE_KEEP;
		s.removed += l->fates[i] != FATE_KEEP;
		s.duplicates += l->fates[i] == FATE_DUPLICATE;
		s.over += l->fates[i] == FATE_OVER;
		s.unseen += l->fates[i] == FATE_UNSEEN;
		s.replaced += l->fates[i] == FATE_KEEP && l->judge &&
			      l->stand_ins[i].by;
	}
	*ret = s;
}

static void write_tools(const struct list *l, struct splice *s)
{
	struct json_iter i = json_iter(&l->array);
	struct splice_list elements = {0};
	struct json_member m;

	for (size_t index = 0; json_next(&i, &m); index++) {
		if (l->fates[index] != FATE_KEEP) {
			splice_list_drop(s, &elements, &m);
			continue;
		}
		splice_list_keep(&elements, &m);
		if (l->judge && l->stand_ins[index].by)
			splice_replace(s, m.begin, m.end,
				l->stand_ins[index].by,
				l->stand_ins[index].len);
	}
}

static void write_scope(const struct list *l, struct splice *s)
{
	if (l->scope.type != JSON_INVALID)
		scope_write_private(s, &l->scope);
}

static void list_write(const struct list *l, struct splice *s)
{
	bool scope_first = l->scope.begin < l->array.begin;

	if (scope_first)
		write_scope(l, s);
	write_tools(l, s);
	if (!scope_first)
		write_scope(l, s);
	splice_finish(s);
}

static int list_filter(struct list *l, const char *line, size_t len,
	struct out *out, struct filter_stats *ret_stats)
{
	struct splice s = {.out = out, .text = line, .len = len};
	struct filter_stats stats = {.bytes_seen = l->rest};
	bool hopeless = l->caps && l->rest > l->caps->bytes;
	int r = hopeless ? 2 : list_read(l);

	if (r == 0)
		r = list_mark_duplicates(l);
	if (r == 0 && l->judge)
		list_judge(l);
	if (r == 0 && l->caps)
		list_cap(l, &stats);
	if (r >= 0)
		*ret_stats = stats;
	if (r != 0)
		return r;
	list_count(l, &stats);
	if (stats.removed > 0 || stats.replaced > 0) {
		list_write(l, &s);
		if (out->failed)
			return -ENOMEM;
	}
	*ret_stats = stats;
	return stats.removed > 0 || stats.replaced > 0 ? 0 : 1;
}

int tools_filter_list(const struct tools *t, const char *line, size_t len,
	const struct json_value *result, struct out *out,
	struct filter_stats *ret_stats)
{
	return names_filter_list(
		t, NAMES_TOOLS, line, len, result, out, ret_stats);
}

int names_filter_list(const struct tools *t, enum names names, const char *line,
	size_t len, const struct json_value *result, struct out *out,
	struct filter_stats *ret_stats)
{
	return names_cut_list(
		t, names, NULL, line, len, result, out, ret_stats);
}

int names_cut_list(const struct tools *t, enum names names,
	const struct list_caps *caps, const char *line, size_t len,
	const struct json_value *result, struct out *out,
	struct filter_stats *ret_stats)
{
	return names_judge_list(
		t, names, caps, NULL, line, len, result, out, ret_stats);
}

int names_judge_list(const struct tools *t, enum names names,
	const struct list_caps *caps, const struct list_judge *judge,
	const char *line, size_t len, const struct json_value *result,
	struct out *out, struct filter_stats *ret_stats)
{
	struct list l = {
		.tools = t,
		.kind = &kinds[names],
		.names = names,
		.caps = caps,
		.judge = judge,
	};
	uint64_t rest;
	int r;

	if (result->type != JSON_OBJECT || result->text != line ||
		!json_get(result, l.kind->array, &l.array) ||
		l.array.type != JSON_ARRAY)
		return -EINVAL;
	if (!json_get(result, "cacheScope", &l.scope))
		l.scope.type = JSON_INVALID;
	rest = (result->end - result->begin) - (l.array.end - l.array.begin);
	l.rest = rest > LIST_FREE ? rest - LIST_FREE : 0;
	r = list_filter(&l, line, len, out, ret_stats);
	list_deinit(&l);
	return r;
}
