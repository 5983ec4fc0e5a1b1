/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/output_spill.h"

#include <errno.h>
#include <string.h>

#include "policy/base64.h"
#include "policy/json_string.h"
#include "policy/output_write.h"

#define MIME_MAX 64

/* What a program that opens files by their names may be given: nothing here is
 * run, or fetches anything, when it is looked at. */
static const struct {
	const char *type, *suffix;
} suffixes[] = {
	{"image/png", "png"},
	{"image/jpeg", "jpg"},
	{"image/gif", "gif"},
	{"image/webp", "webp"},
	{"audio/wav", "wav"},
	{"audio/x-wav", "wav"},
	{"audio/mpeg", "mp3"},
	{"audio/ogg", "ogg"},
	{"application/pdf", "pdf"},
	{"application/json", "json"},
	{"text/plain", "txt"},
	{"text/csv", "csv"},
};

static const char *suffix_of(const struct item *item)
{
	char type[MIME_MAX];
	struct json_value mime;
	size_t n;

	if (!json_get(&item->holder, "mimeType", &mime) ||
		mime.type != JSON_STRING)
		return "bin";
	n = json_string_copy(&mime, type, sizeof(type));
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
		if (strlen(suffixes[i].type) == n && n <= sizeof(type) &&
			memcmp(suffixes[i].type, type, n) == 0)
			return suffixes[i].suffix;
	return "bin";
}

/* Decodes into @out, or only looks (NULL). False where that cannot be done;
 * what was written is not to be used then. */
static bool decode(const struct json_value *string, struct out *out)
{
	struct json_runs r = json_runs_of(string);
	struct base64 b = {0};
	const char *run;
	size_t n;

	while (!b.bad && json_runs_next(&r, &run, &n))
		base64_feed(&b, run, n, out);
	return base64_end(&b);
}

static void write_unescaped(struct out *out, const struct json_value *string)
{
	struct json_runs r = json_runs_of(string);
	const char *run;
	size_t n;

	while (json_runs_next(&r, &run, &n))
		out_bytes(out, run, n);
}

static struct output_file *add(
	struct output_spill *s, enum output_file_kind kind, const char *suffix)
{
	struct output_file *f = &s->files[s->n];

	if (s->n == OUTPUT_FILES_MAX)
		return NULL;
	s->n++;
	f->kind = kind;
	f->nth = 0;
	f->suffix = suffix;
	f->kept = false;
	return f;
}

/* Those that do not fit, in the order in which the notes count them. */
struct leftovers {
	struct json_iter i;
	enum list_kind list;
	uint64_t left;
};

static struct leftovers leftovers_of(const struct output_plan *plan)
{
	return (struct leftovers){
		.i = json_iter(&plan->array),
		.list = plan->list,
		.left = plan->caps->binary_bytes,
	};
}

static bool leftovers_next(struct leftovers *l, struct item *ret)
{
	struct json_member m;

	while (json_next(&l->i, &m)) {
		item_read(l->list, &m, ret);
		if (ret->kind == ITEM_BINARY && !item_takes(&l->left, ret))
			return true;
	}
	return false;
}

static void add_binary(struct output_spill *s, const struct output_plan *plan)
{
	struct leftovers l = leftovers_of(plan);
	struct item item;

	for (unsigned n = 0; leftovers_next(&l, &item); n++) {
		bool plain = decode(&item.payload.value, NULL);
		struct output_file *f =
			add(s, FILE_BINARY, plain ? suffix_of(&item) : "b64");

		if (!f)
			return;
		f->nth = n;
	}
}

int output_spill(const struct output_caps *caps, enum method method,
	const char *line, const struct json_value *result,
	struct output_spill *ret)
{
	struct output_plan plan;
	enum output_verdict v;

	if (result->text != line)
		return -EINVAL;
	v = output_measure(caps, method, result, &plan);
	ret->n = 0;
	if (v == OUTPUT_WHOLE && caps->text_over == OVER_SPILL)
		(void)add(ret, FILE_RESULT, "json");
	if (v != OUTPUT_CUT || plan.list == LIST_STRING)
		return 0;
	if (plan.text_total > plan.text_left && caps->text_over == OVER_SPILL)
		(void)add(ret, FILE_TEXT, "txt");
	if (plan.seen.binary_seen > caps->binary_bytes &&
		caps->binary_over == OVER_SPILL)
		add_binary(ret, &plan);
	return 0;
}

static void write_text(const struct output_plan *plan, struct out *out)
{
	struct json_iter i = json_iter(&plan->array);
	struct json_member m;
	struct item item;

	while (json_next(&i, &m)) {
		const struct json_value *v = &item.element.value;

		item_read(plan->list, &m, &item);
		if (item.kind != ITEM_TEXT && item.kind != ITEM_LINK)
			continue;
		if (out->len > 0 && out->data[out->len - 1] != '\n')
			out_bytes(out, "\n", 1);
		if (item.kind == ITEM_TEXT)
			write_unescaped(out, &item.payload.value);
		else
			out_bytes(out, v->text + v->begin, v->end - v->begin);
	}
}

static void write_binary(
	const struct output_plan *plan, unsigned nth, struct out *out)
{
	struct leftovers l = leftovers_of(plan);
	size_t before = out->len;
	struct item item;

	for (unsigned n = 0; leftovers_next(&l, &item); n++) {
		if (n != nth)
			continue;
		if (!decode(&item.payload.value, out)) {
			out->len = before;
			write_unescaped(out, &item.payload.value);
		}
		return;
	}
}

int output_spill_write(const struct output_caps *caps, enum method method,
	const struct json_value *result, const struct output_file *file,
	struct out *out)
{
	struct output_plan plan;

	(void)output_measure(caps, method, result, &plan);
	switch (file->kind) {
	case FILE_TEXT:
		write_text(&plan, out);
		break;
	case FILE_BINARY:
		write_binary(&plan, file->nth, out);
		break;
	case FILE_RESULT:
		out_bytes(out, result->text + result->begin,
			result->end - result->begin);
		break;
	case FILE_NONE:
		break;
	}
	return out->failed ? -ENOMEM : 0;
}
