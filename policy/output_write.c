/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/output_write.h"

#include <string.h>

#include "policy/chars.h"
#include "policy/splice.h"

struct writer {
	const struct output_plan *plan;
	struct splice splice;
	struct splice_list elements;
	uint64_t text_left, binary_left;
	bool text_ended; /* the first text that did not fit has been cut */
	unsigned n_notes;
};

/* The inside of a JSON string. */
static void write_cut_note(struct writer *w, uint64_t shown)
{
	struct out *o = w->splice.out;

	out_str(o, "[stockade: cut here, ");
	out_u64(o, shown);
	out_str(o, " of ");
	out_u64(o, w->plan->text_total);
	out_str(o, " bytes shown]");
}

/* A type as the server wrote it, as far as it looks like one: the model is to
 * read nothing else here. */
static void write_type(struct out *o, const struct item *item)
{
	static const char usual[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		"0123456789/.+-_;=*";
	char type[OUTPUT_MIME_MAX];
	struct json_value mime;
	size_t n = 0;

	if (json_get(&item->holder, "mimeType", &mime))
		n = json_string_copy(&mime, type, sizeof(type));
	if (n == 0) {
		out_str(o, "binary content");
		return;
	}
	for (size_t i = 0; i < n && i < sizeof(type); i++) {
		bool plain = memchr(usual, type[i], sizeof(usual) - 1) != NULL;

		out_bytes(o, plain ? &type[i] : "?", 1);
	}
}

static void write_left_out_note(struct writer *w, const struct item *item)
{
	struct out *o = w->splice.out;

	out_str(o, "[stockade: ");
	if (w->n_notes == OUTPUT_NOTES_MAX) {
		out_str(o, "more binary content");
	} else {
		write_type(o, item);
		out_str(o, " of ");
		out_u64(o, item->size);
		out_str(o, " bytes");
	}
	out_str(o, " left out, over the limit of ");
	out_u64(o, w->plan->caps->binary_bytes);
	out_str(o, "]");
}

/* A text item up to its text, in place of a content item. */
static void begin_text_item(struct writer *w, const struct json_value *content)
{
	splice_drop(&w->splice, content->begin, content->end);
	out_str(w->splice.out, "{\"type\":\"text\",\"text\":\"");
}

static void keep(struct writer *w, const struct item *item)
{
	splice_list_keep(&w->elements, &item->element);
}

static int drop(struct writer *w, const struct item *item)
{
	splice_list_drop(&w->splice, &w->elements, &item->element);
	return 0;
}

static int write_binary(struct writer *w, const struct item *item)
{
	uint64_t cost = item->size + item->rest;

	if (cost <= w->binary_left) {
		w->binary_left -= cost;
		keep(w, item);
		return 0;
	}
	if (w->n_notes == OUTPUT_NOTES_MAX)
		return drop(w, item);
	w->n_notes++;
	keep(w, item);
	if (w->plan->list == LIST_RESOURCES) {
		splice_drop(&w->splice, item->payload.begin, item->payload.end);
		out_str(w->splice.out, "\"text\":\"");
		write_left_out_note(w, item);
		out_str(w->splice.out, "\"");
		return 0;
	}
	begin_text_item(w, &item->content);
	write_left_out_note(w, item);
	out_str(w->splice.out, "\"}");
	return 0;
}

static uint64_t shown_so_far(const struct writer *w)
{
	return w->plan->text_left - w->text_left;
}

/* The note takes the place of an item of which nothing fits. */
static int write_note_alone(struct writer *w, const struct item *item)
{
	if (w->plan->list == LIST_RESOURCES)
		return 2; /* its uri does not fit, and it must have one */
	begin_text_item(w, &item->content);
	write_cut_note(w, shown_so_far(w));
	out_str(w->splice.out, "\"}");
	return 0;
}

static int write_text_cut(struct writer *w, const struct item *item)
{
	const struct json_value *text = &item->payload.value;
	uint64_t room = w->text_left - item->rest;
	size_t end, kept;

	kept = chars_cut(text, room < SIZE_MAX ? (size_t)room : SIZE_MAX, &end);
	splice_drop(&w->splice, end, text->end - 1);
	if (kept > 0)
		out_str(w->splice.out, "\\n");
	write_cut_note(w, shown_so_far(w) + item->rest + kept);
	return 0;
}

static int write_text(struct writer *w, const struct item *item)
{
	uint64_t cost = item->size + item->rest;

	if (w->text_ended)
		return drop(w, item);
	keep(w, item);
	if (cost <= w->text_left) {
		w->text_left -= cost;
		return 0;
	}
	w->text_ended = true;
	if (item->kind == ITEM_LINK || item->rest > w->text_left)
		return write_note_alone(w, item);
	return write_text_cut(w, item);
}

static int write_item(struct writer *w, const struct item *item)
{
	switch (item->kind) {
	case ITEM_TEXT:
	case ITEM_LINK:
		return write_text(w, item);
	case ITEM_BINARY:
		return write_binary(w, item);
	case ITEM_OTHER:
		break;
	}
	keep(w, item);
	return 0;
}

static int write_list(struct writer *w)
{
	struct json_iter i = json_iter(&w->plan->array);
	struct json_member m;
	struct item item;
	int r = 0;

	while (r == 0 && json_next(&i, &m)) {
		item_read(w->plan->list, &m, &item);
		r = write_item(w, &item);
	}
	return r;
}

/* The list and structuredContent come in any order. */
static int write_result(struct writer *w)
{
	struct json_iter i = json_iter(&w->plan->result);
	struct splice_list members = {0};
	struct json_member m;
	int r = 0;

	while (r == 0 && json_next(&i, &m)) {
		if (w->plan->drop_structured &&
			json_string_eq(&m.name, "structuredContent")) {
			splice_list_drop(&w->splice, &members, &m);
			continue;
		}
		if (m.value.begin == w->plan->array.begin)
			r = write_list(w);
		splice_list_keep(&members, &m);
	}
	return r;
}

int output_write(const struct output_plan *plan, const char *line, size_t len,
	struct out *out)
{
	struct writer w = {
		.plan = plan,
		.splice = {.out = out, .text = line, .len = len},
		.text_left = plan->text_left,
		.binary_left = plan->caps->binary_bytes,
	};
	int r = write_result(&w);

	if (r != 0)
		return r;
	splice_finish(&w.splice);
	return 1;
}
