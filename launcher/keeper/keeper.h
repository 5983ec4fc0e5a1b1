/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keeper: owns the audit file, its hash chain, its key and the ledger, and
 * turns records into lines. One process, one session.
 *
 * keeper_new() opens the files (it is called after the fork: the key is never
 * in another process), reserves space and writes session.start; then the
 * process shuts itself in, then keeper_run(). Ends when the record pipes of
 * relay and supervisor are both at end of file; outlives a dead supervisor by
 * at most 1 s.
 *
 * What keeper_run() asks of the kernel: accept4 getsockopt sendmsg recvmsg,
 * fcntl (of seals), poll read pwrite64 pread64 lseek
 * fallocate ftruncate sync_file_range fchmod flock sendto unlinkat
 * clock_nanosleep clock_gettime write (descriptor 2), openat and
 * fstat (what is kept), and of memory brk mmap
 * munmap mremap madvise; keeper_free(): close munlock mprotect munmap.
 */
#pragma once

#include "base/approval.h"
#include "base/approvers.h"
#include "base/err.h"
#include "base/record.h"

struct keeper_config {
	int relay_records, supervisor_records; /* read ends of the pipes */
	int relay_fd;        /* SEQPACKET: IPC_CREDIT goes here */
	int supervisor_fd;   /* SEQPACKET: IPC_KEEPER_DONE goes here */
	int liveness_fd;     /* end of file: the supervisor is dead */
	const char *session; /* 32 hex digits */
	const char
		*tenant; /* a label of each line, with a key of its own; NULL */
	const char *server_name; /* part of every keyed args hash */
	int cgroup_fd;           /* the session's cgroup's parent, or -1 */
	const char *cgroup_name; /* to be removed at the end, or NULL */
	/* Of the session, for approvers; NULL: nothing is ever asked. */
	const struct approval_session *about;
	bool forms;       /* a client may say that its form was filled in */
	bool spill;       /* what is cut out of results is kept */
	const char *pins; /* folder of the server's pins, or NULL */
	uint32_t pins_sequence; /* of what is added to it */
	/* Whose tokens count; NULL: no call ever needs one. */
	const struct approvers *approvers;
	const char *role;     /* of the session, or NULL */
	struct record *start; /* SESSION_START with all but key_id, previous */
};

struct keeper;

/*
 * Takes over the descriptors of @c when it succeeds; its strings must outlive
 * the keeper, @c->start need not. Ignores SIGTERM, SIGINT, SIGHUP, SIGPIPE and
 * SIGXFSZ from here on. -ENOSPC, -EROFS, -EACCES … with e->text naming file
 * and remedy.
 */
int keeper_new(const struct keeper_config *c, struct keeper **ret,
	struct err *e) _must_use_;
void keeper_free(struct keeper *k);

/* The descriptors it holds now, for confine_self(); returns how many. */
size_t keeper_fds(const struct keeper *k, int ret_fds[16]);

/* The folder of the control socket, to be removed there at the end; or -1. */
int keeper_socket_folder(const struct keeper *k);

/* Where it makes and removes files, and what that folder is removed from when
 * it is empty; or -1. */
int keeper_spill_folder(const struct keeper *k);
int keeper_spill_parent(const struct keeper *k);

/* Where it adds files of pins, or -1. */
int keeper_pin_folder(const struct keeper *k);

/* Where it reads tokens, and where it makes the marks of those that are spent;
 * or -1. */
int keeper_token_folder(const struct keeper *k);
int keeper_token_marks(const struct keeper *k);

/* 0; or -errno when not everything that was accepted is in the log. */
int keeper_run(struct keeper *k, struct err *e) _must_use_;
