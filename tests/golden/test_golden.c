/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Golden files of what the relay does to a line: NAME.in has the operation in
 * its first line and the bytes it works on after it, NAME.out the outcome in
 * its first line and the bytes that come out. Compared byte by byte.
 *
 *   filter [+ALLOW]... [-DENY]...   with an ALLOW there is a policy
 *   cap METHOD TEXT BINARY [OVER]   "spill" with nothing that could be kept
 *   cap-error TEXT
 *   cap-list NAMES BYTES ITEMS
 *   canonical [POINTER]
 *   error|unknown-tool|unknown-prompt|tool-error ERA CODE
 *                                   then the id (or `-`) and the text, a line
 *                                   each
 *
 * With --write the .out files are made anew, to be read before they are kept.
 */
#include "scanned.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/answer.h"
#include "policy/output.h"
#include "tests/lib/tools_of.h"

#define FILE_MAX (1U << 20)
#define WORDS_MAX 16

struct golden {
	const char *words[WORDS_MAX + 1];
	size_t n_words;
	const char *text;
	size_t len;
	char outcome[200];
	struct out out;
};

static const char *folder;
static bool writing;

static enum message_era era(const char *word)
{
	if (strcmp(word, "modern") == 0)
		return ERA_MODERN;
	assert_string_equal(word, "legacy");
	return ERA_LEGACY;
}

static enum method method(const char *word)
{
	for (int m = METHOD_UNKNOWN + 1; m < _METHOD_N; m++) {
		if (strcmp(method_name((enum method)m), word) == 0)
			return (enum method)m;
	}
	fail_msg("no method %s", word);
	return METHOD_UNKNOWN;
}

static void run_filter(struct golden *g)
{
	struct json_value result = scanned(g->text, g->len, "/result");
	char copy[WORDS_MAX][64], *allow[WORDS_MAX + 1] = {0};
	char *deny[WORDS_MAX + 1] = {0};
	size_t n_allow = 0, n_deny = 0;
	struct filter_stats stats = {0};
	struct tools *t;
	int r;

	for (size_t i = 1; i < g->n_words; i++) {
		(void)snprintf(copy[i], sizeof(copy[i]), "%s", g->words[i] + 1);
		if (g->words[i][0] == '+')
			allow[n_allow++] = copy[i];
		else
			deny[n_deny++] = copy[i];
	}
	t = tools_of(allow, deny, n_allow > 0);
	assert_non_null(t);
	r = tools_filter_list(t, g->text, g->len, &result, &g->out, &stats);
	(void)snprintf(g->outcome, sizeof(g->outcome),
		"%d kept %u removed %u duplicates %u", r, stats.kept,
		stats.removed, stats.duplicates);
	tools_free(t);
}

static void run_cap(struct golden *g)
{
	struct json_value result = scanned(g->text, g->len, "/result");
	struct output_caps caps = {0};
	struct output_cut cut = {0};
	int r;

	assert_in_range(g->n_words, 4, 5);
	for (int i = 0; g->n_words == 5 && i < _OVER_N; i++)
		if (strcmp(output_over_words[i], g->words[4]) == 0)
			caps.text_over = caps.binary_over = (enum output_over)i;
	caps.text_bytes = strtoull(g->words[2], NULL, 10);
	caps.binary_bytes = strtoull(g->words[3], NULL, 10);
	r = output_cap(&caps, method(g->words[1]), g->text, g->len, &result,
		NULL, &g->out, &cut);
	(void)snprintf(g->outcome, sizeof(g->outcome),
		"%d text %llu binary %llu", r,
		(unsigned long long)cut.text_seen,
		(unsigned long long)cut.binary_seen);
}

static void run_cap_error(struct golden *g)
{
	struct json_value error = scanned(g->text, g->len, "/error");
	struct output_caps caps = {0};
	struct output_cut cut = {0};
	int r;

	assert_int_equal(g->n_words, 2);
	caps.text_bytes = strtoull(g->words[1], NULL, 10);
	r = output_cap_error(&caps, g->text, g->len, &error, &g->out, &cut);
	(void)snprintf(g->outcome, sizeof(g->outcome), "%d text %llu", r,
		(unsigned long long)cut.text_seen);
}

static void run_cap_list(struct golden *g)
{
	static const char *const names[_NAMES_N] = {
		"tools", "prompts", "resources", "templates"};
	struct json_value result = scanned(g->text, g->len, "/result");
	struct filter_stats stats = {0};
	struct list_caps caps;
	struct tools *t = tools_of(NULL, NULL, false);
	int r, n = 0;

	assert_int_equal(g->n_words, 4);
	assert_non_null(t);
	while (n < _NAMES_N && strcmp(names[n], g->words[1]) != 0)
		n++;
	assert_in_range(n, 0, _NAMES_N - 1);
	caps.bytes = strtoull(g->words[2], NULL, 10);
	caps.items = strtoull(g->words[3], NULL, 10);
	r = names_cut_list(t, (enum names)n, &caps, g->text, g->len, &result,
		&g->out, &stats);
	(void)snprintf(g->outcome, sizeof(g->outcome),
		"%d kept %u over %u of %u items, %llu bytes", r, stats.kept,
		stats.over, stats.items_seen,
		(unsigned long long)stats.bytes_seen);
	tools_free(t);
}

static void run_canonical(struct golden *g)
{
	struct json_value v =
		scanned(g->text, g->len, g->n_words > 1 ? g->words[1] : "");

	(void)snprintf(g->outcome, sizeof(g->outcome), "%d",
		canonical_write(&g->out, &v));
}

