/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/family.h"

#include <assert.h>
#include <string.h>

static const struct {
	const char *name;
	enum family family;
} names[] = {
	{"node", FAMILY_NODE},
	{"nodejs", FAMILY_NODE},
	{"python", FAMILY_PYTHON},
	{"pypy", FAMILY_PYTHON},
	{"bun", FAMILY_BUN},
	{"deno", FAMILY_DENO},
	{"sh", FAMILY_SHELL},
	{"bash", FAMILY_SHELL},
	{"dash", FAMILY_SHELL},
	{"zsh", FAMILY_SHELL},
	{"ksh", FAMILY_SHELL},
	{"java", FAMILY_JAVA},
	{"perl", FAMILY_SCRIPT},
	{"ruby", FAMILY_SCRIPT},
	{"php", FAMILY_SCRIPT},
	{"lua", FAMILY_SCRIPT},
	{"dotnet", FAMILY_SCRIPT},
	{"Rscript", FAMILY_SCRIPT},
};

static const struct {
	enum runtime_kind kind;
	const char *name;
	const char *const *values;  /* options whose value is the next word */
	const char *const *loaders; /* those whose value is loaded as code */
	const char *const *codes;   /* those after which there is no script */
} families[] = {
	[FAMILY_NONE] = {.kind = RUNTIME_STATIC, .name = "program"},
	[FAMILY_NODE] = {RUNTIME_NODE, "node",
		(const char *const[]){"-C", "--conditions", "--env-file",
			"--env-file-if-exists", "--title", "--icu-data-dir",
			"--openssl-config", "--input-type", "--disable-warning",
			"--dns-result-order", "--unhandled-rejections",
			"--trace-event-categories", "--redirect-warnings",
			"--diagnostic-dir", "--localstorage-file",
			"--experimental-default-type", "--watch-path",
			"--max-http-header-size", NULL},
		(const char *const[]){"-r", "--require", "--import", "--loader",
			"--experimental-loader", NULL},
		(const char *const[]){
			"-e", "--eval", "-p", "--print", "-pe", NULL}},
	[FAMILY_PYTHON] = {.kind = RUNTIME_PYTHON, .name = "python"},
	[FAMILY_BUN] = {RUNTIME_OTHER, "bun",
		(const char *const[]){"-c", "--config", "--cwd", "--env-file",
			"--port", NULL},
		(const char *const[]){
			"-r", "--preload", "--require", "--import", NULL},
		(const char *const[]){"-e", "--eval", "-p", "--print", NULL}},
	[FAMILY_DENO] = {RUNTIME_OTHER, "deno",
		(const char *const[]){"-c", "--config", "--lock",
			"--import-map", "--cert", "--seed", "-L", "--log-level",
			NULL},
		(const char *const[]){"--preload", NULL},
		(const char *const[]){"eval", "repl", NULL}},
	[FAMILY_SHELL] = {RUNTIME_OTHER, "shell",
		(const char *const[]){"-o", "+o", "-O", "+O", NULL},
		(const char *const[]){"--rcfile", "--init-file", NULL},
		(const char *const[]){"-c", "-lc", "-ec", "-s", NULL}},
	[FAMILY_JAVA] = {RUNTIME_OTHER, "java",
		(const char *const[]){"-cp", "-classpath", "--class-path", "-p",
			"--module-path", "--add-modules", NULL},
		NULL, NULL},
	[FAMILY_SCRIPT] = {RUNTIME_OTHER, "interpreter",
		(const char *const[]){"-I", NULL}, NULL,
		(const char *const[]){"-e", "-E", "-r", NULL}},
};
static_assert(ELEMENTS(families) == _FAMILY_N, "a row for each family");

enum family family_of(const char *name)
{
	size_t n = strlen(name);

	while (n && strchr("0123456789.-", name[n - 1]))
		n--;
	for (size_t i = 0; i < ELEMENTS(names); i++)
		if (strlen(names[i].name) == n &&
			strncmp(names[i].name, name, n) == 0)
			return names[i].family;
	return FAMILY_NONE;
}

enum runtime_kind family_kind(enum family f)
{
	return families[f].kind;
}

const char *family_name(enum family f)
{
	return families[f].name;
}

void family_args_deinit(struct family_args *a)
{
	strv_free(a->loaded);
	*a = (struct family_args){0};
}

static bool is_one_of(const char *const *list, const char *word)
{
	for (; list && *list; list++)
		if (strcmp(*list, word) == 0)
			return true;
	return false;
}

