/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A keeper in a process of its own, with a home of its own; the test plays
 * relay and supervisor.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/record.h"

struct rig {
	char session[33];
	pid_t pid; /* the keeper */
	int relay_records, supervisor_records, relay_fd, supervisor_fd;
	int liveness; /* write end */
	int ready;    /* read end: a byte once keeper_new() is through */
	uint64_t credit;
	uint64_t calls;
	int cgroup_fd; /* or -1; set before rig_start() */
	const char *cgroup_name;
};

/* A new folder that is HOME from here on, and the audit folder in it. */
void home_make(char ret_path[64]);
void home_remove(const char *path);
/* Descriptor of the audit folder. */
int audit_open(void);
/* Name of the file of @session in it; the test fails if there is none. */
void audit_name(const char *session, char ret_name[64]);
/* The content of a file of the audit folder; the caller frees it. */
char *audit_text(const char *name, size_t *ret_len);

/* Starts a keeper; false if it refused (its message is on stderr). */
bool rig_start(struct rig *r, const char *session);
/* Takes up what credit has come; waits @wait_ms for the first. */
void rig_credit(struct rig *r, int wait_ms);
/* Sends as the relay does: pays first. False without credit. */
bool rig_send(struct rig *r, struct record *record, int wait_ms);
void record_call(struct record *record, uint64_t call, const char *tool);
void record_result(struct record *record, uint64_t call);
bool rig_call(struct rig *r, const char *tool);
bool rig_supervisor_send(struct rig *r, struct record *record);
/* Relay ends, supervisor sends session.end and waits. The keeper's verdict:
 * errno of IPC_KEEPER_DONE, or -1 if it sent none. */
int rig_end(struct rig *r);
/* Waits for the process; its exit status, or -signal. */
int rig_wait(struct rig *r);
/* One whole session with @calls calls. */
void rig_session(const char *session, unsigned calls);
