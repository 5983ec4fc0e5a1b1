/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/sink.h"

void sink_init(struct sink *s, struct port *port)
{
	*s = (struct sink){.port = port, .queue = BUF_INIT(SINK_MAX)};
}

void sink_deinit(struct sink *s)
{
	buf_deinit(&s->queue);
}

void sink_drop(struct sink *s)
{
	buf_deinit(&s->queue);
	s->line = SINK_BETWEEN;
	s->blocked = false;
	s->gone = true;
}

/* How many of @n bytes went out; an error makes the sink vanish. */
static size_t sink_write(
	struct sink *s, const uint8_t *bytes, size_t n, enum sink_line whose)
{
	size_t done = 0;

	s->blocked = false;
	while (done < n) {
		ssize_t w = port_write(s->port, bytes + done, n - done);

		if (w == -EAGAIN) {
			s->blocked = true;
			break;
		}
		if (w < 0) {
			s->error = (int)w;
			sink_drop(s);
			return n;
		}
		done += (size_t)w;
	}
	s->bytes += done;
	if (done)
		s->line = bytes[done - 1] == '\n' ? SINK_BETWEEN : whose;
	return done;
}

void sink_flush(struct sink *s)
{
	size_t n = buf_len(&s->queue);

	if (n == 0 || s->line == SINK_IN_LANE)
		return;
	n = sink_write(s, buf_head(&s->queue), n, SINK_IN_QUEUE);
	buf_consume(&s->queue, n);
}

int sink_answer(struct sink *s, const void *line, size_t len)
{
	int r;

	if (s->gone)
		return 0;
	r = buf_append(&s->queue, line, len);
	if (r < 0)
		return r;
	sink_flush(s);
	return 0;
}

size_t sink_forward(struct sink *s, const void *bytes, size_t n)
{
	sink_flush(s);
	if (s->gone)
		return n;
	if (s->line == SINK_IN_QUEUE ||
		(s->line == SINK_BETWEEN && buf_len(&s->queue)))
		return 0;
	return sink_write(s, bytes, n, SINK_IN_LANE);
}
