/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stockade's own folders: configuration, state, cache, sockets.
 *
 * HOME and XDG_* place them (formats.md section 3 of the contract); they add
 * no right. Everything is 0700, opened without following links in its last
 * parts, and refused if another uid owns it or may write it.
 */
#pragma once

#include <stdbool.h>

#include "base/cleanup.h"
#include "base/err.h"

enum folder {
	FOLDER_NONE = 0,
	FOLDER_CONFIG, /* $XDG_CONFIG_HOME/stockade or ~/.config/stockade */
	FOLDER_STATE,  /* $XDG_STATE_HOME/stockade or ~/.local/state/stockade */
	FOLDER_CACHE,  /* $XDG_CACHE_HOME/stockade or ~/.cache/stockade */
	FOLDER_RUNTIME, /* /run/user/UID/stockade, else
			   ~/.local/state/stockade/run, whatever XDG_* say */
	_FOLDER_N
};

/*
 * The absolute path (which need not exist); the caller frees it. Relative
 * HOME or XDG_* values are refused (XDG base directory specification: they
 * are to be ignored; ours is HOME then). -EINVAL, -ENOMEM.
 */
int folder_path(enum folder folder, char **ret_path, struct err *e) _must_use_;

/*
 * Opens the folder @sub ("audit", "" for the folder itself, "state/x/y")
 * below it as O_PATH|O_DIRECTORY, making what is missing as 0700 if @create.
 * 1 if it is not there and @create is false.
 */
int folder_open(enum folder folder, const char *sub, bool create, int *ret_fd,
	struct err *e) _must_use_;
