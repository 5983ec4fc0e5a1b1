/* SPDX-License-Identifier: Apache-2.0 */
#include "conditions.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <netinet/in.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define ELEMENTS(a) (sizeof(a) / sizeof((a)[0]))

/* An int argument: the kernel looks at its low half only. */
#define INT 0xffffffffULL
#define POINTER 0xffffffffffffffffULL

#define SET_ID (S_ISUID | S_ISGID)
#define MAKES (O_CREAT | (O_TMPFILE & ~O_DIRECTORY))
#define ALL_NAMESPACES                                                 \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | \
		CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWTIME)
/* Mounts and the rest stay refused to a browser's own sandbox. */
#define NON_BROWSER_NAMESPACES                                         \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | \
		CLONE_NEWTIME)
/* Not in the headers of Linux 6.1. */
#define F_MFD_EXEC 0x10U

static const struct node kill = {.kind = LEAF_KILL},
			 allow = {.kind = LEAF_ALLOW},
			 eperm = {.kind = LEAF_ERRNO, .error = EPERM},
			 eacces = {.kind = LEAF_ERRNO, .error = EACCES},
			 eafnosupport = {.kind = LEAF_ERRNO,
				 .error = EAFNOSUPPORT},
			 eprotonosupport = {
				 .kind = LEAF_ERRNO, .error = EPROTONOSUPPORT};

#define IF_CLEAR(a, bits, refuse)                                      \
	{                                                              \
		.kind = QUESTION, .arg = (a), .mask = (bits),          \
		.branch = {{0, &allow}}, .n = 1, .otherwise = (refuse) \
	}

static const struct node mode_1 = IF_CLEAR(1, SET_ID, &eperm);
static const struct node mode_2 = IF_CLEAR(2, SET_ID, &eperm);
static const struct node mode_3 = IF_CLEAR(3, SET_ID, &eperm);
/* Without either flag there is no mode: what lies there means nothing. */
static const struct node open_1 = {.kind = QUESTION,
	.arg = 1,
	.mask = MAKES,
	.branch = {{0, &allow}},
	.n = 1,
	.otherwise = &mode_2};
static const struct node open_2 = {.kind = QUESTION,
	.arg = 2,
	.mask = MAKES,
	.branch = {{0, &allow}},
	.n = 1,
	.otherwise = &mode_3};

#define PLAIN_NODE(a)                                                         \
	{                                                                     \
		.kind = QUESTION, .arg = (a), .mask = S_IFMT | SET_ID,        \
		.branch = {{0, &allow}, {S_IFREG, &allow}, {S_IFIFO, &allow}, \
			{S_IFSOCK, &allow}},                                  \
		.n = 4, .otherwise = &eperm                                   \
	}
/* A new file for its owner alone, or one that is read, and no other way to open
 * one. */
static const struct node mode_0600 = {.kind = QUESTION,
	.arg = 3,
	.mask = INT,
	.branch = {{S_IRUSR | S_IWUSR, &allow}},
	.n = 1,
	.otherwise = &eacces};
static const struct node read_or_new_file = {.kind = QUESTION,
	.arg = 2,
	.mask = INT,
	.branch = {{O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			   &mode_0600},
		{O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, &allow}},
	.n = 2,
	.otherwise = &eacces};
static const struct node node_1 = PLAIN_NODE(1);
static const struct node node_2 = PLAIN_NODE(2);

static const struct node no_typing = {.kind = QUESTION,
	.arg = 1,
	.mask = INT,
	.branch = {{TIOCSTI, &eperm}, {TIOCLINUX, &eperm}},
	.n = 2,
	.otherwise = &allow};
static const struct node no_exec_flag = IF_CLEAR(1, F_MFD_EXEC, &eperm);
static const struct node by_path = IF_CLEAR(4, AT_EMPTY_PATH, &eperm);
static const struct node no_namespace = IF_CLEAR(0, ALL_NAMESPACES, &eperm);
static const struct node browser_namespace =
	IF_CLEAR(0, NON_BROWSER_NAMESPACES, &eperm);

static const struct node ip_protocol = {.kind = QUESTION,
	.arg = 2,
	.mask = INT,
	.branch = {{0, &allow}, {IPPROTO_TCP, &allow}, {IPPROTO_UDP, &allow}},
	.n = 3,
	.otherwise = &eprotonosupport};
