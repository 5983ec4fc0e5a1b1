/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plan of one run: everything that the sandbox, the relay and the log are
 * told, computed before anything is started and never changed afterwards.
 *
 * Made in the supervisor's process from options, profile, runtime and what the
 * host is like; `stockade explain` prints it, `stockade run` acts on it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "base/err.h"
#include "plan/profile_roles.h"
#include "policy/breaker.h"
#include "policy/output_caps.h"
#include "policy/wishes.h"
#include "runtime/runtime.h"

struct tools; /* policy/tools.h */
struct rules; /* policy/rules.h */
struct pins;  /* policy/pins.h */
struct pin_store;

#define INSIDE_ID 1000 /* uid and gid of the server, inside */

enum mount_kind {
	MOUNT_NONE = 0,
	MOUNT_DIR,    /* a folder on our own tmpfs */
	MOUNT_FILE,   /* a file on our own tmpfs, with .content */
	MOUNT_LINK,   /* a symbolic link on our own tmpfs, to .content */
	MOUNT_TMPFS,  /* of this run, .size and .inodes */
	MOUNT_BIND,   /* .source of the host at .target */
	MOUNT_DEVICE, /* a device node of the host */
	MOUNT_PROC,   /* a fresh /proc */
	MOUNT_MASK,   /* nothing: an empty file or folder over what is there */
	_MOUNT_N
};

struct plan_mount {
	enum mount_kind kind;
	char *target;  /* absolute, inside */
	char *source;  /* binds: canonical path outside */
	char *content; /* files and links */
	char *reason;  /* for people */
	bool write, noexec;
	bool folder; /* of binds and masks */
	bool grant;  /* given by profile or option, not part of every run */
	bool own;    /* a folder of ours (state): chown, not idmap */
	dev_t dev;   /* binds: what the source was when it was planned */
	ino_t ino;
	uid_t uid; /* its owner */
	gid_t gid;
	uint64_t size, inodes; /* tmpfs */
};

/* What only takes away, by intersection: the site's policy, --narrow. */
struct narrowing {
	char *label; /* "site"; the name of a file without its suffix */
	struct profile *profile;
	bool site, context;
	char *file;           /* canonical; the name of a context */
	uint8_t digest[32];   /* SHA-256 of its bytes */
	char **read, **write; /* where grants may lie, canonical */
	char **took;          /* what it took away, a line each */
	bool has_role;        /* it has a say in what the role comes to */
	struct role_lists role_lists;
};

/* A grant as profile or option asks for it, found fit to be given. */
struct asked_grant {
	char *spelled, *real;
	const char *reason;
	bool write;
};

#define NARROW_FILES_MAX 8

/* Where the site's policy lies. Only tests have another place. */
struct site_place {
	const char *base, *sub; /* "/etc", "stockade" */
	uid_t owner;
};

