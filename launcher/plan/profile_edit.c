/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text alone. An entry goes behind the last one of its list, between the
 * same white space as that; what is made anew looks like what stands beside it.
 */
#include "plan/profile_edit.h"

#include <stdio.h>
#include <string.h>

#include "plan/profile_edit_style.h"
#include "plan/profile_key.h"

#define EDIT_PATH_MAX 64 /* bytes of a list's path */

struct edit {
	const char *file;
	struct edit_style style;
	size_t list; /* of profile_lists[] */
	const char *entry;
	/* The innermost container that is there, and what of the list's path
	 * is not: "" where the container is the list. */
	struct json_value container;
	const char *missing;
	struct out out;
};

/* "sandbox.read" is written "sandbox/read" too. */
static bool path_is(const char *path, const char *name)
{
	for (; *path && *name; path++, name++)
		if (*path != *name && !(*path == '/' && *name == '.'))
			return false;
	return !*path && !*name;
}

static int find_list(const char *path, size_t *ret, struct err *e)
{
	for (size_t i = 0; i < _LIST_N; i++)
		if (!profile_list_replaces(i) &&
			path_is(path, profile_lists[i].name)) {
			*ret = i;
			return 0;
		}
	return err_say(e, -EINVAL,
		"a profile has no list %.80s; expected one such as "
		"protocol/tools/always",
		path);
}

/* As the parser's table has it: what an entry of this list may be. */
static int check_entry(size_t list, const char *entry, struct err *e)
{
	const size_t offset = profile_lists[list].offset;

	for (int o = OBJECT_NONE + 1; o < _OBJECT_N; o++)
		for (size_t i = 0; i < profile_objects[o].n_keys; i++) {
			const struct profile_key *k =
				&profile_objects[o].keys[i];

			if (k->field == offset && k->check)
				return k->check(entry, e);
		}
	return err_say(
		e, -EINVAL, "%s takes no entries", profile_lists[list].name);
}

/* The next name of a dotted path, and what is behind it. */
static const char *path_next(const char *path, char name[EDIT_PATH_MAX])
{
	size_t n = strcspn(path, ".");

	(void)snprintf(name, EDIT_PATH_MAX, "%.*s", (int)n, path);
	return path + n + (path[n] == '.');
}

static void descend(struct edit *ed, const struct json_value *top)
{
	char name[EDIT_PATH_MAX];
	struct json_value v;

	ed->container = *top;
	ed->missing = profile_lists[ed->list].name;
	while (ed->missing[0]) {
		const char *rest = path_next(ed->missing, name);

		if (!json_get(&ed->container, name, &v))
			return;
		ed->container = v;
		ed->missing = rest;
	}
}

static bool has_entry(const struct edit *ed)
{
	struct json_iter i = json_iter(&ed->container);
	struct json_member m;

	while (!ed->missing[0] && json_next(&i, &m))
		if (json_string_eq(&m.value, ed->entry))
			return true;
	return false;
}

/* What goes into the container: the entry, or a member that leads to it. */
static void write_child(struct edit *ed, const struct edit_slot *slot)
{
	char name[EDIT_PATH_MAX];
	const char *rest = ed->missing;
	bool lines[EDIT_DEPTH_MAX];
	unsigned depth = 0;

	while (rest[0]) {
		rest = path_next(rest, name);
		edit_write_name(&ed->style, &ed->out, name);
		lines[depth] = slot->lines && (rest[0] || ed->style.list_lines);
		edit_write_open(&ed->style, &ed->out, slot, rest[0] ? '{' : '[',
			lines[depth], depth);
		depth++;
	}
	out_json_string(&ed->out, ed->entry, strlen(ed->entry));
	for (bool list = true; depth > 0; list = false) {
		depth--;
		edit_write_close(&ed->style, &ed->out, slot, list ? ']' : '}',
			lines[depth], depth);
	}
}

