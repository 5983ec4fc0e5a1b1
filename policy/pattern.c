/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/pattern.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "policy/pattern_scan.h"

#define COMPILED_BYTES_MAX 65536
#define HEAP_KIB_MAX 8192 /* of one match */
#define DEPTH_MAX 100000
#define STEPS_LEAST 256
#define STEPS_A_BYTE 16
/* In steps of the plain kind: of one match, of all. */
#define MATCH_STEPS (1U << 23)
#define WORK_STEPS ((uint64_t)128 << 20)

/*
 * NO_AUTO_POSSESS: a part that can take n characters is then left by n steps,
 * which are counted. NO_AUTO_CAPTURE: nothing is read back, so a frame is
 * small. DOLLAR_ENDONLY: `$` is the end, and not also before a last newline.
 */
#define OPTIONS                                                   \
	(PCRE2_UTF | PCRE2_ANCHORED | PCRE2_DOLLAR_ENDONLY |      \
		PCRE2_NEVER_BACKSLASH_C | PCRE2_NO_AUTO_POSSESS | \
		PCRE2_NO_AUTO_CAPTURE)

struct pattern {
	pcre2_code *code, *across; /* in the second `.` takes all; or NULL */
	bool look, slow;
	unsigned parts;
};

struct pattern_work {
	pcre2_match_context *context;
	pcre2_match_data *data;
	uint64_t steps_left;
};

void pattern_free(struct pattern *p)
{
	if (p == NULL)
		return;
	pcre2_code_free(p->code);
	pcre2_code_free(p->across);
	free(p);
}

bool pattern_is_slow(const struct pattern *p)
{
	return p->slow;
}

static int refuse_compiled(
	struct pattern_fault *f, size_t offset, size_t len, int error)
{
	unsigned char text[sizeof(f->text)] = "";

	if (error == PCRE2_ERROR_NOMEMORY || error == PCRE2_ERROR_HEAP_FAILED)
		return -ENOMEM;
	(void)pcre2_get_error_message(error, text, sizeof(text));
	pattern_fault_set(f, offset < len ? offset : len, (const char *)text);
	return 1;
}

static int compile(const char *text, size_t len, uint32_t options,
	pcre2_compile_context *context, pcre2_code **ret,
	struct pattern_fault *fault)
{
	size_t offset = 0, size = 0;
	int error = 0;
	pcre2_code *code = pcre2_compile((PCRE2_SPTR)text, len,
		OPTIONS | options, &error, &offset, context);

	if (code == NULL)
		return refuse_compiled(fault, offset, len, error);
	(void)pcre2_pattern_info(code, PCRE2_INFO_SIZE, &size);
	if (size > COMPILED_BYTES_MAX) {
		pcre2_code_free(code);
		pattern_fault_set(fault, 0, "regular expression is too large");
		return 1;
	}
	*ret = code;
	return 0;
}

/* From any character on: as one match, so that its steps are counted in one.
 * The pattern is whole: pattern_scan() lets no part of it reach beyond. */
static int compile_part(const char *text, size_t len, uint32_t options,
	pcre2_compile_context *context, pcre2_code **ret,
	struct pattern_fault *fault)
{
	static const char before[] = "(?s:.*?)(?:", after[] = ")";
	char *whole = malloc(sizeof(before) + len + sizeof(after)), *to;
	int r;

	if (whole == NULL)
		return -ENOMEM;
	to = mempcpy(whole, before, sizeof(before) - 1);
	to = mempcpy(to, text, len);
	to = mempcpy(to, after, sizeof(after) - 1);
	r = compile(whole, (size_t)(to - whole), options, context, ret, fault);
	free(whole);
	return r;
}

static int compile_kind(struct pattern *p, const char *text, size_t len,
	enum pattern_kind kind, bool dot, struct pattern_fault *fault)
{
	pcre2_compile_context *c = pcre2_compile_context_create(NULL);
	uint32_t options =
		kind == PATTERN_WHOLE ? PCRE2_ENDANCHORED : PCRE2_ALT_BSUX;
	pcre2_code *alone = NULL;
	int r;

