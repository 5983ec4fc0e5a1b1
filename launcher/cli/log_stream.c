/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/log_stream.h"

#include <stdio.h>
#include <string.h>

int log_stream_open(struct log_stream *s, int dirfd, const char *file)
{
	int r;

	memset(s, 0, sizeof(*s));
	if (!audit_name_parse(file, s->session))
		return -EINVAL;
	memcpy(s->file, file, AUDIT_NAME_LEN);
	r = audit_reader_open(&s->reader, dirfd, file);
	s->open = r == 0;
	return r;
}

void log_stream_close(struct log_stream *s)
{
	if (s->open)
		audit_reader_deinit(&s->reader);
	audit_entry_deinit(&s->entry);
	s->open = s->is = false;
}

static void copy_text(char *dst, size_t size, const char *src)
{
	(void)snprintf(dst, size, "%s", src ? src : "");
}

/* What a call is about: the name of what is called, else the method. */
static const char *call_name(const struct audit_entry *e)
{
	static const char *const members[] = {
		"tool", "prompt", "uri", "method"};

	for (size_t i = 0; i < ELEMENTS(members); i++) {
		const char *text = audit_entry_text(e, members[i]);

		if (text)
			return text;
	}
	return NULL;
}

static void stream_call(struct log_stream *s)
{
	const char *dir = audit_entry_text(&s->entry, "dir");
	struct log_call *c;
	uint64_t number;

	if (!audit_entry_number(&s->entry, "call", &number))
		return;
	c = &s->calls[number % LOG_CALLS];
	if (strcmp(s->type, "call") == 0) {
		c->number = number;
		c->inward = dir && strcmp(dir, "s2c") == 0;
		copy_text(c->name, sizeof(c->name), call_name(&s->entry));
		copy_text(c->decision, sizeof(c->decision),
			audit_entry_text(&s->entry, "decision"));
	}
	if (c->number == number)
		s->call = c;
}

/* What a log without a server tells of is of a server all the same. */
static void stream_subject(struct log_stream *s)
{
	bool start = strcmp(s->type, "session.start") == 0;

	if (start)
		copy_text(s->purpose, sizeof(s->purpose),
			audit_entry_text(&s->entry, "client.purpose"));
	if (start || s->purpose[0])
		copy_text(s->server, sizeof(s->server),
			audit_entry_text(&s->entry, "server.name"));
}

static void stream_record(struct log_stream *s)
{
	uint64_t time_us;

	s->is = true;
	s->type = "";
	s->call = NULL;
	if (!audit_entry_parse(&s->entry, s->line.text, s->line.len))
		return;
	if (audit_entry_text(&s->entry, "type"))
		s->type = audit_entry_text(&s->entry, "type");
	/* A clock that was set back must not shuffle the session's records. */
	time_us = audit_entry_time(&s->entry);
	if (time_us > s->time_us)
		s->time_us = time_us;
	stream_subject(s);
	s->ended = strcmp(s->type, "session.end") == 0;
	if (strcmp(s->type, "call") == 0 || strcmp(s->type, "result") == 0)
		stream_call(s);
}

int log_stream_next(struct log_stream *s)
{
	int r;

	audit_entry_deinit(&s->entry);
	s->is = false;
	r = audit_reader_next(&s->reader, &s->line);
	if (r == 1)
		stream_record(s);
	return r < 0 ? r : 0;
}
