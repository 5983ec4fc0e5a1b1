/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/answer.h"

#include "policy/utf8.h"
#include "policy/versions.h"

static void begin(
	struct out *o, enum message_era era, const char *id, size_t id_len)
{
	out_str(o, "{\"jsonrpc\":\"2.0\",");
	if (id == NULL && era == ERA_MODERN)
		return;
	out_str(o, "\"id\":");
	if (id != NULL)
		out_bytes(o, id, id_len);
	else
		out_str(o, "null");
	out_str(o, ",");
}

static void begin_error(struct out *o, enum message_era era, const char *id,
	size_t id_len, int code)
{
	int64_t wide = code;

	begin(o, era, id, id_len);
	out_str(o, code < 0 ? "\"error\":{\"code\":-" : "\"error\":{\"code\":");
	out_u64(o, (uint64_t)(wide < 0 ? -wide : wide));
	out_str(o, ",\"message\":");
}

static void end_error(struct out *o)
{
	out_str(o, "}}\n");
}

void answer_error(struct out *o, enum message_era era, const char *id,
	size_t id_len, int code, const char *text, size_t text_len)
{
	begin_error(o, era, id, id_len, code);
	out_json_string(o, text, text_len);
	end_error(o);
}

static void answer_unknown(struct out *o, enum message_era era, const char *id,
	size_t id_len, const char *what, const char *name, size_t name_len)
{
	size_t shown = utf8_cut(name, name_len, ANSWER_NAME_MAX);

	begin_error(o, era, id, id_len, ANSWER_INVALID_PARAMS);
	out_str(o, "\"Unknown ");
	out_str(o, what);
	out_str(o, ": ");
	out_json_text(o, name, shown);
	out_str(o, shown < name_len ? "…\"" : "\"");
	end_error(o);
}

void answer_unknown_tool(struct out *o, enum message_era era, const char *id,
	size_t id_len, const char *name, size_t name_len)
{
	answer_unknown(o, era, id, id_len, "tool", name, name_len);
}

void answer_unknown_prompt(struct out *o, enum message_era era, const char *id,
	size_t id_len, const char *name, size_t name_len)
{
	answer_unknown(o, era, id, id_len, "prompt", name, name_len);
}

void answer_unsupported_version(struct out *o, const char *id, size_t id_len,
	const char *requested, size_t len)
{
	size_t shown = utf8_cut(requested, len, ANSWER_NAME_MAX);

	begin_error(o, ERA_MODERN, id, id_len, ANSWER_UNSUPPORTED_VERSION);
	out_str(o, "\"Unsupported protocol version\",\"data\":{"
		   "\"supported\":[\"" VERSION_MODERN "\"],"
		   "\"requested\":");
	out_json_string(o, requested, shown);
	out_str(o, "}");
	end_error(o);
}

void answer_tool_error(struct out *o, enum message_era era, const char *id,
	size_t id_len, const char *text, size_t text_len)
{
	begin(o, era, id, id_len);
	out_str(o, "\"result\":{");
	if (era == ERA_MODERN)
		out_str(o, "\"resultType\":\"complete\",");
	out_str(o, "\"content\":[{\"type\":\"text\",\"text\":");
	out_json_string(o, text, text_len);
	out_str(o, "}],\"isError\":true}}\n");
}
