/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/log_time.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define SECOND 1000000ULL

static int ago(const char *text, uint64_t now_us, uint64_t *ret_us)
{
	static const struct {
		char unit;
		uint64_t us;
	} units[] = {
		{'s', SECOND},
		{'m', 60 * SECOND},
		{'h', 3600 * SECOND},
		{'d', 86400 * SECOND},
	};
	unsigned long long n;
	char unit = 0;
	int end = 0;

	if (text[0] < '0' || text[0] > '9' ||
		sscanf(text, "%9llu%c%n", &n, &unit, &end) != 2 || text[end])
		return -EINVAL;
	for (size_t i = 0; i < ELEMENTS(units); i++) {
		if (units[i].unit != unit)
			continue;
		*ret_us =
			now_us > n * units[i].us ? now_us - n * units[i].us : 0;
		return 0;
	}
	return -EINVAL;
}

/* Midnight of the day that is @days before @now_us. */
static void midnight(uint64_t now_us, int days, bool utc, struct tm *ret)
{
	time_t now = (time_t)(now_us / SECOND);

	memset(ret, 0, sizeof(*ret));
	(void)(utc ? gmtime_r(&now, ret) : localtime_r(&now, ret));
	ret->tm_hour = ret->tm_min = ret->tm_sec = 0;
	ret->tm_mday -= days;
	ret->tm_isdst = -1;
}

static int to_us(struct tm *tm, bool utc, uint64_t *ret_us)
{
	time_t t = utc ? timegm(tm) : mktime(tm);

	if (t < 0)
		return -EINVAL;
	*ret_us = (uint64_t)t * SECOND;
	return 0;
}

/* A time of day at @text, or nothing; false if it is something else. */
static bool clock_parse(const char *text, struct tm *tm)
{
	int end = 0;

	if (text[0] == '\0')
		return true;
	if (sscanf(text, "%2d:%2d%n", &tm->tm_hour, &tm->tm_min, &end) != 2)
		return false;
	text += end;
	end = 0;
	if (text[0] == ':' && sscanf(text, ":%2d%n", &tm->tm_sec, &end) == 1)
		text += end;
	/* A fraction, as the log has it, is let go. */
	if (text[0] == '.')
		text += 1 + strspn(text + 1, "0123456789");
	return text[0] == '\0' && tm->tm_hour >= 0 && tm->tm_hour < 25 &&
	       tm->tm_min >= 0 && tm->tm_min < 60 && tm->tm_sec >= 0 &&
	       tm->tm_sec < 61;
}

static int date_parse(
	const char *text, uint64_t now_us, bool utc, uint64_t *ret_us)
{
	int year, month, day, end = 0;
	struct tm tm;

	midnight(now_us, 0, utc, &tm);
	if (sscanf(text, "%4d-%2d-%2d%n", &year, &month, &day, &end) == 3) {
		if (month < 1 || month > 12 || day < 1 || day > 31)
			return -EINVAL;
		tm.tm_year = year - 1900;
		tm.tm_mon = month - 1;
		tm.tm_mday = day;
		text += end;
		if (text[0] == 'T' || text[0] == ' ')
			text++;
	} else if (!strchr(text, ':')) {
		return -EINVAL;
	}
	if (!clock_parse(text, &tm))
		return -EINVAL;
	return to_us(&tm, utc, ret_us);
}

int log_time_parse(const char *text, uint64_t now_us, uint64_t *ret_us)
{
	size_t n = strlen(text);
	char copy[40];
	struct tm tm;
	bool utc;

	if (strcmp(text, "today") == 0 || strcmp(text, "yesterday") == 0) {
		midnight(now_us, text[0] == 'y', false, &tm);
		return to_us(&tm, false, ret_us);
	}
	if (n == 0 || n >= sizeof(copy))
		return -EINVAL;
	if (ago(text, now_us, ret_us) == 0)
		return 0;
	utc = text[n - 1] == 'Z';
	memcpy(copy, text, n + 1);
	if (utc)
		copy[n - 1] = '\0';
	return date_parse(copy, now_us, utc, ret_us);
}
