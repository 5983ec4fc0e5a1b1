/* SPDX-License-Identifier: Apache-2.0 */
/* From a pointer to the values that it stands for. */
#include <string.h>

#include "policy/fold.h"
#include "policy/json_string.h"
#include "policy/rules_rule.h"

/* What a path through the arguments came to. */
enum step { STEP_ABSENT = 0, STEP_FOUND, STEP_UNDECIDED };

/* Of a token's length even where each of its bytes is three in the name. */
#define NAME_MAX_BYTES (FOLD_SHRINKS * RULES_POINTER_MAX)

/* Exactly the token, or (UNDECIDED) it but for the case. */
static enum step name_is(const struct json_value *name, const struct token *t)
{
	char bytes[NAME_MAX_BYTES];
	size_t n = json_string_copy(name, bytes, sizeof(bytes));

	if (n > sizeof(bytes))
		return STEP_ABSENT;
	if (n == t->len && memcmp(bytes, t->text, n) == 0)
		return STEP_FOUND;
	return fold_same(bytes, n, t->text, t->len) ? STEP_UNDECIDED
						    : STEP_ABSENT;
}

static enum step member_of(const struct json_value *object,
	const struct token *t, struct op_work *work, struct json_value *ret)
{
	struct json_iter i = json_iter(object);
	enum step found = STEP_ABSENT;
	struct json_member m;

	while (json_next(&i, &m)) {
		enum step s = name_is(&m.name, t);

		if (s == STEP_UNDECIDED || !op_work_spend(work, &m.value, 1))
			return STEP_UNDECIDED;
		if (s == STEP_FOUND) {
			*ret = m.value;
			found = s;
		}
	}
	return found;
}

/* RFC 6901 section 4: digits without a leading zero. */
static bool index_of(const struct token *t, size_t *ret)
{
	size_t value = 0;

	if (t->len == 0 || t->len > 9 || (t->text[0] == '0' && t->len > 1))
		return false;
	for (size_t i = 0; i < t->len; i++) {
		if (t->text[i] < '0' || t->text[i] > '9')
			return false;
		value = 10 * value + (size_t)(t->text[i] - '0');
	}
	*ret = value;
	return true;
}

static enum step element_of(const struct json_value *list,
	const struct token *t, struct op_work *work, struct json_value *ret)
{
	struct json_iter i = json_iter(list);
	struct json_member m;
	size_t index;

	/* A name: an object is what the rule is about. */
	if (!index_of(t, &index))
		return STEP_UNDECIDED;
	while (json_next(&i, &m)) {
		if (!op_work_spend(work, &m.value, 1))
			return STEP_UNDECIDED;
		if (index-- == 0) {
			*ret = m.value;
			return STEP_FOUND;
		}
	}
	return STEP_ABSENT;
}

static enum step step_into(const struct json_value *from, const struct token *t,
	struct op_work *work, struct json_value *ret)
{
	if (from->type == JSON_OBJECT)
		return member_of(from, t, work, ret);
	if (from->type == JSON_ARRAY)
		return element_of(from, t, work, ret);
	return from->type == JSON_NULL ? STEP_ABSENT : STEP_UNDECIDED;
}

/* All operators have to hold, for what is there or (NULL) is not. */
static enum truth all_hold(const struct condition *c,
	const struct json_value *v, struct op_work *work)
{
	enum truth found = TRUTH_YES;

	for (size_t i = 0; i < c->n_ops; i++) {
		const struct op *o = &c->ops[i];
		enum truth t;

		if (v != NULL)
			t = op_holds(o, v, work);
		else if (op_is_present(o) && !op_wants_present(o))
			t = TRUTH_YES;
		else
			t = TRUTH_NO;
		if (t == TRUTH_UNDECIDED)
			return t;
		if (t == TRUTH_NO)
			found = t;
	}
	return found;
}

/* Where one of the stars is. */
struct star {
	struct json_iter left;
	size_t token;
};

struct walk {
	const struct condition *c;
	struct star stars[RULES_STARS_MAX];
	size_t depth;
	struct json_value at;
};

/* From w->at and @token on to the end, or to the first element of a star. */
static enum step walk_on(struct walk *w, struct op_work *work, size_t token)
{
	for (; token < w->c->n_tokens; token++) {
		const struct token *t = &w->c->tokens[token];
		struct json_member m;
		enum step s = STEP_FOUND;

		if (t->star && w->at.type != JSON_OBJECT &&
			w->at.type != JSON_ARRAY)
			return w->at.type == JSON_NULL ? STEP_ABSENT
						       : STEP_UNDECIDED;
		if (t->star) {
			struct star *star = &w->stars[w->depth];

			*star = (struct star){json_iter(&w->at), token};
			if (!json_next(&star->left, &m))
				return STEP_ABSENT;
			w->depth++;
			w->at = m.value;
		} else {
			s = step_into(&w->at, t, work, &w->at);
		}
		if (s != STEP_FOUND)
			return s;
	}
	return STEP_FOUND;
}

/* The next element of the innermost star that has one; false at the end. */
static bool walk_back(struct walk *w, size_t *ret_token)
{
	struct json_member m;

	while (w->depth > 0) {
		struct star *star = &w->stars[w->depth - 1];

		if (json_next(&star->left, &m)) {
			w->at = m.value;
			*ret_token = star->token + 1;
			return true;
		}
		w->depth--;
	}
	return false;
}

enum truth condition_holds(const struct condition *c,
	const struct json_value *arguments, bool every, struct op_work *work)
{
	struct walk w = {.c = c, .at = *arguments};
	bool yes = false, no = false;
	size_t token = 0;

	for (;;) {
		enum step s = walk_on(&w, work, token);
		enum truth t =
			s == STEP_UNDECIDED
				? TRUTH_UNDECIDED
				: all_hold(c, s == STEP_FOUND ? &w.at : NULL,
					  work);

		if (t == TRUTH_UNDECIDED)
			return t;
		yes = yes || t == TRUTH_YES;
		no = no || t == TRUTH_NO;
		if (!walk_back(&w, &token))
			break;
		if (!op_work_spend(work, &w.at, 1))
			return TRUTH_UNDECIDED;
	}
	return (every ? yes && !no : yes) ? TRUTH_YES : TRUTH_NO;
}
