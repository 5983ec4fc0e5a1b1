/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls by their arguments, for `log --args`: the log has only hashes of them,
 * keyed, so whoever has the key may ask whether a guess is right.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "cli/log_stream.h"

struct log_args;

/* @json: the arguments, in any spelling. 0; -EINVAL for what is no object. */
int log_args_new(
	const char *json, struct log_args **ret, struct err *e) _must_use_;
void log_args_free(struct log_args *a);
DEFINE_CLEANUP(log_args);

/* Reads the key of the log's folder. */
int log_args_open(struct log_args *a, int dirfd, struct err *e) _must_use_;

/* Whether the stream's record is a call with these arguments, or the result of
 * one; 0, 1, or -ENOMEM. In the order of the stream. */
int log_args_match(struct log_args *a, const struct log_stream *s) _must_use_;
