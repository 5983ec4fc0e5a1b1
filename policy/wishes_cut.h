/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a server may ask, applied to messages.
 *
 * What is denied is masked in the capabilities that the client offers, so that
 * servers do without; a server that asks all the same gets an error. Pure.
 */
#pragma once

#include "policy/message.h"
#include "policy/out.h"
#include "policy/wishes.h"

/* Whether the server may send that request; WISH_ALLOW for all other methods.
 */
enum wish wishes_permit(const struct wishes *w, enum method m);

/*
 * A result of the modern era may ask too, in `inputRequests`: denied if one of
 * them asks for what is denied, for something that is none of the three, or to
 * open what is no https: page; else asked for if one of them is.
 */
enum wish wishes_permit_result(
	const struct wishes *w, const struct json_value *result);

/* Which of the keys of inputResponses the server has asked for. */
struct wishes_answers {
	bool (*wanted)(const void *ctx, const struct json_value *key);
	const void *ctx;
};

/*
 * Writes a request of the client's with what policy denies cut out of the
 * original bytes: the capabilities of `initialize`, of each request's _meta in
 * the modern era, also those of tasks, and in `inputResponses` what nobody has
 * asked for (@answers; NULL: all was) and roots. Where
 * `initialize` asks for a protocol version that is not known here, it asks for
 * the newest legacy one. 0; 1 if
 * nothing has to change (nothing written: forward the original); -ENOMEM.
 */
int wishes_mask(const struct wishes *w, const struct wishes_answers *answers,
	const struct message *m, const char *line, size_t len, struct out *out);

/*
 * Writes the client's answer to roots/list without the roots that lie outside
 * of the folders, or whose URI is no plain file: one. 0; 1 if nothing has to
 * change; -EINVAL if they stand in something else than a list; -ENOMEM.
 */
int wishes_filter_roots(const struct wishes *w, const char *line, size_t len,
	const struct json_value *result, struct out *out);

/*
 * Whether a root's URI (RFC 8089: file://, no host or "localhost", an absolute
 * path, percent-encoded UTF-8) names a folder of the list or something inside
 * of one. Lexically: "." and ".." and encoded slashes and NULs do not pass.
 */
bool wishes_root_passes(const struct wishes *w, const char *uri, size_t len);
