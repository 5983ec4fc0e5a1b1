/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/log_time.h"

#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "base/digits.h"

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
	uint64_t n;

	if (!digits_take(&text, 9, &n) || !text[0] || text[1])
		return -EINVAL;
	for (size_t i = 0; i < ELEMENTS(units); i++) {
		if (units[i].unit != text[0])
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
	uint64_t hour, minute, second = 0;

	if (text[0] == '\0')
		return true;
	if (!digits_take_until(&text, 2, ':', &hour) ||
		!digits_take(&text, 2, &minute))
		return false;
	if (text[0] == ':') {
		text++;
		if (!digits_take(&text, 2, &second))
			return false;
		/* A fraction, as the log has it, is let go. */
		if (text[0] == '.')
			text += 1 + strspn(text + 1, "0123456789");
	}
	tm->tm_hour = (int)hour;
	tm->tm_min = (int)minute;
	tm->tm_sec = (int)second;
	return text[0] == '\0' && hour < 24 && minute < 60 && second < 61;
}

/* A day at *text, which is moved behind it; false if there is none. */
static bool day_parse(const char **text, struct tm *tm)
{
	const char *p = *text;
	uint64_t year, month, day;

	if (!digits_take_until(&p, 4, '-', &year) ||
		!digits_take_until(&p, 2, '-', &month) ||
		!digits_take(&p, 2, &day) || month < 1 || month > 12 ||
		day < 1 || day > 31)
		return false;
	tm->tm_year = (int)year - 1900;
	tm->tm_mon = (int)month - 1;
	tm->tm_mday = (int)day;
	*text = p + (p[0] == 'T' || p[0] == ' ');
	return true;
}

static int date_parse(
	const char *text, uint64_t now_us, bool utc, uint64_t *ret_us)
{
	struct tm tm;

	midnight(now_us, 0, utc, &tm);
	/* No day and no time of day is nothing. */
	if (!day_parse(&text, &tm) && text[0] == '\0')
		return -EINVAL;
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
