/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "supervisor/run.h"

const enum ipc_role peer_role[_PEER_N] = {
	[PEER_INIT] = ROLE_INIT,
	[PEER_SERVER] = ROLE_SERVER,
	[PEER_RELAY] = ROLE_RELAY,
	[PEER_KEEPER] = ROLE_KEEPER,
};

const char *const peer_name[_PEER_N] = {
	[PEER_INIT] = "init",
	[PEER_SERVER] = "the server's process",
	[PEER_RELAY] = "the relay",
	[PEER_KEEPER] = "the keeper",
};

bool peer_reap(struct peer *p, bool wait_for_it)
{
	int status;
	pid_t pid;

	if (p->pidfd < 0)
		return true;
	do
		pid = waitpid(p->pid, &status, wait_for_it ? 0 : WNOHANG);
	while (pid < 0 && errno == EINTR);
	if (pid == 0)
		return false;
	p->status = pid < 0 ? 0 : status;
	fd_close(&p->pidfd);
	return true;
}

void peer_kill(struct peer *p)
{
	if (p->pidfd >= 0)
		(void)syscall(
			SYS_pidfd_send_signal, p->pidfd, SIGKILL, NULL, 0U);
}
