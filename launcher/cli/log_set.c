/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/log_set.h"

#include <fcntl.h>
#include <string.h>

#include "base/dir.h"
#include "base/fd.h"
#include "keeper/lock.h"

struct log_pending {
	uint64_t start_us;
	char file[AUDIT_NAME_LEN + 1];
};

static void stream_free(struct log_stream *stream)
{
	log_stream_close(stream);
	free(stream);
}

void log_set_init(struct log_set *s, int dir)
{
	*s = (struct log_set){.dir = dir, .until_us = UINT64_MAX};
}

void log_set_deinit(struct log_set *s)
{
	for (size_t i = 0; i < s->n; i++)
		stream_free(s->streams[i]);
	free(s->streams);
	free(s->pending);
	log_set_init(s, -1);
}

static int stream_step(struct log_stream *stream, struct err *e)
{
	int r = log_stream_next(stream);

	return r < 0 ? err_set(e, r, "audit file %s", stream->file) : 0;
}

static int set_open(struct log_set *s, const char *file, struct err *e)
{
	_free_ struct log_stream *stream = calloc(1, sizeof(*stream));
	int r;

	if (s->n == s->size) {
		size_t size = s->size ? 2 * s->size : 16;
		struct log_stream **p = reallocarray(
			s->streams, size, sizeof(struct log_stream *));

		if (!p)
			return err_set(e, -ENOMEM, "log");
		s->streams = p;
		s->size = size;
	}
	if (!stream)
		return err_set(e, -ENOMEM, "log");
	r = log_stream_open(stream, s->dir, file);
	if (r == 1)
		return 0;
	if (r == -EMFILE)
		return err_say(e, r,
			"log: too many sessions ran at the same time; name "
			"one with --session");
	if (r < 0)
		return err_set(e, r, "audit file %s", file);
	s->streams[s->n++] = stream;
	return stream_step(take_ptr(stream), e);
}

/* When the session started; 0 if its first record does not say. */
static int first_time(
	const struct log_set *s, const char *file, uint64_t *ret_us)
{
	_entry_ struct audit_entry entry = {NULL};
	struct audit_reader reader;
	struct audit_line line;
	int r = audit_reader_open(&reader, s->dir, file);

	*ret_us = 0;
	if (r != 0)
		return r;
	r = audit_reader_next(&reader, &line);
	if (r == 1 && audit_entry_parse(&entry, line.text, line.len))
		*ret_us = audit_entry_time(&entry);
	audit_reader_deinit(&reader);
	return r < 0 ? r : 0;
}

static bool set_wants(const struct log_set *s, const char *file)
{
	char session[SESSION_HEX + 1];

	if (!audit_name_parse(file, session))
		return false;
	return !s->session ||
	       strncmp(session, s->session, strlen(s->session)) == 0;
}

static int set_pend(struct log_set *s, const char *file, struct err *e)
{
	struct log_pending *p = s->pending;
	uint64_t start_us;
	int r = first_time(s, file, &start_us);

	if (r == 1 || (r == 0 && start_us > s->until_us))
		return 0;
	if (r < 0)
		return err_set(e, r, "audit file %s", file);
	if (s->n_pending == s->size_pending) {
		size_t size = s->size_pending ? 2 * s->size_pending : 64;

		p = reallocarray(p, size, sizeof(*p));
		if (!p)
			return err_set(e, -ENOMEM, "log");
		s->pending = p;
		s->size_pending = size;
	}
	p[s->n_pending].start_us = start_us;
	memcpy(p[s->n_pending].file, file, AUDIT_NAME_LEN + 1);
	s->n_pending++;
	return 0;
}

static int latest_first(const void *a, const void *b)
{
	const struct log_pending *x = a, *y = b;

	if (x->start_us != y->start_us)
		return x->start_us < y->start_us ? 1 : -1;
	return strcmp(y->file, x->file);
}

int log_set_scan(struct log_set *s, struct err *e)
{
	const struct dirent *entry;
	_dir_ DIR *d = NULL;
	int r = dir_open(s->dir, &d);

	while (r == 0 && (r = dir_next(d, &entry)) == 1)
		r = set_wants(s, entry->d_name) ? set_pend(s, entry->d_name, e)
						: 0;
	if (r < 0)
		return err_set(e, r, "audit folder");
	if (s->n_pending)
		qsort(s->pending, s->n_pending, sizeof(*s->pending),
			latest_first);
	return 0;
}

int log_set_add(struct log_set *s, const char *file, struct err *e)
{
	if (!set_wants(s, file))
		return 0;
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->streams[i]->file, file) == 0)
			return 0;
	for (size_t i = 0; i < s->n_pending; i++)
		if (strcmp(s->pending[i].file, file) == 0)
			return 0;
	return set_open(s, file, e);
}

int log_set_refresh(struct log_set *s, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < s->n; i++)
		if (!s->streams[i]->is && s->streams[i] != s->last)
			r = stream_step(s->streams[i], e);
	return r;
}

/* Nothing more can come: it says so, or nobody is there to write it. */
static bool stream_done(const struct log_set *s, const struct log_stream *x)
{
	if (x->is)
		return false;
	if (!s->follow || x->ended)
		return true;
	return x->reader.lines > 0 && !file_locked(x->reader.fd);
}

static void set_drop_done(struct log_set *s)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->n; i++) {
		if (stream_done(s, s->streams[i]))
			stream_free(s->streams[i]);
		else
			s->streams[kept++] = s->streams[i];
	}
	s->n = kept;
}

static struct log_stream *set_earliest(const struct log_set *s)
{
	struct log_stream *best = NULL;

	for (size_t i = 0; i < s->n; i++)
		if (s->streams[i]->is &&
			(!best || s->streams[i]->time_us < best->time_us))
			best = s->streams[i];
	return best;
}

int log_set_next(
	struct log_set *s, const struct log_stream **ret, struct err *e)
{
	struct log_stream *best;
	int r = s->last ? stream_step(s->last, e) : 0;

	if (r < 0)
		return r;
	if (s->last && !s->last->is)
		set_drop_done(s);
	s->last = NULL;
	for (;;) {
		best = set_earliest(s);
		if (s->n_pending == 0 ||
			(best && s->pending[s->n_pending - 1].start_us >
					 best->time_us))
			break;
		s->n_pending--;
		r = set_open(s, s->pending[s->n_pending].file, e);
		if (r < 0)
			return r;
		set_drop_done(s);
	}
	s->last = best;
	*ret = best;
	return best ? 1 : 0;
}
