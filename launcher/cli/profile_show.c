/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/profile_show.h"

#include <jansson.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "cli/site.h"
#include "policy/breaker.h"
#include "policy/output_caps.h"
#include "policy/pins.h"
#include "policy/wishes.h"

#define BY_DEFAULT "(default)"
#define COLUMN_KEY 26
#define COLUMN_VALUE 36

/* An array of {key, value, from}; failed remembers that memory ran out. */
struct rows {
	const struct profile_chain *chain;
	json_t *array;
	bool failed;
};

void print_escaped(const char *text)
{
	char chunk[512];
	size_t len = strlen(text);

	while (len) {
		size_t n = escape_text(chunk, sizeof(chunk), text, len);

		(void)fputs(chunk, stdout);
		text += n;
		len -= n;
	}
}

static void row_add(
	struct rows *r, const char *key, const char *value, const char *from)
{
	json_t *row = json_pack(
		"{s:s, s:s, s:s}", "key", key, "value", value, "from", from);

	if (!row || json_array_append_new(r->array, row) < 0)
		r->failed = true;
}

/* Lists join with the base's first: the last layer that has it brought it. */
static const char *list_source(
	const struct profile_chain *c, size_t list, const char *entry)
{
	for (size_t i = c->n; i > 0; i--)
		if (strv_contains(
			    *profile_list_at(c->layers[i - 1]->p, list), entry))
			return c->layers[i - 1]->file;
	return BY_DEFAULT;
}

/* A variable's first mention is the one that holds, and it is written as a
 * whole: another layer's value for it differs. */
static const char *variable_source(
	const struct profile_chain *c, size_t list, const char *setting)
{
	for (size_t i = 0; i < c->n; i++)
		if (strv_contains(
			    *profile_list_at(c->layers[i]->p, list), setting))
			return c->layers[i]->file;
	return BY_DEFAULT;
}

/* The first layer in which the bool at @given is true. */
static const char *scalar_source(const struct profile_chain *c, size_t given)
{
	for (size_t i = 0; i < c->n; i++)
		if (*(bool *)((char *)c->layers[i]->p + given))
			return c->layers[i]->file;
	return BY_DEFAULT;
}

static void rows_add_lists(
	struct rows *r, struct profile *p, size_t from, size_t to)
{
	for (size_t i = from; i <= to; i++) {
		char **v = *profile_list_at(p, i);

		for (; v && *v; v++)
			row_add(r, profile_lists[i].name, *v,
				profile_list_replaces(i)
					? variable_source(r->chain, i, *v)
					: list_source(r->chain, i, *v));
	}
}

/* "role=reader" is the key role of the profile. */
static void rows_add_session(struct rows *r, struct profile *p)
{
	for (char **v = p->session; v && *v; v++) {
		size_t n = strcspn(*v, "=");
		char key[32];

		(void)snprintf(key, sizeof(key), "%.*s", (int)n, *v);
		row_add(r, key, *v + n + 1,
			variable_source(r->chain, LIST_SESSION, *v));
	}
}

#define GIVEN(f) offsetof(struct profile, f)

static void rows_add_scalars(struct rows *r, const struct profile *p)
{
	row_add(r, "sandbox.state", p->sandbox.state ? "true" : "false",
		scalar_source(r->chain, GIVEN(sandbox.state_set)));
	row_add(r, "sandbox.git", p->sandbox.git_write ? "write" : "read",
		scalar_source(r->chain, GIVEN(sandbox.git_set)));
	row_add(r, "sandbox.nested_userns",
		p->sandbox.nested_userns ? "true" : "false",
		scalar_source(r->chain, GIVEN(sandbox.nested_userns_set)));
}

static void rows_add_limits(struct rows *r, const struct profile *p)
{
	for (int i = LIMIT_NONE + 1; i < _LIMIT_N; i++) {
		const struct limit_info *l = &limit_table[i];
		size_t given = GIVEN(sandbox.limit_set) +
			       (size_t)i * sizeof(p->sandbox.limit_set[0]);
		char key[64], value[32];

		limit_write(l->unit,
			p->sandbox.limit_set[i] ? p->sandbox.limits[i]
						: l->fallback,
			value, sizeof(value));
		(void)snprintf(key, sizeof(key), "sandbox.limits.%s", l->name);
		row_add(r, key, value, scalar_source(r->chain, given));
	}
}

