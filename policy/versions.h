/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The versions of the protocol whose methods are known here. A session in any
 * other would be one in which messages pass that nobody has read. Pure.
 */
#pragma once

#include "policy/message.h"
#include "policy/out.h"

#define VERSION_LEGACY "2025-11-25" /* the newest of its era */
#define VERSION_MODERN "2026-07-28"

/* The era of a version; ERA_NONE if it is not known, or no string. */
enum message_era version_era(const struct json_value *version);

/*
 * What is wrong with the version that a request of the client's names: 0, or
 * the code of the error, ANSWER_UNSUPPORTED_VERSION or _INVALID_PARAMS. A
 * modern request has to name it and to say what the client can do. (A version
 * in `initialize` that is not known is no fault: wishes_mask() asks for one
 * that is.) @ret_version: what was asked for, where that is a string.
 */
int version_fault(const struct message *m, struct json_value *ret_version);

/* Whether an answer to initialize agrees on a version that is known, or says
 * nothing, which is that asked for. */
bool version_agreed(const struct json_value *result);

/*
 * Writes an answer to server/discover without the supportedVersions that are
 * not known here; then its "cacheScope", if it has one, is "private". 0; 1 if
 * nothing has to change (nothing written); 2 if none is left; -EINVAL if the
 * list is none; -ENOMEM.
 */
int version_cut(const char *line, size_t len, const struct json_value *result,
	struct out *out);
