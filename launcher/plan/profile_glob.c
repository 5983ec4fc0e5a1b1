/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/profile_glob.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "policy/tools.h"
#include "policy/utf8.h"

/* In no pattern that anybody means, and plain in a URI (policy/uri.h). */
#define FILL '`'
#define FILL_MAX 9

bool glob_is_pattern(const char *pattern)
{
	return strpbrk(pattern, "*?") != NULL;
}

static size_t count(const char *s, char c)
{
	size_t n = 0;

	for (; *s; s++)
		n += *s == c;
	return n;
}

/* @pattern with @fill characters for each run of stars; false if too long. */
static bool expand(const char *pattern, size_t fill, char *ret, size_t size)
{
	size_t n = 0;

	for (; *pattern; pattern++) {
		size_t times = *pattern == '*' ? fill : 1;

		if (*pattern == '*' && pattern[1] == '*')
			continue;
		if (n + times >= size)
			return false;
		memset(ret + n,
			*pattern == '*' || *pattern == '?' ? FILL : *pattern,
			times);
		n += times;
	}
	ret[n] = '\0';
	return true;
}

void glob_sample(const char *pattern, char ret[GLOB_SAMPLE_MAX + 1])
{
	size_t stars = count(pattern, '*'), len = strlen(pattern);
	size_t fill = FILL_MAX;

	if (stars > 0 && len < GLOB_SAMPLE_MAX &&
		(GLOB_SAMPLE_MAX - len) / stars < fill)
		fill = (GLOB_SAMPLE_MAX - len) / stars;
	ret[0] = '\0';
	(void)expand(pattern, fill, ret, GLOB_SAMPLE_MAX + 1);
}

/* More in the place of a star than all question marks of @wide could take, and
 * nothing at all: who matches both has a star there. */
bool glob_covers(const char *wide, const char *narrow)
{
	size_t fill = count(wide, '?') + 1;
	size_t size = strlen(narrow) + count(narrow, '*') * fill + 1;
	_free_ char *text = malloc(size);

	if (!text || !expand(narrow, fill, text, size) ||
		!glob_match(wide, text, strlen(text)))
		return false;
	if (!expand(narrow, 0, text, size))
		return false;
	/* No name is empty. */
	return (*text || expand(narrow, 1, text, size)) &&
	       glob_match(wide, text, strlen(text));
}

bool glob_matches_all(const char *pattern)
{
	return glob_covers(pattern, "?*");
}

/* One pattern, one element after the other. */
struct elements {
	const char *at[GLOB_SAMPLE_MAX + 1];
	size_t n;
};

static bool split(const char *pattern, struct elements *ret)
{
	ret->n = 0;
	while (*pattern) {
		size_t n = utf8_sequence(pattern, strlen(pattern));

		if (ret->n == GLOB_SAMPLE_MAX)
			return false;
		ret->at[ret->n++] = pattern;
		pattern += n ? n : 1;
	}
	ret->at[ret->n] = pattern;
	return true;
}

static size_t element_len(const struct elements *e, size_t i)
{
	return (size_t)(e->at[i + 1] - e->at[i]);
}

static bool is_star(const struct elements *e, size_t i)
{
	return i < e->n && *e->at[i] == '*';
}

static bool is_any(const struct elements *e, size_t i)
{
	return *e->at[i] == '?';
}

/* Whether one character can stand for both, none of them a star. */
static bool agree(
	const struct elements *a, size_t i, const struct elements *b, size_t j)
{
	if (is_any(a, i) || is_any(b, j))
		return true;
	return element_len(a, i) == element_len(b, j) &&
	       memcmp(a->at[i], b->at[j], element_len(a, i)) == 0;
}

struct meeting {
	struct elements a, b;
	/* can[i][j]: the rest of both from there on can meet. */
	bool can[];
};

static bool *can_at(struct meeting *m, size_t i, size_t j)
{
	return &m->can[i * (m->b.n + 1) + j];
}

static bool can_meet(struct meeting *m, size_t i, size_t j)
{
	bool a_left = i < m->a.n, b_left = j < m->b.n;

	if (!a_left && !b_left)
		return true;
	if (is_star(&m->a, i))
		return *can_at(m, i + 1, j) || (b_left && *can_at(m, i, j + 1));
	if (is_star(&m->b, j))
		return *can_at(m, i, j + 1) || (a_left && *can_at(m, i + 1, j));
	return a_left && b_left && agree(&m->a, i, &m->b, j) &&
	       *can_at(m, i + 1, j + 1);
}

static void fill_table(struct meeting *m)
{
	for (size_t i = m->a.n + 1; i-- > 0;)
		for (size_t j = m->b.n + 1; j-- > 0;)
			*can_at(m, i, j) = can_meet(m, i, j);
}

struct sample {
	char *text;
	size_t len, fill;
	bool full;
};

static void sample_add(struct sample *s, const char *bytes, size_t n)
{
	s->full = s->full || s->len + n > GLOB_SAMPLE_MAX;
	if (s->full)
		return;
	memcpy(s->text + s->len, bytes, n);
	s->len += n;
}

/* The character of an element that a star or a question mark takes. */
static void sample_take(struct sample *s, const struct elements *e, size_t i)
{
	static const char fill = FILL;

	if (is_star(e, i))
		return;
	if (is_any(e, i))
		sample_add(s, &fill, 1);
	else
		sample_add(s, e->at[i], element_len(e, i));
}

/* Walks the table, a star taking as much as it can; two at once something that
 * no pattern has. */
static void walk(struct meeting *m, struct sample *s)
{
	static const char fill[FILL_MAX] = {
		FILL, FILL, FILL, FILL, FILL, FILL, FILL, FILL, FILL};
	size_t i = 0, j = 0;

	while (i < m->a.n || j < m->b.n) {
		bool a = is_star(&m->a, i), b = is_star(&m->b, j);

		if (a && b)
			sample_add(s, fill, s->fill);
		if (a && j < m->b.n && *can_at(m, i, j + 1)) {
			sample_take(s, &m->b, j++);
		} else if (a) {
			i++;
		} else if (b && i < m->a.n && *can_at(m, i + 1, j)) {
			sample_take(s, &m->a, i++);
		} else if (b) {
			j++;
		} else {
			if (is_any(&m->a, i))
				sample_take(s, &m->b, j);
			else
				sample_take(s, &m->a, i);
			i++;
			j++;
		}
	}
}

bool glob_meet(const char *a, const char *b, char ret[GLOB_SAMPLE_MAX + 1])
{
	size_t cells = (strlen(a) + 1) * (strlen(b) + 1);
	_free_ struct meeting *m = NULL;
	struct sample s = {.text = ret, .fill = FILL_MAX};
	size_t stars = count(a, '*') + count(b, '*');

	if (stars * FILL_MAX > GLOB_SAMPLE_MAX / 2)
		s.fill = GLOB_SAMPLE_MAX / 2 / stars;
	if (!glob_is_pattern(a) && !glob_is_pattern(b) && strcmp(a, b) != 0)
		return false;
	m = malloc(sizeof(*m) + cells * sizeof(m->can[0]));
	if (!m || !split(a, &m->a) || !split(b, &m->b))
		return false;
	fill_table(m);
	if (!*can_at(m, 0, 0))
		return false;
	walk(m, &s);
	ret[s.full ? 0 : s.len] = '\0';
	/* The last word has the relay's own function. */
	return !s.full && s.len > 0 && glob_match(a, ret, s.len) &&
	       glob_match(b, ret, s.len);
}
