/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/approve_queue.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/dir.h"
#include "base/fd.h"
#include "base/folders.h"
#include "base/log.h"

#define ENTRIES_MAX 1024
#define PATIENCE_MS 3000
/* One that was slow may only have been stopped, or its machine busy. */
#define AGAIN_MS 10000

void queue_init(struct queue *q, enum approval_channel channel, link_hear hear,
	void *context)
{
	memset(q, 0, sizeof(*q));
	q->folder = -1;
	q->channel = channel;
	q->hear = hear;
	q->context = context;
}

void queue_deinit(struct queue *q)
{
	for (size_t i = 0; i < q->n; i++)
		link_free(q->links[i]);
	fd_close(&q->folder);
	q->n = 0;
}

static struct queue_shut *find_shut(struct queue *q, const char *name)
{
	for (size_t i = 0; i < q->n_shut; i++)
		if (strcmp(q->shut[i].name, name) == 0)
			return &q->shut[i];
	return NULL;
}

/* Connected, or not to be tried now. */
static bool is_known(struct queue *q, const char *name)
{
	struct queue_shut *shut = find_shut(q, name);

	if (shut)
		shut->there = true;
	for (size_t i = 0; i < q->n; i++)
		if (strcmp(q->links[i]->socket, name) == 0)
			return true;
	return shut && clock_mono_ms() < shut->again_ms;
}

/* Those whose socket is not there any more. */
static void forget_shut(struct queue *q)
{
	size_t kept = 0;

	for (size_t i = 0; i < q->n_shut; i++)
		if (q->shut[i].there)
			q->shut[kept++] = q->shut[i];
	q->n_shut = kept;
}

static bool is_socket_name(const char *name)
{
	return strspn(name, "0123456789abcdef") == APPROVAL_SOCKET_HEX &&
	       !name[APPROVAL_SOCKET_HEX];
}

static void say(struct queue *q, const char *name, const char *what, bool stale)
{
	char line[1200];

	(void)snprintf(
		line, sizeof(line), "session %.8s: %s: skipped", name, what);
	if (q->say)
		q->say(q->context, line, stale);
	else
		log_line("%s", line);
}

/* With a line, the first time. */
static void shut_out(struct queue *q, const char *name, const char *what,
	bool stale, uint64_t again_ms)
{
	struct queue_shut *shut = find_shut(q, name);

	if (!shut) {
		say(q, name, what, stale);
		if (q->n_shut == QUEUE_LINKS_MAX)
			return;
		shut = &q->shut[q->n_shut++];
		memcpy(shut->name, name, APPROVAL_SOCKET_HEX + 1);
	}
	shut->again_ms = again_ms;
	shut->there = true;
}

static void look_at(struct queue *q, int folder, const char *name)
{
	struct err e = {0};
	struct stat st;
	struct keeper_link *l;
	int r;

	if (!is_socket_name(name) || is_known(q, name) ||
		q->n == QUEUE_LINKS_MAX ||
		fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	if (!S_ISSOCK(st.st_mode)) {
		shut_out(q, name, "it is no socket", false, UINT64_MAX);
		return;
	}
	r = link_new(folder, name, q->channel, &l, &e);
	if (r == 0) {
		q->links[q->n++] = l;
		return;
	}
	/* -EAGAIN: others are before us; the next look may find room. */
	if (r == -EAGAIN && q->patient)
		return;
	shut_out(q, name, r == 1 ? "nobody listens any more" : e.text, r == 1,
		UINT64_MAX);
}

static int open_folder(struct queue *q, struct err *e)
{
	int r;

	if (q->folder >= 0)
		return 0;
	r = folder_open(FOLDER_RUNTIME, APPROVAL_FOLDER, false, &q->folder, e);
	return r < 0 ? r : 0;
}

int queue_look(struct queue *q, struct err *e)
{
	const struct dirent *d;
	_dir_ DIR *stream = NULL;
	int r = open_folder(q, e);

	if (r < 0 || q->folder < 0)
		return r;
	r = dir_open(q->folder, &stream);
	for (size_t i = 0; i < q->n_shut; i++)
		q->shut[i].there = false;
	for (int i = 0; r == 0 && i < ENTRIES_MAX; i++) {
		r = dir_next(stream, &d);
		if (r <= 0)
			break;
		look_at(q, q->folder, d->d_name);
		r = 0;
	}
	if (r < 0)
		return err_set(e, r, "folder of the sessions' sockets");
	forget_shut(q);
	return 0;
}

/* Those that are lost go, and why they do is said. */
static void sweep(struct queue *q)
{
	for (size_t i = q->n; i > 0; i--) {
		struct keeper_link *l = q->links[i - 1];

		if (l->state != LINK_LOST)
			continue;
		if (l->why[0])
			shut_out(q, l->socket, l->why, false,
				l->slow ? clock_mono_ms() + AGAIN_MS
					: UINT64_MAX);
		link_free(l);
		memmove(&q->links[i - 1], &q->links[i],
			(q->n - i) * sizeof(struct keeper_link *));
		q->n--;
	}
}

static bool is_slow(const struct keeper_link *l, uint64_t now)
{
	return l->state < LINK_READY && now - l->since_ms > PATIENCE_MS;
}

int queue_wait(
	struct queue *q, struct pollfd *extra, size_t n_extra, int timeout_ms)
{
	struct pollfd p[QUEUE_LINKS_MAX + 8];
	size_t n = q->n;
	uint64_t now;
	int r;

	if (n_extra > 8)
		return -EINVAL;
	for (size_t i = 0; i < n; i++)
		p[i] = (struct pollfd){.fd = q->links[i]->fd, .events = POLLIN};
	for (size_t i = 0; i < n_extra; i++)
		p[n + i] = extra[i];
	r = poll(p, n + n_extra, timeout_ms);
	if (r < 0)
		return -errno;
	for (size_t i = 0; i < n_extra; i++)
		extra[i].revents = p[n + i].revents;
	now = clock_mono_ms();
	for (size_t i = 0; i < n; i++) {
		if (p[i].revents)
			link_read(q->links[i], q->hear, q->context);
		if (is_slow(q->links[i], now)) {
			q->links[i]->slow = true;
			link_lose(q->links[i], "it does not say what it is",
				q->hear, q->context);
		}
	}
	sweep(q);
	return 0;
}

static bool settled(const struct queue *q)
{
	for (size_t i = 0; i < q->n; i++)
		if (q->links[i]->state < LINK_READY)
			return false;
	return true;
}

int queue_settle(struct queue *q)
{
	int r = 0;

	while (r == 0 && !settled(q))
		r = queue_wait(q, NULL, 0, 100);
	return r;
}

static int newest_first(const void *a, const void *b)
{
	const struct waiting *const *x = a, *const *y = b;

	if ((*x)->asked_ms != (*y)->asked_ms)
		return (*x)->asked_ms > (*y)->asked_ms ? -1 : 1;
	return (*x)->id > (*y)->id ? -1 : (*x)->id < (*y)->id;
}

int queue_all(const struct queue *q, struct waiting ***ret, size_t *ret_n)
{
	struct waiting **all;
	size_t n = 0;

	for (size_t i = 0; i < q->n; i++)
		n += q->links[i]->n;
	all = calloc(n + 1, sizeof(struct waiting *));
	if (!all)
		return -ENOMEM;
	n = 0;
	for (size_t i = 0; i < q->n; i++)
		for (size_t j = 0; j < q->links[i]->n; j++)
			all[n++] = q->links[i]->questions[j];
	qsort(all, n, sizeof(struct waiting *), newest_first);
	*ret = all;
	*ret_n = n;
	return 0;
}
