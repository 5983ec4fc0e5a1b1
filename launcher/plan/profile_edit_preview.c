/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The difference of two texts that have one change: what is the same at the
 * beginning and at the end is left out but for a few lines.
 */
#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "plan/profile_edit.h"

#define CONTEXT 3 /* lines around the change */

struct line {
	const char *begin;
	size_t len; /* without its end */
	bool ended; /* by a line feed */
};

struct lines {
	struct line *v;
	size_t n;
};

static void lines_deinit(struct lines *l)
{
	free(l->v);
}
#define _lines_ _cleanup_(lines_deinit)

static size_t count_lines(const struct profile_text *t)
{
	size_t n = 0;

	for (size_t i = 0; i < t->len; i++)
		n += t->bytes[i] == '\n' || i + 1 == t->len;
	return n;
}

static int lines_of(const struct profile_text *t, struct lines *ret)
{
	const char *p = t->bytes, *end = t->bytes + t->len;

	*ret = (struct lines){.n = count_lines(t)};
	ret->v = calloc(ret->n + 1, sizeof(*ret->v));
	if (!ret->v)
		return -ENOMEM;
	for (size_t i = 0; i < ret->n; i++) {
		const char *lf = memchr(p, '\n', (size_t)(end - p));

		ret->v[i].begin = p;
		ret->v[i].ended = lf != NULL;
		ret->v[i].len = (size_t)((lf ? lf : end) - p);
		p = lf ? lf + 1 : end;
	}
	return 0;
}

static bool same_line(const struct line *a, const struct line *b)
{
	return a->len == b->len && a->ended == b->ended &&
	       memcmp(a->begin, b->begin, a->len) == 0;
}

/* Tabs stay, they only indent; so the carriage return of a line end goes. */
static void put_line(FILE *f, char mark, const struct line *l)
{
	const char *p = l->begin, *end = p + l->len;
	char chunk[512];

	if (l->len && end[-1] == '\r')
		end--;
	(void)fputc(mark, f);
	while (p < end) {
		const char *tab = memchr(p, '\t', (size_t)(end - p));
		size_t n = (size_t)((tab ? tab : end) - p);

		if (n == 0) {
			(void)fputc('\t', f);
			p++;
			continue;
		}
		p += escape_text(chunk, sizeof(chunk), p, n);
		(void)fputs(chunk, f);
	}
	(void)fputc('\n', f);
}

static void put_lines(
	FILE *f, char mark, const struct lines *l, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		put_line(f, mark, &l->v[i]);
}

static void put_head(FILE *f, const char *mark, const char *path)
{
	char text[4096];

	(void)escape_text(text, sizeof(text), path, strlen(path));
	(void)fprintf(f, "%s %s\n", mark, text);
}

static void put_all(FILE *f, const struct profile_edit *c,
	const struct lines *a, const struct lines *b)
{
	size_t head = 0, tail = 0, from, rest;

	while (head < a->n && head < b->n &&
		same_line(&a->v[head], &b->v[head]))
		head++;
	while (tail < a->n - head && tail < b->n - head &&
		same_line(&a->v[a->n - 1 - tail], &b->v[b->n - 1 - tail]))
		tail++;
	from = head > CONTEXT ? head - CONTEXT : 0;
	rest = tail > CONTEXT ? CONTEXT : tail;
	put_head(f, "---", c->creates ? "/dev/null" : c->path);
	put_head(f, "+++", c->path);
	(void)fprintf(f, "@@ -%zu,%zu +%zu,%zu @@\n", a->n ? from + 1 : 0,
		a->n - tail + rest - from, b->n ? from + 1 : 0,
		b->n - tail + rest - from);
	put_lines(f, ' ', a, from, head);
	put_lines(f, '-', a, head, a->n - tail);
	put_lines(f, '+', b, head, b->n - tail);
	put_lines(f, ' ', a, a->n - tail, a->n - tail + rest);
}

int profile_edit_preview(const struct profile_edit *c, char **ret_text)
{
	_lines_ struct lines a = {0}, b = {0};
	char *text = NULL;
	size_t len = 0;
	FILE *f;
	int failed;

	if (lines_of(&c->before, &a) < 0 || lines_of(&c->after, &b) < 0)
		return -ENOMEM;
	f = open_memstream(&text, &len);
	if (!f)
		return -ENOMEM;
	put_all(f, c, &a, &b);
	failed = ferror(f);
	if (fclose(f) != 0 || failed) {
		free(text);
		return -ENOMEM;
	}
	*ret_text = text;
	return 0;
}
