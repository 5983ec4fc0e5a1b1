/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/profile_compare.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "plan/profile_glob.h"
#include "plan/profile_layer.h"
#include "plan/profile_lint.h"
#include "policy/output_caps.h"
#include "policy/pins.h"
#include "policy/wishes.h"

const char *const change_words[_CHANGE_N] = {
	[CHANGE_WIDER] = "wider",
	[CHANGE_NARROWER] = "narrower",
	[CHANGE_OTHER] = "other",
};

void profile_changes_deinit(struct profile_changes *c)
{
	for (size_t i = 0; i < c->n; i++) {
		free(c->v[i].key);
		free(c->v[i].text);
	}
	free(c->v);
	*c = (struct profile_changes){0};
}

int changes_addf(struct profile_changes *c, enum change_kind kind,
	const char *key, const char *fmt, ...)
{
	struct profile_change *grown =
		reallocarray(c->v, c->n + 1, sizeof(*grown));
	_free_ char *k = strdup(key), *text = NULL;
	va_list ap;
	int n;

	if (grown)
		c->v = grown;
	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		text = NULL;
	if (!grown || !k || !text)
		return -ENOMEM;
	c->v[c->n++] =
		(struct profile_change){kind, take_ptr(k), take_ptr(text)};
	return 0;
}

static enum change_kind kind_of(bool wider)
{
	return wider ? CHANGE_WIDER : CHANGE_NARROWER;
}

static int add_switch(struct profile_changes *c, const char *key, bool a,
	bool b, const char *what)
{
	if (a == b)
		return 0;
	return changes_addf(
		c, kind_of(b), key, "may %s %s", b ? "now" : "no longer", what);
}

/* Whether an entry of @list names all that @host does. */
static bool host_covered(char *const *list, const char *host)
{
	const char *colon = strrchr(host, ':');

	for (; list && *list; list++) {
		size_t n = strlen(*list), len = strlen(host);

		if (strcmp(*list, host) == 0)
			return true;
		if (strncmp(*list, "*.", 2) == 0 && len >= n && colon &&
			host[0] != '[' &&
			strcmp(host + len - n + 1, *list + 1) == 0)
			return true;
	}
	return false;
}

static int add_hosts(
	struct profile_changes *c, char *const *a, char *const *b, bool wider)
{
	int r = 0;

	for (; b && *b && r == 0; b++) {
		if (strv_contains(a, *b))
			continue;
		r = host_covered(a, *b)
			    ? changes_addf(c, CHANGE_OTHER, "sandbox.network",
				      "%s is %s, which another entry covers",
				      *b, wider ? "new" : "gone")
			    : changes_addf(c, kind_of(wider), "sandbox.network",
				      "may %s connect to %s",
				      wider ? "now" : "no longer", *b);
	}
	return r;
}

static size_t name_len(const char *setting)
{
	return strcspn(setting, "=");
}

/* A variable that is passed and set is set. */
static bool passes(const struct profile *p, const char *name)
{
	return strv_contains(p->sandbox.env_pass, name) &&
	       !strv_env(p->sandbox.env_set, name);
}

static int add_passed(struct profile_changes *c, const struct profile *a,
	const struct profile *b, bool wider)
{
	int r = 0;

	for (char **v = b->sandbox.env_pass; v && *v && r == 0; v++)
		if (passes(b, *v) && !passes(a, *v))
			r = changes_addf(c, kind_of(wider), "sandbox.env.pass",
				"%s %s of the client's environment",
				wider ? "gets" : "no longer gets", *v);
	return r;
}

/* What looks like a secret is not shown to whoever looks at a screen. */
static const char *shown(const char *setting)
{
	return secret_in_setting(setting) ? "(a secret, it seems)"
					  : setting + name_len(setting) + 1;
}

static int add_set(struct profile_changes *c, const struct profile *a,
	const struct profile *b)
{
	static const char key[] = "sandbox.env.set";
	int r = 0;

	for (char **v = b->sandbox.env_set; v && *v && r == 0; v++) {
		_free_ char *name = strndup(*v, name_len(*v));
		const char *old =
			name ? strv_env(a->sandbox.env_set, name) : NULL;

		if (!name)
			return -ENOMEM;
		if (!old)
			r = changes_addf(c, CHANGE_OTHER, key,
				"%s is set to %s", name, shown(*v));
		else if (strcmp(old, strv_env(b->sandbox.env_set, name)) != 0)
			r = changes_addf(c, CHANGE_OTHER, key,
				"%s is set to %s, was %s", name, shown(*v),
				shown(old - strlen(name) - 1));
	}
	for (char **v = a->sandbox.env_set; v && *v && r == 0; v++) {
		_free_ char *name = strndup(*v, name_len(*v));

		if (!name)
			return -ENOMEM;
		if (!strv_env(b->sandbox.env_set, name))
			r = changes_addf(c, CHANGE_OTHER, key,
				"%s is no longer set", name);
	}
	return r;
}

