/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/profile_schemas.h"

#include <string.h>

#include "policy/answer.h"
#include "policy/out.h"
#include "policy/schema.h"

#define SCHEMA_BYTES_MAX ((size_t)1 << 20)

/* In one spelling, terminated. */
static int write_schema(struct out *o, const struct json_member *m)
{
	int r;

	out_str(o, "[");
	r = canonical_write(o, &m->name);
	out_str(o, ",");
	if (r == 0)
		r = canonical_write(o, &m->value);
	out_str(o, "]");
	out_bytes(o, "", 1);
	return r == 0 && o->failed ? -E2BIG : r;
}

static int keep(struct profile_parse *ps, const struct json_member *m)
{
	struct out o = OUT_INIT(SCHEMA_BYTES_MAX);
	int r = write_schema(&o, m);

	if (r == 0)
		r = strv_add(&ps->layer->p->protocol.schemas, o.data);
	out_deinit(&o);
	return r < 0 ? err_set(ps->e, r, "profile %s", ps->file) : 0;
}

static int set_one(struct profile_parse *ps, const struct json_member *m)
{
	static const struct profile_key pattern = {
		.name = "schemas", .check = profile_check_pattern};
	_free_ char *name = NULL;
	struct schema_fault fault;
	struct schema *s = NULL;
	int r = profile_checked(ps, &pattern, &m->name, &name);

	if (r < 0)
		return r;
	r = schema_new(&m->value, &s, &fault);
	schema_free(s);
	if (r == 1)
		return profile_fail(ps, fault.offset, "%s", fault.text);
	return r < 0 ? err_set(ps->e, r, "profile %s", ps->file) : keep(ps, m);
}

int profile_set_schemas(struct profile_parse *ps, const struct profile_key *k,
	const struct json_value *v)
{
	struct json_iter i = json_iter(v);
	struct json_member m;
	int r = 0;

	if (v->type != JSON_OBJECT)
		return profile_fail_type(ps, k, v);
	while (r == 0 && json_next(&i, &m))
		r = set_one(ps, &m);
	return r;
}

/* The two of them; values in @text. */
static int read_kept(const char *text, struct json_value *ret_pattern,
	struct json_value *ret_schema)
{
	struct json_value both;
	struct json_member pattern, schema;
	struct json_iter i;
	int r = profile_kept_scan(text, strlen(text), &both);

	if (r < 0)
		return r;
	i = json_iter(&both);
	if (!json_next(&i, &pattern) || !json_next(&i, &schema) ||
		pattern.value.type != JSON_STRING)
		return -EINVAL;
	*ret_pattern = pattern.value;
	*ret_schema = schema.value;
	return 0;
}

static int copy_pattern(const struct json_value *v, char **ret)
{
	size_t n = json_string_copy(v, NULL, 0);
	char *text = malloc(n + 1);

	if (!text)
		return -ENOMEM;
	(void)json_string_copy(v, text, n);
	text[n] = '\0';
	*ret = text;
	return 0;
}

int profile_schema_pattern(const char *text, char **ret)
{
	struct json_value pattern, schema;
	int r = read_kept(text, &pattern, &schema);

	return r < 0 ? r : copy_pattern(&pattern, ret);
}

int profile_schema_slow(const char *text, bool *ret)
{
	struct json_value pattern, schema;
	struct schema_fault fault;
	struct schema *s = NULL;
	int r = read_kept(text, &pattern, &schema);

	if (r == 0)
		r = schema_new(&schema, &s, &fault);
	if (r == 0)
		*ret = schema_is_slow(s);
	schema_free(s);
	return r > 0 ? -EINVAL : r;
}

static int add_one(struct rules *rules, const char *text, const char *label,
	struct rules_fault *fault)
{
	struct json_value pattern, schema;
	_free_ char *glob = NULL;
	int r = read_kept(text, &pattern, &schema);

	if (r == 0)
		r = copy_pattern(&pattern, &glob);
	return r < 0 ? r : rules_add_schema(rules, glob, &schema, label, fault);
}

int profile_schemas_add(struct rules *rules, char *const *texts,
	const char *label, const char *whose, struct err *e)
{
	struct rules_fault fault = {0};
	int r = 0;

	for (; r == 0 && texts && *texts; texts++)
		r = add_one(rules, *texts, label, &fault);
	if (r == 1)
		return err_say(
			e, -EINVAL, "%s: schemas: %s", whose, fault.text);
	return r < 0 ? err_set(e, r, "schemas of %s", whose) : 0;
}
