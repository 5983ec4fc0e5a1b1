/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/args_hash.h"

#include <string.h>

#include "base/sha256.h"
#include "policy/answer.h"
#include "policy/json.h"

#define ARGS_MAX (8U << 20) /* no message has more */

static int refuse(
	const char *verb, const struct json_scan_result *scan, struct err *e)
{
	bool is_json = scan->fault == JSON_FAULT_NONE;

	return err_status(e, 2,
		"%s: --args takes one JSON object, such as "
		"'{\"path\": \"a\"}'%s%s",
		verb, is_json ? "" : ": ",
		is_json ? "" : json_fault_text(scan->fault));
}

int args_hash(
	const char *verb, const char *json, uint8_t ret[32], struct err *e)
{
	const struct json_limits limits = {
		.max_bytes = ARGS_MAX,
		.max_depth = CANONICAL_DEPTH_MAX,
		.max_keys = 65536,
		.allow_nul = true,
	};
	struct json_scanner *s = json_scanner_new(&limits);
	struct out canonical = OUT_INIT(2 * (size_t)ARGS_MAX);
	struct json_scan_result scan = {.type = JSON_INVALID};
	struct json_value top;
	int r = s ? json_scan(s, json, strlen(json), &scan) : -ENOMEM;

	json_scanner_free(s);
	if (r == 1 || (r == 0 && scan.type != JSON_OBJECT))
		return refuse(verb, &scan, e);
	if (r == 0) {
		top = json_top(json, &scan);
		r = canonical_write(&canonical, &top);
	}
	if (r == 0)
		sha256(canonical.data, canonical.len, ret);
	out_deinit(&canonical);
	return r < 0 ? err_set(e, r, "%s: --args", verb) : 0;
}
