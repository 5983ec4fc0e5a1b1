/* SPDX-License-Identifier: Apache-2.0 */
#include "rig.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/folders.h"
#include "base/ipc.h"
#include "base/log.h"
#include "keeper/keeper.h"

void home_make(char ret_path[64])
{
	const char *base = getenv("STOCKADE_TEST_DIR");

	(void)snprintf(ret_path, 64, "%s/stockade-keeper-XXXXXX",
		base ? base : "/tmp");
	assert_non_null(mkdtemp(ret_path));
	assert_int_equal(setenv("HOME", ret_path, 1), 0);
	(void)unsetenv("XDG_STATE_HOME");
	(void)unsetenv("XDG_CONFIG_HOME");
	(void)unsetenv("XDG_CACHE_HOME");
}

static int remove_one(
	const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void home_remove(const char *path)
{
	(void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

int audit_open(void)
{
	struct err e = {0};
	_close_ int path = -1;
	int fd;

	assert_int_equal(
		folder_open(FOLDER_STATE, "audit", true, &path, &e), 0);
	fd = openat(path, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

void audit_name(const char *session, char ret_name[64])
{
	DIR *d = fdopendir(audit_open());
	struct dirent *entry;
	bool found = false;

	assert_non_null(d);
	while (!found && (entry = readdir(d)) != NULL) {
		if (!strstr(entry->d_name, session))
			continue;
		(void)snprintf(ret_name, 64, "%.63s", entry->d_name);
		found = true;
	}
	(void)closedir(d);
	assert_true(found);
}

char *audit_text(const char *name, size_t *ret_len)
{
	_close_ int dir = audit_open();
	char *text = NULL;

	assert_int_equal(
		fd_read_file(dir, name, (size_t)64 << 20, &text, ret_len), 0);
	return text;
}

struct pipes {
	int relay[2], supervisor[2], liveness[2], ready[2];
	int relay_fd[2], supervisor_fd[2];
};

static _Noreturn void keeper_main(
	const struct rig *r, const struct pipes *p, struct record *start)
{
	struct keeper_config c = {
		.relay_records = p->relay[0],
		.supervisor_records = p->supervisor[0],
		.relay_fd = p->relay_fd[0],
		.supervisor_fd = p->supervisor_fd[0],
		.liveness_fd = p->liveness[0],
		.session = r->session,
		.server_name = "test-server",
		.cgroup_fd = r->cgroup_fd,
		.cgroup_name = r->cgroup_name,
		.start = start,
	};
	struct keeper *k = NULL;
	struct err e = {0};
	int n;

	(void)close(p->relay[1]);
	(void)close(p->supervisor[1]);
	(void)close(p->liveness[1]);
	(void)close(p->relay_fd[1]);
	(void)close(p->supervisor_fd[1]);
	if (keeper_new(&c, &k, &e) < 0) {
		(void)log_err(&e);
		_exit(EXIT_REFUSED);
	}
	if (write(p->ready[1], "+", 1) != 1)
		_exit(1);
	n = keeper_run(k, &e);
	if (n < 0)
		(void)log_err(&e);
	keeper_free(k);
	_exit(n < 0 ? 1 : 0);
}

static void record_start(struct record *start)
{
	record_init(start, RECORD_SESSION_START);
	record_put_str(start, FIELD_VERSION, "0.1.0");
	record_put_u64(start, FIELD_UID, (uint64_t)geteuid());
	record_put_str(start, FIELD_CLIENT_EXE, "/usr/bin/client");
	record_put_str(start, FIELD_SERVER_NAME, "test-server");
	record_put_u64(start, FIELD_CLIENT_PID, 77);
	record_put_str(start, FIELD_LIMITS, "memory=sampled");
	record_put_str(start, FIELD_LIMITS, "nofile=hard");
	record_put_u64(start, FIELD_CLOCK_SYNCED, 1);
}

bool rig_start(struct rig *r, const char *session)
{
	static struct record start;
	struct pipes p;
	char byte;

	(void)snprintf(r->session, sizeof(r->session), "%s", session);
	assert_int_equal(pipe2(p.relay, O_CLOEXEC), 0);
	assert_int_equal(pipe2(p.supervisor, O_CLOEXEC), 0);
	assert_int_equal(pipe2(p.liveness, O_CLOEXEC), 0);
	assert_int_equal(pipe2(p.ready, O_CLOEXEC), 0);
	assert_int_equal(ipc_pair(p.relay_fd), 0);
	assert_int_equal(ipc_pair(p.supervisor_fd), 0);
	record_start(&start);
	(void)signal(SIGPIPE, SIG_IGN);
	r->pid = fork();
	assert_true(r->pid >= 0);
	if (r->pid == 0)
		keeper_main(r, &p, &start);
	(void)close(p.relay[0]);
	(void)close(p.supervisor[0]);
	(void)close(p.liveness[0]);
	(void)close(p.ready[1]);
	(void)close(p.relay_fd[0]);
	(void)close(p.supervisor_fd[0]);
	r->relay_records = p.relay[1];
	r->supervisor_records = p.supervisor[1];
	assert_int_equal(fcntl(p.relay[1], F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(fcntl(p.supervisor[1], F_SETFL, O_NONBLOCK), 0);
	r->relay_fd = p.relay_fd[1];
	r->supervisor_fd = p.supervisor_fd[1];
	r->liveness = p.liveness[1];
	r->ready = p.ready[0];
	r->credit = r->calls = 0;
	return read(r->ready, &byte, 1) == 1;
}

void rig_credit(struct rig *r, int wait_ms)
{
	struct pollfd p = {.fd = r->relay_fd, .events = POLLIN};
	struct ipc_msg m;

	if (poll(&p, 1, wait_ms) <= 0)
		return;
	while (ipc_recv(r->relay_fd, ROLE_KEEPER, false, &m) == 0) {
		assert_int_equal(m.type, IPC_CREDIT);
		r->credit += m.a;
	}
}

bool rig_send(struct rig *r, struct record *record, int wait_ms)
{
	uint64_t until = clock_mono_ms() + (uint64_t)wait_ms;

	assert_int_equal(record->failed, 0);
	rig_credit(r, 0);
	while (r->credit < record->cost && clock_mono_ms() < until)
		rig_credit(r, 10);
	if (r->credit < record->cost)
		return false;
	if (record_send(record, r->relay_records, 1000) < 0)
		return false;
	r->credit -= record->cost;
	return true;
}

void record_call(struct record *record, uint64_t call, const char *tool)
{
	static const uint8_t hash[32] = {1, 2, 3};

	record_init(record, RECORD_CALL);
	record_put_u64(record, FIELD_CALL, call);
	record_put_str(record, FIELD_DIR, "c2s");
	record_put_str(record, FIELD_RPC_ID, "7");
	record_put_str(record, FIELD_METHOD, "tools/call");
	record_put_str(record, FIELD_TOOL, tool);
	record_put_hash(record, FIELD_ARGS_HASH, hash);
	record_put_u64(record, FIELD_ARGS_BYTES, 17);
	record_put_str(record, FIELD_DECISION, "allow");
	record_put_u64(record, FIELD_LISTED, 1);
}

void record_result(struct record *record, uint64_t call)
{
	static const uint8_t hash[32] = {4, 5, 6};

	record_init(record, RECORD_RESULT);
	record_put_u64(record, FIELD_CALL, call);
	record_put_str(record, FIELD_OUTCOME, "ok");
	record_put_hash(record, FIELD_RESULT_HASH, hash);
	record_put_u64(record, FIELD_RESULT_BYTES, 170);
	record_put_u64(record, FIELD_MS, 3);
}

bool rig_call(struct rig *r, const char *tool)
{
	static struct record record;

	record_call(&record, ++r->calls, tool);
	if (!rig_send(r, &record, 1000))
		return false;
	record_result(&record, r->calls);
	return rig_send(r, &record, 1000);
}

bool rig_supervisor_send(struct rig *r, struct record *record)
{
	return record_send(record, r->supervisor_records, 1000) == 0;
}

int rig_end(struct rig *r)
{
	static struct record record;
	struct ipc_msg m = {0};
	int done;

	fd_close(&r->relay_records);
	record_init(&record, RECORD_SESSION_END);
	record_put_u64(&record, FIELD_STATUS, 0);
	record_put_str(&record, FIELD_CAUSE, "server exited");
	record_put_u64(&record, FIELD_TOTAL_CALLS, r->calls);
	assert_int_equal(record_send(&record, r->supervisor_records, 1000), 0);
	done = ipc_recv(r->supervisor_fd, ROLE_KEEPER, true, &m);
	return done == 0 && m.type == IPC_KEEPER_DONE ? (int)m.a : -1;
}

int rig_wait(struct rig *r)
{
	int status = 0;

	fd_close(&r->relay_records);
	fd_close(&r->supervisor_records);
	fd_close(&r->liveness);
	assert_int_equal(waitpid(r->pid, &status, 0), r->pid);
	fd_close(&r->relay_fd);
	fd_close(&r->supervisor_fd);
	fd_close(&r->ready);
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

void rig_session(const char *session, unsigned calls)
{
	struct rig r = {.cgroup_fd = -1};

	assert_true(rig_start(&r, session));
	for (unsigned i = 0; i < calls; i++)
		assert_true(rig_call(&r, "read_file"));
	assert_int_equal(rig_end(&r), 0);
	assert_int_equal(rig_wait(&r), 0);
}
