/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/pattern_scan.h"

#include <stdint.h>
#include <string.h>

#define PARTS_MAX 1000000

/* From so many on a repetition counts as one without end. */
#define MANY 16

/* What an alternative of a group is made of. */
struct level {
	bool fixed, endless; /* has a part that is always there; repeated */
	bool open;           /* one of them has nothing but the second */
	bool looks;          /* the group is an assertion */
	unsigned parts;
};

struct scan {
	const char *text, *p, *end;
	struct level levels[PATTERN_NESTING_MAX + 1];
	size_t depth;
	struct pattern_traits *traits;
	struct pattern_fault *fault;
};

void pattern_fault_set(struct pattern_fault *f, size_t offset, const char *text)
{
	size_t n = strnlen(text, sizeof(f->text) - 1);

	f->offset = offset;
	memcpy(f->text, text, n);
	f->text[n] = '\0';
}

static int refuse(struct scan *s, const char *at, const char *text)
{
	pattern_fault_set(s->fault, (size_t)(at - s->text), text);
	return 1;
}

static bool next_is(const struct scan *s, char c)
{
	return s->p < s->end && *s->p == c;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* One of the characters of @set. */
static bool is_one_of(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

/* \p{Greek}; of the others the two kinds of pattern make different things. */
static int scan_braced_escape(struct scan *s, const char *at)
{
	const char *end = memchr(s->p, '}', (size_t)(s->end - s->p));

	if (at[1] == 'p' || at[1] == 'P') {
		s->p = end != NULL ? end + 1 : s->end;
		return 0;
	}
	if (is_one_of(at[1], "xoNu"))
		return refuse(s, at, "expected the character itself");
	return 0;
}

static int scan_escape(struct scan *s)
{
	/* References, and what would make a later part mean something else. */
	static const char refused[] = "123456789gkKGCXQEc";
	const char *at = s->p++;

	if (s->p == s->end)
		return 0;
	if (memchr(refused, *s->p, sizeof(refused) - 1))
		return refuse(s, at, "this escape is not permitted");
	s->p++;
	return next_is(s, '{') ? scan_braced_escape(s, at) : 0;
}

/* `[:alpha:]`; any other bracket in a class is written with a backslash. */
static int scan_posix(struct scan *s)
{
	const char *at = s->p++;

	if (!next_is(s, ':'))
		return refuse(s, at, "expected \\[ for a bracket in a class");
	for (s->p++; s->p < s->end &&
		     ((*s->p >= 'a' && *s->p <= 'z') || *s->p == '^');)
		s->p++;
	if (s->end - s->p < 2 || memcmp(s->p, ":]", 2) != 0)
		return refuse(s, at, "expected \\[ for a bracket in a class");
	s->p += 2;
	return 0;
}

static int scan_class(struct scan *s)
{
	int r = 0;

	s->p++;
	if (next_is(s, '^'))
		s->p++;
	if (next_is(s, ']'))
		s->p++;
	while (r == 0 && s->p < s->end && *s->p != ']') {
		if (*s->p == '\\')
			r = scan_escape(s);
		else if (*s->p == '[')
			r = scan_posix(s);
		else
			s->p++;
	}
	if (r == 0 && s->p < s->end)
		s->p++;
	return r;
}

struct quantifier {
	bool endless;
	unsigned least;
};

static unsigned scan_number(struct scan *s)
{
	unsigned n = 0;

	for (; s->p < s->end && is_digit(*s->p); s->p++)
		if (n <= PATTERN_REPEAT_MAX)
			n = 10 * n + (unsigned)(*s->p - '0');
	return n;
}

/* {2}, {2,}, {2,5} */
static int scan_braces(struct scan *s, struct quantifier *ret)
{
	const char *at = s->p++;
	unsigned least = scan_number(s), most = least;
	bool digits = s->p > at + 1;

	if (digits && next_is(s, ',')) {
		s->p++;
		most = s->p < s->end && is_digit(*s->p) ? scan_number(s) : MANY;
		ret->endless = most >= MANY;
	}
	if (!digits || !next_is(s, '}'))
		return refuse(s, at, "expected {n}, {n,} or {n,m}, or \\{");
	if (least > PATTERN_REPEAT_MAX || most > PATTERN_REPEAT_MAX)
		return refuse(s, at, "expected at most 1000 repetitions");
	s->p++;
	ret->least = least;
	return 0;
}

static int scan_quantifier(struct scan *s, struct quantifier *ret)
{
	int r = 0;

	*ret = (struct quantifier){.least = 1};
	if (next_is(s, '{')) {
		r = scan_braces(s, ret);
	} else if (s->p < s->end && is_one_of(*s->p, "*+?")) {
		ret->endless = *s->p != '?';
		ret->least = *s->p == '+';
		s->p++;
	} else {
		return 0;
	}
	if (r == 0 && next_is(s, '+'))
		return refuse(s, s->p, "possessive parts are not permitted");
	if (r == 0 && next_is(s, '?'))
		s->p++;
	return r;
}

static void add_parts(struct level *l, unsigned parts, unsigned times)
{
	uint64_t sum = l->parts + (uint64_t)parts * (times > 1 ? times : 1);

	l->parts = sum < PARTS_MAX ? (unsigned)sum : PARTS_MAX;
}

/* What is behind an atom, or a group whose inside is @open. */
static int end_atom(struct scan *s, bool open, unsigned parts)
{
	struct level *l = &s->levels[s->depth];
	struct quantifier q;
	int r = scan_quantifier(s, &q);

	if (r != 0)
		return r;
	add_parts(l, parts, q.least);
	if (open && q.endless)
		s->traits->slow = true;
	if (open || q.endless)
		l->endless = true;
	else if (q.least > 0)
		l->fixed = true;
	return 0;
}

static void end_alternative(struct level *l)
{
	l->open |= l->endless && !l->fixed;
	l->endless = l->fixed = false;
}

/* (?i) and (?i: */
static bool scan_flags(struct scan *s, bool *ret_group)
{
	const char *p = s->p;

	while (p < s->end && is_one_of(*p, "ims-"))
		p++;
	if (p == s->end || (*p != ')' && *p != ':'))
		return false;
	*ret_group = *p == ':';
	s->p = p + 1;
	return true;
}

/* (?<name> */
static bool scan_name(struct scan *s)
{
	const char *p = s->p;

	if (s->end - p < 2 || *p != '<' || p[1] == '=' || p[1] == '!')
		return false;
	p = memchr(p, '>', (size_t)(s->end - p));
	if (!p)
		return false;
	s->p = p + 1;
	return true;
}

static int open_group(struct scan *s)
{
	const char *at = s->p++;
	struct level l = {0};
	bool group = true;

	if (next_is(s, '*'))
		return refuse(s, at, "verbs are not permitted");
	if (next_is(s, '?')) {
		s->p++;
		l.looks = next_is(s, '=') || next_is(s, '!');
		s->traits->look |= l.looks;
		if (l.looks)
			s->p++;
		else if (!scan_flags(s, &group) && !scan_name(s))
			return refuse(
				s, at, "this kind of group is not permitted");
	}
	if (!group)
		return 0;
	if (s->depth == PATTERN_NESTING_MAX)
		return refuse(s, at, "expected at most 32 groups in a group");
	s->levels[++s->depth] = l;
	return 0;
}

static int close_group(struct scan *s)
{
	struct level l = s->levels[s->depth];

	s->p++;
	/* One too many: the library says so. */
	if (s->depth == 0)
		return 0;
	s->depth--;
	end_alternative(&l);
	if (!l.looks)
		return end_atom(s, l.open, l.parts);
	if (s->p < s->end && is_one_of(*s->p, "*+?{"))
		return refuse(s, s->p, "what looks ahead is not repeated");
	add_parts(&s->levels[s->depth], l.parts, 1);
	return 0;
}

static int scan_one(struct scan *s)
{
	int r = 0;

	switch (*s->p) {
	case '(':
		return open_group(s);
	case ')':
		return close_group(s);
	case '|':
		end_alternative(&s->levels[s->depth]);
		s->p++;
		return 0;
	case '\\':
		r = scan_escape(s);
		break;
	case '[':
		r = scan_class(s);
		break;
	case '{':
		return refuse(s, s->p, "expected \\{ for a brace");
	case '.':
		s->traits->dot = true;
		s->p++;
		break;
	default:
		s->p++;
		break;
	}
	return r == 0 ? end_atom(s, false, 1) : r;
}

int pattern_scan(const char *text, size_t len, struct pattern_traits *ret,
	struct pattern_fault *ret_fault)
{
	struct scan s = {
		.text = text,
		.p = text,
		.end = text + len,
		.traits = ret,
		.fault = ret_fault,
	};
	int r = 0;

	*ret = (struct pattern_traits){0};
	while (r == 0 && s.p < s.end)
		r = scan_one(&s);
	ret->parts = s.levels[0].parts;
	return r;
}