static int write_all(struct edit *ed, const struct profile_text *text)
{
	struct edit_slot slot;

	edit_slot_find(&ed->style, &ed->container, &slot);
	out_bytes(&ed->out, text->bytes, slot.at);
	edit_slot_begin(&ed->style, &ed->out, &slot);
	write_child(ed, &slot);
	edit_slot_end(&ed->style, &ed->out, &slot);
	out_bytes(&ed->out, text->bytes + slot.at, text->len - slot.at);
	out_bytes(&ed->out, "", 1);
	return ed->out.failed ? -EFBIG : 0;
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool same_list(char *const *a, char *const *b)
{
	size_t n = strv_len(a);

	if (strv_len(b) != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (strcmp(a[i], b[i]) != 0)
			return false;
	return true;
}

/* The digest has the scalars; an empty list that allows nothing is not in it.
 */
static bool same_profile(struct profile_layer *a, struct profile_layer *b)
{
	const struct profile *p = a->p, *q = b->p;

	for (size_t i = 0; i < _LIST_N; i++)
		if (!same_list(*profile_list_at(a->p, i),
			    *profile_list_at(b->p, i)))
			return false;
	return same_text(a->extends, b->extends) &&
	       same_text(a->about, b->about) &&
	       same_list(a->packages, b->packages) &&
	       p->protocol.present == q->protocol.present &&
	       p->protocol.tools.allow_given == q->protocol.tools.allow_given &&
	       p->protocol.prompts.allow_given ==
		       q->protocol.prompts.allow_given &&
	       p->protocol.resources.allow_given ==
		       q->protocol.resources.allow_given &&
	       memcmp(p->digest, q->digest, sizeof(p->digest)) == 0;
}

/* What the entry is to mean, done to what the old text meant. */
static int expect(struct profile_layer *l, size_t list, const char *entry)
{
	struct profile *p = l->p;
	int r = strv_add(profile_list_at(p, list), entry);

	if (list >= LIST_ALLOW)
		p->protocol.present = true;
	if (list == LIST_ALLOW)
		p->protocol.tools.allow_given = true;
	if (list == LIST_PROMPTS_ALLOW)
		p->protocol.prompts.allow_given = true;
	if (list == LIST_RESOURCES_ALLOW)
		p->protocol.resources.allow_given = true;
	return r < 0 ? r : profile_digest(p);
}

static int check_result(const struct edit *ed, const char *name,
	struct profile_layer *before, struct err *e)
{
	_layer_ struct profile_layer *after = NULL;
	struct err inner = {0};
	int r = profile_layer_parse(
		name, ed->file, ed->out.data, ed->out.len - 1, &after, &inner);

	if (r == -ENOMEM)
		return err_set(e, r, "profile %s", ed->file);
	if (r == 0)
		r = expect(before, ed->list, ed->entry);
	if (r == 0)
		r = profile_digest(after->p);
	if (r == 0 && !same_profile(before, after))
		r = err_say(&inner, -EINVAL, "it would mean something else");
	return r < 0 ? err_say(e, -EINVAL,
			       "%s: \"%.80s\" cannot be added to %s: %s",
			       ed->file, ed->entry,
			       profile_lists[ed->list].name, inner.text)
		     : 0;
}

/* The parser has accepted the text, so the scanner does. */
static int scan(const struct profile_text *text, struct json_value *ret)
{
	static const struct json_limits limits = {
		.max_bytes = PROFILE_MAX_BYTES,
		.max_depth = PROFILE_MAX_DEPTH,
		.max_keys = PROFILE_MAX_ITEMS,
	};
	struct json_scanner *s = json_scanner_new(&limits);
	struct json_scan_result result;
	int r = s ? json_scan(s, text->bytes, text->len, &result) : -ENOMEM;

	json_scanner_free(s);
	if (r == 0)
		*ret = json_top(text->bytes, &result);
	return r > 0 ? -EINVAL : r;
}

/* 0; 1 nothing to do; <0. */
static int add(struct edit *ed, const struct profile_text *text)
{
	struct json_value top;
	int r = scan(text, &top);

	if (r < 0)
		return r;
	descend(ed, &top);
	if (has_entry(ed))
		return 1;
	edit_style_find(&top, profile_lists[ed->list].name, &ed->style);
	return write_all(ed, text);
}

int profile_edit_text(const char *name, const char *file,
	const struct profile_text *text, const char *list, const char *entry,
	struct profile_text *ret, struct err *e)
{
	struct edit ed = {.file = file,
		.entry = entry,
		.out = OUT_INIT(PROFILE_MAX_BYTES + 1)};
	_layer_ struct profile_layer *before = NULL;
	int r = find_list(list, &ed.list, e);

	if (r == 0)
		r = check_entry(ed.list, entry, e);
	if (r == 0)
		r = profile_layer_parse(
			name, file, text->bytes, text->len, &before, e);
	if (!before)
		return r;
	r = add(&ed, text);
	if (r < 0)
		(void)err_set(e, r, "profile %s with one more entry", file);
	if (r == 0)
		r = check_result(&ed, name, before, e);
	if (r == 0) {
		ret->len = ed.out.len - 1;
		ret->bytes = take_ptr(ed.out.data);
	}
	out_deinit(&ed.out);
	return r;
}