struct plan {
	char *session; /* 128 random bits, 32 hex digits */
	bool root;     /* started as host uid 0 */
	bool keep_uid; /* --keep-uid: host uid 0 as 1000 */
	bool no_proc;  /* --allow-degraded=no-proc */
	uid_t uid;     /* host ids that the server has */
	gid_t gid;
	char *exe, *cwd, *home, *user;
	char *workspace; /* or NULL */
	char **argv, **env;
	char *server_name;
	struct profile *profile; /* as narrowed, but for .protocol */
	struct runtime_result *runtime;
	struct asked_grant *asked; /* until they are given */
	size_t n_asked;
	struct plan *shadow; /* mounts as they would be without policies, or
				NULL */
	struct plan_mount *mounts; /* parents before children */
	size_t n_mounts;
	uint8_t digest[32]; /* of profile and options together */
	uint64_t limits[_LIMIT_N];
	char **network;   /* checked; opens nothing yet */
	char **watched;   /* writable folders whose top is watched */
	char **own;       /* stockade's folders, never reachable */
	char **kept_back; /* names of variables that were not passed */
	char **variables; /* of --env, as narrowed */
	struct profile_names names; /* of tools, profile and options together */
	bool role_asked; /* the role, by an option and not by the profile */
	bool policy;     /* what is not allowed is denied */
	bool stands;     /* somebody may be asked about the session itself */
	bool proof;      /* what is asked for needs an operation token */
	bool elicit; /* a form of the client's may answer what is asked for */
	struct narrowing *narrowings; /* the site's first */
	size_t n_narrowings;
	struct site_rules *site; /* plan/policy_key.h; NULL: no policy */
	struct tools *tools;
	struct tools *prompts, *resources; /* of a profile; resources by URI */
	struct rules *rules;               /* about arguments of tools */
	struct wishes wishes;    /* what the server may ask of the client */
	struct rates *rates;     /* how many calls, and how much of results */
	uint64_t call_timeout_s; /* 0: none */
	struct breaker_rule breaker;
	/* --observe: what would be in force; above is what is all the same. */
	bool observe;
	struct tools *observed_tools, *observed_prompts, *observed_resources;
	struct rules *observed_rules;
	struct rates *observed_rates;
	uint64_t observed_timeout_s;
	struct breaker_rule observed_breaker;
	struct wishes observed_wishes;
	/* What the server showed before, and how it is held to it. */
	uint64_t pins_mode; /* enum pins_mode */
	bool pins_observed; /* only recorded */
	struct pins *pins;
	struct pin_store *pin_store; /* plan/pin_store.h; NULL: off */
	char **roots; /* granted paths, as they are and as spelled */
	struct approvers *approvers; /* whose tokens count; NULL: no call
					needs one */
	struct output_caps caps;     /* of a result */
	char **notes;                /* one line each, for stderr and explain */
	/* What the session is declared to be, or NULL. */
	char *role, *task, *context, *tenant;
	struct role_lists role_lists;
	struct task task_of;
	uint64_t expires_s; /* of role or task; 0: never */
};

/* What the command line says. Zero is a good start; strv_free the vectors. */
struct plan_options {
	char *profile, *workspace;
	char **ro, **rw, **env, **limits, **network, **tools, **ask, **deny;
	char **narrow;
	char *role, *task, *context, *tenant;
	const struct site_place *site; /* NULL: root's, in /etc/stockade */
	bool state, keep_uid, no_proc, observe;
	bool dry;     /* explain: make nothing */
	bool at_site; /* of plan_rules(): its policy counts */
};

void plan_options_deinit(struct plan_options *o);

/*
 * @argv is COMMAND ARG…; the client's environment and folder are the
 * process's. 0 or <0 with e->text and e->status.
 */
int plan_new(const struct plan_options *o, char *const *argv, struct plan **ret,
	struct err *e) _must_use_;

/*
 * A plan of nothing but which names may be called, got and read, as a run with
 * this profile and no option but --narrow and what @o declares the session to
 * be would have it, at no site if not @o->at_site: to try messages on. @profile
 * is taken over, and freed where that fails.
 */
int plan_rules(struct profile *profile, const struct plan_options *o,
	struct plan **ret, struct err *e) _must_use_;
void plan_free(struct plan *p);
static inline void cleanup_plan(struct plan **p)
{
	plan_free(*p);
}
#define _plan_ _cleanup_(cleanup_plan)

/* For people: each mount, variable and limit with its reason; @grades says of
 * each limit what keeps it. */
void plan_print(
	const struct plan *p, const char *const grades[_LIMIT_N], FILE *f);
/* The same as one JSON object; 0 or -ENOMEM. */
int plan_print_json(const struct plan *p, const char *const grades[_LIMIT_N],
	FILE *f) _must_use_;

/* A few places where client programs talk to each other over sockets. */
#define CLIENT_SOCKETS "cc-socks"

/* Names that others execute or trust, at the top of a writable folder. */
extern const char *const protected_names[];
bool protected_name(const char *name);

/* Whether @path is @folder or lies below it; both absolute and clean. */
bool path_inside(const char *path, const char *folder);
