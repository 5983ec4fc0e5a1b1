/* SPDX-License-Identifier: Apache-2.0 */
#include "keeper/source.h"

#include <fcntl.h>

#include "base/fd.h"

/* A whole pipe and a record that began before it. */
#define CHUNK ((size_t)64 * 1024)
/* A pipe does not fail (pipe(7)). Should it, whoever gives up loses records of
 * what has been done already. */
#define TRIES 3
#define SOURCE_MAX (CHUNK + RECORD_MAX)

int source_init(struct source *s, const char *name, int fd, uint32_t permit)
{
	int flags = fcntl(fd, F_GETFL);

	*s = (struct source){
		.name = name,
		.fd = fd,
		.permit = permit,
		.in = BUF_INIT(SOURCE_MAX),
	};
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return -errno;
	return 0;
}

void source_deinit(struct source *s)
{
	fd_close(&s->fd);
	buf_deinit(&s->in);
}

static bool is_transient(int error, unsigned *tries)
{
	return error == EINTR || (error != EAGAIN && ++*tries < TRIES);
}

ssize_t source_fill(struct source *s)
{
	unsigned tries = 0;
	ssize_t n;
	int r;

	if (s->fd < 0 || buf_len(&s->in) >= RECORD_MAX)
		return 0;
	r = buf_reserve(&s->in, CHUNK);
	if (r < 0)
		return r;
	do
		n = read(s->fd, s->in.data + s->in.end, CHUNK);
	while (n < 0 && is_transient(errno, &tries));
	if (n < 0)
		return errno == EAGAIN ? 0 : -errno;
	if (n == 0)
		fd_close(&s->fd);
	s->in.end += (size_t)n;
	return n;
}

ssize_t source_peek(const struct source *s, struct record_view *ret)
{
	struct record_view v;
	ssize_t n;

	if (buf_len(&s->in) == 0)
		return 0;
	n = record_parse(buf_head(&s->in), buf_len(&s->in), &v);
	if (n == 0)
		return s->fd < 0 ? -EPROTO : 0;
	if (n < 0)
		return n;
	if (!(s->permit & SOURCE_TYPE(v.type)) || v.cost > RECORD_LINE_MAX)
		return -EPROTO;
	*ret = v;
	return n;
}

bool source_ended(const struct source *s)
{
	return s->fd < 0 && buf_len(&s->in) == 0;
}
