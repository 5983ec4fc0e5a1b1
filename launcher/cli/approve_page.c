/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/approve_page.h"

#include <stdio.h>
#include <string.h>

static size_t count_lines(const struct out *text)
{
	size_t n = 1;

	for (size_t i = 0; i + 1 < text->len; i++)
		n += text->data[i] == '\n';
	return n;
}

int page_init(struct page *p, struct out *text)
{
	size_t n = count_lines(text), line = 0;
	size_t *starts, *rows;

	if (text->failed)
		return -ENOMEM;
	starts = calloc(n + 1, sizeof(*starts));
	rows = calloc(n + 1, sizeof(*rows));
	if (!starts || !rows) {
		free(starts);
		free(rows);
		return -ENOMEM;
	}
	for (size_t i = 0; i + 1 < text->len; i++)
		if (text->data[i] == '\n')
			starts[++line] = i + 1;
	starts[n] = text->len +
		    (text->len && text->data[text->len - 1] == '\n' ? 0 : 1);
	*p = (struct page){.starts = starts, .rows = rows, .n_lines = n};
	p->text = *text;
	*text = (struct out)OUT_INIT(0);
	page_resize(p, 80, 24);
	return 0;
}

void page_deinit(struct page *p)
{
	out_deinit(&p->text);
	free(take_ptr(p->starts));
	free(take_ptr(p->rows));
	p->n_lines = 0;
}

/* Without its line end. */
static size_t line_length(const struct page *p, size_t line)
{
	return p->starts[line + 1] - p->starts[line] - 1;
}

/* The line that a row belongs to. */
static size_t line_of(const struct page *p, size_t row)
{
	size_t low = 0, high = p->n_lines;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (p->rows[middle] <= row)
			low = middle;
		else
			high = middle;
	}
	return low;
}

size_t page_rows(const struct page *p)
{
	return p->rows[p->n_lines];
}

static void move_to(struct page *p, size_t row)
{
	size_t most = page_rows(p) > p->height ? page_rows(p) - p->height : 0;

	p->top = row < most ? row : most;
}

void page_resize(struct page *p, unsigned width, unsigned height)
{
	/* Before the first time there are no rows. */
	size_t line = p->width ? line_of(p, p->top) : 0;

	width = width ? width : 1;
	p->height = height ? height : 1;
	if (p->width != width) {
		p->width = width;
		for (size_t i = 0; i < p->n_lines; i++) {
			size_t len = line_length(p, i);

			p->rows[i + 1] =
				p->rows[i] + (len ? (len - 1) / width + 1 : 1);
		}
		p->top = p->rows[line];
	}
	move_to(p, p->top);
}

static size_t back(const struct page *p, size_t n)
{
	return p->top > n ? p->top - n : 0;
}

bool page_key(struct page *p, const struct key *k)
{
	size_t step = p->height > 1 ? p->height - 1 : 1;
	char c = key_byte(k);

	if (k->type == KEY_DOWN || k->type == KEY_ENTER || c == 'j')
		move_to(p, p->top + 1);
	else if (k->type == KEY_UP || c == 'k')
		move_to(p, back(p, 1));
	else if (k->type == KEY_PAGE_DOWN || c == ' ' || c == 'f')
		move_to(p, p->top + step);
	else if (k->type == KEY_PAGE_UP || c == 'b')
		move_to(p, back(p, step));
	else if (k->type == KEY_HOME || c == 'g')
		move_to(p, 0);
	else if (k->type == KEY_END || c == 'G')
		move_to(p, page_rows(p));
	else
		return false;
	return true;
}

void page_draw(const struct page *p, struct frame *f, unsigned first)
{
	size_t row = p->top, line = line_of(p, row);

	for (unsigned i = 0; i < p->height && row < page_rows(p); i++, row++) {
		size_t at, len;

		while (p->rows[line + 1] <= row)
			line++;
		at = (row - p->rows[line]) * p->width;
		len = line_length(p, line) - at;
		frame_set_bytes(f, first + i, LOOK_PLAIN,
			p->text.data + p->starts[line] + at,
			len < p->width ? len : p->width);
	}
}

void page_where(const struct page *p, char *dst, size_t size)
{
	size_t end = p->top + p->height, all = page_rows(p);

	if (end > all)
		end = all;
	(void)snprintf(
		dst, size, "lines %zu to %zu of %zu", p->top + 1, end, all);
}
