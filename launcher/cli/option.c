/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/option.h"

#include <stdio.h>
#include <string.h>

static void help_row(const char *left, const char *help)
{
	if (strlen(left) < 24)
		(void)printf("  %-24s%s\n", left, help);
	else
		(void)printf("  %s\n  %-24s%s\n", left, "", help);
}

void options_help(const struct verb_info *v)
{
	(void)printf("usage: stockade %s%s%s\n%s\n\n", v->name,
		v->usage[0] ? " " : "", v->usage, v->about);
	for (size_t i = 0; i < v->n_options; i++) {
		const struct option_row *o = &v->options[i];
		char left[64];

		(void)snprintf(left, sizeof(left), "--%s%s%s%s", o->name,
			o->arg ? (o->optional ? "[=" : " ") : "",
			o->arg ? o->arg : "", o->optional ? "]" : "");
		help_row(left, o->help);
	}
	help_row("--help", "show this");
	if (v->more)
		(void)printf("\n%s\n", v->more);
}

static const struct option_row *option_find(
	const struct verb_info *v, const char *word, size_t len)
{
	for (size_t i = 0; i < v->n_options; i++)
		if (strlen(v->options[i].name) == len &&
			memcmp(v->options[i].name, word, len) == 0)
			return &v->options[i];
	return NULL;
}

/* The exit status for a usage error differs: run must not look like a server
 * that ended with 2. */
static int usage_status(const struct verb_info *v)
{
	return v->command ? EXIT_REFUSED : 2;
}

static int option_apply(const struct verb_info *v, int argc, char **argv,
	int *i, void *context, struct err *e)
{
	const char *word = argv[*i] + 2;
	const char *equals = strchr(word, '=');
	size_t len = equals ? (size_t)(equals - word) : strlen(word);
	const struct option_row *o = option_find(v, word, len);
	const char *value = equals ? equals + 1 : NULL;
	int r;

	if (!o)
		return err_status(e, usage_status(v),
			"%s: unknown option --%.*s; see stockade %s --help",
			v->name, (int)len, word, v->name);
	if (!o->arg && value)
		return err_status(e, usage_status(v),
			"%s: --%s takes no argument", v->name, o->name);
	if (o->arg && !o->optional && !value) {
		if (*i + 1 >= argc)
			return err_status(e, usage_status(v),
				"%s: --%s needs an argument: %s", v->name,
				o->name, o->arg);
		value = argv[++*i];
	}
	r = o->set(context, value, e);
	if (r < 0) {
		(void)err_say(
			e, r, "%s: --%s: not understood", v->name, o->name);
		if (e)
			e->status = usage_status(v);
	}
	return r;
}

int options_parse(const struct verb_info *v, int argc, char **argv,
	void *context, char ***ret_args, struct err *e)
{
	int i, n = 1;

	for (i = 1; i < argc; i++) {
		int r;

		if (strcmp(argv[i], "--") == 0) {
			i++;
			break;
		}
		if (strcmp(argv[i], "--help") == 0) {
			options_help(v);
			return 1;
		}
		if (strncmp(argv[i], "--", 2) != 0) {
			if (argv[i][0] == '-' && argv[i][1])
				return err_status(e, usage_status(v),
					"%s: unknown option %s; see stockade "
					"%s --help",
					v->name, argv[i], v->name);
			if (v->command)
				break;
			argv[n++] = argv[i];
			continue;
		}
		r = option_apply(v, argc, argv, &i, context, e);
		if (r < 0)
			return r;
	}
	while (i < argc)
		argv[n++] = argv[i++];
	argv[n] = NULL;
	*ret_args = argv + 1;
	return 0;
}
