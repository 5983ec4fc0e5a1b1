/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/wishes_cut.h"

#include <errno.h>
#include <string.h>

#include "policy/message_id.h"
#include "policy/page.h"
#include "policy/splice.h"
#include "policy/versions.h"

#define URI_MAX 8192 /* bytes, unescaped: of a path twice PATH_MAX */
#define CAPABILITIES "io.modelcontextprotocol/clientCapabilities"

const char *const roots_words[_ROOTS_N] = {
	[ROOTS_FILTER] = "filter",
	[ROOTS_ALLOW] = "allow",
	[ROOTS_DENY] = "deny",
};

const char *const wish_words[_WISH_N] = {
	[WISH_DENY] = "deny",
	[WISH_ALLOW] = "allow",
	[WISH_ASK] = "ask",
};

enum wish wish_strictest(enum wish a, enum wish b)
{
	if (a == WISH_DENY || b == WISH_DENY)
		return WISH_DENY;
	return a == WISH_ASK || b == WISH_ASK ? WISH_ASK : WISH_ALLOW;
}

enum wish wishes_permit(const struct wishes *w, enum method m)
{
	if (m == METHOD_SAMPLING_CREATE_MESSAGE)
		return w->sampling;
	if (m == METHOD_ELICITATION_CREATE)
		return w->elicitation;
	return m == METHOD_ROOTS_LIST && w->roots == ROOTS_DENY ? WISH_DENY
								: WISH_ALLOW;
}

static bool is_wish(enum method m)
{
	return m == METHOD_SAMPLING_CREATE_MESSAGE ||
	       m == METHOD_ELICITATION_CREATE || m == METHOD_ROOTS_LIST;
}

/* One of inputRequests. */
static enum wish permit_one(
	const struct wishes *w, const struct json_value *one)
{
	struct json_value name, params = {.type = JSON_INVALID};
	enum method m;

	if (one->type != JSON_OBJECT || message_wish_confused(one) ||
		!json_get(one, "method", &name) || name.type != JSON_STRING)
		return WISH_DENY;
	m = method_find(&name);
	if (!is_wish(m))
		return WISH_DENY;
	(void)json_get(one, "params", &params);
	if (m == METHOD_ELICITATION_CREATE && !page_params_valid(&params))
		return WISH_DENY;
	return wishes_permit(w, m);
}

enum wish wishes_permit_result(
	const struct wishes *w, const struct json_value *result)
{
	enum wish all = WISH_ALLOW;
	struct json_value requests;
	struct json_iter i;
	struct json_member one;

	if (result->type != JSON_OBJECT ||
		!json_get(result, "inputRequests", &requests) ||
		requests.type == JSON_NULL)
		return WISH_ALLOW;
	/* What some reader walks through all the same. */
	if (requests.type != JSON_OBJECT && requests.type != JSON_ARRAY)
		return WISH_DENY;
	i = json_iter(&requests);
	if (requests.type == JSON_ARRAY)
		return json_next(&i, &one) ? WISH_DENY : WISH_ALLOW;
	while (all != WISH_DENY && json_next(&i, &one))
		all = wish_strictest(all, permit_one(w, &one.value));
	return all;
}

/* A value of one hexadecimal digit, or -1. */
static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The path of the URI, decoded; 0 if it is none that could be granted. */
static size_t decode(const char *uri, size_t len, char path[static URI_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		char c = uri[i];

		if (c == '?' || c == '#' || c == '\0' || n == URI_MAX)
			return 0;
		if (c == '%') {
			int high = i + 2 < len ? digit(uri[i + 1]) : -1;
			int low = high >= 0 ? digit(uri[i + 2]) : -1;

			/* A slash or NUL that is written so hides one. */
			if (low < 0 || high * 16 + low == '/' ||
				high * 16 + low == 0)
				return 0;
			c = (char)(high * 16 + low);
			i += 2;
		}
		path[n++] = c;
	}
	return n;
}

