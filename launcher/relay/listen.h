/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the client has subscribed to: in the modern era with each
 * subscriptions/listen, in the legacy era resource by resource.
 *
 * Relay's process. A listen's belongs to its call and goes with it, the legacy
 * one lives as long as the session.
 */
#pragma once

#include "base/cleanup.h"
#include "policy/message.h"

#define LISTEN_URIS_MAX 1024        /* of one subscription … */
#define LISTEN_BYTES_MAX (1U << 18) /* … and their bytes */
#define LISTENS_MAX 64              /* outstanding at once */

struct listen_name {
	struct listen_name *next;
	size_t len;
	char bytes[]; /* unescaped */
};

struct listen_names {
	struct listen_name *first;
	size_t n, bytes;
};

/* 0; 1: it is there already; -E2BIG: too many; -ENOMEM. @name is a string. */
int listen_add(
	struct listen_names *l, const struct json_value *name) _must_use_;
void listen_drop(struct listen_names *l, const struct json_value *name);
void listen_clear(struct listen_names *l);

/* Whether the URI is one of them or, as servers may say it, lies below one. */
bool listen_has_uri(const struct listen_names *l, const struct json_value *uri);
/* Whether one more would still fit, or is there already. */
bool listen_has_room(
	const struct listen_names *l, const struct json_value *name);
bool listen_has(const struct listen_names *l, const struct json_value *name);

struct listen;

/*
 * What a subscriptions/listen asks for. NULL in @ret where @m is another
 * request. 0; -EINVAL: something is of a wrong type; -E2BIG; -ENOMEM.
 */
int listen_new(const struct message *m, struct listen **ret) _must_use_;
void listen_free(struct listen *l);

/*
 * Whether the server may send the notification on this subscription: the
 * acknowledgement first and once, then what was asked for. Sees only. NULL, or
 * why not.
 */
const char *listen_refuses(const struct listen *l, const struct message *m);

/* Whether it asked for that list_changed, and was acknowledged. */
bool listen_hears(const struct listen *l, enum method list_changed);

/* It was sent. */
void listen_passed(struct listen *l, const struct message *m);
