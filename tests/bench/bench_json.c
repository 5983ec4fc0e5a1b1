/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prints how fast messages are read, beside jansson, in one run: rounds of all
 * readers in turn, of each the best, in CPU time: what else the machine does
 * counts as little as it can. Numbers only; it cannot fail.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "policy/clean.h"
#include "policy/message.h"
#include "unit/policy/oracle.h"

#define ROUNDS 15
#define ROUND_NS 8000000.0
#define BATCH_BYTES 65536 /* between two looks at the clock */

struct text {
	const char *name;
	char *bytes;
	size_t len;
};

struct reader {
	const char *name;
	void (*read)(struct json_scanner *s, const struct text *t);
};

static volatile size_t sink;

static double now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

static void read_scan(struct json_scanner *s, const struct text *t)
{
	struct json_scan_result r;

	if (json_scan(s, t->bytes, t->len, &r) != 0)
		abort();
	sink += r.end;
}

static void read_message(struct json_scanner *s, const struct text *t)
{
	struct message m;

	if (message_read(s, DIR_S2C, t->bytes, t->len, &m) < 0 ||
		m.verdict != VERDICT_OK)
		abort();
	sink += m.top.end;
}

static void read_skip(struct json_scanner *s, const struct text *t)
{
	struct json_value v = json_value_of(t->bytes, 0, t->len, JSON_OBJECT);
	struct json_iter i = json_iter(&v);
	struct json_member m;

	(void)s;
	while (json_next(&i, &m))
		sink += m.end;
}

/* Whether there is anything that is not seen, and taking it out. */
static void read_unseen(struct json_scanner *s, const struct text *t)
{
	(void)s;
	sink += clean_may_change(CLEAN_STRIP, t->bytes, t->len);
}

static void read_clean(struct json_scanner *s, const struct text *t)
{
	static struct out o = OUT_INIT(64U << 20);
	struct clean_stats stats;

	(void)s;
	out_reset(&o);
	sink += (size_t)clean_message(
		CLEAN_STRIP, t->bytes, t->len, &o, &stats);
}

static void read_jansson(struct json_scanner *s, const struct text *t)
{
	(void)s;
	if (!oracle_accepts(t->bytes, t->len))
		abort();
}

static const struct reader readers[] = {
	{"json_scan", read_scan},
	{"message_read", read_message},
	{"json_next", read_skip},
	{"unseen", read_unseen},
	{"clean", read_clean},
	{"jansson", read_jansson},
};

#define N_READERS (sizeof(readers) / sizeof(readers[0]))

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double measure(
	const struct reader *r, struct json_scanner *s, const struct text *t)
{
	double begin = now_ns(), spent;
	size_t n = 0, batch = 1 + BATCH_BYTES / t->len;

	do {
		for (size_t i = 0; i < batch; i++)
			r->read(s, t);
		n += batch;
		spent = now_ns() - begin;
	} while (spent < ROUND_NS);
	return spent / (double)n;
}

static void bench(struct json_scanner *s, const struct text *t)
{
	double ns[N_READERS][ROUNDS];

	for (size_t round = 0; round < ROUNDS; round++)
		for (size_t i = 0; i < N_READERS; i++)
			ns[i][round] = measure(&readers[i], s, t);
	printf("%-14s %8zu B", t->name, t->len);
	for (size_t i = 0; i < N_READERS; i++) {
		qsort(ns[i], ROUNDS, sizeof(ns[i][0]), compare);
		printf("  %s %8.0f", readers[i].name,
			(double)t->len * 1e3 / ns[i][0]);
	}
	printf("  MB/s\n");
}

static void add(struct text *t, const char *s)
{
	size_t n = strlen(s);

	t->bytes = realloc(t->bytes, t->len + n + 1);
	if (t->bytes == NULL)
		abort();
	memcpy(t->bytes + t->len, s, n + 1);
	t->len += n;
}

