/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A line of /proc/PID/stat (proc_pid_stat(5)). No system call.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define STAT_LINE_MAX 1024

struct stat_line {
	pid_t pid, parent;
	char name[32];
	bool dead; /* a zombie; its other threads and its children may live */
	long group, tty, tty_group;
	uint64_t start; /* clock ticks since boot */
};

/* Whether @text, which is changed, is the line of the process @pid. The name
 * in it is the process's own choice. */
bool stat_line_parse(pid_t pid, char *text, struct stat_line *ret);
