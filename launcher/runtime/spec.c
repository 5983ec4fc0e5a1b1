/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/spec.h"

#include <ctype.h>
#include <string.h>

static bool is_one_of(const char *const *list, const char *word)
{
	for (; list && *list; list++)
		if (strcmp(*list, word) == 0)
			return true;
	return false;
}

/* "--package=x": "x" if the option is in the list, or NULL. */
static const char *joined(const char *const *list, const char *word)
{
	for (; list && *list; list++) {
		size_t n = strlen(*list);

		if (strncmp(word, *list, n) == 0 && word[n] == '=')
			return word + n + 1;
	}
	return NULL;
}

size_t spec_first_word(char *const *argv, size_t at,
	const struct spec_options *options, const char **ret_package)
{
	*ret_package = NULL;
	for (; argv[at] && argv[at][0] == '-'; at++) {
		const char *value = joined(options->packages, argv[at]);

		if (strcmp(argv[at], "--") == 0)
			return at + 1;
		if (is_one_of(options->packages, argv[at]))
			value = argv[at + 1];
		if (value && !*ret_package)
			*ret_package = value;
		if ((is_one_of(options->packages, argv[at]) ||
			    is_one_of(options->values, argv[at])) &&
			argv[at + 1])
			at++;
	}
	return at;
}

bool spec_name(const char *spec, char *ret_name, size_t size)
{
	const char *p = spec;
	size_t n;

	if (strchr(spec, ':') || spec[0] == '.' || spec[0] == '/')
		return false;
	if (p[0] == '@') {
		p = strchr(p, '/');
		if (!p)
			return false;
		p++;
	}
	n = (size_t)(p - spec) + strcspn(p, "@=<>!~[; ");
	if (n == 0 || n >= size)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)spec[i]) &&
			!strchr("@/._-", spec[i]))
			return false;
	memcpy(ret_name, spec, n);
	ret_name[n] = '\0';
	return !strstr(ret_name, "..");
}
