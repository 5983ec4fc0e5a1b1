/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/clean_ansi.h"

#include "policy/clean_text.h"

#define BEL 0x07
#define CAN 0x18
#define SUB 0x1a
#define ESC 0x1b
#define CSI 0x9b
#define ST 0x9c

/* Parameters and intermediates, then a final byte. What is not seen goes with
 * them: split by it, "[31m" would be left. */
static const char *control_end(
	const char *p, const char *end, uint32_t low, uint32_t high)
{
	uint32_t cp;

	for (unsigned n = 0; p < end && n < CLEAN_SEQUENCE_MAX; n++) {
		const char *after = unseen_step(p, end, &cp);
		enum unseen kind = unseen_kind(cp);

		if (kind == UNSEEN_ANSI)
			return p;
		if (cp == CAN || cp == SUB)
			return after;
		if (kind == UNSEEN_NONE && cp > high && cp < 0x7f)
			return after;
		if (kind == UNSEEN_NONE && (cp < low || cp > high))
			return p;
		p = after;
	}
	return p;
}

/* Up to ST or BEL. Ends at the next beginning of a sequence at the latest, so
 * that however many have no end, all are looked at twice at most. */
static const char *string_end(const char *p, const char *end)
{
	const char *begin = p;
	uint32_t cp;

	for (unsigned n = 0; p < end && n < CLEAN_STRING_MAX; n++) {
		p = unseen_step(p, end, &cp);
		if (cp == BEL || cp == ST || cp == CAN || cp == SUB)
			return p;
		if (cp == ESC && p < end) {
			p = unseen_step(p, end, &cp);
			return cp == '\\' ? p : begin;
		}
		if (unseen_kind(cp) == UNSEEN_ANSI)
			return begin;
	}
	return begin;
}

static const char *escape_end(const char *p, const char *end)
{
	const char *after = p;
	uint32_t cp = 0;

	for (; after < end; p = after) {
		enum unseen kind;

		after = unseen_step(p, end, &cp);
		kind = unseen_kind(cp);
		if (kind == UNSEEN_ANSI || kind == UNSEEN_CONTROL)
			return p;
		if (kind == UNSEEN_NONE)
			break;
	}
	switch (cp) {
	case '[':
		return control_end(after, end, 0x20, 0x3f);
	case ']':
	case 'P':
	case 'X':
	case '^':
	case '_':
		return string_end(after, end);
	default:
		if (cp >= 0x20 && cp <= 0x2f)
			return control_end(after, end, 0x20, 0x2f);
		return cp >= 0x30 && cp <= 0x7e ? after : p;
	}
}

const char *clean_ansi_end(const char *p, const char *end, uint32_t cp)
{
	if (cp == ESC)
		return escape_end(p, end);
	if (cp == CSI)
		return control_end(p, end, 0x20, 0x3f);
	return string_end(p, end);
}
