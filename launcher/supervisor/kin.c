/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For approvals: who belongs to this session, and so has no say in it.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/folders.h"
#include "policy/rules.h"
#include "supervisor/run.h"

static void client_name(pid_t pid, char *dst, size_t size)
{
	char path[64];
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	n = readlink(path, dst, size - 1);
	dst[n > 0 ? n : 0] = '\0';
}

static bool asks(const struct plan *p)
{
	return p->stands || p->wishes.sampling == WISH_ASK ||
	       p->wishes.elicitation == WISH_ASK || tools_may_ask(p->tools) ||
	       tools_may_ask(p->prompts) || tools_may_ask(p->resources) ||
	       rules_may_ask(p->rules);
}

int kin_find(struct run *r)
{
	const struct plan *p = r->plan;
	struct approval_session *s = &r->about;
	int x;

	if (!asks(p))
		return 0;
	x = folder_open(
		FOLDER_RUNTIME, APPROVAL_FOLDER, true, &r->sockets, r->err);
	if (x < 0)
		return x;
	x = process_id(getpid(), &r->kin[1]);
	if (x == 0)
		x = process_client(&r->kin[0]);
	/* Nobody started us who is still there: nobody has to be kept off. */
	if (x == -ESRCH || x == -ENOENT)
		x = 0;
	if (x < 0)
		return err_set(r->err, x, "looking for the client in /proc");
	(void)snprintf(s->session, sizeof(s->session), "%s", p->session);
	(void)snprintf(s->server, sizeof(s->server), "%s", p->server_name);
	(void)snprintf(s->workspace, sizeof(s->workspace), "%s",
		p->workspace ? p->workspace : "");
	/* What lies elsewhere is trusted for what it says, so it cannot be
	 * changed by the way. */
	if (!p->profile->base && !p->profile->place)
		(void)snprintf(
			s->profile, sizeof(s->profile), "%s", p->profile->name);
	client_name(r->kin[0].pid, s->client, sizeof(s->client));
	s->pid = (uint32_t)getpid();
	return 0;
}

void kin_sweep(struct run *r)
{
	char name[APPROVAL_SOCKET_HEX + sizeof(APPROVAL_SOCKET_NEW)];

	if (r->sockets < 0)
		return;
	(void)snprintf(name, sizeof(name), "%.*s" APPROVAL_SOCKET_NEW,
		APPROVAL_SOCKET_HEX, r->about.session);
	(void)unlinkat(r->sockets, name, 0);
	name[APPROVAL_SOCKET_HEX] = '\0';
	(void)unlinkat(r->sockets, name, 0);
}

void kin_look(struct run *r, const struct ipc_msg *m)
{
	struct approval_peer peer;
	struct ipc_parcel *p = &r->parcel;

	process_look(m->b > INT32_MAX ? 0 : (pid_t)m->b, r->kin,
		ELEMENTS(r->kin), &peer);
	p->m = (struct ipc_msg){
		.type = IPC_SEEN,
		.text = sizeof(peer),
		.a = m->a,
	};
	p->fd = -1;
	memcpy(p->text, &peer, sizeof(peer));
	/* A keeper that is gone is noticed by its end. */
	(void)!ipc_send_parcel(r->peers[PEER_KEEPER].ipc, ROLE_SUPERVISOR, p);
}
