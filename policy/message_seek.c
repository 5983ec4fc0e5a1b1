/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The search for the id of a line that cannot be read as a whole. Strict at
 * the top level, where the id stands; inside values only brackets and quotes
 * count. Whatever does not fit ends the search: a wrong id is worse than none.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/json_span.h"
#include "policy/message_id.h"

void id_seek_init(struct id_seek *s)
{
	memset(s, 0, sizeof(*s));
}

static inline bool is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* The value or name at hand goes on with these bytes. */
static void seek_keep(struct id_seek *s, const char *bytes, size_t n)
{
	bool name = s->state == SEEK_IN_NAME;
	size_t *len = name ? &s->name_len : &s->id_len;
	size_t max = name ? sizeof(s->name) : sizeof(s->id);

	if (!name && !s->in_id)
		return;
	if (*len <= max && n <= max - *len)
		memcpy((name ? s->name : s->id) + *len, bytes, n);
	else
		n = max + 1 - *len; /* too long, once and for all */
	*len += n;
}

/* A name of the top level is complete. */
static void seek_named(struct id_seek *s)
{
	static const struct name_known known[] = {NAME_KNOWN("id"),
		NAME_KNOWN("method"), NAME_KNOWN("result"),
		NAME_KNOWN("error")};
	char quoted[SEEK_NAME_MAX + 2];
	struct json_value v = {.text = quoted, .type = JSON_STRING};
	enum name_match match;
	unsigned i = 0;

	s->state = SEEK_COLON;
	s->in_id = false;
	if (s->name_len > SEEK_NAME_MAX)
		return;
	quoted[0] = '"';
	memcpy(quoted + 1, s->name, s->name_len);
	v.end = s->name_len + 2;
	match = message_name_match(
		&v, known, sizeof(known) / sizeof(known[0]), &i);
	if (match == NAME_CONFUSED)
		s->state = SEEK_FAULT;
	if (match != NAME_EXACT)
		return;
	s->has_method |= i == 1;
	s->has_result |= i == 2;
	s->has_error |= i == 3;
	s->in_id = i == 0;
	if (s->in_id) {
		s->n_ids++;
		s->id_len = 0;
	}
}

/* Inside a string; what its end means depends on the state. */
static const char *seek_string(
	struct id_seek *s, const char *p, const char *end)
{
	const char *q;

	if (s->escape) {
		s->escape = false;
		seek_keep(s, p, 1);
		return p + 1;
	}
	q = json_span_string(p, end);
	seek_keep(s, p, (size_t)(q - p));
	if (q == end)
		return q;
	if (*q == '\\') {
		seek_keep(s, q, 1);
		s->escape = true;
	} else if (s->state == SEEK_IN_NAME) {
		seek_named(s);
	} else if (s->state == SEEK_IN_INNER) {
		s->state = SEEK_IN_CONTAINER;
	} else {
		seek_keep(s, q, 1);
		s->state = SEEK_AFTER;
	}
	return q + 1;
}

static void seek_open(struct id_seek *s, char c)
{
	if (s->depth == SEEK_DEPTH_MAX) {
		s->state = SEEK_FAULT;
		return;
	}
	s->object[s->depth++] = c == '{';
	s->state = SEEK_IN_CONTAINER;
}

static void seek_close(struct id_seek *s, char c)
{
	if (s->object[--s->depth] != (c == '}'))
		s->state = SEEK_FAULT;
	else if (s->depth == 0)
		s->state = SEEK_AFTER;
}

static const char *seek_container(
	struct id_seek *s, const char *p, const char *end)
{
	const char *q = json_span_structure(p, end);

	if (q == end)
		return q;
	if (*q == '"')
		s->state = SEEK_IN_INNER;
	else if (*q == '{' || *q == '[')
		seek_open(s, *q);
	else
		seek_close(s, *q);
	return q + 1;
}

/* The first byte of a value of the top level. */
static const char *seek_value(struct id_seek *s, const char *p)
{
	if (s->in_id)
		s->id_begin = s->fed;
	if (*p == '{' || *p == '[') {
		if (s->in_id)
			s->id_len = sizeof(s->id) + 1;
		s->in_id = false;
		seek_open(s, *p);
		return p + 1;
	}
	s->state = SEEK_IN_SCALAR;
	if (*p == ',' || *p == '}')
		s->state = SEEK_FAULT; /* no value at all */
	if (*p != '"')
		return p;
	s->state = SEEK_IN_STRING;
	seek_keep(s, p, 1);
	return p + 1;
}

static const char *seek_scalar(
	struct id_seek *s, const char *p, const char *end)
{
	const char *q = p;

