/* SPDX-License-Identifier: Apache-2.0 */
/* What is asked for where only an operation token is an answer, and there are
 * tokens for tools alone. */
#include "plan/profile_lint.h"
#include "policy/wishes.h"

static int lint_names_asked(
	struct lint *l, const char *kind, size_t list, char *const *asked)
{
	int r = 0;

	for (; r == 0 && asked && *asked; asked++)
		if (lint_is_own(l, list, *asked))
			r = lint_add(l, LINT_NO_PROOF,
				"protocol.%s: \"%s\" in ask is denied: "
				"approval is by proof, and there are tokens "
				"for tools alone",
				kind, *asked);
	return r;
}

static int lint_wish(struct lint *l, const char *method, uint64_t wish)
{
	return wish != WISH_ASK
		       ? 0
		       : lint_add(l, LINT_NO_PROOF,
				 "protocol.methods: %s is denied, not asked "
				 "for: approval is by proof, and there are "
				 "tokens for tools alone",
				 method);
}

int lint_proof(struct lint *l)
{
	const struct profile *p = l->p;
	int r;

	if (!p->proof)
		return 0;
	r = lint_names_asked(
		l, "prompts", LIST_PROMPTS_ASK, p->protocol.prompts.ask);
	if (r == 0)
		r = lint_names_asked(l, "resources", LIST_RESOURCES_ASK,
			p->protocol.resources.ask);
	if (r == 0)
		r = lint_wish(
			l, "sampling/createMessage", p->protocol.sampling);
	if (r == 0)
		r = lint_wish(l, "elicitation/create", p->protocol.elicitation);
	if (r == 0 && p->elicit)
		r = lint_add(l, LINT_NO_PROOF,
			"approval: elicitation shows no form: approval is by "
			"proof, which no answer to a form is");
	return r;
}
