/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A profile: what one server gets from the sandbox and which of its tools may
 * be called. Strict JSON (stockade-profile(5)); loaded before anything runs,
 * immutable afterwards.
 *
 * Trusted by where it lies: the user's folder, else /etc/stockade, else built
 * in. `extends` adds: lists join, scalars replace, a base's deny stays.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/err.h"

enum limit_id {
	LIMIT_NONE = 0,
	LIMIT_MEMORY,     /* bytes, resident of the whole sandbox */
	LIMIT_CPU,        /* percent of one CPU; 0: no limit */
	LIMIT_PIDS,       /* processes and threads */
	LIMIT_TMP,        /* bytes of each of HOME, /tmp, /dev/shm */
	LIMIT_TMP_FILES,  /* inodes of each of them */
	LIMIT_OPEN_FILES, /* RLIMIT_NOFILE, at least 64 */
	LIMIT_FILE_SIZE,  /* bytes, RLIMIT_FSIZE */
	LIMIT_SESSION,    /* seconds a run may last; 0: no limit */
	LIMIT_STDERR,     /* bytes of the server's stderr passed on */
	_LIMIT_N
};

enum limit_unit {
	UNIT_NONE = 0,
	UNIT_BYTES,
	UNIT_COUNT,
	UNIT_PERCENT,
	UNIT_SECONDS
};

struct limit_info {
	const char *name; /* as in a profile and in --limit NAME=VALUE */
	enum limit_unit unit;
	uint64_t fallback; /* the default where no profile says otherwise */
	uint64_t least, most;
	const char *what; /* for explain and the manual */
};

/* The table, indexed by enum limit_id. */
extern const struct limit_info limit_table[_LIMIT_N];

/*
 * "512M", "200%", "256", "90s" "15m" "1h" → a number in the limit's unit,
 * within its bounds. -EINVAL with e->text saying what was expected.
 */
int limit_parse(enum limit_id id, const char *text, uint64_t *ret,
	struct err *e) _must_use_;
enum limit_id limit_find(const char *name); /* LIMIT_NONE if unknown */

/* The other way: 536870912 → "512M", in the biggest unit without rest. */
void limit_write(enum limit_unit unit, uint64_t value, char *dst, size_t size);

/* "host:port", "*.host:port", "ip/prefix:port", "[v6]:port": form only. */
int network_grant_check(const char *text, struct err *e) _must_use_;
/* Whether @entry permits all that @grant does; both well-formed. */
bool network_grant_covers(const char *entry, const char *grant);

/* What may be called, got or read, by name: patterns, and names in always
 * (policy/tools.h). */
struct profile_names {
	char **allow, **ask, **always, **deny;
	char **token;     /* of tools alone */
	bool allow_given; /* the list is there, if only an empty one */
};