static int add_quantity(struct profile_changes *c, const char *key,
	enum limit_unit unit, uint64_t a, uint64_t b, bool zero_is_none)
{
	bool wider = b > a;
	char x[32], y[32];

	if (a == b)
		return 0;
	if (zero_is_none && (a == 0 || b == 0))
		wider = b == 0;
	limit_write(unit, a, x, sizeof(x));
	limit_write(unit, b, y, sizeof(y));
	return changes_addf(c, kind_of(wider), key, "%s is %s, was %s",
		strchr(key, '.') + 1,
		zero_is_none && b == 0 ? "not limited" : y,
		zero_is_none && a == 0 ? "not limited" : x);
}

static uint64_t limit_of(const struct profile *p, int i)
{
	return p->sandbox.limit_set[i] ? p->sandbox.limits[i]
				       : limit_table[i].fallback;
}

static int add_limits(struct profile_changes *c, const struct profile *a,
	const struct profile *b)
{
	int r = 0;

	for (int i = LIMIT_NONE + 1; i < _LIMIT_N && r == 0; i++) {
		char key[64];

		(void)snprintf(key, sizeof(key), "sandbox.limits.%s",
			limit_table[i].name);
		r = add_quantity(c, key, limit_table[i].unit, limit_of(a, i),
			limit_of(b, i), i == LIMIT_CPU || i == LIMIT_SESSION);
	}
	return r;
}

static int add_sandbox(struct profile_changes *c, const struct profile *a,
	const struct profile *b)
{
	int r = changes_add_paths(c, a, b);

	if (r == 0)
		r = add_switch(c, "sandbox.state", a->sandbox.state,
			b->sandbox.state,
			"keep a private folder from run to run");
	if (r == 0)
		r = add_switch(c, "sandbox.git", a->sandbox.git_write,
			b->sandbox.git_write,
			"write to .git in its writable folders");
	if (r == 0)
		r = add_switch(c, "sandbox.nested_userns",
			a->sandbox.nested_userns, b->sandbox.nested_userns,
			"make user namespaces, which opens much of the kernel "
			"to it");
	if (r == 0)
		r = add_hosts(c, a->sandbox.network, b->sandbox.network, true);
	if (r == 0)
		r = add_hosts(c, b->sandbox.network, a->sandbox.network, false);
	if (r == 0)
		r = add_passed(c, a, b, true);
	if (r == 0)
		r = add_passed(c, b, a, false);
	if (r == 0)
		r = add_set(c, a, b);
	return r == 0 ? add_limits(c, a, b) : r;
}

/* From the strictest on: what is in a file, the agent can read whole. */
static int add_over(struct profile_changes *c, const char *key,
	const char *what, uint64_t a, uint64_t b)
{
	static const struct {
		unsigned rank;
		const char *text;
	} words[_OVER_N] = {
		[OVER_ERROR] = {0, "refused whole"},
		[OVER_TRUNCATE] = {1, "cut"},
		[OVER_SPILL] = {2, "cut, and kept in a file that can be read"},
	};

	if (a == b)
		return 0;
	return changes_addf(c, kind_of(words[b].rank > words[a].rank), key,
		"%s over its limit is %s, was %s", what, words[b].text,
		words[a].text);
}

static int add_unseen(struct profile_changes *c, uint64_t a, uint64_t b)
{
	static const char *const words[_CLEAN_N] = {
		[CLEAN_STRIP] = "taken out",
		[CLEAN_SHOW] = "made visible",
		[CLEAN_PASS] = "passed on",
	};

	return changes_addf(c, kind_of(b > a), "protocol.output.unseen",
		"characters that are not seen are %s, were %s", words[b],
		words[a]);
}

static bool types_cover(char *const *list, const char *type)
{
	for (; list && *list; list++)
		if (glob_covers(*list, type))
			return true;
	return false;
}

/* What of @b @a does not have. */
static int add_types_of(struct profile_changes *c, char *const *a,
	char *const *b, enum change_kind kind, const char *what)
{
	int r = 0;

	for (; r == 0 && b && *b; b++)
		if (!types_cover(a, *b))
			r = changes_addf(c, kind, "protocol.output.types",
				"content of type %s %s", *b, what);
	return r;
}

static int add_types(struct profile_changes *c, const struct profile *a,
	const struct profile *b)
{
	bool was = a->protocol.types_given, is = b->protocol.types_given;
	int r;

	if (!was && !is)
		return 0;
	if (was != is)
		return changes_addf(c, kind_of(was), "protocol.output.types",
			was ? "content of any type passes, was that of a list"
			    : "content of the types of a list passes, was any");
	r = add_types_of(c, a->protocol.types, b->protocol.types, kind_of(true),
		"passes");
	return r < 0 ? r
		     : add_types_of(c, b->protocol.types, a->protocol.types,
			       kind_of(false), "does not pass any more");
}

