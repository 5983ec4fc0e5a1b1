/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of the profile loader: one file (a layer), the files that one
 * profile is made of (a chain), and the folders they are found in (a store).
 *
 * Any process before it forks; nothing here outlives the load. Only the
 * profile's own sources, its verb and its tests include this.
 */
#pragma once

#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/strv.h"
#include "plan/profile.h"

#define PROFILE_MAX_BYTES (1U << 20)
#define PROFILE_MAX_DEPTH 32    /* of JSON containers */
#define PROFILE_MAX_ITEMS 4096  /* of one list, joined too */
#define PROFILE_MAX_RULES 16384 /* of the list of rules, joined too */
#define PROFILE_MAX_STRING 4096 /* bytes */
#define PROFILE_MAX_NAME 64     /* bytes of a profile's name */
#define PROFILE_MAX_PATTERN 256 /* bytes of a tool's pattern */
#define PROFILE_MAX_CHAIN 8     /* profiles that extend each other */

/* What the relay caps where no profile says; policy/output.h has the same
 * numbers, and a test compares them. */
#define PROFILE_TEXT_DEFAULT (1ULL << 20)
#define PROFILE_BINARY_DEFAULT (6ULL << 20)

/* Where a profile was found; the earlier one wins. */
enum profile_origin {
	ORIGIN_NONE = 0,
	ORIGIN_USER,
	ORIGIN_SITE,
	ORIGIN_BUILTIN,
	ORIGIN_FILE, /* profile_check_file(): trusted by nobody */
	_ORIGIN_N
};

struct profile_layer {
	enum profile_origin origin;
	char *file;            /* for messages: a path or "builtin:NAME" */
	struct profile *p;     /* of this file alone */
	char *about;           /* its own "why", or NULL */
	char **packages;       /* whose servers it is meant for */
	char **repeated;       /* "protocol.tools.allow: ENTRY" of what stands
				  twice in one list of the file */
	char *extends;         /* or NULL */
	unsigned line, column; /* of the value of extends */
};

/* What a file holds, not terminated. */
struct profile_text {
	char *bytes;
	size_t len;
};

static inline void profile_text_deinit(struct profile_text *t)
{
	free(take_ptr(t->bytes));
}
#define _text_ _cleanup_(profile_text_deinit)

void profile_layer_free(struct profile_layer *l);
DEFINE_CLEANUP(profile_layer);
#define _layer_ _cleanup_(profile_layer_cleanup)

struct profile *profile_new(const char *name); /* NULL: out of memory */

/* Parses one text. @name is what the profile is called. */
int profile_layer_parse(const char *name, const char *file, const char *text,
	size_t len, struct profile_layer **ret, struct err *e) _must_use_;

/* The profile first, then what it extends. */
struct profile_chain {
	struct profile_layer *layers[PROFILE_MAX_CHAIN];
	size_t n;
};

void profile_chain_deinit(struct profile_chain *c);
#define _chain_ _cleanup_(profile_chain_deinit)

/* The folders, open as O_PATH, or -1 where there is none. */
struct profile_store {
	int user_fd, site_fd;
	char *user_path, *site_path;
	uid_t site_owner; /* root; tests have another */
};

#define PROFILE_STORE_INIT                   \
	{                                    \
		.user_fd = -1, .site_fd = -1 \
	}

/* The user's and the site's folder. Both may be absent. */
int profile_store_open(struct profile_store *s, struct err *e) _must_use_;
void profile_store_deinit(struct profile_store *s);
#define _store_ _cleanup_(profile_store_deinit)

/*
 * Opens the folder @sub ("stockade/profiles") below @base as O_PATH. Each of
 * its parts has to be a real folder, @owner's, and not to be written by
 * others. 1 if it is not there.
 */
int profile_folder_open(const char *base, const char *sub, uid_t owner,
	int *ret_fd, struct err *e) _must_use_;

/*
 * Reads the file @name of a folder, trusted for its owner: no link, no FIFO,
 * nobody else may write it. At most PROFILE_MAX_BYTES, and one byte more of a
 * longer one. @path is for messages. 1 if it is not there.
 */
int profile_file_read(int dir, const char *name, const char *path, uid_t owner,
	char **ret_text, size_t *ret_len, struct err *e) _must_use_;

