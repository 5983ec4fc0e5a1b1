/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The control socket: in a folder of the user's own, found by uid, with a name
 * that is made of the session's. Before the keeper shuts itself in.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/folders.h"
#include "keeper/desk.h"

#define BACKLOG 16
#define SWEEP_MAX 256 /* entries of the folder that are looked at */

/* What nobody renamed for so long was left by a keeper that was killed. */
#define LEFT_S 60

/* The folder's path may be longer than an address has room for (108 bytes,
 * unix(7)): the descriptor stands for it. */
static int address(struct sockaddr_un *ret, int folder, const char *name)
{
	int n;

	*ret = (struct sockaddr_un){.sun_family = AF_UNIX};
	n = snprintf(ret->sun_path, sizeof(ret->sun_path),
		"/proc/self/fd/%d/%s", folder, name);
	return n < 0 || (size_t)n >= sizeof(ret->sun_path) ? -ENAMETOOLONG : 0;
}

static bool is_left_over(const char *name, const struct stat *st)
{
	size_t n = strlen(name);

	if (!S_ISSOCK(st->st_mode))
		return false;
	if (n == APPROVAL_SOCKET_HEX)
		return true;
	return n == APPROVAL_SOCKET_HEX + strlen(APPROVAL_SOCKET_NEW) &&
	       strcmp(name + APPROVAL_SOCKET_HEX, APPROVAL_SOCKET_NEW) == 0 &&
	       st->st_mtime < time(NULL) - LEFT_S;
}

/* A keeper that was killed leaves its socket: nobody listens any more. */
static void sweep_one(int folder, const char *name)
{
	_close_ int fd = socket(
		AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un a;
	struct stat st;

	if (fd < 0 || fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		!is_left_over(name, &st) || address(&a, folder, name) < 0)
		return;
	if (connect(fd, (const struct sockaddr *)&a, sizeof(a)) < 0 &&
		errno == ECONNREFUSED)
		(void)unlinkat(folder, name, 0);
}

static void sweep(int folder)
{
	int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *d;

	if (!stream) {
		fd_close(&fd);
		return;
	}
	for (int i = 0; i < SWEEP_MAX && (d = readdir(stream)); i++)
		sweep_one(folder, d->d_name);
	(void)closedir(stream);
}

void desk_sweep(void)
{
	_close_ int folder = -1;

	if (folder_open(
		    FOLDER_RUNTIME, APPROVAL_FOLDER, false, &folder, NULL) == 0)
		sweep(folder);
}

static int listen_as(struct desk *d, const char *name)
{
	struct sockaddr_un a;
	mode_t mask;
	int r = address(&a, d->folder, name);

	if (r < 0)
		return r;
	d->listener = socket(
		AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (d->listener < 0)
		return -errno;
	mask = umask(0177);
	r = bind(d->listener, (const struct sockaddr *)&a, sizeof(a)) < 0
		    ? -errno
		    : 0;
	(void)umask(mask);
	if (r == 0 && listen(d->listener, BACKLOG) < 0)
		r = -errno;
	return r;
}

static int listen_there(struct desk *d)
{
	char name[sizeof(d->socket) + sizeof(APPROVAL_SOCKET_NEW)];
	int r;

	(void)snprintf(name, sizeof(name), "%s" APPROVAL_SOCKET_NEW, d->socket);
	r = listen_as(d, name);
	if (r == 0 && renameat(d->folder, name, d->folder, d->socket) < 0)
		r = -errno;
	if (r < 0)
		(void)unlinkat(d->folder, name, 0);
	return r;
}

int desk_new(
	const struct approval_session *about, struct desk **ret, struct err *e)
{
	struct desk *d = calloc(1, sizeof(*d));
	int r;

	if (!d)
		return err_set(e, -ENOMEM, "approvals");
	d->listener = d->folder = -1;
	d->about = *about;
	d->uid = geteuid();
	memcpy(d->socket, about->session, APPROVAL_SOCKET_HEX);
	r = folder_open(FOLDER_RUNTIME, APPROVAL_FOLDER, true, &d->folder, e);
	if (r == 0) {
		sweep(d->folder);
		r = listen_there(d);
		if (r < 0)
			(void)err_set(e, r,
				"the control socket, by which somebody could "
				"answer what the profile asks for");
	}
	if (r < 0) {
		desk_free(d);
		return r;
	}
	*ret = d;
	return 0;
}

void desk_question_free(struct desk_question *q)
{
	if (q->id == 0)
		return;
	fd_close(&q->shown);
	free(q->name);
	*q = (struct desk_question){0};
}

void approver_drop(struct approver *a)
{
	if (a->state == APPROVER_FREE)
		return;
	fd_close(&a->fd);
	a->state = APPROVER_FREE;
}

void desk_free(struct desk *d)
{
	if (!d)
		return;
	if (d->listener >= 0)
		(void)unlinkat(d->folder, d->socket, 0);
	fd_close(&d->listener);
	fd_close(&d->folder);
	for (size_t i = 0; i < DESK_APPROVERS; i++)
		approver_drop(&d->approvers[i]);
	for (size_t i = 0; i < DESK_QUESTIONS; i++)
		desk_question_free(&d->questions[i]);
	free(d);
}
