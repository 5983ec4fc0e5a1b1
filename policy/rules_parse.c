/* SPDX-License-Identifier: Apache-2.0 */
/* From the text of a profile to rules. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/fault_text.h"
#include "policy/rules_except.h"
#include "policy/rules_rule.h"

#define ID_MAX 64
#define PATTERNS_MAX 4096

struct parse {
	const char *label;
	const struct rules_places *places;
	struct rules_fault *fault;
};

/* 1, and why: @parts up to NULL, one after the other. */
static int refuse_parts(
	struct parse *p, const struct json_value *at, const char *const *parts)
{
	p->fault->offset = at->begin;
	fault_text_put(p->fault->text, sizeof(p->fault->text), parts);
	return 1;
}

#define refuse(p, at, ...) \
	refuse_parts((p), (at), (const char *const[]){__VA_ARGS__, NULL})

#define WRITTEN(number) #number
#define AS_TEXT(number) WRITTEN(number)

/* The bytes of a string without a NUL; 0, 1 it is none or too long, -ENOMEM.
 * The caller frees *ret. */
static int take_string(const struct json_value *v, size_t max, char **ret)
{
	size_t n;

	if (v->type != JSON_STRING)
		return 1;
	n = json_string_copy(v, NULL, 0);
	if (n > max)
		return 1;
	*ret = malloc(n + 1);
	if (*ret == NULL)
		return -ENOMEM;
	(void)json_string_copy(v, *ret, n);
	(*ret)[n] = '\0';
	return strlen(*ret) == n ? 0 : 1;
}

static bool set_name(const struct parse *p, struct rule *r, const char *id)
{
	char *name = rules_label(p->label, "rule:", id);

	if (name == NULL)
		return false;
	free(r->name);
	r->name = name;
	r->id = name + strlen(name) - strlen(id);
	return true;
}

static int parse_id(struct parse *p, struct rule *r, const struct json_value *v)
{
	char *id = NULL;
	int got = take_string(v, ID_MAX, &id);

	if (got == 0 && !plain_valid(id))
		got = 1;
	if (got == 0 && !set_name(p, r, id))
		got = -ENOMEM;
	free(id);
	return got != 1
		       ? got
		       : refuse(p, v,
				 "\"id\": expected 1 to " AS_TEXT(
					 ID_MAX) " of letters, "
						 "digits, \".\", \"_\" and \"-\"");
}

static int parse_tools(
	struct parse *p, struct rule *r, const struct json_value *v)
{
	static const char expected[] = "\"tools\": expected a list of patterns";
	struct json_iter i = json_iter(v);
	struct json_member m;
	size_t n = 0;

	if (v->type != JSON_ARRAY)
		return refuse(p, v, expected);
	while (json_next(&i, &m)) {
		char **grown = reallocarray(r->tools, n + 2, sizeof(*r->tools));
		int got;

		if (grown == NULL)
			return -ENOMEM;
		r->tools = grown;
		grown[n] = grown[n + 1] = NULL;
		got = take_string(&m.value, RULES_PATTERN_MAX, &grown[n]);
		if (got < 0)
			return got;
		if (got > 0 || grown[n][0] == '\0' || ++n > PATTERNS_MAX)
			return refuse(p, &m.value, expected);
	}
	return n > 0 ? 0 : refuse(p, v, expected);
}

static int parse_message(
	struct parse *p, struct rule *r, const struct json_value *v)
{
	int got = take_string(v, RULES_MESSAGE_MAX, &r->message);

	for (const char *c = r->message; got == 0 && *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			got = 1;
	return got != 1
		       ? got
		       : refuse(p, v,
				 "\"message\": expected a text of at most " AS_TEXT(
					 RULES_MESSAGE_MAX) " bytes on one line");
}

/* One token of the pointer at @from; the end of it. */
static const char *parse_token(const char *from, struct token *ret)
{
	const char *end = strchrnul(from, '/');
	char *to = malloc((size_t)(end - from) + 1);

	*ret = (struct token){.text = to};
	if (to == NULL)
		return NULL;
	ret->star = end - from == 1 && *from == '*';
	for (; from < end; from++) {
		char c = *from;

		if (c == '~')
			c = *++from == '0' ? '~' : '/';
		to[ret->len++] = c;
	}
	to[ret->len] = '\0';
	return end;
}

/* A slash before each token, `~` only as `~0` or `~1`. */
static bool pointer_valid(const char *pointer)
{
	size_t tokens = 0;

	for (const char *c = pointer; *c != '\0'; c++) {
		if (*c == '~' && c[1] != '0' && c[1] != '1')
			return false;
		tokens += *c == '/';
	}
	return *pointer == '/' && tokens <= RULES_TOKENS_MAX;
}

static int parse_pointer(
	struct parse *p, struct condition *c, const struct json_value *name)
{
	int got = take_string(name, RULES_POINTER_MAX, &c->pointer);
	size_t stars = 0;