	if (c == NULL)
		return -ENOMEM;
	(void)pcre2_set_parens_nest_limit(c, PATTERN_NESTING_MAX + 2);
	(void)pcre2_set_newline(c, PCRE2_NEWLINE_ANY);
	/* By itself too: else "a)(b" would be whole in what is put round it. */
	r = compile(text, len, options, c, &alone, fault);
	pcre2_code_free(alone);
	if (r == 0)
		r = (kind == PATTERN_WHOLE ? compile : compile_part)(
			text, len, options, c, &p->code, fault);
	if (r == 0 && dot)
		r = (kind == PATTERN_WHOLE ? compile : compile_part)(text, len,
			options | PCRE2_DOTALL, c, &p->across, fault);
	pcre2_compile_context_free(c);
	return r;
}

int pattern_new(const char *text, size_t len, enum pattern_kind kind,
	struct pattern **ret, struct pattern_fault *ret_fault)
{
	struct pattern_traits traits;
	struct pattern *p;
	int r;

	if (len > PATTERN_BYTES_MAX) {
		pattern_fault_set(ret_fault, 0, "expected at most 4096 bytes");
		return 1;
	}
	r = pattern_scan(text, len, &traits, ret_fault);
	if (r != 0)
		return r;
	p = calloc(1, sizeof(*p));
	if (p == NULL)
		return -ENOMEM;
	p->look = traits.look;
	p->slow = traits.slow;
	p->parts = traits.parts;
	r = compile_kind(p, text, len, kind, traits.dot, ret_fault);
	if (r == 0)
		*ret = p;
	else
		pattern_free(p);
	return r;
}

struct pattern_work *pattern_work_new(void)
{
	struct pattern_work *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return NULL;
	w->context = pcre2_match_context_create(NULL);
	w->data = pcre2_match_data_create(1, NULL);
	if (w->context == NULL || w->data == NULL) {
		pattern_work_free(w);
		return NULL;
	}
	(void)pcre2_set_heap_limit(w->context, HEAP_KIB_MAX);
	(void)pcre2_set_depth_limit(w->context, DEPTH_MAX);
	pattern_work_begin(w);
	return w;
}

void pattern_work_free(struct pattern_work *w)
{
	if (w == NULL)
		return;
	pcre2_match_data_free(w->data);
	pcre2_match_context_free(w->context);
	free(w);
}

void pattern_work_begin(struct pattern_work *w)
{
	w->steps_left = WORK_STEPS;
}

/* How many plain steps one can be as long as: what repeats by number is
 * compared in one, and one that looks ahead can go through all of the text. */
static uint32_t weight_of(const struct pattern *p, size_t len)
{
	uint32_t weight = 1 + (p->parts > 32 ? p->parts / 4 : 0);

	return weight + (p->look ? (uint32_t)len / 8 : 0);
}

static enum truth run(const struct pattern *p, const pcre2_code *code,
	struct pattern_work *w, const char *text, size_t len)
{
	uint32_t steps = STEPS_LEAST + STEPS_A_BYTE * (uint32_t)len;
	uint32_t weight = weight_of(p, len);
	uint64_t cost;
	int r;

	if (steps > MATCH_STEPS / weight)
		steps = MATCH_STEPS / weight;
	cost = (uint64_t)steps * weight;
	if (w->steps_left < cost)
		return TRUTH_UNDECIDED;
	w->steps_left -= cost;
	(void)pcre2_set_match_limit(w->context, steps);
	r = pcre2_match(code, (PCRE2_SPTR)text, len, 0, 0, w->data, w->context);
	if (r >= 0)
		return TRUTH_YES;
	return r == PCRE2_ERROR_NOMATCH ? TRUTH_NO : TRUTH_UNDECIDED;
}

/* What PCRE2_NEWLINE_ANY counts as the end of a line. */
static bool has_line_end(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] >= '\n' && text[i] <= '\r')
			return true;
		if (len - i >= 2 && memcmp(text + i, "\xc2\x85", 2) == 0)
			return true;
		if (len - i >= 3 &&
			(memcmp(text + i, "\xe2\x80\xa8", 3) == 0 ||
				memcmp(text + i, "\xe2\x80\xa9", 3) == 0))
			return true;
	}
	return false;
}

enum truth pattern_match(const struct pattern *p, struct pattern_work *w,
	const char *text, size_t len)
{
	enum truth t, across;

	if (len > PATTERN_TEXT_MAX)
		return TRUTH_UNDECIDED;
	t = run(p, p->code, w, text, len);
	if (p->across == NULL || !has_line_end(text, len))
		return t;
	across = run(p, p->across, w, text, len);
	return t == across ? t : TRUTH_UNDECIDED;
}
