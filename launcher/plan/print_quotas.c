/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/print_quotas.h"

#include <string.h>

#include "base/escape.h"

static void print_line(
	FILE *f, const char *what, const char *value, const char *whose)
{
	char line[512];

	(void)escape_text(line, sizeof(line), value, strlen(value));
	(void)fprintf(f, "  %-12s %s%s%s\n", what, line, whose ? "  # " : "",
		whose ? whose : "");
}

static void print_list(
	FILE *f, const char *what, char *const *list, const char *whose)
{
	for (; list && *list; list++)
		print_line(f, what, *list, whose);
}

static void print_number(FILE *f, const char *what, enum limit_unit unit,
	uint64_t value, const char *whose)
{
	char text[32];

	if (value == 0)
		return;
	limit_write(unit, value, text, sizeof(text));
	print_line(f, what, text, whose);
}

static void print_of(FILE *f, const struct profile *p, const char *whose)
{
	print_list(f, "rate", p->protocol.rate, whose);
	print_list(f, "concurrent", p->protocol.concurrent, whose);
	print_number(f, "calls", UNIT_COUNT, p->protocol.calls, whose);
	print_number(f, "bytes", UNIT_BYTES, p->protocol.bytes, whose);
}

static bool limits(const struct profile *p)
{
	return p->protocol.rate || p->protocol.concurrent ||
	       p->protocol.calls || p->protocol.bytes;
}

void print_quotas(const struct plan *p, FILE *f)
{
	bool any = limits(p->profile) || p->call_timeout_s ||
		   p->breaker.action != BREAKER_ALERT ||
		   p->breaker.unlisted != BREAKER_UNLISTED_DEFAULT;

	for (size_t i = 0; i < p->n_narrowings; i++)
		any = any || limits(p->narrowings[i].profile);
	if (!any)
		return;
	(void)fputs("a session may do\n", f);
	print_of(f, p->profile, NULL);
	for (size_t i = 0; i < p->n_narrowings; i++)
		print_of(f, p->narrowings[i].profile, p->narrowings[i].label);
	print_number(f, "call_timeout", UNIT_SECONDS, p->call_timeout_s, NULL);
	(void)fprintf(f, "  %-12s %s, from %llu calls of unlisted tools on\n",
		"breaker", breaker_words[p->breaker.action],
		(unsigned long long)p->breaker.unlisted);
}

static json_t *list_of(char *const *list)
{
	json_t *a = json_array();

	for (; a && list && *list; list++)
		(void)json_array_append_new(a, json_string(*list));
	return a;
}

static json_t *of(const struct profile *p, const char *whose)
{
	return json_pack("{s:s?,s:o,s:o,s:I,s:I}", "label", whose, "rate",
		list_of(p->protocol.rate), "concurrent",
		list_of(p->protocol.concurrent), "calls",
		(json_int_t)p->protocol.calls, "bytes",
		(json_int_t)p->protocol.bytes);
}

json_t *json_quotas(const struct plan *p)
{
	json_t *all = json_array();

	(void)json_array_append_new(all, of(p->profile, NULL));
	for (size_t i = 0; i < p->n_narrowings; i++)
		(void)json_array_append_new(all,
			of(p->narrowings[i].profile, p->narrowings[i].label));
	return json_pack("{s:o,s:I,s:{s:s,s:I}}", "limits", all,
		"call_timeout_s", (json_int_t)p->call_timeout_s, "breaker",
		"action", breaker_words[p->breaker.action], "unlisted",
		(json_int_t)p->breaker.unlisted);
}