static void run_answer(struct golden *g)
{
	const char *end = memchr(g->text, '\n', g->len);
	const char *id = g->text, *text;
	size_t id_len, text_len;

	assert_non_null(end);
	assert_int_equal(g->n_words, 3);
	id_len = (size_t)(end - id);
	text = end + 1;
	text_len = g->len - id_len - 1;
	if (id_len == 1 && *id == '-')
		id = NULL;
	if (strcmp(g->words[0], "error") == 0)
		answer_error(&g->out, era(g->words[1]), id, id_len,
			(int)strtol(g->words[2], NULL, 10), text, text_len);
	else if (strcmp(g->words[0], "unknown-tool") == 0)
		answer_unknown_tool(
			&g->out, era(g->words[1]), id, id_len, text, text_len);
	else if (strcmp(g->words[0], "unknown-prompt") == 0)
		answer_unknown_prompt(
			&g->out, era(g->words[1]), id, id_len, text, text_len);
	else
		answer_tool_error(
			&g->out, era(g->words[1]), id, id_len, text, text_len);
	(void)snprintf(g->outcome, sizeof(g->outcome), "%d", g->out.failed);
}

static const struct {
	const char *name;
	void (*run)(struct golden *g);
} operations[] = {
	{"filter", run_filter},
	{"cap", run_cap},
	{"cap-error", run_cap_error},
	{"cap-list", run_cap_list},
	{"canonical", run_canonical},
	{"error", run_answer},
	{"unknown-tool", run_answer},
	{"unknown-prompt", run_answer},
	{"tool-error", run_answer},
};

static size_t read_file(const char *name, const char *suffix, char *ret)
{
	char path[4096];
	size_t n;
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s.%s", folder, name, suffix);
	f = fopen(path, "re");
	if (f == NULL)
		fail_msg("cannot open %s", path);
	n = fread(ret, 1, FILE_MAX - 1, f);
	assert_true(n < FILE_MAX - 1);
	ret[n] = '\0';
	(void)fclose(f);
	return n;
}

static void write_file(const char *name, const struct out *have)
{
	char path[4096];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s.out", folder, name);
	f = fopen(path, "we");
	assert_non_null(f);
	assert_int_equal(fwrite(have->data, 1, have->len, f), have->len);
	assert_int_equal(fclose(f), 0);
}

/* Takes the first line apart; what follows, without its last newline, is what
 * is worked on. */
static void parse(struct golden *g, char *in, size_t len)
{
	char *end = memchr(in, '\n', len), *save = NULL;

	assert_non_null(end);
	assert_int_equal(in[len - 1], '\n');
	*end = '\0';
	for (char *w = strtok_r(in, " ", &save); w != NULL;
		w = strtok_r(NULL, " ", &save)) {
		assert_in_range(g->n_words, 0, WORDS_MAX - 1);
		g->words[g->n_words++] = w;
	}
	assert_true(g->n_words > 0);
	g->text = end + 1;
	g->len = len - (size_t)(end + 1 - in) - 1;
}

static void run(struct golden *g)
{
	size_t n = sizeof(operations) / sizeof(operations[0]);
	const char *operation = g->n_words > 0 ? g->words[0] : "";

	for (size_t i = 0; i < n; i++) {
		if (strcmp(operations[i].name, operation) == 0) {
			operations[i].run(g);
			return;
		}
	}
	fail_msg("no operation %s", operation);
}

static void is_as_the_golden_file(void **state)
{
	static char in[FILE_MAX], want[FILE_MAX];
	const char *name = *state;
	struct golden g = {.out = OUT_INIT(FILE_MAX)};
	struct out have = OUT_INIT(FILE_MAX);
	size_t len;

	parse(&g, in, read_file(name, "in", in));
	run(&g);
	assert_false(g.out.failed);
	out_str(&have, g.outcome);
	out_str(&have, "\n");
	out_bytes(&have, g.out.data, g.out.len);
	if (have.data != NULL && have.data[have.len - 1] != '\n')
		out_str(&have, "\n");
	if (writing && have.data != NULL)
		write_file(name, &have);
	len = read_file(name, "out", want);
	if (have.data == NULL || have.len != len ||
		memcmp(have.data, want, len) != 0)
		fail_msg("%s: have\n%.*swant\n%s", name, (int)have.len,
			have.data, want);
	out_deinit(&g.out);
	out_deinit(&have);
}

static int is_input(const struct dirent *e)
{
	size_t len = strlen(e->d_name);

	return len > 3 && strcmp(e->d_name + len - 3, ".in") == 0;
}

static int run_all(struct dirent **entries, size_t n)
{
	struct CMUnitTest *tests = calloc(n, sizeof(*tests));
	int r;

	if (tests == NULL)
		return 1;
	for (size_t i = 0; i < n; i++) {
		char *name = entries[i]->d_name;

		name[strlen(name) - 3] = '\0';
		tests[i] = (struct CMUnitTest){
			.name = name,
			.test_func = is_as_the_golden_file,
			.initial_state = name,
		};
	}
	r = _cmocka_run_group_tests("golden", tests, n, NULL, NULL);
	free(tests);
	return r;
}

int main(int argc, char **argv)
{
	struct dirent **entries = NULL;
	int n = 0, r;

	folder = getenv("STOCKADE_GOLDEN");
	writing = argc > 1 && strcmp(argv[1], "--write") == 0;
	if (folder != NULL)
		n = scandir(folder, &entries, is_input, alphasort);
	if (n <= 0) {
		(void)fprintf(
			stderr, "STOCKADE_GOLDEN names no golden files\n");
		return 1;
	}
	r = run_all(entries, (size_t)n);
	for (int i = 0; i < n; i++)
		free(entries[i]);
	free(entries);
	return r;
}
