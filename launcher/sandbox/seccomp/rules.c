/* SPDX-License-Identifier: Apache-2.0 */
#include "rules.h"

#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>

#define ELEMENTS(a) (sizeof(a) / sizeof((a)[0]))

static const struct {
	const char *name;
	int number;
} errors[] = {
	{"EACCES", EACCES},
	{"ENOTTY", ENOTTY},
	{"EPERM", EPERM},
};

/* Letting one of these through takes a written reason. */
static const char *const dangerous[] = {
	"acct",
	"add_key",
	"adjtimex",
	"bpf",
	"chroot",
	"clock_adjtime",
	"clock_settime",
	"clone",
	"clone3",
	"delete_module",
	"execve",
	"execveat",
	"fanotify_init",
	"fanotify_mark",
	"finit_module",
	"fsconfig",
	"fsmount",
	"fsopen",
	"fspick",
	"get_kernel_syms",
	"init_module",
	"io_setup",
	"io_submit",
	"io_uring_enter",
	"io_uring_register",
	"io_uring_setup",
	"ioctl",
	"ioperm",
	"iopl",
	"ipc",
	"kcmp",
	"kexec_file_load",
	"kexec_load",
	"keyctl",
	"kill",
	"lookup_dcookie",
	"mbind",
	"memfd_create",
	"memfd_secret",
	"migrate_pages",
	"mknod",
	"mknodat",
	"mmap",
	"modify_ldt",
	"mount",
	"mount_setattr",
	"move_mount",
	"move_pages",
	"mprotect",
	"msgget",
	"name_to_handle_at",
	"nfsservctl",
	"open_by_handle_at",
	"open_tree",
	"perf_event_open",
	"personality",
	"pidfd_getfd",
	"pidfd_send_signal",
	"pivot_root",
	"pkey_mprotect",
	"prctl",
	"process_madvise",
	"process_mrelease",
	"process_vm_readv",
	"process_vm_writev",
	"ptrace",
	"quotactl",
	"quotactl_fd",
	"reboot",
	"remap_file_pages",
	"request_key",
	"seccomp",
	"semget",
	"set_mempolicy",
	"setdomainname",
	"setfsgid",
	"setfsuid",
	"setgid",
	"setgroups",
	"sethostname",
	"setns",
	"setregid",
	"setresgid",
	"setresuid",
	"setreuid",
	"settimeofday",
	"setuid",
	"shmget",
	"socket",
	"swapoff",
	"swapon",
	"syslog",
	"umount2",
	"unshare",
	"uselib",
	"userfaultfd",
	"ustat",
	"vhangup",
	"vmsplice",
};

const struct rule *rules_find(const struct rules *r, int nr)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->rule[i].nr == nr)
			return &r->rule[i];
	return NULL;
}

static int rule_error(const char *name)
{
	for (size_t i = 0; i < ELEMENTS(errors); i++)
		if (strcmp(errors[i].name, name) == 0)
			return errors[i].number;
	return 0;
}

/* NULL, or what is wrong. */
static const char *rule_fill(
	struct rule *rule, const char *verb, const char *operand)
{
	bool has = operand[0] != '\0';

	if (!verb[0]) {
		rule->kind = RULE_ALLOW;
	} else if (strcmp(verb, "absent") == 0 && !has) {
		rule->kind = RULE_ABSENT;
	} else if (strcmp(verb, "errno") == 0 && has) {
		rule->kind = RULE_ERRNO;
		rule->error = rule_error(operand);
		return rule->error ? NULL : "unknown errno";
	} else if (strcmp(verb, "if") == 0 && has &&
		   strlen(operand) < sizeof(rule->condition)) {
		rule->kind = RULE_IF;
		(void)snprintf(rule->condition, sizeof(rule->condition), "%s",
			operand);
	} else {
		return "neither allowed, if, errno nor absent";
	}
	return NULL;
}

static bool rule_lacks_reason(const struct rule *rule, const char *why)
{
	if (why || (rule->kind != RULE_ALLOW && rule->kind != RULE_IF))
		return false;
	for (size_t i = 0; i < ELEMENTS(dangerous); i++)
		if (strcmp(dangerous[i], rule->name) == 0)
			return true;
	return false;
}

/* NULL, or what is wrong. */
static const char *rule_parse(struct rules *r, const char *word,
	const char *verb, const char *operand, const char *why)
{
	struct rule rule = {.optional = word[0] == '?'};
	const char *wrong = rule_fill(&rule, verb, operand);

	if (wrong)
		return wrong;
	if (r->n >= RULES_MAX)
		return "too many rules";
	(void)snprintf(rule.name, sizeof(rule.name), "%s",
		word + (rule.optional ? 1 : 0));
	if (rule_lacks_reason(&rule, why))
		return "dangerous: needs a reason (# why)";
	rule.nr = seccomp_syscall_resolve_name(rule.name);
	if (rule.nr == __NR_SCMP_ERROR && !rule.optional)
		return "no such system call";
	/* Names of other architectures have numbers below 0: not here. */
	r->rule[r->n++] = rule;
	return NULL;
}

/* NULL, or what is wrong. */
static const char *rules_line(
	struct rules *r, const char *dir, char *line, size_t own_from)
{
	char word[40] = "", verb[40] = "", operand[40] = "", rest[2] = "";
	char *why = strchr(line, '#');

	if (why)
		*why = '\0';
	(void)sscanf(line, "%39s %39s %39s %1s", word, verb, operand, rest);
	if (!word[0])
		return NULL;
	if (rest[0])
		return "too many words";
	if (strcmp(word, "include") == 0)
		return rules_read(r, dir, verb) < 0 ? "in what it includes"
						    : NULL;
	for (size_t i = own_from; i < r->n; i++)
		if (strcmp(r->rule[i].name, word) == 0)
			return "stands here twice";
	return rule_parse(r, word, verb, operand, why);
}

int rules_read(struct rules *r, const char *dir, const char *file)
{
	char path[4096], line[256];
	size_t own_from = r->n;
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, file);
	f = fopen(path, "re");
	if (!f) {
		(void)fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return -1;
	}
	for (int n = 1; fgets(line, sizeof(line), f); n++) {
		const char *wrong = rules_line(r, dir, line, own_from);

		if (wrong) {
			(void)fprintf(stderr, "%s:%d: %s\n", file, n, wrong);
			(void)fclose(f);
			return -1;
		}
	}
	(void)fclose(f);
	return 0;
}
