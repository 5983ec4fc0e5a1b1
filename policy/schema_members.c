/* SPDX-License-Identifier: Apache-2.0 */
/* What a schema says of the members of an object. */
#include <string.h>

#include "policy/fold.h"
#include "policy/schema_node.h"

#define NAME_BYTES_MAX (FOLD_SHRINKS * SCHEMA_NAME_MAX)

static int compare(const char *a, size_t a_len, const char *b, size_t b_len)
{
	int r = memcmp(a, b, a_len < b_len ? a_len : b_len);

	return r != 0 ? r : (a_len > b_len) - (a_len < b_len);
}

/* The first that is not before the folded name. */
static size_t lower_bound(
	const struct schema_members *s, const char *folded, size_t len)
{
	size_t low = 0, high = s->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct schema_property *p = &s->properties[mid];

		if (compare(p->folded, p->folded_len, folded, len) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* NO: it is none of the properties; UNDECIDED: but for its case it is one. */
static enum truth find(const struct schema_members *s,
	const struct json_value *name, const struct schema_property **ret)
{
	char bytes[NAME_BYTES_MAX], folded[NAME_BYTES_MAX];
	size_t n = json_string_copy(name, bytes, sizeof(bytes)), folded_len;
	enum truth found = TRUTH_NO;

	if (n > sizeof(bytes))
		return TRUTH_NO;
	memcpy(folded, bytes, n);
	folded_len = fold_name(folded, n);
	for (size_t i = lower_bound(s, folded, folded_len); i < s->n; i++) {
		const struct schema_property *p = &s->properties[i];

		if (compare(p->folded, p->folded_len, folded, folded_len) != 0)
			break;
		found = TRUTH_UNDECIDED;
		if (compare(p->name, p->len, bytes, n) != 0)
			continue;
		*ret = p;
		return TRUTH_YES;
	}
	return found;
}

/* Those of the patterns that its name matches; *named: there is one. */
static enum truth patterns_hold(const struct schema_members *s,
	struct schema_work *w, const struct json_member *m, bool *named)
{
	for (size_t i = 0; i < s->n_patterns; i++) {
		size_t n = json_string_copy(
			&m->name, w->scratch, PATTERN_TEXT_MAX);
		enum truth t = TRUTH_UNDECIDED;

		if (schema_spend(w, 1 + n / 16))
			t = pattern_match(s->patterns[i].pattern, w->patterns,
				w->scratch, n);
		if (t == TRUTH_NO)
			continue;
		if (t == TRUTH_YES)
			t = schema_inner_holds(s->patterns[i].node, w, m, 0);
		if (t != TRUTH_YES)
			return t;
		*named = true;
	}
	return TRUTH_YES;
}

static enum truth member_holds(const struct schema_members *s,
	struct schema_work *w, const struct json_member *m, size_t *required)
{
	const struct schema_property *p = NULL;
	enum truth found = find(s, &m->name, &p), t = TRUTH_YES;
	bool named = false;

	if (found == TRUTH_UNDECIDED)
		return found;
	if (p != NULL) {
		*required += p->required;
		named = p->node != NULL;
		t = schema_inner_holds(p->node, w, m, 0);
	}
	if (t == TRUTH_YES)
		t = patterns_hold(s, w, m, &named);
	if (t == TRUTH_YES && !named)
		t = schema_inner_holds(s->additional, w, m, 0);
	return t;
}

/* The first that is not there, to name it. */
static void note_missing(const struct schema_members *s, struct schema_work *w,
	const struct json_value *object)
{
	for (size_t i = 0; i < s->n; i++) {
		struct json_value v;

		if (!s->properties[i].required)
			continue;
		if (!schema_spend(w, 1 + (object->end - object->begin) / 16))
			return;
		if (!json_get(object, s->properties[i].name, &v)) {
			schema_note(w, &s->properties[i]);
			return;
		}
	}
}

enum truth schema_members_hold(const struct schema_members *s,
	struct schema_work *w, const struct json_value *object)
{
	struct json_iter i = json_iter(object);
	struct json_member m;
	size_t required = 0;

	if (s->n == 0 && s->n_patterns == 0 && s->additional == NULL)
		return TRUTH_YES;
	while (schema_next(w, &i, &m)) {
		enum truth t = member_holds(s, w, &m, &required);

		if (t == TRUTH_YES)
			continue;
		w->path[w->depth++] = (struct schema_step){&m.name, 0};
		schema_note(w, NULL);
		w->depth--;
		return t;
	}
	if (!schema_spend(w, 0))
		return TRUTH_UNDECIDED;
	if (required == s->n_required)
		return TRUTH_YES;
	note_missing(s, w, object);
	return TRUTH_NO;
}
