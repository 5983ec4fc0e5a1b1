/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/output_write.h"

#include "policy/chars.h"
#include "policy/output_note.h"
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
	enum output_over over = w->plan->list == LIST_STRING
					? OVER_TRUNCATE
					: w->plan->caps->text_over;

	note_cut(w->splice.out, shown, w->plan->text_total, over,
		note_file(w->plan->spill, FILE_TEXT, 0));
}

static void write_left_out_note(struct writer *w, const struct item *item)
{
	const struct output_caps *caps = w->plan->caps;
	bool last = w->n_notes == OUTPUT_NOTES_MAX;

	note_left_out(w->splice.out, last ? NULL : item, caps->binary_bytes,
		caps->binary_over,
		note_file(w->plan->spill, FILE_BINARY, w->n_notes - 1));
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
	if (item_takes(&w->binary_left, item)) {
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
		return OUTPUT_WHOLE; /* its uri does not fit, and it must have
					one */
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

/* The one string that the result is cut at. */
static int write_string(struct writer *w)
{
	struct item item = {.kind = ITEM_TEXT};

	item.payload.value = w->plan->array;
	item.size = w->plan->text_total;
	return item.size > w->text_left ? write_text_cut(w, &item) : 0;
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
			r = w->plan->list == LIST_STRING ? write_string(w)
							 : write_list(w);
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
	return OUTPUT_CUT;
}