/* "--import=x": the value behind one of the options in @list, or NULL. */
static const char *joined_value(const char *const *list, const char *word)
{
	for (; list && *list; list++) {
		size_t n = strlen(*list);

		if (n > 2 && strncmp(word, *list, n) == 0 && word[n] == '=')
			return word + n + 1;
	}
	return NULL;
}

/*
 * A cluster of Python's short options ("-uIm"). Returns how many of the
 * following words belong to it, or -1 if there is no script after it.
 */
static int python_cluster(const char *const *argv, struct family_args *a)
{
	for (const char *p = argv[0] + 1; *p; p++) {
		a->isolated |= *p == 'I' || *p == 's';
		a->no_variables |= *p == 'I' || *p == 'E';
		if (*p == 'm')
			a->module = p[1] ? p + 1 : argv[1];
		if (*p == 'm' || *p == 'c')
			return -1;
		if (*p == 'X' || *p == 'W' || *p == 'Q')
			return p[1] ? 0 : 1;
	}
	return 0;
}

static void python_args(char *const *argv, struct family_args *a)
{
	for (size_t i = 1; argv[i]; i++) {
		const char *const pair[] = {argv[i], argv[i + 1], NULL};
		int skip = 0;

		if (strcmp(argv[i], "--check-hash-based-pycs") == 0)
			skip = 1;
		else if (strcmp(argv[i], "-") == 0)
			return;
		else if (argv[i][0] == '-' && argv[i][1] != '-')
			skip = python_cluster(pair, a);
		else if (argv[i][0] != '-')
			a->script = i;
		if (a->script || skip < 0)
			return;
		i += (size_t)skip;
		if (skip && !argv[i])
			return;
	}
}

/* `deno run`, `bun run`: the verb before the script. */
static bool is_verb(enum family f, const char *word)
{
	static const char *const verbs[] = {"run", "serve", NULL};

	return (f == FAMILY_DENO || f == FAMILY_BUN) && is_one_of(verbs, word);
}

static bool is_remote(const char *word)
{
	static const char *const schemes[] = {
		"npm:", "jsr:", "http:", "https:"};

	for (size_t i = 0; i < ELEMENTS(schemes); i++)
		if (strncmp(word, schemes[i], strlen(schemes[i])) == 0)
			return true;
	return false;
}

static int load(struct family_args *a, const char *value)
{
	return value ? strv_add(&a->loaded, value) : 0;
}

/* One option at argv[*at], moved over its value. */
static int plain_option(
	enum family f, char *const *argv, size_t *at, struct family_args *a)
{
	const char *word = argv[*at];
	const char *joined = joined_value(families[f].loaders, word);
	bool is_loader = is_one_of(families[f].loaders, word);

	if (joined)
		return load(a, joined);
	if (!argv[*at + 1] ||
		(!is_loader && !is_one_of(families[f].values, word)))
		return 0;
	++*at;
	return is_loader ? load(a, argv[*at]) : 0;
}

/* After these words comes the script, or nothing. */
static bool is_before_script(enum family f, const char *word)
{
	return strcmp(word, "--") == 0 ||
	       (f == FAMILY_JAVA && strcmp(word, "-jar") == 0);
}

static int plain_args(enum family f, char *const *argv, struct family_args *a)
{
	int r = 0;

	for (size_t i = 1; r == 0 && argv[i]; i++) {
		const char *word = argv[i];

		if (is_one_of(families[f].codes, word) ||
			strcmp(word, "-") == 0)
			break;
		if (is_before_script(f, word)) {
			a->script = argv[i + 1] ? i + 1 : 0;
			break;
		}
		if (word[0] != '-' && !is_verb(f, word)) {
			a->script = f == FAMILY_JAVA ? 0 : i;
			a->remote = is_remote(word) ? word : NULL;
			break;
		}
		r = plain_option(f, argv, &i, a);
	}
	return r;
}

int family_read_args(enum family f, char *const *argv, struct family_args *ret)
{
	_family_args_ struct family_args a = {0};
	int r = 0;

	if (f == FAMILY_PYTHON)
		python_args(argv, &a);
	else if (f != FAMILY_NONE)
		r = plain_args(f, argv, &a);
	if (r < 0)
		return r;
	if (a.remote)
		a.script = 0;
	*ret = a;
	a = (struct family_args){0};
	return 0;
}
