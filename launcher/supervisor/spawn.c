/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The children: relay, sandbox, keeper; one fork each, no exec but the
 * server's.
 */
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "base/log.h"
#include "keeper/keeper.h"
#include "plan/pin_store.h"
#include "policy/tools.h"
#include "relay/relay.h"
#include "sandbox/confine.h"
#include "supervisor/run.h"

extern char **environ;

/* .b of IPC_FAILED when the child has printed why itself. */
#define FAILED_SAID 0

/* One that has failed meanwhile is the reason why it cannot be set up. */
static int sandbox_failed(struct run *r, int x)
{
	struct ipc_msg m;

	if (ipc_recv(r->peers[PEER_INIT].ipc, ROLE_INIT, false, &m) != 0 ||
		m.type != IPC_FAILED)
		return err_set(r->err, x, "starting the sandbox");
	*r->err = (struct err){0};
	sandbox_failure(r->plan, m.b, (int)m.a, r->err);
	return -EPROTO;
}

int spawn_sandbox(struct run *r)
{
	struct peer *init = &r->peers[PEER_INIT];
	const struct ipc_msg go = {.type = IPC_GO};
	pid_t pid = sandbox_clone(&init->pidfd, r->err);
	int x;

	if (pid < 0)
		return (int)pid;
	if (pid == 0) {
		run_drop_supervisor(r);
		sandbox_child(&r->sandbox);
	}
	init->pid = pid;
	x = sandbox_map_ids(r->plan, pid, r->err);
	if (x == 0)
		x = sandbox_oom_score(pid, r->err);
	if (x == 0)
		x = cgroup_enter(&r->cgroup, pid, r->err);
	if (x == 0)
		x = ipc_send(init->ipc, ROLE_SUPERVISOR, &go);
	return x < 0 ? sandbox_failed(r, x) : 0;
}

/* Ctrl-C reaches the whole group; the supervisor alone acts on it. */
static int ignore_signals(void)
{
	const struct sigaction ignore = {.sa_handler = SIG_IGN};

	if (sigaction(SIGTERM, &ignore, NULL) < 0 ||
		sigaction(SIGINT, &ignore, NULL) < 0 ||
		sigaction(SIGHUP, &ignore, NULL) < 0)
		return -errno;
	return 0;
}

/* Says why, in any case: the supervisor will not. */
_Noreturn static void child_end(
	int ipc, enum ipc_role role, int x, struct err *e)
{
	const struct ipc_msg failed = {
		.type = IPC_FAILED,
		.a = (uint64_t)-x,
		.b = FAILED_SAID,
	};

	if (e->text[0] == '\0')
		(void)err_set(e, x, "setting up the %s",
			role == ROLE_KEEPER ? "keeper" : "relay");
	(void)log_err(e);
	(void)!ipc_send(ipc, role, &failed);
	_exit(EXIT_REFUSED);
}

static int send_ready(int ipc, enum ipc_role role)
{
	const struct ipc_msg ready = {.type = IPC_READY};

	return ipc_send(ipc, role, &ready);
}

/* What it may still do to names once it is shut in. */
static size_t keeper_grants(const struct run *r, const struct keeper *k,
	struct landlock_grant ret[static 7])
{
	const struct landlock_grant all[] = {
		/* The session's cgroup and control socket go at the end. */
		{.fd = r->cgroup.fd >= 0 ? r->cgroup.parent_fd : -1,
			.write = true},
		{.fd = keeper_socket_folder(k), .remove_files = true},
		/* Files of what is cut out of results, and an empty folder. */
		{.fd = keeper_spill_parent(k), .remove_folders = true},
		{.fd = keeper_spill_folder(k), .make_files = true},
		{.fd = keeper_pin_folder(k), .make_files = true},
		/* Tokens are read, and marks made. */
		{.fd = keeper_token_folder(k)},
		{.fd = keeper_token_marks(k), .make_files = true},
	};
	size_t n = 0;

	for (size_t i = 0; i < ELEMENTS(all); i++)
		if (all[i].fd >= 0)
			ret[n++] = all[i];
	return n;
}

_Noreturn static void keeper_main(struct run *r)
{
	const struct keeper_config config = {
		.relay_records = r->relay_records_r,
		.supervisor_records = r->own_records_r,
		.relay_fd = r->keeper_relay,
		.supervisor_fd = r->child_ipc[PEER_KEEPER],
		.liveness_fd = r->liveness_r,
		.session = r->plan->session,
		.server_name = r->plan->server_name,
		.tenant = r->plan->tenant,
		.cgroup_fd = r->cgroup.parent_fd,
		.cgroup_name = r->cgroup.fd >= 0 ? r->cgroup.name : NULL,
		.pins = r->plan->pin_store ? r->plan->pin_store->name : NULL,
		.pins_sequence =
			r->plan->pin_store ? r->plan->pin_store->sequence : 0,
		.spill = r->plan->caps.text_over == OVER_SPILL ||
			 r->plan->caps.binary_over == OVER_SPILL,
		.approvers = r->plan->approvers,
		.role = r->plan->role,
		.start = r->record,
		.forms = r->plan->elicit,
		.about = r->about.session[0] ? &r->about : NULL,
	};
	struct landlock_grant grants[7];
	int ipc = r->child_ipc[PEER_KEEPER], fds[16], x;
	struct keeper *k = NULL;
	struct err e = {0};

	run_drop_supervisor(r);
	x = ignore_signals();
	if (x == 0)
		x = keeper_new(&config, &k, &e);
	if (x == 0)
		x = confine_self(ROLE_KEEPER, fds, keeper_fds(k, fds), grants,
			keeper_grants(r, k, grants), &e);
	if (x >= 0)
		x = send_ready(ipc, ROLE_KEEPER);
	if (x < 0)
		child_end(ipc, ROLE_KEEPER, x, &e);
	x = keeper_run(k, &e);
	if (x < 0)
		(void)log_err(&e);
	_exit(x < 0 ? EXIT_REFUSED : 0);
}

