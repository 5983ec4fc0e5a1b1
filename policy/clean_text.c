/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/clean_text.h"

#include <stddef.h>

#include "policy/clean_ansi.h"

#define ZWNJ 0x200c
#define ZWJ 0x200d
#define BYTE_ORDER_MARK 0xfeff

struct range {
	uint32_t first, last;
};

/* Scripts whose letters have other shapes beside each other. */
static const struct range joining[] = {
	{0x600, 0x8ff},   /* Arabic, Syriac, Thaana, N'Ko, Mandaic */
	{0x900, 0xdff},   /* Devanagari to Sinhala */
	{0x1000, 0x109f}, /* Myanmar */
	{0x1780, 0x18af}, /* Khmer, Mongolian */
	{0x1900, 0x1cff}, /* Limbu to Vedic extensions */
	{0xa840, 0xa8ff}, /* Phags-pa, Saurashtra */
	{0xa980, 0xaa7f}, /* Javanese, Cham, Myanmar */
	{0xaae0, 0xabff}, /* Meetei Mayek */
	{0xfb50, 0xfdff}, /* Arabic forms */
	{0xfe70, 0xfefc},
	{0x10a00, 0x10aff}, /* Kharoshthi to Psalter Pahlavi */
	{0x10d00, 0x10fff}, /* Rohingya to Chorasmian */
	{0x11000, 0x11fff}, /* Brahmi and what came from it */
	{0x1e900, 0x1e95f}, /* Adlam */
};

/* What emoji sequences are made of, roughly: their blocks. */
static const struct range pictures[] = {
	{0x2190, 0x21ff},
	{0x2300, 0x23ff},
	{0x25a0, 0x27bf},
	{0x2900, 0x297f},
	{0x2b00, 0x2bff},
	{0x1f000, 0x1faff},
};

#define IS_IN(table, cp) is_in(table, sizeof(table) / sizeof((table)[0]), cp)

static bool is_in(const struct range *table, size_t n, uint32_t cp)
{
	for (size_t i = 0; i < n; i++)
		if (cp >= table[i].first && cp <= table[i].last)
			return true;
	return false;
}

static bool takes_variation(uint32_t cp)
{
	if (cp < 0x80)
		return (cp >= '0' && cp <= '9') || cp == '#' || cp == '*';
	return cp > 0xa0;
}

/* What is visible before @at; each gap is read once. */
static void look_back(struct clean_walk *w)
{
	while (w->gap < w->gap_end)
		w->gap = unseen_step(w->gap, w->gap_end, &w->last);
}

/* The next character, 0 at the end. */
static uint32_t look_ahead(const struct clean_walk *w, const char *after)
{
	uint32_t cp = 0;

	if (after < w->end)
		(void)unseen_step(after, w->end, &cp);
	return cp;
}

static bool joiner_stays(
	const struct clean_walk *w, uint32_t cp, const char *after)
{
	uint32_t next = look_ahead(w, after);

	if (w->mark == MARK_JOINER ||
		(after < w->end && unseen_kind(next) != UNSEEN_NONE))
		return false;
	if (cp == ZWJ && IS_IN(pictures, w->last))
		return IS_IN(pictures, next);
	return w->mark == MARK_NONE && IS_IN(joining, w->last);
}

/* What it would be kept as. */
static enum clean_mark mark_of(uint32_t cp)
{
	if (cp == ZWNJ || cp == ZWJ)
		return MARK_JOINER;
	if ((cp >= 0xfe00 && cp <= 0xfe0f) || (cp >= 0x180b && cp <= 0x180f))
		return MARK_VARIATION;
	return MARK_NONE;
}

static bool mark_stays(struct clean_walk *w, enum clean_mark mark, uint32_t cp,
	const char *after)
{
	look_back(w);
	if (mark == MARK_JOINER)
		return joiner_stays(w, cp, after);
	if (w->mark != MARK_NONE)
		return false;
	if (cp < 0xfe00)
		return w->last >= 0x1820 && w->last <= 0x18aa;
	return takes_variation(w->last);
}

struct clean_walk clean_walk(const char *begin, const char *end, bool whole)
{
	return (struct clean_walk){
		.begin = begin,
		.p = begin,
		.end = end,
		.whole = whole,
	};
}

bool clean_next(struct clean_walk *w, struct clean_hit *ret)
{
	for (;;) {
		const char *at = unseen_find(w->p, w->end), *after;
		enum clean_mark mark;
		uint32_t cp;

		if (at == w->end)
			return false;
		if (at > w->p) {
			w->gap = w->p;
			w->gap_end = at;
			w->mark = MARK_NONE;
		}
		after = unseen_step(at, w->end, &cp);
		w->p = after;
		if (cp == BYTE_ORDER_MARK && at == w->begin)
			continue;
		mark = mark_of(cp);
		if (mark != MARK_NONE && mark_stays(w, mark, cp, after)) {
			w->mark = mark;
			continue;
		}
		ret->kind = unseen_kind(cp);
		/* Shown, it is what stands before the next. */
		if (!w->whole) {
			w->last = '>';
			w->gap = w->gap_end;
			w->mark = MARK_NONE;
		}
		if (w->whole && ret->kind == UNSEEN_ANSI)
			w->p = clean_ansi_end(after, w->end, cp);
		ret->begin = at;
		ret->end = w->p;
		ret->cp = cp;
		return true;
	}
}

bool clean_is_plain(const char *begin, const char *end)
{
	struct clean_walk w = clean_walk(begin, end, false);
	struct clean_hit hit;
	uint32_t first = 0;

	if (begin < end)
		(void)unseen_step(begin, end, &first);
	return first != BYTE_ORDER_MARK && !clean_next(&w, &hit);
}