/* What is set for one kind wins over what is set for both. */
static const char *over_source(const struct rows *r, size_t given)
{
	const char *own = scalar_source(r->chain, given);

	return strcmp(own, BY_DEFAULT) != 0
		       ? own
		       : scalar_source(r->chain, GIVEN(protocol.over_set));
}

static void rows_add_output(struct rows *r, const struct profile *p)
{
	char value[32];

	limit_write(UNIT_BYTES,
		p->protocol.text_set ? p->protocol.text_bytes
				     : PROFILE_TEXT_DEFAULT,
		value, sizeof(value));
	row_add(r, "protocol.output.text", value,
		scalar_source(r->chain, GIVEN(protocol.text_set)));
	limit_write(UNIT_BYTES,
		p->protocol.binary_set ? p->protocol.binary_bytes
				       : PROFILE_BINARY_DEFAULT,
		value, sizeof(value));
	row_add(r, "protocol.output.binary", value,
		scalar_source(r->chain, GIVEN(protocol.binary_set)));
	row_add(r, "protocol.output.text_over",
		output_over_words[profile_text_over(p)],
		over_source(r, GIVEN(protocol.text_over_set)));
	row_add(r, "protocol.output.binary_over",
		output_over_words[profile_binary_over(p)],
		over_source(r, GIVEN(protocol.binary_over_set)));
	row_add(r, "protocol.output.unseen", clean_words[p->protocol.unseen],
		scalar_source(r->chain, GIVEN(protocol.unseen_set)));
	if (p->protocol.types_given && strv_len(p->protocol.types) == 0)
		row_add(r, "protocol.output.types", "none",
			scalar_source(r->chain, GIVEN(protocol.types_given)));
}

static void rows_add_methods(struct rows *r, const struct profile *p)
{
	row_add(r, "protocol.methods.sampling/createMessage",
		wish_words[p->protocol.sampling],
		scalar_source(r->chain, GIVEN(protocol.sampling_set)));
	row_add(r, "protocol.methods.elicitation/create",
		wish_words[p->protocol.elicitation],
		scalar_source(r->chain, GIVEN(protocol.elicitation_set)));
	row_add(r, "protocol.methods.roots/list",
		roots_words[p->protocol.roots],
		scalar_source(r->chain, GIVEN(protocol.roots_set)));
}

static void rows_add_pins(struct rows *r, const struct profile *p)
{
	row_add(r, "protocol.pins", pins_mode_words[profile_pins(p)],
		scalar_source(r->chain, GIVEN(protocol.pins_set)));
}

static void rows_add_quotas(struct rows *r, const struct profile *p)
{
	const struct {
		const char *key;
		enum limit_unit unit;
		uint64_t value;
		size_t given;
	} rows[] = {
		{"protocol.calls", UNIT_COUNT, p->protocol.calls,
			GIVEN(protocol.calls_set)},
		{"protocol.bytes", UNIT_BYTES, p->protocol.bytes,
			GIVEN(protocol.bytes_set)},
		{"protocol.call_timeout", UNIT_SECONDS,
			p->protocol.call_timeout_s,
			GIVEN(protocol.call_timeout_set)},
		{"breaker.unlisted", UNIT_COUNT,
			p->breaker_unlisted_set ? p->breaker_unlisted
						: BREAKER_UNLISTED_DEFAULT,
			GIVEN(breaker_unlisted_set)},
	};
	char value[32];

	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		limit_write(rows[i].unit, rows[i].value, value, sizeof(value));
		row_add(r, rows[i].key, rows[i].value ? value : "not limited",
			scalar_source(r->chain, rows[i].given));
	}
	row_add(r, "breaker.action", breaker_words[p->breaker_action],
		scalar_source(r->chain, GIVEN(breaker_action_set)));
}

