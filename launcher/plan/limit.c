/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "plan/profile_key.h"

#define KIB (1ULL << 10)
#define MIB (1ULL << 20)
#define GIB (1ULL << 30)
#define TIB (1ULL << 40)

/*
 * The defaults are what real servers were measured to need, with room: 512M
 * and 256 processes hold any server that starts no browser, 4096 files hold
 * .NET, which dies at 256. No least is 0 but where 0 is written out to mean
 * "no limit": to tmpfs a size of 0 would be unlimited.
 */
const struct limit_info limit_table[_LIMIT_N] = {
	[LIMIT_MEMORY] = {"memory", UNIT_BYTES, 512 * MIB, 16 * MIB, TIB,
		"resident memory of the whole sandbox"},
	[LIMIT_CPU] = {"cpu", UNIT_PERCENT, 0, 0, 102400,
		"share of one CPU; 0 is no limit"},
	[LIMIT_PIDS] = {"pids", UNIT_COUNT, 256, 8, 4194304,
		"processes and threads"},
	[LIMIT_TMP] = {"tmp", UNIT_BYTES, 256 * MIB, 64 * KIB, 64 * GIB,
		"size of each of HOME, /tmp and /dev/shm"},
	[LIMIT_TMP_FILES] = {"tmp_files", UNIT_COUNT, 65536, 16, 16777216,
		"files in each of HOME, /tmp and /dev/shm"},
	[LIMIT_OPEN_FILES] = {"open_files", UNIT_COUNT, 4096, 64, 1048576,
		"open files of one process"},
	[LIMIT_FILE_SIZE] = {"file_size", UNIT_BYTES, GIB, 4 * KIB, TIB,
		"size of a file that is written"},
	[LIMIT_SESSION] = {"session", UNIT_SECONDS, 0, 0, 2592000,
		"time a run may last; 0 is no limit"},
	[LIMIT_STDERR] = {"stderr", UNIT_BYTES, MIB, 0, GIB,
		"what is passed on of the server's standard error"},
};

struct suffix {
	const char *text;
	uint64_t factor;
};

/* What a number of each unit may end with, and what to say of it. */
static const struct unit_info {
	struct suffix suffixes[6]; /* up to the first without text */
	const char *expected;
} units[] = {
	[UNIT_NONE] = {.expected = "nothing"},
	[UNIT_BYTES] = {{{"", 1}, {"K", KIB}, {"M", MIB}, {"G", GIB},
				{"T", TIB}},
		"a size such as 512M (K, M, G, T)"},
	[UNIT_COUNT] = {{{"", 1}}, "a whole number such as 256"},
	[UNIT_PERCENT] = {{{"%", 1}}, "a share such as 200%, or 0"},
	[UNIT_SECONDS] = {{{"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}},
		"a time such as 90s, 15m or 1h, or 0"},
};

enum limit_id limit_find(const char *name)
{
	for (int id = LIMIT_NONE + 1; id < _LIMIT_N; id++)
		if (strcmp(limit_table[id].name, name) == 0)
			return (enum limit_id)id;
	return LIMIT_NONE;
}

void limit_write(enum limit_unit unit, uint64_t value, char *dst, size_t size)
{
	const struct unit_info *u = &units[unit];
	const struct suffix *best = &u->suffixes[0];

	for (const struct suffix *s = u->suffixes; s->text && value; s++)
		if (value % s->factor == 0)
			best = s;
	(void)snprintf(dst, size, "%llu%s",
		(unsigned long long)(value / best->factor), best->text);
}

static int limit_refuse(
	const struct limit_info *l, const char *text, struct err *e)
{
	const struct unit_info *u = &units[l->unit];
	char least[32], most[32];

	limit_write(l->unit, l->least, least, sizeof(least));
	limit_write(l->unit, l->most, most, sizeof(most));
	return err_say(e, -EINVAL,
		"%s: \"%.40s\" is not understood or out of bounds; "
		"expected %s, from %s to %s",
		l->name, text, u->expected, least, most);
}

/* Digits only: no sign, no space, no leading zero but "0" itself. */
static bool digits_read(const char **text, uint64_t *ret)
{
	const char *p = *text;
	uint64_t n = 0;

	if (*p == '0' && p[1] >= '0' && p[1] <= '9')
		return false;
	for (; *p >= '0' && *p <= '9'; p++)
		if (__builtin_mul_overflow(n, 10, &n) ||
			__builtin_add_overflow(n, (uint64_t)(*p - '0'), &n))
			return false;
	if (p == *text)
		return false;
	*text = p;
	*ret = n;
	return true;
}

int limit_parse_as(const struct limit_info *l, const char *text, uint64_t *ret,
	struct err *e)
{
	const char *rest = text;
	uint64_t n;

	if (!digits_read(&rest, &n))
		return limit_refuse(l, text, e);
	if (strcmp(text, "0") == 0 && l->least == 0) {
		*ret = 0;
		return 0;
	}
	for (const struct suffix *s = units[l->unit].suffixes; s->text; s++) {
		if (strcmp(s->text, rest) != 0)
			continue;
		if (__builtin_mul_overflow(n, s->factor, &n) || n < l->least ||
			n > l->most)
			break;
		*ret = n;
		return 0;
	}
	return limit_refuse(l, text, e);
}

int limit_parse(
	enum limit_id id, const char *text, uint64_t *ret, struct err *e)
{
	if (id <= LIMIT_NONE || id >= _LIMIT_N)
		return err_say(e, -EINVAL, "no such limit");
	return limit_parse_as(&limit_table[id], text, ret, e);
}