struct profile {
	char *name;
	char *place; /* where a trusted file of elsewhere really lies; NULL for
			one that was found by its name */
	char **sources; /* where its parts were found: a path or "builtin:NAME",
			   the profile first, then what it extends */
	uint8_t digest[32]; /* SHA-256 over the effective policy's canonical
			      form: the same for the same meaning */
	bool base;          /* is a built-in base: no policy, grants nothing of
			       the user's */
	struct {
		bool read_given, write_given, network_given, pass_given;
		char **read, **write; /* paths; ${workspace} ${home} ${state}
					 and ~/ are still in them. A path in
					 both is granted for writing */
		bool state, state_set;
		bool git_write, git_set; /* "git": "write" */
		bool nested_userns, nested_userns_set;
		char **network;
		char **env_pass;
		char **env_set; /* NAME=VALUE, variables still in VALUE; wins
				   over env_pass */
		bool limit_set[_LIMIT_N];
		uint64_t limits[_LIMIT_N];
	} sandbox;
	/* NAME=TEXT, canonical JSON (plan/profile_roles.h). */
	char **roles, **tasks;
	char **contexts; /* of one name may be more: all count */
	char **session;  /* "role=NAME", …: where no option says otherwise */
	bool hold_set;
	uint64_t hold_s;         /* seconds that a call waits for an answer */
	bool proof, proof_set;   /* what is asked for needs a token instead */
	bool elicit, elicit_set; /* the client's own form may answer, too */
	/* what is an incident, and what it does: policy/breaker.h */
	bool breaker_unlisted_set, breaker_action_set;
	uint64_t breaker_unlisted, breaker_action;
	struct {
		struct profile_names tools, prompts;
		struct profile_names resources; /* by URI */
		char **rules;   /* about arguments: canonical JSON each */
		char **schemas; /* of arguments (plan/profile_schemas.h) */
		/* "60/min create_*", "4 create_*" (policy/rates.h) */
		char **rate, **concurrent;
		char **classes; /* CLASS=PATTERN */
		char **types;   /* of content, as patterns */
		/* of a session; 0: not limited, as where they are not set */
		uint64_t calls, bytes;
		uint64_t call_timeout_s;        /* of one call */
		uint64_t roots;                 /* enum roots_rule */
		uint64_t sampling, elicitation; /* enum wish */
		uint64_t pins; /* enum pins_mode; see profile_pins() */
		uint64_t text_bytes, binary_bytes;
		/* What happens to what is over, enum output_over: to either,
		 * and where that is set, to each. */
		uint64_t over, text_over, binary_over;
		uint64_t unseen; /* enum clean_policy */
		bool present;    /* the profile or what it extends has
				    "protocol" */
		/* what the server may ask of the client */
		bool sampling_set, elicitation_set;
		bool roots_set, pins_set;
		bool calls_set, bytes_set, call_timeout_set;
		bool text_set, binary_set;
		bool over_set, text_over_set, binary_over_set;
		bool unseen_set, types_given;
	} protocol;
};

void profile_free(struct profile *p);
static inline void cleanup_profile(struct profile **p)
{
	profile_free(*p);
}
#define _profile_ _cleanup_(cleanup_profile)

/* Of definitions: enum pins_mode. */
uint64_t profile_pins(const struct profile *p);

/* What happens to text and to binary content that is over. */
static inline uint64_t profile_text_over(const struct profile *p)
{
	return p->protocol.text_over_set ? p->protocol.text_over
					 : p->protocol.over;
}
static inline uint64_t profile_binary_over(const struct profile *p)
{
	return p->protocol.binary_over_set ? p->protocol.binary_over
					   : p->protocol.over;
}

/*
 * Computes p->digest anew, after somebody has added to the profile what the
 * command line grants. -ENOMEM.
 */
int profile_digest(struct profile *p) _must_use_;

/*
 * Loads a profile by name from the folders above. 0; 1 if there is none of
 * that name; <0 with e->text "FILE:LINE:COLUMN: what, and what was expected".
 * A name with a slash is -EINVAL: only profile_select() takes a path.
 */
int profile_load(
	const char *name, struct profile **ret, struct err *e) _must_use_;

/* Checks one file without trusting it, for `profile check FILE`. */
int profile_check_file(
	const char *path, struct profile **ret, struct err *e) _must_use_;

/*
 * Parses text; @file is for messages. Extends is resolved by profile_load().
 * Exposed for the fuzzer and the tests.
 */
int profile_parse(const char *file, const char *text, size_t len,
	struct profile **ret, char **ret_extends, struct err *e) _must_use_;

/*
 * The profile for a run: @name from --profile (absent: error 1 → refused; with
 * a slash: that file, if it was trusted as it is now, see plan/trust.h), else
 * the one named like @package (its scope and "server-"/"mcp-server-" are
 * tried away by the built-in "packages" key, see stockade-profile(5)), else
 * the base of @runtime ("node", "python", "static"), else "default". A profile
 * found by package name brings no network, no variable of the client's and no
 * writable folder but its state: *ret_narrowed says what was left out, a line
 * each, with the option that grants it (owned by the caller, or NULL).
 */
int profile_select(const char *name, const char *package, const char *runtime,
	struct profile **ret, char ***ret_narrowed, struct err *e) _must_use_;