	if (got < 0)
		return got;
	if (got > 0 || !pointer_valid(c->pointer))
		return refuse(p, name,
			"expected a JSON Pointer such as \"/owner\", of at "
			"most " AS_TEXT(RULES_TOKENS_MAX) " tokens");
	for (const char *t = c->pointer; *t == '/';) {
		struct token *token = &c->tokens[c->n_tokens++];

		t = parse_token(t + 1, token);
		if (t == NULL)
			return -ENOMEM;
		stars += token->star;
	}
	return stars <= RULES_STARS_MAX
		       ? 0
		       : refuse(p, name,
				 "expected at most " AS_TEXT(
					 RULES_STARS_MAX) " \"*\"");
}

/* Where in the pattern; there may be several. */
static int refuse_pattern(struct parse *p, const struct json_member *m,
	const struct pattern_fault *why)
{
	char number[24], name[FAULT_SHOWN + 1], *digit = number + 23;
	size_t at = why->offset + 1;

	*digit = '\0';
	for (; at > 0; at /= 10)
		*--digit = (char)('0' + at % 10);
	return refuse(p, &m->value, "\"", fault_text_shown(&m->name, name),
		"\": at byte ", digit, " of the pattern: ", why->text);
}

static int parse_op(
	struct parse *p, struct condition *c, const struct json_member *m)
{
	struct op *grown = reallocarray(c->ops, c->n_ops + 1, sizeof(*c->ops));
	struct op_fault fault;
	char name[FAULT_SHOWN + 1];
	int r;

	if (grown == NULL)
		return -ENOMEM;
	c->ops = grown;
	r = op_make(&grown[c->n_ops++], &m->name, &m->value, p->places, &fault);
	if (r <= 0)
		return r;
	if (fault.why.text[0] != '\0')
		return refuse_pattern(p, m, &fault.why);
	if (fault.expected != NULL)
		return refuse(p, &m->value, "\"",
			fault_text_shown(&m->name, name), "\": expected ",
			fault.expected);
	return refuse(p, &m->name, "\"", fault_text_shown(&m->name, name),
		"\" is no operator that this version has; expected one of eq, "
		"in, glob, regex, under, host_in, min, max, max_len, type, present");
}

/* "present": false is met by what is not there, and so by no other. */
static bool contradicts(const struct condition *c)
{
	for (size_t i = 0; i < c->n_ops; i++)
		if (op_is_present(&c->ops[i]) && !op_wants_present(&c->ops[i]))
			return c->n_ops > 1;
	return false;
}

static int parse_condition(
	struct parse *p, struct condition *c, const struct json_member *m)
{
	struct json_iter i = json_iter(&m->value);
	struct json_member o;
	int r = parse_pointer(p, c, &m->name);

	if (r == 0 && m->value.type != JSON_OBJECT)
		r = refuse(p, &m->value,
			"expected an object of operators such as "
			"{\"eq\": \"main\"}");
	while (r == 0 && json_next(&i, &o))
		r = parse_op(p, c, &o);
	if (r == 0 && c->n_ops == 0)
		r = refuse(p, &m->value, "expected at least one operator");
	if (r == 0 && contradicts(c))
		r = refuse(p, &m->value,
			"\"present\": false stands alone: what is absent has "
			"no value");
	return r;
}

static int parse_conditions(
	struct parse *p, struct rule *r, const struct json_value *v)
{
	struct json_iter i = json_iter(v);
	struct json_member m;
	int got = 0;

	if (v->type != JSON_OBJECT)
		return refuse(p, v,
			"expected an object of conditions such as "
			"{\"/owner\": {\"in\": [\"acme\"]}}");
	while (got == 0 && json_next(&i, &m)) {
		struct condition *grown = reallocarray(r->conditions,
			r->n_conditions + 1, sizeof(*r->conditions));

		if (grown == NULL)
			return -ENOMEM;
		r->conditions = grown;
		grown[r->n_conditions] = (struct condition){0};
		got = parse_condition(p, &grown[r->n_conditions++], &m);
		if (got == 0 && r->n_conditions > RULES_CONDITIONS_MAX)
			got = refuse(p, &m.name,
				"expected at most " AS_TEXT(
					RULES_CONDITIONS_MAX) " conditions");
	}
	return got == 0 && r->n_conditions == 0
		       ? refuse(p, v, "expected at least one condition")
		       : got;
}

static const struct kind {
	const char *name;
	enum decision effect;
	bool unless;
} kinds[] = {
	{"deny_if", DECISION_DENY, false},
	{"deny_unless", DECISION_DENY, true},
	{"token_if", DECISION_TOKEN, false},
	{"token_unless", DECISION_TOKEN, true},
	{"ask_if", DECISION_ASK, false},
	{"ask_unless", DECISION_ASK, true},
};

static const struct kind *find_kind(const struct json_value *name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (json_string_eq(name, kinds[i].name))
			return &kinds[i];
	return NULL;
}

const char *rules_kind(const struct json_value *rule)
{
	struct json_value v;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (json_get(rule, kinds[i].name, &v))
			return kinds[i].name;
	return NULL;
}

static int parse_kind(
	struct parse *p, struct rule *r, const struct json_member *m)
{
	const struct kind *k = find_kind(&m->name);
	char name[FAULT_SHOWN + 1];

