/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What relay and supervisor say to the keeper beside their records.
 */
#include "base/fd.h"
#include "base/ipc.h"
#include "base/log.h"
#include "keeper/state.h"

static int let_go(struct keeper *k, struct ipc_parcel *p)
{
	return desk_let_go(k, p->m.a);
}

static int withdrawn(struct keeper *k, struct ipc_parcel *p)
{
	return desk_withdrawn(k, p->m.a);
}

static int form_filled(struct keeper *k, struct ipc_parcel *p)
{
	return desk_form(k, p->m.a, p->m.b);
}

static int spill_asked(struct keeper *k, struct ipc_parcel *p)
{
	return spill_begin(&k->spill, k->c.relay_fd, p);
}

static int spill_told(struct keeper *k, struct ipc_parcel *p)
{
	return spill_done(&k->spill, p->m.a, p->m.b);
}

static int pins_told(struct keeper *k, struct ipc_parcel *p)
{
	return pin_folder_add(&k->pins, p->fd, p->m.a);
}

static int from_relay(struct keeper *k, struct ipc_parcel *p)
{
	static const struct {
		enum ipc_type type;
		int (*take)(struct keeper *k, struct ipc_parcel *p);
	} all[] = {
		{IPC_QUESTION, desk_asked},
		{IPC_LET_GO, let_go},
		{IPC_WITHDRAW, withdrawn},
		{IPC_FORM, form_filled},
		{IPC_SPILL, spill_asked},
		{IPC_SPILL_DONE, spill_told},
		{IPC_PINS, pins_told},
		{IPC_TOKEN, token_asked},
		{IPC_TOKEN_FITS, token_told},
	};

	for (size_t i = 0; i < ELEMENTS(all); i++)
		if (all[i].type == p->m.type)
			return all[i].take(k, p);
	return -EPROTO;
}

static int from_supervisor(struct keeper *k, struct ipc_parcel *p)
{
	if (p->m.type != IPC_SEEN)
		return -EPROTO;
	desk_seen(k, p);
	return 0;
}

/* In one turn: a peer that never stops talking does not keep us from the log.
 */
#define HEARD_MAX 256

/* What is there. 0; 1 when the peer has closed; <0: it said what it may
 * not. */
static int hear(struct keeper *k, int fd, enum ipc_role from,
	int (*handle)(struct keeper *k, struct ipc_parcel *p))
{
	int r = fd < 0 ? -EAGAIN : 0;

	for (int i = 0; r == 0 && i < HEARD_MAX; i++) {
		r = ipc_recv_parcel(fd, from, &k->parcel);
		if (r == 0)
			r = handle(k, &k->parcel);
		if (r != 1 && r != -EAGAIN)
			fd_close(&k->parcel.fd);
	}
	return r == -EAGAIN ? 0 : r;
}

void keeper_hear(struct keeper *k)
{
	int r = hear(
		k, k->relay_heard ? k->c.relay_fd : -1, ROLE_RELAY, from_relay);

	if (r != 0)
		k->relay_heard = false;
	if (r < 0)
		log_line("audit log: the relay said what it may not; it is not "
			 "listened to any more");
	r = hear(k, k->supervisor_heard ? k->c.supervisor_fd : -1,
		ROLE_SUPERVISOR, from_supervisor);
	if (r != 0)
		k->supervisor_heard = false;
}
