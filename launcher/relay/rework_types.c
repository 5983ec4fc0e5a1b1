/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/rework_types.h"

#include <errno.h>

#include "policy/output_types.h"
#include "relay/session.h"

int rework_types(struct relay *r, enum method method, const char *line,
	size_t len, const struct json_value *result, struct message *ret)
{
	int n;

	if (r->caps.types.n == 0)
		return 0;
	out_reset(&r->typed);
	n = output_types_cut(
		&r->caps.types, method, line, len, result, &r->typed);
	if (n != 1)
		return n;
	/* What stands before and behind is the server's: it is read anew, for
	 * what comes next goes by places in the line. */
	if (message_read(r->scanner, DIR_S2C, r->typed.data, r->typed.len,
		    ret) < 0 ||
		ret->verdict != VERDICT_OK)
		return -EBADMSG;
	return 1;
}