static bool has_dots(const char *path, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		size_t n = 0;

		if (path[i] != '/')
			continue;
		while (i + 1 + n < len && path[i + 1 + n] == '.')
			n++;
		if ((n == 1 || n == 2) &&
			(i + 1 + n == len || path[i + 1 + n] == '/'))
			return true;
	}
	return false;
}

static bool is_inside(const char *path, size_t len, const char *folder)
{
	size_t n = strlen(folder);

	return n > 0 && len >= n && memcmp(path, folder, n) == 0 &&
	       (len == n || path[n] == '/' || folder[n - 1] == '/');
}

bool wishes_root_passes(const struct wishes *w, const char *uri, size_t len)
{
	static const char *const prefixes[] = {"file://localhost/", "file:///"};
	char path[URI_MAX];
	size_t n = 0;

	for (size_t i = 0; n == 0 && i < 2; i++) {
		size_t skip = strlen(prefixes[i]) - 1; /* its slash stays */

		if (len > skip && memcmp(uri, prefixes[i], skip + 1) == 0)
			n = decode(uri + skip, len - skip, path);
	}
	while (n > 1 && path[n - 1] == '/')
		n--;
	if (n == 0 || has_dots(path, n) || memmem(path, n, "//", 2))
		return false;
	for (char *const *f = w->folders; f && *f; f++)
		if (is_inside(path, n, *f))
			return true;
	return false;
}

/* One pass over a message; counts what it cut. */
struct cutter {
	const struct wishes *w;
	const struct wishes_answers *answers; /* or NULL */
	struct splice s;
	size_t cuts;
};

static void cut(
	struct cutter *c, struct splice_list *l, const struct json_member *m)
{
	splice_list_drop(&c->s, l, m);
	c->cuts++;
}

/* Some readers take `Sampling` for it. */
static bool is_named(
	const struct json_value *name, const char *what, unsigned len)
{
	const struct name_known known = {what, len};
	unsigned which;

	return message_name_match(name, &known, 1, &which) != NAME_OTHER;
}

static bool names_denied(const struct wishes *w, const struct json_value *name)
{
	return (w->sampling == WISH_DENY && is_named(name, "sampling", 8)) ||
	       (w->elicitation == WISH_DENY &&
		       is_named(name, "elicitation", 11)) ||
	       (w->roots == ROOTS_DENY && is_named(name, "roots", 5));
}

/* Members that name what is denied go; of the rest @inner is looked into. */
static void mask_members(struct cutter *c, const struct json_value *object,
	const char *inner,
	void (*look)(struct cutter *c, const struct json_value *v))
{
	struct splice_list l = {0};
	struct json_iter i;
	struct json_member m;

	if (object->type != JSON_OBJECT)
		return;
	i = json_iter(object);
	while (json_next(&i, &m)) {
		if (names_denied(c->w, &m.name)) {
			cut(c, &l, &m);
			continue;
		}
		splice_list_keep(&l, &m);
		if (inner && is_named(&m.name, inner, (unsigned)strlen(inner)))
			look(c, &m.value);
	}
}

/* 2025-11-25: what may be asked as a task is offered once more. */
static void mask_tasks(struct cutter *c, const struct json_value *v)
{
	struct json_iter i;
	struct json_member m;

	if (v->type != JSON_OBJECT)
		return;
	i = json_iter(v);
	while (json_next(&i, &m))
		if (is_named(&m.name, "requests", 8))
			mask_members(c, &m.value, NULL, NULL);
}

static void mask_capabilities(struct cutter *c, const struct json_value *v)
{
	mask_members(c, v, "tasks", mask_tasks);
}

static bool root_passes(const struct wishes *w, const struct json_value *root)
{
	struct json_value uri;
	char text[URI_MAX];
	size_t n;

	if (root->type != JSON_OBJECT || !json_get(root, "uri", &uri) ||
		uri.type != JSON_STRING)
		return false;
	n = json_string_copy(&uri, text, sizeof(text));
	return n <= sizeof(text) && wishes_root_passes(w, text, n);
}

