/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reader of /proc/PID/stat, whose second field a process writes itself.
 *
 * As it is; and as the name in a line that is good: whatever it is, the other
 * fields come out as they are.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "supervisor/look_stat.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool ok)
{
	if (!ok)
		abort();
}

static void try_line(const uint8_t *data, size_t size)
{
	_free_ char *text = malloc(size + 1);
	struct stat_line s;

	require(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	if (!stat_line_parse(7, text, &s))
		return;
	require(s.pid == 7 && s.parent >= 0);
	require(strnlen(s.name, sizeof(s.name)) < sizeof(s.name));
}

static void try_name(const uint8_t *data, size_t size)
{
	char text[STAT_LINE_MAX], name[65];
	struct stat_line s;

	size = size < sizeof(name) - 1 ? size : sizeof(name) - 1;
	memcpy(name, data, size);
	name[size] = '\0';
	(void)snprintf(text, sizeof(text),
		"7 (%s) S 11 12 13 34816 15 4194560 1 2 3 4 5 6 7 8 20 0 1 0 "
		"987654321 5 6 18446744073709551615 1 1\n",
		name);
	require(stat_line_parse(7, text, &s));
	require(s.parent == 11 && s.group == 12 && s.tty == 34816 &&
		s.tty_group == 15 && s.start == 987654321 && !s.dead);
	require(strncmp(s.name, name, sizeof(s.name) - 1) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	try_line(data, size);
	try_name(data, size);
	return 0;
}
