/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/approve_id.h"

#include <inttypes.h>
#include <string.h>

#include "base/digits.h"

bool approve_id_parse(const char *text, struct approve_id *ret)
{
	const char *colon = strchr(text, ':'), *number = text;
	struct approve_id id = {.call = 0};
	size_t len;

	if (colon) {
		len = (size_t)(colon - text);
		if (len == 0 || len >= sizeof(id.session) ||
			strspn(text, "0123456789abcdef") != len)
			return false;
		memcpy(id.session, text, len);
		number = colon + 1;
	}
	if (!digits_take(&number, 19, &id.call) || *number || id.call == 0)
		return false;
	*ret = id;
	return true;
}

static bool is_of(const struct keeper_link *l, const struct approve_id *id)
{
	return strncmp(l->about.session, id->session, strlen(id->session)) == 0;
}

int approve_id_find(const struct queue *q, const struct approve_id *id,
	struct waiting **ret, struct err *e)
{
	struct waiting *found = NULL;
	unsigned sessions = 0, questions = 0;

	for (size_t i = 0; i < q->n; i++) {
		struct waiting *w = link_find(q->links[i], id->call);

		if (q->links[i]->state != LINK_READY || !is_of(q->links[i], id))
			continue;
		sessions++;
		questions += w != NULL;
		found = w ? w : found;
	}
	if (id->session[0] && sessions > 1)
		return err_status(e, 2,
			"approve: %u sessions begin with %s: more digits",
			sessions, id->session);
	if (questions > 1)
		return err_status(e, 2,
			"approve: %u sessions have a question %" PRIu64
			": say SESSION:%" PRIu64,
			questions, id->call, id->call);
	if (!found)
		return 1;
	*ret = found;
	return 0;
}
