/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Build time: compiles the lists of this folder to BPF and prints them as C.
 *
 * usage: generate FOLDER OUTPUT [instrumented]
 */
#include <errno.h>
#include <linux/filter.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "conditions.h"
#include "rules.h"

#define ELEMENTS(a) (sizeof(a) / sizeof((a)[0]))
/* Above every number that libseccomp's table could know. */
#define NUMBERS 1024

struct list {
	const char *id, *file;
	/* A server: denied is EPERM, unknown ENOSYS. Else both kill. */
	bool server;
};

static const struct list lists[] = {
	{"SERVER", "server.list", true},
	{"SERVER_NESTED", "server-nested.list", true},
	{"SUPERVISOR", "supervisor.list", false},
	{"RELAY", "relay.list", false},
	{"KEEPER", "keeper.list", false},
	{"INIT", "init.list", false},
};

static int rule_add(scmp_filter_ctx ctx, const struct rule *rule)
{
	switch (rule->kind) {
	case RULE_NONE:
		return -1;
	case RULE_ALLOW:
		return seccomp_rule_add_exact(ctx, SCMP_ACT_ALLOW, rule->nr, 0);
	case RULE_IF:
		return condition_add(
			ctx, rule->nr, rule->name, rule->condition);
	case RULE_ERRNO:
		return seccomp_rule_add_exact(ctx,
			SCMP_ACT_ERRNO((uint16_t)rule->error), rule->nr, 0);
	case RULE_ABSENT:
		return 0; /* a server's default */
	}
	return -1;
}

static int rules_add(
	scmp_filter_ctx ctx, const struct rules *rules, const struct list *list)
{
	for (int nr = 0; nr < NUMBERS; nr++) {
		const struct rule *rule = rules_find(rules, nr);
		char *name =
			seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, nr);
		int r = 0;

		if (rule)
			r = rule_add(ctx, rule);
		else if (list->server && name)
			r = seccomp_rule_add_exact(
				ctx, SCMP_ACT_ERRNO(EPERM), nr, 0);
		free(name);
		if (r < 0) {
			(void)fprintf(stderr, "%s: call %d: %s\n", list->file,
				nr, strerror(-r));
			return r;
		}
	}
	return 0;
}

static scmp_filter_ctx filter_make(
	const struct rules *rules, const struct list *list)
{
	scmp_filter_ctx ctx = seccomp_init(
		list->server ? SCMP_ACT_ERRNO(ENOSYS) : SCMP_ACT_KILL_PROCESS);

	if (!ctx)
		return NULL;
	/* x32 is a foreign architecture to libseccomp. */
	if (seccomp_attr_set(
		    ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) < 0 ||
		seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2) < 0 ||
		rules_add(ctx, rules, list) < 0) {
		seccomp_release(ctx);
		return NULL;
	}
	return ctx;
}

/* The number of instructions, or -1. */
static ssize_t filter_export(scmp_filter_ctx ctx, struct sock_filter *code)
{
	int fd = memfd_create("bpf", MFD_CLOEXEC);
	ssize_t n = -1;

	if (fd < 0)
		return -1;
	if (seccomp_export_bpf(ctx, fd) == 0)
		n = pread(fd, code, sizeof(*code) * BPF_MAXINSNS, 0);
	(void)close(fd);
	if (n <= 0 || (size_t)n % sizeof(*code) != 0)
		return -1;
	return n / (ssize_t)sizeof(*code);
}

static int list_print(
	FILE *out, const struct rules *rules, const struct list *list)
{
	static struct sock_filter code[BPF_MAXINSNS];
	scmp_filter_ctx ctx = filter_make(rules, list);
	ssize_t n = ctx ? filter_export(ctx, code) : -1;

	if (ctx)
		seccomp_release(ctx);
	if (n < 0)
		return -1;
	(void)fprintf(
		out, "static const uint64_t code_%s[%zd] = {", list->id, n);
	for (ssize_t i = 0; i < n; i++) {
		uint64_t word;

		(void)memcpy(&word, &code[i], sizeof(word));
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
