/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/rework_hello.h"

#include <errno.h>

#include "policy/versions.h"
#include "relay/session.h"

bool rework_is_hello(enum method m)
{
	return m == METHOD_INITIALIZE || m == METHOD_DISCOVER;
}

/* What was written is a message like any other, or nothing of it goes on. */
static int read_anew(
	struct relay *r, const struct out *line, struct message *ret)
{
	if (line->failed)
		return -ENOMEM;
	if (message_read(r->scanner, DIR_S2C, line->data, line->len, ret) < 0 ||
		ret->verdict != VERDICT_OK)
		return -EBADMSG;
	return 1;
}

/* Into r->cleaned. */
static int cut_versions(struct relay *r, const struct message *m,
	const char *line, size_t len, struct message *ret)
{
	int n;

	out_reset(&r->cleaned);
	n = version_cut(line, len, &m->result, &r->cleaned);
	if (n == 2)
		return -EPROTONOSUPPORT;
	return n == 0 ? read_anew(r, &r->cleaned, ret) : n == 1 ? 0 : n;
}

int rework_hello(struct relay *r, const struct message *m, const char *line,
	size_t len, const struct call *c, struct message *ret, bool *ret_cut)
{
	struct message cut;
	int n = c->method == METHOD_DISCOVER
			? cut_versions(r, m, line, len, &cut)
			: 0;

	*ret_cut = n == 1;
	if (n < 0)
		return n;
	if (n == 1) {
		m = &cut;
		line = r->cleaned.data;
		len = r->cleaned.len;
	}
	out_reset(&r->typed);
	if (!pinning_hello(r, m, line, len, &r->typed)) {
		if (n == 0)
			return 0;
		out_bytes(&r->typed, line, len);
	}
	return read_anew(r, &r->typed, ret);
}
