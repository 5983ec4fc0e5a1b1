/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a server calls its tools in a list, for those that are asked for: an
 * approver is shown it beside the name. The server's own words, no more.
 *
 * Relay's process; bounded, the oldest gives way.
 */
#pragma once

#include "policy/json.h"
#include "policy/tools.h"

#define TITLES_MAX 64
#define TITLE_MAX 128      /* bytes; a longer one is cut */
#define TITLE_NAME_MAX 256 /* of a name that has a title */

struct titles {
	struct {
		char name[TITLE_NAME_MAX + 1], title[TITLE_MAX + 1];
	} all[TITLES_MAX];
	size_t next;
};

/* Takes what a `tools/list` result says of the tools that @t asks for. */
void titles_note(struct titles *s, const struct tools *t,
	const struct json_value *result);

/* "" if there is none. @name is unescaped. */
const char *titles_find(const struct titles *s, const char *name, size_t len);
