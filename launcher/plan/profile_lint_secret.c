/* SPDX-License-Identifier: Apache-2.0 */
/* What a secret looks like. Whoever reads a profile reads what is in it. */
#include <ctype.h>
#include <string.h>

#include "plan/profile_lint.h"

/* What services begin their tokens with, so that they are found where they
 * should not be. */
static const struct {
	const char *prefix;
	size_t least; /* letters, digits, - and _ that follow */
	const char *kind;
} tokens[] = {
	{"ghp_", 30, "a token of GitHub's"},
	{"gho_", 30, "a token of GitHub's"},
	{"ghu_", 30, "a token of GitHub's"},
	{"ghs_", 30, "a token of GitHub's"},
	{"ghr_", 30, "a token of GitHub's"},
	{"github_pat_", 22, "a token of GitHub's"},
	{"glpat-", 20, "a token of GitLab's"},
	{"sk-", 20, "a key of a model's service"},
	{"sk_live_", 16, "a key of Stripe's"},
	{"rk_live_", 16, "a key of Stripe's"},
	{"xoxb-", 10, "a token of Slack's"},
	{"xoxp-", 10, "a token of Slack's"},
	{"xoxa-", 10, "a token of Slack's"},
	{"xoxr-", 10, "a token of Slack's"},
	{"xoxs-", 10, "a token of Slack's"},
	{"xapp-", 10, "a token of Slack's"},
	{"AKIA", 16, "a key of AWS"},
	{"ASIA", 16, "a key of AWS"},
	{"AIza", 35, "a key of Google's"},
	{"npm_", 36, "a token of npm's"},
	{"pypi-", 50, "a token of PyPI's"},
	{"hf_", 30, "a token of Hugging Face's"},
	{"dop_v1_", 40, "a token of DigitalOcean's"},
};

static size_t run(const char *s)
{
	size_t n = 0;

	while (isalnum((unsigned char)s[n]) || s[n] == '-' || s[n] == '_')
		n++;
	return n;
}

static const char *token_kind(const char *s)
{
	for (size_t i = 0; i < ELEMENTS(tokens); i++) {
		size_t n = strlen(tokens[i].prefix);

		if (strncmp(s, tokens[i].prefix, n) == 0 &&
			run(s + n) >= tokens[i].least)
			return tokens[i].kind;
	}
	return NULL;
}

/* RFC 7515 section 7.1: three parts in base64url, the first an object. */
static bool is_jwt(const char *s)
{
	size_t head = run(s), body;

	if (strncmp(s, "eyJ", 3) != 0 || head < 10 || s[head] != '.')
		return false;
	s += head + 1;
	body = run(s);
	return body >= 10 && s[body] == '.' && run(s + body + 1) >= 10;
}

/* RFC 3986 section 3.2.1: user:password@ before the host. */
static bool is_url_with_password(const char *s)
{
	const char *p;
	size_t n;

	if (strncmp(s, "//", 2) != 0)
		return false;
	p = s + 2;
	n = strcspn(p, ":@/?# ");
	if (n == 0 || p[n] != ':')
		return false;
	p += n + 1;
	n = strcspn(p, "@/?# ");
	return n > 0 && p[n] == '@' && strncmp(p, "${", 2) != 0;
}

const char *secret_kind(const char *value)
{
	if (strstr(value, "-----BEGIN ") && strstr(value, "PRIVATE KEY"))
		return "a private key";
	for (const char *s = value; *s; s++) {
		const char *kind;

		if (s > value && (isalnum((unsigned char)s[-1]) ||
					 s[-1] == '_' || s[-1] == '-'))
			continue;
		kind = token_kind(s);
		if (kind)
			return kind;
		if (is_jwt(s))
			return "a signed token (JWT)";
		if (s > value && s[-1] == ':' && is_url_with_password(s))
			return "a URL with a password";
	}
	return NULL;
}

/* Names that end so, unless the value is none: a path, a switch, nothing. */
static bool name_is_secrets(const char *name, size_t n, const char *value)
{
	static const char *const ends[] = {"TOKEN", "SECRET", "PASSWORD",
		"PASSWD", "PASSPHRASE", "_KEY", "APIKEY", "CREDENTIALS"};
	static const char *const harmless[] = {
		"", "0", "1", "true", "false", "none"};

	for (size_t i = 0; i < ELEMENTS(harmless); i++)
		if (strcmp(value, harmless[i]) == 0)
			return false;
	if (value[0] == '/' || strncmp(value, "${", 2) == 0)
		return false;
	for (size_t i = 0; i < ELEMENTS(ends); i++) {
		size_t end = strlen(ends[i]);

		if (n >= end && strncasecmp(name + n - end, ends[i], end) == 0)
			return true;
	}
	return false;
}

bool secret_in_setting(const char *setting)
{
	size_t n = strcspn(setting, "=");
	const char *value = setting[n] ? setting + n + 1 : "";

	return name_is_secrets(setting, n, value) || secret_kind(value) != NULL;
}
