/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/watch.h"

#include <string.h>
#include <sys/epoll.h>

int watch_init(struct watches *w)
{
	memset(w, 0, sizeof(*w));
	for (int i = 0; i < _WATCH_N; i++)
		w->of[i].fd = -1;
	w->epoll = epoll_create1(EPOLL_CLOEXEC);
	return w->epoll < 0 ? -errno : 0;
}

void watch_deinit(struct watches *w)
{
	cleanup_close(&w->epoll);
	w->epoll = -1;
}

static int control(
	struct watches *w, int op, enum watch_id id, int fd, uint32_t events)
{
	struct epoll_event e = {
		.events = events & ~WATCH_GONE,
		.data = {.u32 = (uint32_t)id},
	};

	if (epoll_ctl(w->epoll, op, fd, &e) == 0)
		return 0;
	return -errno;
}

int watch_want(struct watches *w, enum watch_id id, int fd, uint32_t events)
{
	struct watch *x = &w->of[id];
	int r;

	if (fd < 0)
		return 0;
	if (x->fd == fd && x->events == events)
		return 0;
	if (x->fd != fd)
		*x = (struct watch){.fd = fd};
	if (x->unpollable || x->events == events) {
		x->events = events;
		return 0;
	}
	r = control(w,
		!events     ? EPOLL_CTL_DEL
		: x->events ? EPOLL_CTL_MOD
			    : EPOLL_CTL_ADD,
		id, fd, events);
	if (r == -EPERM) {
		x->unpollable = true;
		r = 0;
	}
	if (r == 0)
		x->events = events;
	return r;
}

void watch_drop(struct watches *w, enum watch_id id, int fd)
{
	/* That it was not in the set is all that can fail. */
	if (watch_want(w, id, fd, 0) < 0)
		w->of[id].events = 0;
}

int watch_wait(struct watches *w, int timeout_ms)
{
	struct epoll_event e[_WATCH_N];
	bool any = false;
	int n;

	memset(w->seen, 0, sizeof(w->seen));
	for (int i = 0; i < _WATCH_N; i++) {
		if (!w->of[i].unpollable || w->of[i].fd < 0)
			continue;
		w->seen[i] = w->of[i].events & ~WATCH_GONE;
		if (w->seen[i]) {
			any = true;
			timeout_ms = 0;
		}
	}
	n = epoll_wait(w->epoll, e, _WATCH_N, timeout_ms);
	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	for (int i = 0; i < n; i++)
		w->seen[e[i].data.u32] = e[i].events;
	return n == 0 && !any;
}