	while (q < end && *q != ',' && *q != '}' && !is_space(*q)) {
		if (strchr("{[]\":", *q) != NULL) {
			s->state = SEEK_FAULT;
			return end;
		}
		q++;
	}
	seek_keep(s, p, (size_t)(q - p));
	if (q < end)
		s->state = SEEK_AFTER;
	return q;
}

/* A byte between the tokens of the top level; white space is behind us. */
static const char *seek_token(struct id_seek *s, const char *p)
{
	static const struct {
		enum seek_state in;
		char c;
		enum seek_state next;
	} steps[] = {
		{SEEK_BEFORE, '{', SEEK_FIRST_NAME},
		{SEEK_FIRST_NAME, '}', SEEK_END},
		{SEEK_FIRST_NAME, '"', SEEK_IN_NAME},
		{SEEK_NAME, '"', SEEK_IN_NAME},
		{SEEK_COLON, ':', SEEK_VALUE},
		{SEEK_AFTER, ',', SEEK_NAME},
		{SEEK_AFTER, '}', SEEK_END},
	};
	enum seek_state next = SEEK_FAULT;

	if (s->state == SEEK_VALUE)
		return seek_value(s, p);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		if (steps[i].in == s->state && steps[i].c == *p)
			next = steps[i].next;
	}
	if (next == SEEK_IN_NAME)
		s->name_len = 0;
	s->state = next;
	return p + 1;
}

static const char *seek_step(struct id_seek *s, const char *p, const char *end)
{
	switch (s->state) {
	case SEEK_IN_NAME:
	case SEEK_IN_STRING:
	case SEEK_IN_INNER:
		return seek_string(s, p, end);
	case SEEK_IN_CONTAINER:
		return seek_container(s, p, end);
	case SEEK_IN_SCALAR:
		return seek_scalar(s, p, end);
	case SEEK_FAULT:
		return end;
	case SEEK_BEFORE:
	case SEEK_FIRST_NAME:
	case SEEK_NAME:
	case SEEK_COLON:
	case SEEK_VALUE:
	case SEEK_AFTER:
	case SEEK_END:
		break;
	}
	return is_space(*p) ? p + 1 : seek_token(s, p);
}

void id_seek_feed(struct id_seek *s, const char *bytes, size_t len)
{
	const char *p = bytes, *end = bytes + len;

	while (p < end) {
		const char *q = seek_step(s, p, end);

		s->fed += (size_t)(q - p);
		p = q;
	}
}

int id_seek_end(const struct id_seek *s, struct json_scanner *scanner)
{
	struct json_scan_result r;
	struct json_value v;
	int e;

	if (s->state != SEEK_END || s->n_ids != 1 || s->id_len > sizeof(s->id))
		return 1;
	e = json_scan(scanner, s->id, s->id_len, &r);
	if (e != 0)
		return e;
	v = json_top(s->id, &r);
	return message_id_valid(&v) ? 0 : 1;
}

enum message_kind id_seek_kind(const struct id_seek *s)
{
	if (s->has_method && !s->has_result && !s->has_error)
		return s->n_ids > 0 ? MESSAGE_REQUEST : MESSAGE_NOTIFICATION;
	if (!s->has_method && s->has_result != s->has_error)
		return s->has_result ? MESSAGE_RESULT : MESSAGE_ERROR;
	return MESSAGE_NONE;
}

struct message_id_seek {
	struct id_seek seek;
	bool ended;
	struct json_scanner *scanner;
};

struct message_id_seek *message_id_seek_new(void)
{
	static const uint64_t key[2]; /* an id has no names */
	struct message_id_seek *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->scanner = message_scanner_new(key);
	if (s->scanner == NULL) {
		free(s);
		return NULL;
	}
	return s;
}

void message_id_seek_free(struct message_id_seek *s)
{
	if (s == NULL)
		return;
	json_scanner_free(s->scanner);
	free(s);
}

/* The line before, if it has ended, is forgotten. */
static void seek_begin(struct message_id_seek *s)
{
	if (s->ended)
		id_seek_init(&s->seek);
	s->ended = false;
}

void message_id_seek_feed(
	struct message_id_seek *s, const char *bytes, size_t len)
{
	seek_begin(s);
	id_seek_feed(&s->seek, bytes, len);
}

bool message_id_seek_end(
	struct message_id_seek *s, const char **ret_id, size_t *ret_len)
{
	seek_begin(s); /* a line without a byte */
	s->ended = true;
	if (id_seek_end(&s->seek, s->scanner) != 0)
		return false;
	*ret_id = s->seek.id;
	*ret_len = s->seek.id_len;
	return true;
}

enum message_kind message_id_seek_kind(const struct message_id_seek *s)
{
	return s->seek.state == SEEK_END ? id_seek_kind(&s->seek)
					 : MESSAGE_NONE;
}
