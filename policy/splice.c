/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/splice.h"

void splice_drop(struct splice *s, size_t begin, size_t end)
{
	out_bytes(s->out, s->text + s->pos, begin - s->pos);
	s->pos = end;
}

void splice_replace(
	struct splice *s, size_t begin, size_t end, const char *by, size_t len)
{
	splice_drop(s, begin, end);
	out_bytes(s->out, by, len);
}

void splice_finish(struct splice *s)
{
	splice_drop(s, s->len, s->len);
}

/* Where the white space at @pos ends: at a comma or a closing bracket. */
static size_t next_mark(const struct splice *s, size_t pos)
{
	while (pos < s->len &&
		(s->text[pos] == ' ' || s->text[pos] == '\t' ||
			s->text[pos] == '\r' || s->text[pos] == '\n'))
		pos++;
	return pos;
}

void splice_list_keep(struct splice_list *l, const struct json_member *e)
{
	l->kept = true;
	l->end = e->end;
}

void splice_list_drop(
	struct splice *s, struct splice_list *l, const struct json_member *e)
{
	size_t comma;

	if (l->kept) {
		comma = next_mark(s, l->end);
		splice_drop(s, comma, comma + 1);
	}
	splice_drop(s, e->begin, e->end);
	if (!l->kept) {
		comma = next_mark(s, e->end);
		if (comma < s->len && s->text[comma] == ',')
			splice_drop(s, comma, comma + 1);
	}
	l->end = e->end;
}