/* What the client's environment holds is nothing that the relay needs. */
static void wipe_environment(void)
{
	for (char **v = environ; v && *v; v++)
		explicit_bzero(*v, strlen(*v));
	environ = NULL;
}

/* PDEATHSIG, then a look whether the parent died before it was set. */
static int die_with_parent(int liveness)
{
	struct pollfd p = {.fd = liveness, .events = POLLIN};

	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		return -errno;
	return poll(&p, 1, 0) == 0 ? 0 : -EPIPE;
}

_Noreturn static void relay_main(struct run *r)
{
	const struct relay_config config = {
		.client_in = STDIN_FILENO,
		.client_out = STDOUT_FILENO,
		.server_in = r->relay_server_in,
		.server_out = r->relay_server_out,
		.server_err = r->relay_server_err,
		.record_fd = r->relay_records_w,
		.keeper_fd = r->relay_keeper,
		.supervisor_fd = r->child_ipc[PEER_RELAY],
		.liveness_fd = r->liveness_r,
		.tools = r->plan->tools,
		.prompts = r->plan->prompts,
		.resources = r->plan->resources,
		.rules = r->plan->rules,
		.pins = r->plan->pins,
		.pins_observed = r->plan->pins_observed,
		.profile_name = r->plan->profile->name,
		.wishes = &r->plan->wishes,
		.observed_tools = r->plan->observed_tools,
		.observed_prompts = r->plan->observed_prompts,
		.observed_resources = r->plan->observed_resources,
		.observed_rules = r->plan->observed_rules,
		.observed_wishes =
			r->plan->observe ? &r->plan->observed_wishes : NULL,
		.server_name = r->plan->server_name,
		.session = r->plan->session,
		.proof = r->plan->proof,
		.elicit = r->plan->elicit,
		.hold_ms = r->plan->profile->hold_s * 1000,
		.stands = r->plan->stands,
		.rates = r->plan->rates,
		.observed_rates = r->plan->observed_rates,
		.call_timeout_ms = r->plan->call_timeout_s * 1000,
		.observed_timeout_ms = r->plan->observed_timeout_s * 1000,
		.breaker = r->plan->breaker,
		.observed_breaker = r->plan->observed_breaker,
		.role = r->plan->role,
		.task = r->plan->task,
		.expires_s = r->plan->expires_s,
		.expected_s = r->plan->task_of.expected_s,
		.caps = r->plan->caps,
		.stderr_max = r->plan->limits[LIMIT_STDERR],
	};
	int ipc = r->child_ipc[PEER_RELAY], fds[16], x;
	struct relay *relay = NULL;
	struct err e = {0};

	run_drop_supervisor(r);
	x = ignore_signals();
	if (x == 0)
		x = die_with_parent(r->liveness_r);
	wipe_environment();
	if (x == 0)
		x = relay_new(&config, &relay, &e);
	if (x == 0)
		x = confine_self(
			ROLE_RELAY, fds, relay_fds(relay, fds), NULL, 0, &e);
	if (x >= 0)
		x = send_ready(ipc, ROLE_RELAY);
	if (x < 0)
		child_end(ipc, ROLE_RELAY, x, &e);
	x = relay_run(relay, &e);
	if (x < 0)
		(void)log_err(&e);
	/* Should the supervisor be there after all, it is told. */
	_exit(x == 0 ? 0 : EXIT_REFUSED);
}

static int spawn(struct run *r, enum peer_id id, void (*child)(struct run *r),
	const char *name)
{
	struct peer *p = &r->peers[id];
	pid_t pid = fork();
	long fd;

	if (pid < 0)
		return err_set(r->err, -errno, "starting the %s", name);
	if (pid == 0)
		child(r);
	p->pid = pid;
	fd = syscall(SYS_pidfd_open, pid, 0U);
	if (fd < 0) {
		int x = -errno;

		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, NULL, 0);
		return err_set(r->err, x, "starting the %s", name);
	}
	p->pidfd = (int)fd;
	return 0;
}

int spawn_keeper(struct run *r)
{
	return spawn(r, PEER_KEEPER, keeper_main, "keeper");
}

int spawn_relay(struct run *r)
{
	return spawn(r, PEER_RELAY, relay_main, "relay");
}
