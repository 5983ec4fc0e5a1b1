/* SPDX-License-Identifier: Apache-2.0 */
/* Schemas for the arguments of tools: what is not valid is denied. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/rules_rule.h"

char *rules_label(const char *label, const char *kind, const char *id)
{
	size_t label_len = label != NULL ? strlen(label) : 0;
	size_t kind_len = strlen(kind), id_size = strlen(id) + 1;
	char *name = malloc(label_len + 1 + kind_len + id_size), *to = name;

	if (name == NULL)
		return NULL;
	if (label_len > 0) {
		to = mempcpy(to, label, label_len);
		*to++ = ':';
	}
	to = mempcpy(to, kind, kind_len);
	memcpy(to, id, id_size);
	return name;
}

void rules_schema_deinit(struct rules_schema *s)
{
	schema_free(s->schema);
	free(s->name);
}

static int refuse(struct rules_fault *ret, const struct schema_fault *why)
{
	*ret = (struct rules_fault){.offset = why->offset};
	memcpy(ret->text, why->text, sizeof(ret->text));
	return 1;
}

int rules_add_schema(struct rules *r, const char *pattern,
	const struct json_value *schema, const char *label,
	struct rules_fault *ret)
{
	static const char kind[] = "schema:";
	struct rules_schema *grown =
		reallocarray(r->schemas, r->n_schemas + 1, sizeof(*r->schemas));
	struct schema_fault fault = {0};
	struct rules_schema *s;
	int got;

	if (grown == NULL)
		return -ENOMEM;
	r->schemas = grown;
	s = &grown[r->n_schemas];
	*s = (struct rules_schema){.name = rules_label(label, kind, pattern)};
	if (s->name == NULL)
		return -ENOMEM;
	r->n_schemas++;
	s->glob = s->name + strlen(s->name) - strlen(pattern);
	s->id = s->glob - (sizeof(kind) - 1);
	if (r->schema_work == NULL)
		r->schema_work = schema_work_new();
	if (r->schema_work == NULL)
		return -ENOMEM;
	got = schema_new(schema, &s->schema, &fault);
	return got == 1 ? refuse(ret, &fault) : got;
}
