/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "supervisor/run.h"

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