/* In a shape that hides them: some reader walks through it all the same. */
static bool roots_hidden(
	const struct wishes *w, const struct json_value *result)
{
	struct json_value roots;
	struct json_member m;
	struct json_iter i;

	if (w->roots == ROOTS_ALLOW || result->type != JSON_OBJECT ||
		!json_get(result, "roots", &roots) ||
		roots.type == JSON_ARRAY || roots.type == JSON_NULL)
		return false;
	if (roots.type != JSON_OBJECT)
		return true;
	i = json_iter(&roots);
	return json_next(&i, &m);
}

/* @result: of roots/list. */
static void filter_roots(struct cutter *c, const struct json_value *result)
{
	struct splice_list l = {0};
	struct json_value roots;
	struct json_iter i;
	struct json_member m;

	if (c->w->roots == ROOTS_ALLOW || result->type != JSON_OBJECT ||
		!json_get(result, "roots", &roots) || roots.type != JSON_ARRAY)
		return;
	i = json_iter(&roots);
	while (json_next(&i, &m))
		if (c->w->roots == ROOTS_FILTER && root_passes(c->w, &m.value))
			splice_list_keep(&l, &m);
		else
			cut(c, &l, &m);
}

static void filter_responses(struct cutter *c, const struct json_value *v)
{
	const struct wishes_answers *a = c->answers;
	struct splice_list l = {0};
	struct json_iter i;
	struct json_member m;

	if (v->type != JSON_OBJECT)
		return;
	i = json_iter(v);
	while (json_next(&i, &m)) {
		if ((a && !a->wanted(a->ctx, &m.name)) ||
			message_result_confused(&m.value) ||
			roots_hidden(c->w, &m.value)) {
			cut(c, &l, &m);
			continue;
		}
		splice_list_keep(&l, &m);
		filter_roots(c, &m.value);
	}
}

static void mask_meta(struct cutter *c, const struct json_value *meta)
{
	struct json_value v;

	if (meta->type == JSON_OBJECT && json_get(meta, CAPABILITIES, &v))
		mask_capabilities(c, &v);
}

/* A version that is not known here is not asked for: the newest that is. */
static void ask_known(struct cutter *c, const struct json_value *version)
{
	static const char known[] = "\"" VERSION_LEGACY "\"";

	if (version_era(version) == ERA_LEGACY)
		return;
	splice_replace(
		&c->s, version->begin, version->end, known, sizeof(known) - 1);
	c->cuts++;
}

/* Members as they stand: what is cut is cut from the front to the back. */
static void mask_params(struct cutter *c, const struct message *m)
{
	struct json_iter i = json_iter(&m->params);
	struct json_member p;

	while (json_next(&i, &p))
		if (m->method == METHOD_INITIALIZE &&
			json_string_eq(&p.name, "capabilities"))
			mask_capabilities(c, &p.value);
		else if (m->method == METHOD_INITIALIZE &&
			 json_string_eq(&p.name, "protocolVersion"))
			ask_known(c, &p.value);
		else if (json_string_eq(&p.name, "_meta"))
			mask_meta(c, &p.value);
		else if (json_string_eq(&p.name, "inputResponses"))
			filter_responses(c, &p.value);
}

/* Nothing is written before the first cut. */
static int cut_end(struct cutter *c)
{
	if (c->cuts == 0)
		return 1;
	splice_finish(&c->s);
	return c->s.out->failed ? -ENOMEM : 0;
}

int wishes_mask(const struct wishes *w, const struct wishes_answers *answers,
	const struct message *m, const char *line, size_t len, struct out *out)
{
	struct cutter c = {.w = w,
		.answers = answers,
		.s = {.out = out, .text = line, .len = len}};

	if (m->params.type != JSON_OBJECT)
		return 1;
	mask_params(&c, m);
	return cut_end(&c);
}

int wishes_filter_roots(const struct wishes *w, const char *line, size_t len,
	const struct json_value *result, struct out *out)
{
	struct cutter c = {.w = w, .s = {.out = out, .text = line, .len = len}};

	if (roots_hidden(w, result))
		return -EINVAL;
	filter_roots(&c, result);
	return cut_end(&c);
}
