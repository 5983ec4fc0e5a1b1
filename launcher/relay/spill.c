/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/spill.h"

#include <sodium.h>
#include <string.h>

#include "base/fd.h"
#include "base/sha256.h"
#include "relay/session.h"

#define CHUNK ((size_t)256 * 1024)

_Static_assert(OUTPUT_FILES_MAX == SPILL_FILES_MAX &&
		       OUTPUT_PATH_MAX == SPILL_PATH_MAX,
	"policy, relay and keeper agree");

void spill_init(struct spill *s)
{
	s->call = 0;
	for (size_t i = 0; i < ELEMENTS(s->fds); i++)
		s->fds[i] = -1;
}

void spill_deinit(struct spill *s)
{
	for (size_t i = 0; i < ELEMENTS(s->fds); i++)
		fd_close(&s->fds[i]);
}

bool spill_waits(const struct spill *s)
{
	return s->call && !s->done;
}

const struct output_spill *spill_files(const struct spill *s, uint64_t call)
{
	return s->call == call && s->done && s->files.n > 0 ? &s->files : NULL;
}

/* What the keeper and we call a file. */
static uint64_t file_of(const struct output_spill *s, size_t i)
{
	int suffix = spill_suffix_find(s->files[i].suffix);

	return SPILL_FILE(i, suffix < 0 ? UINT8_MAX : (unsigned)suffix);
}

static bool tell(struct relay *r, enum ipc_type type, uint64_t file)
{
	/* Scratch: nothing is in it while a line is judged. */
	struct ipc_parcel *p = &r->parcel;

	p->fd = -1;
	p->m = (struct ipc_msg){
		.type = (uint32_t)type,
		.a = r->spill.call,
		.b = file,
	};
	return r->keeper_fd >= 0 &&
	       ipc_send_parcel(r->keeper_fd, ROLE_RELAY, p) == 0;
}

void spill_forget(struct relay *r)
{
	struct spill *s = &r->spill;

	for (size_t i = 0; spill_waits(s) && i < s->files.n; i++)
		(void)tell(r, IPC_SPILL_DONE,
			file_of(&s->files, i) | SPILL_FAILED);
	spill_deinit(s);
	s->call = 0;
}

static void spill_ask(struct relay *r)
{
	struct spill *s = &r->spill;
	bool asked = true;

	s->n_open = 0;
	s->done = s->files.n == 0;
	s->since_us = clock_mono_us();
	for (size_t i = 0; i < s->files.n && asked; i++)
		asked = tell(r, IPC_SPILL, file_of(&s->files, i));
	/* What was not asked for does not come. */
	if (!asked)
		s->n_open = s->files.n;
}

void spill_opened(struct relay *r, struct ipc_parcel *p)
{
	struct spill *s = &r->spill;
	size_t i = (size_t)(p->m.b >> 8);
	struct output_file *f = &s->files.files[i];

	/* One that comes too late: the keeper removes it again. */
	if (p->m.a != s->call || s->done || i >= s->files.n ||
		p->m.b != file_of(&s->files, i) || s->fds[i] >= 0)
		return;
	s->n_open++;
	if (p->fd < 0 || p->m.text == 0 || p->m.text >= sizeof(f->path))
		return;
	memcpy(f->path, p->text, p->m.text);
	f->path[p->m.text] = '\0';
	s->fds[i] = take_fd(&p->fd);
}

bool spill_due(const struct relay *r)
{
	const struct spill *s = &r->spill;

	return s->n_open >= s->files.n || r->journal.dead || r->ends.over ||
	       clock_mono_us() - s->since_us >= SPILL_WAIT_US;
}

/* All of it, in pieces, so that a slow disk is noticed in between. */
static bool write_all(int fd, const struct out *o, uint64_t until_us)
{
	size_t done = 0;

	while (done < o->len) {
		size_t n = o->len - done < CHUNK ? o->len - done : CHUNK;
		ssize_t wrote = write(fd, o->data + done, n);

		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote <= 0 || clock_mono_us() > until_us)
			return false;
		done += (size_t)wrote;
	}
	return true;
}

static bool keep_file(struct relay *r, const struct message *m,
	const struct call *c, size_t i, uint64_t until_us)
{
	struct output_file *f = &r->spill.files.files[i];
	uint8_t hash[32];
	bool ok;

	if (r->spill.fds[i] < 0)
		return false;
	out_reset(&r->scratch);
	ok = output_spill_write(&r->caps, c->of, &m->result, f, &r->scratch) ==
		     0 &&
	     write_all(r->spill.fds[i], &r->scratch, until_us);
	if (ok) {
		sha256(r->scratch.data, r->scratch.len, hash);
		(void)sodium_bin2hex(
			f->sha256, sizeof(f->sha256), hash, sizeof(hash));
		f->bytes = r->scratch.len;
	}
	out_reset(&r->scratch);
	fd_close(&r->spill.fds[i]);
	return ok;
}

static void spill_keep(
	struct relay *r, const struct message *m, const struct call *c)
{
	struct spill *s = &r->spill;
	uint64_t until_us = clock_mono_us() + SPILL_WRITE_US;

	for (size_t i = 0; i < s->files.n; i++) {
		bool ok = keep_file(r, m, c, i, until_us);

		/* What the keeper does not hear of it removes in the end. */
		ok = tell(r, IPC_SPILL_DONE,
			     file_of(&s->files, i) | (ok ? 0 : SPILL_FAILED)) &&
		     ok;
		s->files.files[i].kept = ok;
	}
	s->done = true;
}

bool spill_result(struct relay *r, const struct message *m, const char *line,
	const struct call *c)
{
	struct spill *s = &r->spill;

	if (r->caps.text_over != OVER_SPILL &&
		r->caps.binary_over != OVER_SPILL)
		return false;
	if (s->call != c->number) {
		spill_forget(r);
		s->call = c->number;
		if (output_spill(&r->caps, c->of, line, &m->result, &s->files) <
			0)
			s->files.n = 0;
		spill_ask(r);
	}
	if (s->done)
		return false;
	if (!spill_due(r))
		return true;
	spill_keep(r, m, c);
	return false;
}
