/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a path lies: given by every sandbox, shared by many things and so
 * never mounted whole, or private enough to be the root of one program.
 *
 * Text only, but for place_is_*dir() and place_is_file(), which stat.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"

struct runtime_request;

/* @path is @folder or lies below it; both absolute and canonical. */
bool place_is_inside(const char *path, const char *folder);

/* /usr, /bin, /sbin, /lib*, /etc: there in each sandbox, no mount needed. */
bool place_is_given(const char *path);

/* The root, HOME or a parent of HOME: never mounted, whatever asks for it. */
bool place_is_home_or_above(const struct runtime_request *q, const char *path);

/*
 * A folder that holds more than one program's things: what is above, and
 * /tmp, ~/.config, ~/Downloads, … or anything above one of these. One file of
 * it may be mounted, the folder not.
 */
bool place_is_shared(const struct runtime_request *q, const char *path);

/* …/node_modules/.bin, or a folder of the workspace: no bare name from it. */
bool place_is_planted(const struct runtime_request *q, const char *folder);

const char *place_name(const char *path); /* what follows the last slash */
bool place_ends_with(const char *path, const char *suffix);

/* True if @path has the folder @name somewhere ("node_modules"). */
bool place_has_part(const char *path, const char *name);

/* NULL is neither. */
bool place_is_dir(const char *path);
bool place_is_file(const char *path);

/*
 * A version's or a tool's name that names one folder and cannot lead out of
 * the folder it is looked up in: no slash, no leading dot, ≤ 128 bytes.
 */
bool place_is_plain_name(const char *name);
