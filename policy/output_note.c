/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/output_note.h"

#include <string.h>

#include "policy/output.h"

const struct output_file *note_file(
	const struct output_spill *s, enum output_file_kind kind, unsigned nth)
{
	for (size_t i = 0; s && i < s->n; i++)
		if (s->files[i].kind == kind && s->files[i].nth == nth)
			return &s->files[i];
	return NULL;
}

void note_where(
	struct out *o, enum output_over over, const struct output_file *file)
{
	if (over != OVER_SPILL)
		return;
	if (!file || !file->kept) {
		out_str(o, "; it could not be kept");
		return;
	}
	out_str(o, "; all of it, ");
	out_u64(o, file->bytes);
	out_str(o, " bytes with SHA-256 ");
	out_str(o, file->sha256);
	out_str(o, ", is in ");
	out_json_text(o, file->path, strlen(file->path));
}

void note_cut(struct out *o, uint64_t shown, uint64_t total,
	enum output_over over, const struct output_file *file)
{
	out_str(o, "[stockade: cut here, ");
	out_u64(o, shown);
	out_str(o, " of ");
	out_u64(o, total);
	out_str(o, " bytes shown");
	note_where(o, over, file);
	out_str(o, "]");
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

static void write_what(struct out *o, const struct item *item, const char *more)
{
	out_str(o, "[stockade: ");
	if (!item) {
		out_str(o, more);
		return;
	}
	write_type(o, item);
	out_str(o, " of ");
	out_u64(o, item->size);
	out_str(o, " bytes");
}

void note_refused(struct out *o, const struct item *item, enum note_why why)
{
	static const char *const words[_NOTE_WHY_N] = {
		[NOTE_TYPE] = " left out, policy does not permit its type]",
		[NOTE_BASE64] = " left out, it is not valid base64]",
	};

	write_what(o, item, "more content");
	out_str(o, item ? words[why] : " left out]");
}

void note_left_out(struct out *o, const struct item *item, uint64_t limit,
	enum output_over over, const struct output_file *file)
{
	write_what(o, item, "more binary content");
	out_str(o, " left out, over the limit of ");
	out_u64(o, limit);
	note_where(o, over, file);
	out_str(o, "]");
}

/* Where a part of a result may have gone. */
static void over_files(struct out *o, const struct output_spill *spill)
{
	for (size_t i = 0; spill && i < spill->n; i++) {
		const struct output_file *f = &spill->files[i];

		if (!f->kept) {
			out_str(o, " It could not be kept.");
			return;
		}
		out_str(o, f->kind == FILE_RESULT ? " All of it, "
						  : " A part of it, ");
		out_u64(o, f->bytes);
		out_str(o, " bytes with SHA-256 ");
		out_str(o, f->sha256);
		out_str(o, ", is in ");
		out_str(o, f->path);
	}
}

static void over_kind(
	struct out *o, const char *kind, uint64_t seen, uint64_t cap)
{
	if (seen <= cap)
		return;
	out_str(o, " It has ");
	out_u64(o, seen);
	out_str(o, " bytes of ");
	out_str(o, kind);
	out_str(o, ", the limit is ");
	out_u64(o, cap);
	out_str(o, ".");
}

void output_over_text(struct out *out, const struct output_caps *caps,
	enum output_verdict verdict, const struct output_cut *cut,
	const struct output_spill *spill)
{
	out_str(out, verdict == OUTPUT_FORBID
			     ? "The server's answer was over the output limit."
			     : "The server's answer was over the output limit "
			       "and could not be cut.");
	over_kind(out, "text", cut->text_seen, caps->text_bytes);
	over_kind(out, "binary content", cut->binary_seen, caps->binary_bytes);
	out_str(out, " Nothing of it is shown.");
	over_files(out, spill);
}