static void rows_add_approval(struct rows *r, const struct profile *p)
{
	char value[32];

	limit_write(UNIT_SECONDS, p->hold_s, value, sizeof(value));
	row_add(r, "approval.hold",
		p->hold_set ? value : "45s, or 110s for who waits longer",
		scalar_source(r->chain, GIVEN(hold_set)));
	row_add(r, "approval.by", p->proof ? "proof" : "prompt",
		scalar_source(r->chain, GIVEN(proof_set)));
	row_add(r, "approval.elicitation", p->elicit ? "true" : "false",
		scalar_source(r->chain, GIVEN(elicit_set)));
}

static void rows_print(const struct rows *r)
{
	size_t i;
	json_t *row;

	json_array_foreach(r->array, i, row)
	{
		const char *key =
			json_string_value(json_object_get(row, "key"));
		const char *value =
			json_string_value(json_object_get(row, "value"));

		(void)printf("%-*s ", COLUMN_KEY, key);
		print_escaped(value);
		(void)printf("%*s  ",
			strlen(value) < COLUMN_VALUE
				? COLUMN_VALUE - (int)strlen(value)
				: 0,
			"");
		print_escaped(json_string_value(json_object_get(row, "from")));
		(void)putchar('\n');
	}
}

static void print_head(
	const struct profile *p, const char *digest, const char *site)
{
	(void)printf("%-*s %s\n", COLUMN_KEY, "profile", p->name);
	for (char **s = p->sources; *s; s++) {
		(void)printf(
			"%-*s ", COLUMN_KEY, s == p->sources ? "sources" : "");
		print_escaped(*s);
		(void)putchar('\n');
	}
	(void)printf("%-*s %s\n", COLUMN_KEY, "digest", digest);
	(void)printf("%-*s %s\n", COLUMN_KEY, "other tools",
		p->base ? "pass, for a base is no policy" : "are denied");
	if (!site[0])
		return;
	(void)printf("%-*s ", COLUMN_KEY, "site's policy narrows it");
	print_escaped(site);
	(void)putchar('\n');
}

static int print_json(const struct profile *p, const char *digest,
	const char *site, json_t *entries)
{
	json_t *sources = json_array();
	json_t *top;
	int r = 0;

	for (char **s = p->sources; sources && *s; s++)
		r |= json_array_append_new(sources, json_string(*s));
	top = json_pack("{s:s, s:o, s:s, s:b, s:s?, s:O}", "name", p->name,
		"sources", sources, "digest", digest, "base", (int)p->base,
		"site_policy", site[0] ? site : NULL, "entries", entries);
	if (!top || r < 0 ||
		json_dumpf(top, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII) < 0)
		r = -1;
	(void)putchar('\n');
	json_decref(top);
	return r < 0 ? -ENOMEM : 0;
}

int profile_show(
	const struct profile_chain *c, struct profile *effective, bool json)
{
	struct rows rows = {.chain = c, .array = json_array()};
	char digest[2 * sizeof(effective->digest) + 1];
	char site[1024];
	int r = 0, site_used = site_text(site, sizeof(site));

	for (size_t i = 0; i < sizeof(effective->digest); i++)
		(void)snprintf(digest + 2 * i, 3, "%02x", effective->digest[i]);
	rows_add_lists(&rows, effective, LIST_READ, LIST_SET);
	rows_add_scalars(&rows, effective);
	rows_add_limits(&rows, effective);
	rows_add_lists(&rows, effective, LIST_ALLOW, LIST_ALLOW);
	rows_add_lists(&rows, effective, LIST_ASK, LIST_ALWAYS);
	rows_add_lists(&rows, effective, LIST_DENY, LIST_DENY);
	rows_add_lists(&rows, effective, LIST_PROMPTS_ALLOW, LIST_CONTEXTS);
	rows_add_session(&rows, effective);
	rows_add_methods(&rows, effective);
	rows_add_output(&rows, effective);
	rows_add_pins(&rows, effective);
	rows_add_quotas(&rows, effective);
	rows_add_approval(&rows, effective);
	if (rows.failed || !rows.array) {
		r = -ENOMEM;
	} else if (json) {
		r = print_json(effective, digest, site, rows.array);
	} else {
		print_head(effective, digest, site);
		rows_print(&rows);
	}
	json_decref(rows.array);
	return r == 0 && site_used < 0 ? 1 : r;
}
