/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What reading and changing a store of pins share: its folder, locked, and the
 * files in it. For the parts of plan/pin_store.h alone.
 */
#pragma once

#include "plan/pin_store.h"

/* Opens @s's folder and locks it: LOCK_SH to read, LOCK_EX who puts one file in
 * the place of all. 0; 1 there is none. */
int pin_folder_lock(const struct pin_store *s, int operation, int *ret_dir,
	struct err *e) _must_use_;

/* All files, in their order, into @pins and @s; 1 if there is none. */
int pin_folder_read(struct pin_store *s, int dir, struct pins *pins,
	char ***ret_files, struct err *e) _must_use_;

/* Many small files, or one that was cut, become one. */
int pin_folder_tidy(struct pin_store *s, struct err *e) _must_use_;