/* @part again and again until the text has @len bytes, then the closing. */
static struct text made(const char *name, const char *head, const char *part,
	size_t len, const char *tail)
{
	struct text t = {.name = name};
	size_t n = strlen(part);

	add(&t, head);
	t.bytes = realloc(t.bytes, len + 4096 + strlen(tail));
	if (t.bytes == NULL)
		abort();
	while (t.len < len) {
		memcpy(t.bytes + t.len, part, n + 1);
		t.len += n;
	}
	add(&t, tail);
	return t;
}

static struct text deep(void)
{
	struct text part = {0}, t;

	for (int i = 0; i < 50; i++)
		add(&part, "{\"a\":[");
	for (int i = 0; i < 50; i++)
		add(&part, "]}");
	add(&part, ",");
	t = made("deep", "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"r\":[",
		part.bytes, 1 << 20, "0]}}");
	free(part.bytes);
	return t;
}

#define RESULT_TEXT                                                          \
	"{\"jsonrpc\":\"2.0\",\"id\":12,\"result\":{\"content\":[{\"type\":" \
	"\"text\",\"text\":\""
#define RESULT_END "\"}]}}"

static const char call[] =
	"{\"jsonrpc\":\"2.0\",\"id\":12,\"method\":\"tools/call\",\"params\":{"
	"\"name\":\"search_files\",\"arguments\":{\"path\":\"/home/user/"
	"projects/example/src\",\"pattern\":\"**/*.c\",\"excludePatterns\":["
	"\"build/**\",\"node_modules/**\",\".git/**\"],\"limit\":100,"
	"\"caseSensitive\":false,\"query\":\"where is the function that reads "
	"a line of the stream and says what it is, and who calls it with which "
	"limits?\",\"context\":3},\"_meta\":{\"progressToken\":17,"
	"\"claudecode/toolUseId\":\"toolu_01A09q90qw90lq917835lq9\","
	"\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
	"\"io.modelcontextprotocol/clientCapabilities\":{\"roots\":{}}}}}";

static const char tool[] =
	"{\"name\":\"read_text_file\",\"title\":\"Read Text File\","
	"\"description\":\"Read the complete contents of a file from the file "
	"system as text. Handles various text encodings and provides detailed "
	"error messages if the file cannot be read.\",\"inputSchema\":{"
	"\"type\":\"object\",\"properties\":{\"path\":{\"type\":\"string\"},"
	"\"tail\":{\"description\":\"If provided, returns only the last N "
	"lines of the file\",\"type\":\"number\"},\"head\":{\"type\":"
	"\"number\"}},\"required\":[\"path\"],\"additionalProperties\":false,"
	"\"$schema\":\"http://json-schema.org/draft-07/schema#\"},"
	"\"annotations\":{\"readOnlyHint\":true}},";

static const char prose[] =
	"The quick brown fox jumps over the lazy dog, and then it goes on to "
	"see what else there is to be seen.\\n";

static const char chinese[] =
	"\xe6\x95\x8f\xe6\x8d\xb7\xe7\x9a\x84\xe6\xa3\x95\xe8\x89\xb2\xe7\x8b"
	"\x90\xe7\x8b\xb8\xe8\xb7\xb3\xe8\xbf\x87\xe4\xba\x86\xe6\x87\x92\xe7"
	"\x8b\x97\xe3\x80\x82";

int main(void)
{
	uint64_t key[2] = {1, 2};
	struct json_scanner *s = message_scanner_new(key);
	struct text texts[] = {
		made("call", call, "", 0, ""),
		made("list",
			"{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{\"tools\":[",
			tool, 60000, "{}]}}"),
		made("text", RESULT_TEXT, prose, 1 << 20, RESULT_END),
		made("utf8", RESULT_TEXT, chinese, 1 << 20, RESULT_END),
		made("base64", RESULT_TEXT, "iVBORw0KGgoAAAANSUhEUgAA",
			(8U << 20) - 64, RESULT_END),
		made("ansi", RESULT_TEXT,
			"\\u001b[32mok\\u001b[0m 12 some test of it passed\\n",
			1 << 20, RESULT_END),
		deep(),
	};

	if (s == NULL)
		return 1;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		bench(s, &texts[i]);
		free(texts[i].bytes);
	}
	json_scanner_free(s);
	return 0;
}