	if (k == NULL)
		return refuse(p, &m->name, "\"",
			fault_text_shown(&m->name, name),
			"\" is no key of a rule that this version has; "
			"expected id, tools, message, except_roles, why and one of deny_if, "
			"deny_unless, token_if, token_unless, ask_if, "
			"ask_unless");
	if (r->conditions != NULL)
		return refuse(p, &m->name, "\"", k->name,
			"\" stands beside another of its kind; expected "
			"two rules");
	r->effect = k->effect;
	r->unless = k->unless;
	return parse_conditions(p, r, &m->value);
}

static int parse_member(
	struct parse *p, struct rule *r, const struct json_member *m)
{
	if (json_string_eq(&m->name, "id"))
		return 0; /* taken already */
	if (json_string_eq(&m->name, "tools"))
		return parse_tools(p, r, &m->value);
	if (json_string_eq(&m->name, "message"))
		return parse_message(p, r, &m->value);
	if (json_string_eq(&m->name, "except_roles")) {
		r->off = except_has(&m->value, p->places->role);
		return except_valid(&m->value)
			       ? 0
			       : refuse(p, &m->value, EXCEPT_EXPECTED);
	}
	if (!json_string_eq(&m->name, "why"))
		return parse_kind(p, r, m);
	return m->value.type == JSON_STRING
		       ? 0
		       : refuse(p, &m->value,
				 "\"why\": expected a note in a string");
}

static int parse_rule(
	struct parse *p, struct rule *r, const struct json_value *v)
{
	struct json_iter i = json_iter(v);
	struct json_value id;
	struct json_member m;
	int got = 0;

	if (v->type != JSON_OBJECT)
		return refuse(p, v, "expected a rule: an object");
	/* First, so that a message can say which rule it is about. */
	if (json_get(v, "id", &id))
		got = parse_id(p, r, &id);
	while (got == 0 && json_next(&i, &m))
		got = parse_member(p, r, &m);
	if (got != 0)
		return got;
	if (r->name == NULL || r->tools == NULL || r->conditions == NULL)
		return refuse(p, v,
			"a rule has \"id\", \"tools\" and one of deny_if, "
			"deny_unless, token_if, token_unless, ask_if, "
			"ask_unless; there is no ",
			r->name == NULL    ? "\"id\""
			: r->tools == NULL ? "\"tools\""
					   : "condition");
	return 0;
}

static int compare_names(const void *a, const void *b)
{
	const struct rule *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

/* -ENOMEM, 1 with the name of one that is there twice, 0. */
static int find_twice(const struct rules *r, const char **ret)
{
	const struct rule **all = calloc(r->n + 1, sizeof(struct rule *));
	int found = 0;

	if (all == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < r->n; i++)
		all[i] = &r->all[i];
	qsort(all, r->n, sizeof(struct rule *), compare_names);
	for (size_t i = 1; i < r->n && found == 0; i++)
		if (strcmp(all[i - 1]->name, all[i]->name) == 0) {
			*ret = all[i]->name;
			found = 1;
		}
	free(all);
	return found;
}

static void name_culprit(struct parse *p, const char *name)
{
	size_t n = strlen(name);

	n = n < RULES_NAME_MAX ? n : RULES_NAME_MAX - 1;
	memcpy(p->fault->name, name, n);
	p->fault->name[n] = '\0';
}

static int add_rule(
	struct parse *p, struct rules *r, const struct json_value *v)
{
	struct rule *grown;
	int got;

	if (r->n == RULES_MAX)
		return refuse(
			p, v, "expected at most " AS_TEXT(RULES_MAX) " rules");
	grown = reallocarray(r->all, r->n + 1, sizeof(*r->all));
	if (grown == NULL)
		return -ENOMEM;
	r->all = grown;
	grown[r->n] = (struct rule){0};
	got = parse_rule(p, &grown[r->n], v);
	if (got == 1 && grown[r->n].name != NULL)
		name_culprit(p, grown[r->n].name);
	r->n++;
	return got;
}

int rules_add(struct rules *r, const struct json_value *list, const char *label,
	const struct rules_places *places, struct rules_fault *ret)
{
	struct parse p = {.label = label, .places = places, .fault = ret};
	struct json_iter i = json_iter(list);
	const char *twice = NULL;
	struct json_member m;
	int got = 0;

	ret->name[0] = '\0';
	if (list->type != JSON_ARRAY)
		return refuse(&p, list, "expected a list of rules");
	while (got == 0 && json_next(&i, &m))
		got = add_rule(&p, r, &m.value);
	if (got == 0)
		got = find_twice(r, &twice);
	if (got == 0)
		got = rules_index_anew(r);
	return got == 1 && twice != NULL
		       ? refuse(&p, list, twice, " is there twice")
		       : got;
}
