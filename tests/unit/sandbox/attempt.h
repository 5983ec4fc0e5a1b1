/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Forbidden acts: what a process that somebody has taken over would try.
 *
 * One act for each column of the table of processes (what a role must not
 * have), tried from inside. Each works in a process that is not shut in, or
 * the attempt proves nothing.
 */
#pragma once

/* Open in the child: prepare must leave it so. */
#define ATTEMPT_FD 3

enum act {
	ACT_NONE = 0,
	ACT_READ_FILE,   /* /etc/passwd */
	ACT_WRITE_FILE,  /* a new file in /tmp */
	ACT_LIST_FOLDER, /* / */
	ACT_SOCKET_INET, /* network */
	ACT_SOCKET_UNIX, /* another process's socket */
	ACT_ABSTRACT,    /* connect to an abstract socket of the parent's */
	ACT_EXEC,        /* /bin/true */
	ACT_EXEC_MEMFD,  /* a copy of it in a memfd */
	ACT_EXEC_MEMORY, /* an anonymous mapping that is executable */
	ACT_FORK,        /* a child */
	ACT_THREAD,      /* clone(CLONE_VM) is what a thread is */
	ACT_SIGNAL,      /* signal 0 to the parent */
	ACT_PTRACE,      /* attach to the parent */
	ACT_READ_MEMORY, /* process_vm_readv of the parent: keys */
	ACT_STEAL_FD,    /* pidfd_getfd from the parent */
	ACT_ENVIRONMENT, /* /proc/PARENT/environ: secrets */
	ACT_USER_NS,     /* unshare(CLONE_NEWUSER) */
	ACT_MOUNT,       /* a tmpfs; as root */
	ACT_SET_UID,     /* setresuid to where it is */
	ACT_HOSTNAME,    /* sethostname to what it is; as root */
	ACT_KEYRING,     /* add_key */
	ACT_DUMPABLE,    /* prctl: dumpable again */
	ACT_SET_OWNER,   /* fcntl F_SETOWN: signals by the way of SIGIO */
	_ACT_N
};

const char *act_name(enum act act);

/*
 * Tries it in this process: 0 when it was done, else -errno. @parent is the
 * process to act against, usually getppid() (0 for none: -ESRCH).
 */
int act_try(enum act act, int parent);

/* How an attempt in a child ended. */
enum outcome {
	OUTCOME_NONE = 0,
	OUTCOME_DONE,    /* it worked */
	OUTCOME_REFUSED, /* an error came back */
	OUTCOME_KILLED,  /* seccomp ended the process */
	OUTCOME_BROKEN,  /* the child could not be prepared */
};

/*
 * Forks a child that does @prepare (which returns 0 or a negative errno) and
 * then the act. *ret_error is the errno of a refusal, or prepare's.
 */
enum outcome act_in_child(
	enum act act, int (*prepare)(void *), void *context, int *ret_error);
