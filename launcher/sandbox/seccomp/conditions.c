/* SPDX-License-Identifier: Apache-2.0 */
#include "conditions.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define ELEMENTS(a) (sizeof(a) / sizeof((a)[0]))
#define BRANCHES_MAX 12
#define DEPTH_MAX 6

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

/* Where a decision ends, or the next question. */
struct node {
	enum {
		LEAF_DEFAULT = 0,
		LEAF_ALLOW,
		LEAF_ERRNO,
		QUESTION,
		ALL, /* every branch, whatever the values */
	} kind;
	int error;
	unsigned arg;
	uint64_t mask; /* the bits of the argument that are looked at */
	uint64_t last; /* those that are better looked at last, since values
			  with the same answer differ in them */
	struct {
		uint64_t value;
		const struct node *then;
	} branch[BRANCHES_MAX];
	unsigned n;
	const struct node *otherwise;
};

static const struct node nothing = {.kind = LEAF_DEFAULT},
			 allow = {.kind = LEAF_ALLOW},
			 eperm = {.kind = LEAF_ERRNO, .error = EPERM},
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

/* SOCK_PACKET under INET would be a packet socket. */
#define GOOD_PROTOCOLS(then)                \
	{0, (then)}, {IPPROTO_TCP, (then)}, \
	{                                   \
		IPPROTO_UDP, (then)         \
	}
#define GOOD_TYPES(then)           \
	{SOCK_STREAM, (then)},     \
	{                          \
		SOCK_DGRAM, (then) \
	}
/* The refusals of a type and of a protocol overlap, and do not mind: a tree of
 * both would have each protocol twice. */
static const struct node bad_protocol = {.kind = QUESTION,
	.arg = 2,
	.mask = INT,
	.branch = {GOOD_PROTOCOLS(&nothing)},
	.n = 3,
	.otherwise = &eprotonosupport};
static const struct node bad_type = {.kind = QUESTION,
	.arg = 1,
	.mask = 0xf,
	.branch = {GOOD_TYPES(&nothing)},
	.n = 2,
	.otherwise = &eprotonosupport};
static const struct node good_protocol = {.kind = QUESTION,
	.arg = 2,
	.mask = INT,
	.branch = {GOOD_PROTOCOLS(&allow)},
	.n = 3,
	.otherwise = &nothing};
static const struct node good_both = {.kind = QUESTION,
	.arg = 1,
	.mask = 0xf,
	.branch = {GOOD_TYPES(&good_protocol)},
	.n = 2,
	.otherwise = &nothing};
static const struct node ip = {.kind = ALL,
	.branch = {{0, &bad_type}, {0, &bad_protocol}, {0, &good_both}},
	.n = 3};
static const struct node netlink_protocol = {.kind = QUESTION,
	.arg = 2,
	.mask = INT,
	.branch = {{0 /* NETLINK_ROUTE */, &allow}},
	.n = 1,
	.otherwise = &eprotonosupport};
static const struct node known_family = {.kind = QUESTION,
	.arg = 0,
	.mask = INT,
	.last = AF_INET ^ AF_INET6,
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

/* For our own processes: all else falls to the default, which kills. */
static const struct node no_exec = IF_CLEAR(2, PROT_EXEC, &nothing);
static const struct node connected = IF_CLEAR(4, POINTER, &nothing);
static const struct node read_only =
	IF_CLEAR(2, O_ACCMODE | O_TRUNC | MAKES, &nothing);
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
	.otherwise = &nothing};
static const struct node descriptor_or_lock = {.kind = QUESTION,
	.arg = 1,
	.mask = INT,
	.branch = {DESCRIPTOR_COMMANDS, {F_SETLK, &allow},
		{F_OFD_SETLK, &allow}},
	.n = 11,
	.otherwise = &nothing};

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
	{"descriptor", "fcntl", &descriptor},
	{"descriptor-or-lock", "fcntl", &descriptor_or_lock},
};

/* The way from the root of a tree to where the walk is. */
struct walk {
	scmp_filter_ctx ctx;
	int nr;
	struct scmp_arg_cmp cmp[DEPTH_MAX];
	unsigned n;
};

static int walk_node(struct walk *w, const struct node *node);

static int walk_leaf(struct walk *w, uint32_t action)
{
	int r = seccomp_rule_add_exact_array(
		w->ctx, action, w->nr, w->n, w->cmp);

	if (r < 0)
		(void)fprintf(stderr, "call %d: %s\n", w->nr, strerror(-r));
	return r;
}

static int walk_into(struct walk *w, const struct node *question, uint64_t mask,
	uint64_t value, const struct node *next)
{
	int r;

	if (w->n == DEPTH_MAX)
		return -1;
	w->cmp[w->n++] = (struct scmp_arg_cmp){
		question->arg, SCMP_CMP_MASKED_EQ, mask, value};
	r = walk_node(w, next);
	w->n--;
	return r;
}

/* Where all values lead that begin like @value; NULL if they part. */
static const struct node *common(
	const struct node *q, uint64_t decided, uint64_t value)
{
	uint64_t named = 0;
	const struct node *then = NULL;
	bool same = true;

	for (unsigned i = 0; i < q->n; i++) {
		if ((q->branch[i].value & decided) != value)
			continue;
		if (then && then != q->branch[i].then)
			same = false;
		then = q->branch[i].then;
		named++;
	}
	if (!named)
		return q->otherwise;
	/* All of them are named: nothing is left to ask. */
	if (__builtin_popcountll(q->mask & ~decided) < 8 &&
		named == 1ULL << __builtin_popcountll(q->mask & ~decided))
		return same ? then : NULL;
	return NULL;
}

/*
 * Splits on one bit of the mask after the other, from the top, until all that
 * is left leads to the same: few rules, which exclude each other.
 */
static int walk_bits(
	struct walk *w, const struct node *q, uint64_t decided, uint64_t value)
{
	uint64_t left = q->mask & ~decided;
	const struct node *then = common(q, decided, value);
	uint64_t bit;

	if (then)
		return walk_into(w, q, decided, value, then);
	if (!left) {
		(void)fprintf(stderr, "call %d: a value stands twice\n", w->nr);
		return -1;
	}
	bit = 1ULL << (63 - __builtin_clzll(
				    left & ~q->last ? left & ~q->last : left));
	if (walk_bits(w, q, decided | bit, value) < 0)
		return -1;
	return walk_bits(w, q, decided | bit, value | bit);
}

static int walk_node(struct walk *w, const struct node *node)
{
	switch (node->kind) {
	case LEAF_DEFAULT:
		return 0;
	case LEAF_ALLOW:
		return walk_leaf(w, SCMP_ACT_ALLOW);
	case LEAF_ERRNO:
		return walk_leaf(w, SCMP_ACT_ERRNO((uint16_t)node->error));
	case QUESTION:
		return walk_bits(w, node, 0, 0);
	case ALL:
		for (unsigned i = 0; i < node->n; i++)
			if (walk_node(w, node->branch[i].then) < 0)
				return -1;
		return 0;
	}
	return -1;
}

int condition_add(
	scmp_filter_ctx ctx, int nr, const char *call, const char *name)
{
	struct walk w = {.ctx = ctx, .nr = nr};

	for (size_t i = 0; i < ELEMENTS(conditions); i++)
		if (strcmp(conditions[i].name, name) == 0 &&
			(!conditions[i].call ||
				strcmp(conditions[i].call, call) == 0))
			return walk_node(&w, conditions[i].node);
	(void)fprintf(stderr, "%s: no condition '%s'\n", call, name);
	return -1;
}