static int add_output(struct profile_changes *c, const struct profile *a,
	const struct profile *b)
{
	int r = add_quantity(c, "protocol.output.text", UNIT_BYTES,
		a->protocol.text_set ? a->protocol.text_bytes
				     : PROFILE_TEXT_DEFAULT,
		b->protocol.text_set ? b->protocol.text_bytes
				     : PROFILE_TEXT_DEFAULT,
		false);

	if (r == 0)
		r = add_quantity(c, "protocol.output.binary", UNIT_BYTES,
			a->protocol.binary_set ? a->protocol.binary_bytes
					       : PROFILE_BINARY_DEFAULT,
			b->protocol.binary_set ? b->protocol.binary_bytes
					       : PROFILE_BINARY_DEFAULT,
			false);
	if (r == 0)
		r = add_over(c, "protocol.output.text_over", "text",
			profile_text_over(a), profile_text_over(b));
	if (r == 0)
		r = add_over(c, "protocol.output.binary_over", "binary content",
			profile_binary_over(a), profile_binary_over(b));
	if (r == 0 && a->protocol.unseen != b->protocol.unseen)
		r = add_unseen(c, a->protocol.unseen, b->protocol.unseen);
	if (r == 0)
		r = add_types(c, a, b);
	return r;
}

/* Where no profile says how long a call is held, the client decides it. */
static int add_hold(struct profile_changes *c, const struct profile *a,
	const struct profile *b)
{
	static const char usual[] = "45s, or 110s for who waits longer";
	char x[32], y[32];

	if (a->hold_set == b->hold_set && a->hold_s == b->hold_s)
		return 0;
	limit_write(UNIT_SECONDS, a->hold_s, x, sizeof(x));
	limit_write(UNIT_SECONDS, b->hold_s, y, sizeof(y));
	return changes_addf(c, CHANGE_OTHER, "approval.hold",
		"what is asked for waits %s, waited %s",
		b->hold_set ? y : usual, a->hold_set ? x : usual);
}

static int add_proof(struct profile_changes *c, const struct profile *a,
	const struct profile *b)
{
	if (a->proof == b->proof)
		return 0;
	return changes_addf(c, kind_of(!b->proof), "approval.by",
		b->proof ? "what is asked for needs an operation token now"
			 : "an approver's answer is enough for what is asked "
			   "for, without a token");
}

/* A client that answers by itself, or a hook of its, can say yes then. */
static int add_elicit(struct profile_changes *c, const struct profile *a,
	const struct profile *b)
{
	if (a->elicit == b->elicit)
		return 0;
	return changes_addf(c, kind_of(b->elicit), "approval.elicitation",
		b->elicit ? "a form of the client's may answer what is asked "
			    "for"
			  : "no form of the client's answers what is asked "
			    "for any more");
}

/* From the strictest on. */
static int add_pins(struct profile_changes *c, const struct profile *a,
	const struct profile *b)
{
	static const char *const words[_PINS_MODE_N] = {
		[PINS_REQUIRE] = "waits until somebody accepts it",
		[PINS_FIRST] = "is accepted as it is at first",
		[PINS_OFF] = "may change at any time",
	};
	uint64_t x = profile_pins(a), y = profile_pins(b);

	if (x == y)
		return 0;
	return changes_addf(c, kind_of(y > x), "protocol.pins",
		"what the server says of its tools %s, before it %s", words[y],
		words[x]);
}

static int add_all(struct profile_changes *c, const struct profile *a,
	const struct profile *b)
{
	int r = add_sandbox(c, a, b);

	if (r == 0 && a->base != b->base)
		r = changes_addf(c, kind_of(b->base), "protocol",
			b->base ? "is no policy any more: what nothing denies "
				  "is left to the client's own prompt"
				: "is a policy now: what nothing allows is "
				  "denied");
	if (r == 0)
		r = changes_add_names(c, a, b);
	if (r == 0)
		r = changes_add_rules(c, a, b);
	if (r == 0)
		r = changes_add_quotas(c, a, b);
	if (r == 0)
		r = changes_add_roles(c, a, b);
	if (r == 0)
		r = changes_add_methods(c, a, b);
	if (r == 0)
		r = add_output(c, a, b);
	if (r == 0)
		r = add_pins(c, a, b);
	if (r == 0)
		r = add_hold(c, a, b);
	if (r == 0)
		r = add_elicit(c, a, b);
	if (r == 0)
		r = add_proof(c, a, b);
	/* Never nothing where the digests differ. */
	if (r == 0 && c->n == 0)
		r = changes_addf(c, CHANGE_OTHER, "profile",
			"grants the same, as far as can be told, though the "
			"digests differ");
	return r;
}

int profile_compare(const struct profile *a, const struct profile *b,
	struct profile_changes *ret)
{
	_changes_ struct profile_changes c = {0};
	int r = 0;

	if (memcmp(a->digest, b->digest, sizeof(a->digest)) != 0)
		r = add_all(&c, a, b);
	if (r < 0)
		return r;
	*ret = c;
	c = (struct profile_changes){0};
	return 0;
}
