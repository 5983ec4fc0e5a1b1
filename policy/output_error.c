/* SPDX-License-Identifier: Apache-2.0 */
/* Error answers under the cap of text: `data` goes first, being for programs,
 * then the end of the message. */
#include <errno.h>

#include "policy/chars.h"
#include "policy/output.h"
#include "policy/output_note.h"
#include "policy/splice.h"

struct error_plan {
	const struct output_caps *caps;
	struct json_value message, data; /* JSON_INVALID where there is none */
	uint64_t text, raw;              /* what they count */
	bool drop;                       /* data goes */
};

static void write_message(const struct error_plan *p, struct splice *s)
{
	size_t end = p->message.end - 1, kept = (size_t)p->text;

	if (p->text > p->caps->text_bytes)
		kept = chars_cut(
			&p->message, (size_t)p->caps->text_bytes, &end);
	splice_drop(s, end, p->message.end - 1);
	if (kept > 0)
		out_str(s->out, "\\n");
	if (p->text > p->caps->text_bytes)
		note_cut(s->out, kept, p->text, OVER_TRUNCATE, NULL);
	if (!p->drop)
		return;
	out_str(s->out, "[stockade: data of ");
	out_u64(s->out, p->raw);
	out_str(s->out, " bytes left out]");
}

static void write_error(const struct error_plan *p,
	const struct json_value *error, struct splice *s)
{
	struct json_iter i = json_iter(error);
	struct splice_list members = {0};
	struct json_member m;

	while (json_next(&i, &m)) {
		if (p->drop && m.value.begin == p->data.begin) {
			splice_list_drop(s, &members, &m);
			continue;
		}
		if (m.value.begin == p->message.begin)
			write_message(p, s);
		splice_list_keep(&members, &m);
	}
	splice_finish(s);
}

int output_cap_error(const struct output_caps *caps, const char *line,
	size_t len, const struct json_value *error, struct out *out,
	struct output_cut *ret)
{
	struct splice s = {.out = out, .text = line, .len = len};
	struct error_plan p = {.caps = caps};

	if (error->text != line || !json_get(error, "message", &p.message) ||
		p.message.type != JSON_STRING)
		return -EINVAL;
	p.text = chars_count(&p.message);
	if (json_get(error, "data", &p.data))
		p.raw = item_raw(&p.data);
	else
		p.data.type = JSON_INVALID;
	*ret = (struct output_cut){
		.cut = p.text + p.raw > caps->text_bytes,
		.text_seen = p.text + p.raw,
	};
	if (!ret->cut)
		return OUTPUT_FITS;
	p.drop = p.data.type != JSON_INVALID;
	write_error(&p, error, &s);
	return out->failed ? -ENOMEM : OUTPUT_CUT;
}
