/* SPDX-License-Identifier: Apache-2.0 */
/* What a server may ask of its client. */
#include "plan/profile_compare.h"
#include "policy/wishes.h"

static enum change_kind kind_of(bool wider)
{
	return wider ? CHANGE_WIDER : CHANGE_NARROWER;
}

/* From the strictest on. */
static unsigned roots_rank(const struct profile *p)
{
	if (p->protocol.roots == ROOTS_DENY)
		return 0;
	return p->protocol.roots == ROOTS_ALLOW ? 2 : 1;
}

/* What a server may ask of its client. */
static int add_wish(struct profile_changes *c, const char *key, uint64_t a,
	uint64_t b, const char *what)
{
	static const char *const was[_WISH_N] = {
		[WISH_DENY] = "denied",
		[WISH_ALLOW] = "allowed",
		[WISH_ASK] = "asked for",
	};
	static const char *const may[_WISH_N] = {
		[WISH_DENY] = "may no longer",
		[WISH_ALLOW] = "may now",
		[WISH_ASK] = "may",
	};
	enum wish is = (enum wish)b, before = (enum wish)a;

	if (is == before)
		return 0;
	if (is != WISH_ASK && before != WISH_ASK)
		return changes_addf(c, kind_of(is == WISH_ALLOW), key, "%s %s",
			may[is], what);
	return changes_addf(c, kind_of(wish_strictest(is, before) == before),
		key, "%s %s%s, was %s", may[is], what,
		is == WISH_ASK ? " once somebody agrees" : "", was[before]);
}

int changes_add_methods(struct profile_changes *c, const struct profile *a,
	const struct profile *b)
{
	static const char *const words[] = {"none of the client's folders",
		"those of the client's folders that it may touch",
		"all of the client's folders"};
	unsigned x = roots_rank(a), y = roots_rank(b);
	int r = add_wish(c, "protocol.methods.sampling/createMessage",
		a->protocol.sampling, b->protocol.sampling,
		"ask the client's model (sampling)");

	if (r == 0)
		r = add_wish(c, "protocol.methods.elicitation/create",
			a->protocol.elicitation, b->protocol.elicitation,
			"ask the person at the client (elicitation)");
	if (r == 0 && x != y)
		r = changes_addf(c, kind_of(y > x),
			"protocol.methods.roots/list",
			"is told %s, was told %s", words[y], words[x]);
	return r;
}