/* SOCK_PACKET under INET would be a packet socket. */
static const struct node ip = {.kind = QUESTION,
	.arg = 1,
	.mask = 0xf,
	.branch = {{SOCK_STREAM, &ip_protocol}, {SOCK_DGRAM, &ip_protocol}},
	.n = 2,
	.otherwise = &eprotonosupport};
static const struct node netlink_protocol = {.kind = QUESTION,
	.arg = 2,
	.mask = INT,
	.branch = {{0 /* NETLINK_ROUTE */, &allow}},
	.n = 1,
	.otherwise = &eprotonosupport};
static const struct node known_family = {.kind = QUESTION,
	.arg = 0,
	.mask = INT,
	.branch = {{AF_UNIX, &allow}, {AF_INET, &ip}, {AF_INET6, &ip},
		{AF_NETLINK, &netlink_protocol}},
	.n = 4,
	.otherwise = &eafnosupport};
static const struct node unix_family = {.kind = QUESTION,
	.arg = 0,
	.mask = INT,
	.branch = {{AF_UNIX, &allow}},
	.n = 1,
	.otherwise = &eafnosupport};

/* For our own processes: all else kills. */
static const struct node no_exec = IF_CLEAR(2, PROT_EXEC, &kill);
static const struct node connected = IF_CLEAR(4, POINTER, &kill);
static const struct node read_only =
	IF_CLEAR(2, O_ACCMODE | O_TRUNC | MAKES, &kill);
#define DESCRIPTOR_COMMANDS                                                   \
	{F_DUPFD_CLOEXEC, &allow}, {F_GETFD, &allow}, {F_SETFD, &allow},      \
		{F_GETFL, &allow}, {F_SETFL, &allow}, {F_GETPIPE_SZ, &allow}, \
		{F_SETPIPE_SZ, &allow}, {F_ADD_SEALS, &allow},                \
	{                                                                     \
		F_GET_SEALS, &allow                                           \
	}
static const struct node descriptor = {.kind = QUESTION,
	.arg = 1,
	.mask = INT,
	.branch = {DESCRIPTOR_COMMANDS},
	.n = 9,
	.otherwise = &kill};
static const struct node descriptor_or_lock = {.kind = QUESTION,
	.arg = 1,
	.mask = INT,
	.branch = {DESCRIPTOR_COMMANDS, {F_SETLK, &allow},
		{F_OFD_SETLK, &allow}},
	.n = 11,
	.otherwise = &kill};

/* @call NULL: the argument stands in the same place for every call. */
static const struct {
	const char *name, *call;
	const struct node *node;
} conditions[] = {
	{"plain-mode", "open", &open_1},
	{"plain-mode", "openat", &open_2},
	{"plain-mode", "creat", &mode_1},
	{"plain-mode", "mkdir", &mode_1},
	{"plain-mode", "mkdirat", &mode_2},
	{"plain-mode", "chmod", &mode_1},
	{"plain-mode", "fchmod", &mode_1},
	{"plain-mode", "fchmodat", &mode_2},
	{"plain-mode", "fchmodat2", &mode_2},
	{"no-device", "mknod", &node_1},
	{"no-device", "mknodat", &node_2},
	{"no-typing", "ioctl", &no_typing},
	{"no-exec-flag", "memfd_create", &no_exec_flag},
	{"by-path", "execveat", &by_path},
	{"no-namespace", "clone", &no_namespace},
	{"browser-namespace", NULL, &browser_namespace},
	{"known-family", "socket", &known_family},
	{"unix", "socketpair", &unix_family},
	{"no-exec", NULL, &no_exec},
	{"connected", "sendto", &connected},
	{"read-only", "openat", &read_only},
	{"read-or-new-file", "openat", &read_or_new_file},
	{"descriptor", "fcntl", &descriptor},
	{"descriptor-or-lock", "fcntl", &descriptor_or_lock},
};

const struct node *condition_find(const char *call, const char *name)
{
	for (size_t i = 0; i < ELEMENTS(conditions); i++)
		if (strcmp(conditions[i].name, name) == 0 &&
			(!conditions[i].call ||
				strcmp(conditions[i].call, call) == 0))
			return conditions[i].node;
	return NULL;
}
