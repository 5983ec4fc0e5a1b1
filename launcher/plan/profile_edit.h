/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Adds one entry to one list of a profile and leaves every other byte of its
 * file as it was: notes, order, indentation, line ends. For `stockade approve
 * … always`, which shows the difference, then writes it.
 *
 * Any process that may read the user's profiles; allocates, keeps nothing.
 */
#pragma once

#include <sys/stat.h>

#include "plan/profile_layer.h"

/*
 * @text with @entry in the list at @list ("protocol/tools/always"), whose
 * objects are made where they are missing. @name is what the profile is called,
 * @file is for messages. What comes out has been parsed and means @text plus
 * that entry, and nothing else. 0; 1 if the entry is there already (nothing
 * comes out); -EINVAL if the text is no profile, there is no such list, or the
 * list cannot have such an entry; -EFBIG above PROFILE_MAX_BYTES.
 */
int profile_edit_text(const char *name, const char *file,
	const struct profile_text *text, const char *list, const char *entry,
	struct profile_text *ret, struct err *e) _must_use_;

/* What is to be written, and where: made, shown, then written or dropped. */
struct profile_edit {
	char *name, *path;
	bool creates;   /* there is no such file of the user's so far */
	struct stat st; /* of the file, if there is one */
	struct profile_text before, after; /* before is empty for a new file */
	/* Of the effective policy, what is extended included. */
	uint8_t old_digest[32], new_digest[32];
};

void profile_edit_deinit(struct profile_edit *c);
#define _edit_ _cleanup_(profile_edit_deinit)

/*
 * Plans the addition for the profile @name: to the user's NAME.json, or, where
 * only the site or the built-in ones have it, to a new file that extends them.
 * 0; 1 if the effective profile has the entry already; <0 with e->text: as
 * above, -ENOENT if there is no such profile, -EPERM and -ELOOP as the loader,
 * -ENOTSUP for a base, which is no policy: a file of that name would make one
 * for all servers.
 */
int profile_edit_prepare(const struct profile_store *s, const char *name,
	const char *list, const char *entry, struct profile_edit *ret,
	struct err *e) _must_use_;

/*
 * The lines that change, as diff -u has them, for a terminal: nothing in them
 * but tabs and line ends is beyond printable ASCII. The caller frees it.
 */
int profile_edit_preview(
	const struct profile_edit *c, char **ret_text) _must_use_;

/*
 * Writes it: a new file in the same folder, synced, in the old one's place with
 * the old one's mode (0600 if there was none). -ESTALE if the file is not what
 * it was any more. Two that write at once do so one after the other.
 */
int profile_edit_write(const struct profile_store *s,
	const struct profile_edit *c, struct err *e) _must_use_;

/* Prepares and writes, in the folders of the user who runs this. *ret may be
 * looked at afterwards. As profile_edit_prepare(). */
int profile_edit_file(const char *name, const char *list, const char *entry,
	struct profile_edit *ret, struct err *e) _must_use_;
