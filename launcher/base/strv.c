/* SPDX-License-Identifier: Apache-2.0 */
#include "base/strv.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void strv_free(char **v)
{
	for (char **p = v; p && *p; p++)
		free(*p);
	free(v);
}

size_t strv_len(char *const *v)
{
	size_t n = 0;

	while (v && v[n])
		n++;
	return n;
}

bool strv_contains(char *const *v, const char *s)
{
	for (; v && *v; v++)
		if (strcmp(*v, s) == 0)
			return true;
	return false;
}

static int strv_take(char ***v, char *s)
{
	size_t n = strv_len(*v);
	char **grown;

	if (!s)
		return -ENOMEM;
	grown = realloc(*v, (n + 2) * sizeof(*grown));
	if (!grown) {
		free(s);
		return -ENOMEM;
	}
	grown[n] = s;
	grown[n + 1] = NULL;
	*v = grown;
	return 0;
}

int strv_add(char ***v, const char *s)
{
	return strv_take(v, strdup(s));
}

/* One of both lists, and where it stands in the two of them. */
struct place {
	const char *text;
	size_t at;
};

static int compare_places(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	int r = strcmp(x->text, y->text);

	return r ? r : (x->at > y->at) - (x->at < y->at);
}

/* Sorts, so that lists of thousands are not compared each with each; the text
 * of what is there before, or again, becomes NULL in @ret. */
static int mark_new(char *const *v, char *const *more, const char **ret)
{
	size_t had = strv_len(v), n = had + strv_len(more);
	struct place *all = reallocarray(NULL, n + 1, sizeof(*all));

	if (!all)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		all[i] = (struct place){i < had ? v[i] : more[i - had], i};
	qsort(all, n, sizeof(*all), compare_places);
	for (size_t i = 0; i < n; i++)
		if (all[i].at >= had)
			ret[all[i].at - had] =
				i && strcmp(all[i].text, all[i - 1].text) == 0
					? NULL
					: all[i].text;
	free(all);
	return 0;
}

int strv_join(char ***v, char *const *more)
{
	size_t had = strv_len(*v), n = strv_len(more);
	_free_ const char **add = calloc(n + 1, sizeof(char *));
	char **grown = realloc(*v, (had + n + 1) * sizeof(*grown));

	if (grown)
		*v = grown;
	if (!grown || !add)
		return -ENOMEM;
	grown[had] = NULL;
	if (mark_new(grown, more, add) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		if (!add[i])
			continue;
		grown[had] = strdup(add[i]);
		if (!grown[had])
			return -ENOMEM;
		grown[++had] = NULL;
	}
	return 0;
}

int strv_addf(char ***v, const char *fmt, ...)
{
	char *s = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&s, fmt, ap);
	va_end(ap);
	return strv_take(v, n < 0 ? NULL : s);
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void strv_sort(char **v)
{
	if (v)
		qsort(v, strv_len(v), sizeof(*v), compare);
}

char **strv_copy(char *const *v)
{
	char **copy = calloc(1, sizeof(*copy));

	for (; copy && v && *v; v++) {
		if (strv_add(&copy, *v) < 0) {
			strv_free(copy);
			return NULL;
		}
	}
	return copy;
}

const char *strv_env(char *const *env, const char *name)
{
	size_t n = strlen(name);

	for (; env && *env; env++)
		if (strncmp(*env, name, n) == 0 && (*env)[n] == '=')
			return *env + n + 1;
	return NULL;
}
