/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What differs, for the eyes of a person: nothing but printable ASCII, each
 * control, turning or invisible character as its escape.
 */
#include <stdio.h>
#include <string.h>

#include "cli/approve_text.h"
#include "cli/pin.h"

#define TEXT_MAX ((size_t)256 << 20)
#define WIDTH 76

static struct json_value value_of(const char *text, size_t len)
{
	enum json_type type = JSON_NULL;

	if (text && text[0] == '{')
		type = JSON_OBJECT;
	else if (text && text[0] == '"')
		type = JSON_STRING;
	return json_value_of(text, 0, len, type);
}

/* A member's value, each line of it behind a mark. */
static void put_marked(struct out *o, char mark, const struct json_value *v)
{
	struct out text = OUT_INIT(TEXT_MAX);
	size_t at = 0;

	text_pretty(&text, v, WIDTH);
	while (!text.failed && at < text.len) {
		const char *end = memchr(text.data + at, '\n', text.len - at);
		size_t len =
			end ? (size_t)(end - text.data) - at : text.len - at;

		out_str(o, "      ");
		out_bytes(o, &mark, 1);
		out_str(o, " ");
		out_bytes(o, text.data + at, len);
		out_str(o, "\n");
		at += len + 1;
	}
	o->failed |= text.failed;
	out_deinit(&text);
}

static bool member(const struct json_value *def, const struct pin_field *f,
	struct json_value *ret)
{
	struct json_iter i = json_iter(def);
	struct json_member m;

	while (json_next(&i, &m))
		if (m.name.end - m.name.begin - 2 == f->len &&
			memcmp(m.name.text + m.name.begin + 1, f->name,
				f->len) == 0) {
			*ret = m.value;
			return true;
		}
	return false;
}

static void put_field(struct out *o, const struct json_value *old,
	const struct json_value *new, const struct pin_field *f)
{
	struct json_value v;

	out_str(o, "    ");
	text_bytes(o, f->name, f->len);
	out_str(o, "\n");
	if (old->type == JSON_OBJECT && member(old, f, &v))
		put_marked(o, '-', &v);
	if (new->type == JSON_OBJECT && member(new, f, &v))
		put_marked(o, '+', &v);
}

static void put_pin(struct out *o, const struct pin *p)
{
	const struct pin *from = p->was ? p->was : p;
	struct json_value old = value_of(from->accepted, from->accepted_len);
	struct json_value new = value_of(p->other, p->other_len);
	struct pin_field f[PINS_FIELDS_MAX];
	size_t n;

	out_str(o, "  ");
	out_str(o, pin_kind_name(p->kind));
	out_str(o, p->name_len ? " " : "");
	text_bytes(o, p->name, p->name_len);
	if (p->was) {
		out_str(o, " (renamed from ");
		text_bytes(o, p->was->name, p->was->name_len);
		out_str(o, ")\n");
	} else {
		out_str(o, p->accepted ? "\n" : " (new)\n");
	}
	if (old.type != JSON_OBJECT || new.type != JSON_OBJECT) {
		if (from->accepted)
			put_marked(o, '-', &old);
		put_marked(o, '+', &new);
		return;
	}
	n = pins_fields(
		from->accepted, from->accepted_len, p->other, p->other_len, f);
	for (size_t i = 0; i < n && i < PINS_FIELDS_MAX; i++)
		put_field(o, &old, &new, &f[i]);
	if (n > PINS_FIELDS_MAX) {
		out_str(o, "    more members differ; all of it:\n");
		put_marked(o, '-', &old);
		put_marked(o, '+', &new);
	}
}

static int write_out(struct out *o)
{
	int r = o->failed ? -ENOMEM : 0;

	if (r == 0 && o->len && fwrite(o->data, 1, o->len, stdout) != o->len)
		r = -EIO;
	if (r == 0 && fflush(stdout) != 0)
		r = -EIO;
	out_deinit(o);
	return r;
}

static void put_tenant(struct out *o, const char *tenant)
{
	if (!tenant)
		return;
	out_str(o, ", tenant ");
	text_bytes(o, tenant, strlen(tenant));
}

int pin_diff_server(const struct pin_cli *c, const struct pin_server *s)
{
	struct out o = OUT_INIT(TEXT_MAX);
	bool any = false;
	int r;

	for (size_t i = 0; i < pins_count(s->pins); i++) {
		const struct pin *p = pins_at(s->pins, i);

		if (!pin_waits(c, p))
			continue;
		if (!any) {
			out_str(&o, s->store.server);
			out_str(&o, ", profile ");
			out_str(&o, s->store.profile);
			put_tenant(&o, s->store.tenant);
			out_str(&o, "\n");
		}
		any = true;
		put_pin(&o, p);
	}
	r = write_out(&o);
	return r < 0 ? r : !any;
}

static void put_value(
	struct out *o, const char *name, const char *def, size_t len)
{
	struct json_value v = value_of(def, len);

	out_str(o, name);
	if (def)
		text_compact(o, &v);
	else
		out_str(o, "null");
}

static void put_json(
	struct out *o, const struct pin_server *s, const struct pin *p)
{
	struct pin_field f[PINS_FIELDS_MAX];
	const struct pin *from = p->was ? p->was : p;
	size_t n = from->accepted
			   ? pins_fields(from->accepted, from->accepted_len,
				     p->other, p->other_len, f)
			   : 0;

	out_str(o, "{\"store\":");
	text_quote(o, s->store.name, strlen(s->store.name));
	out_str(o, ",\"server\":");
	text_quote(o, s->store.server, strlen(s->store.server));
	out_str(o, ",\"tenant\":");
	if (s->store.tenant)
		text_quote(o, s->store.tenant, strlen(s->store.tenant));
	else
		out_str(o, "null");
	out_str(o, ",\"kind\":\"");
	out_str(o, pin_kind_name(p->kind));
	out_str(o, "\",\"name\":");
	text_quote(o, p->name, p->name_len);
	out_str(o, ",\"renamed_from\":");
	if (p->was)
		text_quote(o, p->was->name, p->was->name_len);
	else
		out_str(o, "null");
	out_str(o, ",\"fields\":[");
	for (size_t i = 0; i < n && i < PINS_FIELDS_MAX; i++) {
		out_str(o, i ? "," : "");
		text_quote(o, f[i].name, f[i].len);
	}
	put_value(o, "],\"old\":", from->accepted, from->accepted_len);
	put_value(o, ",\"new\":", p->other, p->other_len);
	out_str(o, "}");
}

static int diff_json(const struct pin_cli *c, const struct pin_servers *s)
{
	struct out o = OUT_INIT(TEXT_MAX);
	size_t n = 0;
	int r;

	out_str(&o, "[");
	for (size_t i = 0; i < s->n; i++)
		for (size_t j = 0; j < pins_count(s->all[i].pins); j++) {
			const struct pin *p = pins_at(s->all[i].pins, j);

			if (!pin_waits(c, p))
				continue;
			out_str(&o, n++ ? ",\n " : "\n ");
			put_json(&o, &s->all[i], p);
		}
	out_str(&o, "\n]\n");
	r = write_out(&o);
	return r < 0 ? r : n == 0;
}

int pin_diff(const struct pin_cli *c, const struct pin_servers *s)
{
	bool any = false;

	if (c->json)
		return diff_json(c, s);
	for (size_t i = 0; i < s->n; i++) {
		int r = pin_diff_server(c, &s->all[i]);

		if (r < 0)
			return r;
		any |= r == 0;
	}
	return !any;
}
