/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/shebang.h"

#include <string.h>

#include "base/strv.h"

static size_t blanks(const char *s, size_t n)
{
	size_t i = 0;

	while (i < n && (s[i] == ' ' || s[i] == '\t'))
		i++;
	return i;
}

int shebang_parse(const char *head, size_t n, struct shebang *ret)
{
	struct shebang b = {0};
	const char *end;
	size_t i, len, room;

	if (n < 2 || head[0] != '#' || head[1] != '!')
		return 1;
	room = n < SHEBANG_MAX_BYTES ? n : SHEBANG_MAX_BYTES;
	end = memchr(head, '\n', room);
	if (!end && n >= SHEBANG_MAX_BYTES)
		return -E2BIG;
	len = end ? (size_t)(end - head) : n;
	while (len > 2 && (head[len - 1] == ' ' || head[len - 1] == '\t'))
		len--;
	i = 2 + blanks(head + 2, len - 2);
	for (size_t o = 0; i < len && head[i] != ' ' && head[i] != '\t'; i++)
		b.interp[o++] = head[i];
	i += blanks(head + i, len - i);
	memcpy(b.arg, head + i, len - i);
	if (!b.interp[0] || strlen(b.arg) != len - i)
		return -ENOEXEC;
	*ret = b;
	return 0;
}

struct split {
	const char *p;
	char word[SHEBANG_MAX_BYTES];
	size_t n;
	bool open; /* a word has begun, perhaps an empty quoted one */
};

static char split_escape(char c)
{
	static const char from[] = "fnrtv_", to[] = "\f\n\r\t\v ";
	const char *at = c ? strchr(from, c) : NULL;

	if (at)
		c = to[at - from];
	return c;
}

static int split_put(struct split *w, char c)
{
	w->open = true;
	if (w->n + 1 >= sizeof(w->word))
		return -E2BIG;
	w->word[w->n++] = c;
	return 0;
}

/* In single quotes only \' and \\ are escapes. */
static int split_quoted(struct split *w, char quote)
{
	int r = 0;

	w->open = true;
	for (w->p++; r == 0 && *w->p != quote; w->p++) {
		char c = *w->p;

		if (!c)
			return -EINVAL;
		if (c == '$' && quote == '"')
			return -ENOTSUP;
		if (c == '\\' &&
			(quote == '"' || w->p[1] == '\'' || w->p[1] == '\\')) {
			if (!*++w->p)
				return -EINVAL;
			c = *w->p;
			if (quote == '"')
				c = split_escape(c);
		}
		r = split_put(w, c);
	}
	return r;
}

static int split_end(struct split *w, char ***words)
{
	int r = 0;

	w->word[w->n] = '\0';
	if (w->open)
		r = strv_add(words, w->word);
	w->open = false;
	w->n = 0;
	return r;
}

static int split_char(struct split *w, char ***words)
{
	char c = *w->p;

	if (strchr(" \t\n\r\v\f", c))
		return split_end(w, words);
	if (c == '\'' || c == '"')
		return split_quoted(w, c);
	if (c == '$')
		return -ENOTSUP;
	if (c != '\\')
		return split_put(w, c);
	c = *++w->p;
	if (!c)
		return -EINVAL;
	return c == '_' ? split_end(w, words) : split_put(w, split_escape(c));
}

int shebang_split(const char *text, char ***ret_words)
{
	_strv_ char **words = calloc(1, sizeof(*words));
	struct split w = {.p = text};
	int r = words ? 0 : -ENOMEM;

	for (; r == 0 && *w.p; w.p++) {
		if (*w.p == '#' && !w.open)
			break;
		if (w.p[0] == '\\' && w.p[1] == 'c')
			break;
		r = split_char(&w, &words);
	}
	if (r == 0)
		r = split_end(&w, &words);
	if (r < 0)
		return r;
	*ret_words = take_ptr(words);
	return 0;
}

/* Options of env that take the next word as their value. */
static bool env_takes_value(const char *word)
{
	static const char *const with_value[] = {
		"-u", "--unset", "-C", "--chdir", "-a", "--argv0"};

	for (size_t i = 0; i < ELEMENTS(with_value); i++)
		if (strcmp(word, with_value[i]) == 0)
			return true;
	return false;
}

static size_t env_command_at(char **words)
{
	size_t i = 0;

	for (; words[i]; i++) {
		if (strcmp(words[i], "--") == 0)
			return i + 1;
		if (words[i][0] == '-' && env_takes_value(words[i])) {
			if (!words[++i])
				break;
		} else if (words[i][0] != '-' && !strchr(words[i], '=')) {
			break;
		}
	}
	return i;
}

/* "-S", "-vS", "--split-string=": where the string to split begins, or NULL. */
static const char *env_split_string(const char *arg)
{
	static const char word[] = "--split-string";
	const char *p;

	if (strncmp(arg, word, sizeof(word) - 1) == 0)
		return arg + sizeof(word) - 1 + (arg[sizeof(word) - 1] == '=');
	if (arg[0] != '-' || arg[1] == '-')
		return NULL;
	for (p = arg + 1; *p && strchr("iv0", *p); p++)
		;
	return *p == 'S' ? p + 1 : NULL;
}

int shebang_env_words(const char *arg, char ***ret_words)
{
	_strv_ char **words = NULL, **command = NULL;
	const char *text = env_split_string(arg);
	int r;

	r = text ? shebang_split(text, &words) : strv_add(&words, arg);
	if (r < 0)
		return r;
	command = strv_copy(words + env_command_at(words));
	if (!command)
		return -ENOMEM;
	*ret_words = take_ptr(command);
	return 0;
}
