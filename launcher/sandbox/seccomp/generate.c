/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Build time: compiles the lists of this folder to BPF and prints them as C.
 *
 * usage: generate FOLDER OUTPUT [instrumented]
 */
#include <errno.h>
#include <seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conditions.h"
#include "emit.h"
#include "rules.h"

#define ELEMENTS(a) (sizeof(a) / sizeof((a)[0]))
struct list {
	const char *id, *file;
	/* A server: denied is EPERM, unknown ENOSYS. Else both kill. */
	bool server;
};

static const struct node allow = {.kind = LEAF_ALLOW},
			 killed = {.kind = LEAF_KILL},
			 enosys = {.kind = LEAF_ERRNO, .error = ENOSYS};

/* What a list may answer with. */
static const struct node errors[] = {
	{.kind = LEAF_ERRNO, .error = EACCES},
	{.kind = LEAF_ERRNO, .error = ENOTTY},
	{.kind = LEAF_ERRNO, .error = EPERM},
};

static const struct node *errno_node(int error)
{
	for (size_t i = 0; i < ELEMENTS(errors); i++)
		if (errors[i].error == error)
			return &errors[i];
	return NULL;
}

static const struct list lists[] = {
	{"SERVER", "server.list", true},
	{"SERVER_NESTED", "server-nested.list", true},
	{"SUPERVISOR", "supervisor.list", false},
	{"RELAY", "relay.list", false},
	{"KEEPER", "keeper.list", false},
	{"INIT", "init.list", false},
};

/* NULL: a condition that is not known. */
static const struct node *rule_node(const struct rule *rule)
{
	switch (rule->kind) {
	case RULE_ALLOW:
		return &allow;
	case RULE_IF:
		return condition_find(rule->name, rule->condition);
	case RULE_ERRNO:
		return errno_node(rule->error);
	case RULE_ABSENT:
		return &enosys; /* a server's default */
	case RULE_NONE:
		break;
	}
	return NULL;
}

static int decisions_fill(
	struct decisions *d, const struct rules *rules, const struct list *list)
{
	*d = (struct decisions){
		.arch = seccomp_arch_native(),
		.otherwise = list->server ? &enosys : &killed,
	};
	for (int nr = 0; nr < NUMBERS; nr++) {
		const struct rule *rule = rules_find(rules, nr);
		char *name =
			seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, nr);

		if (rule)
			d->by_number[nr] = rule_node(rule);
		else if (list->server && name)
			d->by_number[nr] = errno_node(EPERM);
		free(name);
		if (rule && !d->by_number[nr]) {
			(void)fprintf(stderr, "%s: %s: no condition '%s'\n",
				list->file, rule->name, rule->condition);
			return -1;
		}
	}
	return 0;
}

static int list_print(
	FILE *out, const struct rules *rules, const struct list *list)
{
	static struct decisions decisions;
	static struct program program;

	if (decisions_fill(&decisions, rules, list) < 0 ||
		program_make(&program, &decisions) < 0)
		return -1;
	(void)fprintf(out, "static const uint64_t code_%s[%zu] = {", list->id,
		program.n);
	for (size_t i = 0; i < program.n; i++) {
		uint64_t word;

		(void)memcpy(&word, &program.code[i], sizeof(word));
		(void)fprintf(out, "%s0x%016llxULL,", i % 3 ? " " : "\n\t",
			(unsigned long long)word);
	}
	(void)fprintf(out, "\n};\n\n");
	return 0;
}

static int list_compile(
	FILE *out, const char *dir, bool instrumented, const struct list *list)
{
	static struct rules rules;

	rules.n = 0;
	if (instrumented && !list->server &&
		rules_read(&rules, dir, "instrumented.list") < 0)
		return -1;
	if (rules_read(&rules, dir, list->file) < 0)
		return -1;
	return list_print(out, &rules, list);
}

static int lists_compile(FILE *out, const char *dir, bool instrumented)
{
	(void)fprintf(out,
		"/* Made by generate.c from the lists beside it. */\n"
		"#include \"base/cleanup.h\"\n"
		"#include \"sandbox/confine.h\"\n\n"
		"extern const struct filter filter_table[_FILTER_N];\n\n");
	for (size_t i = 0; i < ELEMENTS(lists); i++)
		if (list_compile(out, dir, instrumented, &lists[i]) < 0) {
			(void)fprintf(stderr, "%s: cannot be compiled\n",
				lists[i].file);
			return -1;
		}
	(void)fprintf(out, "const struct filter filter_table[_FILTER_N] = {\n");
	for (size_t i = 0; i < ELEMENTS(lists); i++)
		(void)fprintf(out,
			"\t[FILTER_%s] = {code_%s, ELEMENTS(code_%s)},\n",
			lists[i].id, lists[i].id, lists[i].id);
	(void)fprintf(out, "};\n");
	return 0;
}

int main(int argc, char **argv)
{
	FILE *out;
	int r;

	if (argc < 3)
		return 2;
	out = fopen(argv[2], "we");
	if (!out) {
		(void)fprintf(stderr, "%s: %s\n", argv[2], strerror(errno));
		return 1;
	}
	r = lists_compile(
		out, argv[1], argc > 3 && strcmp(argv[3], "instrumented") == 0);
	if (fclose(out) != 0)
		r = -1;
	return r < 0 ? 1 : 0;
}
