/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/lane.h"

#include <string.h>

#include "policy/output.h"
#include "policy/tools.h"

#define LINE_BYTES_MAX (MESSAGE_LINE_MAX + 1) /* with its newline */
#define INSTEAD_MAX (MESSAGE_LINE_MAX + OUTPUT_GROWTH_MAX + FILTER_GROWTH_MAX)
#define READ_MIN 16384U
/* A run is written at the latest when it is this long. */
#define RUN_MAX 65536U

void lane_init(struct lane *l, struct port *from, struct sink *to,
	const struct lane_ops *ops, void *ctx)
{
	*l = (struct lane){
		.from = from,
		.to = to,
		.ops = ops,
		.ctx = ctx,
		.in = BUF_INIT(LINE_BYTES_MAX),
		.instead = OUT_INIT(INSTEAD_MAX),
	};
}

void lane_deinit(struct lane *l)
{
	buf_deinit(&l->in);
	out_deinit(&l->instead);
	message_id_seek_free(l->seek);
	l->seek = NULL;
}

static void lane_consume(struct lane *l, size_t n)
{
	buf_consume(&l->in, n);
	l->offset += n;
}

/* Writes what was judged. True when none of it waits any more. */
static bool lane_flush(struct lane *l)
{
	size_t n;

	if (l->run) {
		n = sink_forward(l->to, buf_head(&l->in), l->run);
		lane_consume(l, n);
		l->run -= n;
		if (l->run)
			return false;
	}
	if (l->instead.len) {
		l->instead_done +=
			sink_forward(l->to, l->instead.data + l->instead_done,
				l->instead.len - l->instead_done);
		if (l->instead_done < l->instead.len)
			return false;
		out_reset(&l->instead);
		l->instead_done = 0;
	}
	lane_consume(l, l->skip);
	l->skip = 0;
	return true;
}

/* The next line after the run: its length with the newline, or 0. */
static size_t lane_next(struct lane *l)
{
	const uint8_t *begin = buf_head(&l->in) + l->run;
	size_t n = buf_len(&l->in) - l->run;
	const uint8_t *lf;

	if (n == l->clean)
		return 0;
	lf = memchr(begin + l->clean, '\n', n - l->clean);
	if (!lf) {
		l->clean = n;
		return 0;
	}
	/* A line that is held is found again at once. */
	l->clean = (size_t)(lf - begin);
	return l->clean + 1;
}

static void lane_excess_end(struct lane *l)
{
	struct lane_excess x = {.bytes = l->excess};

	if (!message_id_seek_end(l->seek, &x.id, &x.id_len))
		x.id = NULL;
	x.kind = message_id_seek_kind(l->seek);
	l->ops->excess(l->ctx, &x);
	message_id_seek_free(l->seek);
	l->seek = NULL;
	l->excess = 0;
}

/* Passes bytes of an over-long line by; true once its newline was there. */
static bool lane_excess_feed(struct lane *l)
{
	const uint8_t *begin = buf_head(&l->in);
	size_t n = buf_len(&l->in);
	const uint8_t *lf = n ? memchr(begin, '\n', n) : NULL;
	size_t part = lf ? (size_t)(lf - begin) : n;

	message_id_seek_feed(l->seek, (const char *)begin, part);
	l->excess += part;
	l->clean = 0;
	lane_consume(l, lf ? part + 1 : part);
	if (!lf)
		return false;
	lane_excess_end(l);
	return true;
}

/* The buffer is full and holds no newline. False when out of memory. */
static bool lane_excess_begin(struct lane *l)
{
	if (l->run || buf_len(&l->in) < LINE_BYTES_MAX)
		return true;
	l->seek = message_id_seek_new();
	if (!l->seek)
		return false;
	return lane_excess_feed(l) || true;
}

/* False when nothing more can be done now. */
static bool lane_judge(struct lane *l, size_t len)
{
	char *line = (char *)buf_head(&l->in) + l->run;
	enum lane_step step = l->ops->line(l->ctx, line, len - 1);

	l->held = step == LANE_HOLD;
	if (l->held) {
		out_reset(&l->instead);
		return false;
	}
	l->clean = 0;
	if (step == LANE_PASS) {
		l->run += len;
		return l->run < RUN_MAX || lane_flush(l);
	}
	if (step != LANE_INSTEAD)
		out_reset(&l->instead);
	l->skip = len;
	return lane_flush(l);
}

void lane_pump(struct lane *l)
{
	l->held = false;
	while (l->skip == 0 || lane_flush(l)) {
		size_t len;

		if (l->seek && !lane_excess_feed(l))
			return;
		len = lane_next(l);
		if (len == 0 || !lane_judge(l, len))
			break;
	}
	if (lane_flush(l) && !lane_excess_begin(l))
		l->eof = true;
}

bool lane_read(struct lane *l)
{
	size_t room = LINE_BYTES_MAX - buf_len(&l->in);
	ssize_t n;

	if (!l->in.data && buf_reserve(&l->in, LANE_SMALL) < 0)
		return false;
	if (buf_reserve(&l->in, room < READ_MIN ? room : READ_MIN) < 0)
		return false;
	if (room > l->in.size - l->in.end)
		room = l->in.size - l->in.end;
	n = port_read(l->from, l->in.data + l->in.end, room);
	if (n == -EAGAIN)
		return false;
	l->error = n < 0 ? (int)n : 0;
	if (n <= 0)
		l->eof = true;
	else
		l->in.end += (size_t)n;
	return true;
}

uint64_t lane_rest(const struct lane *l)
{
	return l->excess + (buf_len(&l->in) - l->run - l->skip);
}

void lane_discard(struct lane *l)
{
	message_id_seek_free(l->seek);
	l->seek = NULL;
	l->excess = 0;
	out_reset(&l->instead);
	l->instead_done = 0;
	l->run = l->skip = l->clean = 0;
	lane_consume(l, buf_len(&l->in));
}

void lane_shrink(struct lane *l)
{
	buf_shrink(&l->in, LANE_SMALL);
	if (l->instead.len == 0 && l->instead.size > LANE_SMALL)
		out_deinit(&l->instead);
}