/* The same for a file that lies anywhere and is trusted by nobody; @what it is
 * of, for messages. */
int profile_any_read(const char *what, const char *path, char **ret_text,
	size_t *ret_len, struct err *e) _must_use_;

/*
 * The first layer of that name at @from or behind it. 0; 1 none; <0 with
 * e->text.
 */
int profile_store_find(const struct profile_store *s, enum profile_origin from,
	const char *name, struct profile_layer **ret, struct err *e) _must_use_;

/*
 * The text of the user's NAME.json, of which all is checked but what is in it.
 * *ret_path is set with 0 and 1, and mostly else. 0; 1 there is none; <0.
 */
int profile_store_read_user(const struct profile_store *s, const char *name,
	char **ret_path, struct stat *ret_st, struct profile_text *ret,
	struct err *e) _must_use_;

/* Sorted names of one origin. */
int profile_store_list(const struct profile_store *s,
	enum profile_origin origin, char ***ret_names,
	struct err *e) _must_use_;

/* Finds @name and all that it extends. 0; 1 none; <0. */
int profile_chain_load(const struct profile_store *s, const char *name,
	struct profile_chain *ret, struct err *e) _must_use_;

/* The same for a first layer that was parsed already; it is taken over, and
 * freed where that fails. */
int profile_chain_complete(const struct profile_store *s,
	struct profile_layer *first, struct profile_chain *ret,
	struct err *e) _must_use_;

/* What a file is called as a profile: its name without ".json". */
char *profile_file_name(const char *path) _must_use_;

/* The same for the text of a file that lies anywhere, and for the file. */
int profile_chain_text(const struct profile_store *s, const char *path,
	const char *text, size_t len, struct profile_chain *ret,
	struct err *e) _must_use_;
int profile_chain_check(const struct profile_store *s, const char *path,
	struct profile_chain *ret, struct err *e) _must_use_;

/* Folds the chain into one profile, with its digest. */
int profile_chain_merge(const struct profile_chain *c, struct profile **ret,
	struct err *e) _must_use_;

/* profile_load() and profile_select() over a given store. */
int profile_load_from(const struct profile_store *s, const char *name,
	struct profile **ret, struct err *e) _must_use_;
int profile_select_from(const struct profile_store *s, const char *name,
	const char *package, const char *runtime, struct profile **ret,
	char ***ret_narrowed, struct err *e) _must_use_;

/* Letters, digits, ".", "_" and "-", not first a "." or "-". */
int profile_name_check(const char *name, struct err *e) _must_use_;

/* The fields that are lists, for all that treats them alike. */
struct profile_list {
	const char *name; /* "sandbox.read" */
	size_t offset;    /* of a char ** in struct profile */
};

enum {
	LIST_READ = 0,
	LIST_WRITE,
	LIST_NETWORK,
	LIST_PASS,
	LIST_SET, /* by NAME: a later one replaces */
	LIST_ALLOW,
	LIST_DENY,
	LIST_ASK, /* from here on later than the first logs */
	LIST_ALWAYS,
	LIST_PROMPTS_ALLOW,
	LIST_PROMPTS_ASK,
	LIST_PROMPTS_ALWAYS,
	LIST_PROMPTS_DENY,
	LIST_RESOURCES_ALLOW,
	LIST_RESOURCES_ASK,
	LIST_RESOURCES_ALWAYS,
	LIST_RESOURCES_DENY,
	LIST_RULES,
	LIST_SCHEMAS,
	LIST_TOKEN,
	LIST_RATE,       /* by pattern: a later one replaces */
	LIST_CONCURRENT, /* as that */
	LIST_CLASSES,
	LIST_TYPES,
	LIST_ROLES, /* these by NAME as well, but for contexts */
	LIST_TASKS,
	LIST_CONTEXTS,
	LIST_SESSION,
	_LIST_N
};

/* Whether a later NAME=… of this list replaces an earlier one. */
static inline bool profile_list_replaces(size_t list)
{
	return list == LIST_SET || list == LIST_ROLES || list == LIST_TASKS ||
	       list == LIST_SESSION;
}

extern const struct profile_list profile_lists[_LIST_N];

static inline char ***profile_list_at(struct profile *p, size_t i)
{
	return (char ***)((char *)p + profile_lists[i].offset);
}
