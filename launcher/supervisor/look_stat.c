/* SPDX-License-Identifier: Apache-2.0 */
#include "supervisor/look_stat.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The numbers behind the state, by their place in proc_pid_stat(5). */
#define FIRST 4
#define PARENT 4
#define GROUP 5
#define TTY 7
#define TTY_GROUP 8
#define START 22

static bool numbers(char *text, long long ret[START + 1])
{
	char *end = text;

	for (int i = FIRST; i <= START; i++) {
		errno = 0;
		ret[i] = strtoll(text, &end, 10);
		if (end == text || errno)
			return false;
		text = end;
	}
	return true;
}

/* Fields are counted behind the name: that may hold blanks and brackets. */
bool stat_line_parse(pid_t pid, char *text, struct stat_line *ret)
{
	char *open = strchr(text, '('), *shut = strrchr(text, ')');
	long long n[START + 1];

	if (!open || !shut || shut < open || shut[1] != ' ' || !shut[2] ||
		!numbers(shut + 3, n) || n[PARENT] < 0 || n[PARENT] > INT_MAX ||
		n[START] < 0)
		return false;
	*shut = '\0';
	*ret = (struct stat_line){
		.pid = pid,
		.parent = (pid_t)n[PARENT],
		.dead = shut[2] == 'Z' || shut[2] == 'X',
		.group = (long)n[GROUP],
		.tty = (long)n[TTY],
		.tty_group = (long)n[TTY_GROUP],
		.start = (uint64_t)n[START],
	};
	(void)snprintf(ret->name, sizeof(ret->name), "%s", open + 1);
	return true;
}
