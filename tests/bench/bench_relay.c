/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the relay costs: a client and a server of a few lines, directly, through
 * a process that only reads and writes, and through the relay with policy (of
 * 3 patterns, of 200, of 5000 rules about arguments), pins and records on, by
 * turns in one run. Prints, never fails.
 *
 * Round trip: a call of 300 bytes and its answer, all on one processor, p50
 * and p99 in microseconds. Stream: answers with a text of 1 MiB, or an image of
 * 8 MiB, four calls ahead. The keeper is the real one; its log lies in a folder
 * that is removed.
 */
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include "base/fd.h"
#include "base/ipc.h"
#include "base/record.h"
#include "keeper/keeper.h"
#include "relay/relay.h"
#include "tests/bench/patterns.h"
#include "tests/bench/peers.h"

#define ROUNDS 6
#define TRIPS 4000
#define ALL_TRIPS ((size_t)ROUNDS * TRIPS)
#define AHEAD 4
enum kind { DIRECT = 0, PLAIN, RELAY, RULES, MANY, _KIND_N };

static const char *const kind_name[_KIND_N] = {
	[DIRECT] = "direct",
	[PLAIN] = "plain relay",
	[RELAY] = "stockade",
	[RULES] = "200 patterns",
	[MANY] = "5000 rules",
};

static const struct load small = {"300 bytes",
	",\"result\":{\"content\":[{\"type\":\"text\",\"text\":\"", 300, 0};
static const struct load loads[] = {
	{"texts of 1 MiB",
		",\"result\":{\"content\":[{\"type\":\"text\",\"text\":\"",
		1U << 20, 400},
	{"images of 8 MiB",
		",\"result\":{\"content\":[{\"type\":\"image\","
		"\"mimeType\":\"image/png\",\"data\":\"",
		8U << 20, 60},
};

struct session {
	int in, out; /* the client's ends */
	pid_t server, middle, keeper;
};

static void check(int r, const char *what)
{
	if (r < 0) {
		perror(what);
		exit(1);
	}
}

static void pipe_new(int p[2])
{
	check(pipe2(p, O_CLOEXEC), "pipe2");
}

static pid_t child(void)
{
	pid_t p = fork();

	check(p, "fork");
	if (p == 0)
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	return p;
}

static void close_all_but(const int *keep, size_t n)
{
	for (int fd = 3; fd < 64; fd++) {
		bool kept = false;

		for (size_t i = 0; i < n; i++)
			kept = kept || keep[i] == fd;
		if (!kept)
			(void)close(fd);
	}
}

/* The real keeper, its log in a folder of its own. */
static void keep(struct keeper_config *c)
{
	static struct record start;
	static char session[33];
	struct keeper *k = NULL;
	struct err e = {0};

	record_init(&start, RECORD_SESSION_START);
	record_put_str(&start, FIELD_VERSION, STOCKADE_VERSION);
	c->start = &start;
	(void)snprintf(session, sizeof(session), "%032d", (int)getpid());
	c->session = session;
	c->server_name = "bench";
	c->cgroup_fd = -1;
	(void)prctl(PR_SET_NAME, "bench-keeper");
	if (keeper_new(c, &k, &e) < 0 || keeper_run(k, &e) < 0)
		(void)fprintf(stderr, "%s\n", e.text);
	_exit(0);
}

static void relay(const struct relay_config *c)
{
	struct relay *r = NULL;
	struct err e = {0};

	(void)prctl(PR_SET_NAME, "bench-stockade");
	if (relay_new(c, &r, &e) < 0 || relay_run(r, &e) < 0)
		(void)fprintf(stderr, "%s\n", e.text);
	_exit(0);
}

/* As they are from the second session on. */
static struct pins *accepted(void)
{
	static const unsigned char able[32];
	struct pins *p = pins_new(PINS_FIRST);

	if (!p ||
		pins_accept(p, PIN_TOOL, "read_file", 9, TOOL,
			sizeof(TOOL) - 1) < 0 ||
		pins_know(p, PIN_TOOL, able) < 0)
		exit(1);
	return p;
}

static void start_relay(struct session *s, enum kind kind, int client_in,
	int client_out, int server_in, int server_out)
{
	struct ipc_msg go = {.type = IPC_GO};
	int err[2], rec[2], own[2], keeper[2], sup[2], done[2], live[2];
	struct relay_config c = {
		.client_in = client_in,
		.client_out = client_out,
		.server_in = server_in,
		.server_out = server_out,
		.server_name = "bench",
		.caps = {.text_bytes = OUTPUT_TEXT_DEFAULT,
			.binary_bytes = 16U << 20},
		.tools = patterns_new(kind == RULES ? 200 : 3),
		.rules = bench_rules_new(kind == MANY ? 5000 : 0),
		.prompts = patterns_new(3),
		.resources = patterns_new(3),
		.pins = accepted(),
	};

	pipe_new(err);
	pipe_new(rec);
	pipe_new(own);
	pipe_new(live);
	check(ipc_pair(keeper), "ipc_pair");
	check(ipc_pair(sup), "ipc_pair");
	check(ipc_pair(done), "ipc_pair");
	c.server_err = err[0];
	c.record_fd = rec[1];
	c.keeper_fd = keeper[1];
	c.supervisor_fd = sup[1];
	c.liveness_fd = live[0];
	s->keeper = child();
	if (s->keeper == 0) {
		struct keeper_config k = {.relay_records = rec[0],
			.supervisor_records = own[0],
			.relay_fd = keeper[0],
			.supervisor_fd = done[1],
			.liveness_fd = live[0]};

		close_all_but(
			(int[]){rec[0], own[0], keeper[0], done[1], live[0]},
			5);
		keep(&k);
	}
	s->middle = child();
	if (s->middle == 0) {
		close_all_but(
			(int[]){client_in, client_out, server_in, server_out,
				err[0], rec[1], keeper[1], sup[1], live[0]},
			9);
		relay(&c);
	}
	check(ipc_send(sup[0], ROLE_SUPERVISOR, &go), "go");
	/* What only the supervisor would have stays open in us. */
	(void)close(rec[0]);
	(void)close(rec[1]);
	(void)close(keeper[0]);
	(void)close(keeper[1]);
}

static struct session begin(enum kind k, const struct load *l)
{
	struct session s = {0};
	int up[2], down[2], in[2], out[2];

	pipe_new(up);
	pipe_new(down);
	pipe_new(in);
	pipe_new(out);
	s.server = child();
	if (s.server == 0) {
		int from = k == DIRECT ? up[0] : in[0];
		int to = k == DIRECT ? down[1] : out[1];

		close_all_but((int[]){from, to}, 2);
		serve(from, to, l);
	}
	if (k == PLAIN) {
		s.middle = child();
		if (s.middle == 0) {
			close_all_but(
				(int[]){up[0], down[1], in[1], out[0]}, 4);
			plain(up[0], down[1], in[1], out[0]);
		}
	} else if (k != DIRECT)
		start_relay(&s, k, up[0], down[1], in[1], out[0]);
	s.in = down[0];
	s.out = up[1];
	(void)close(up[0]);
	(void)close(down[1]);
	(void)close(in[0]);
	(void)close(in[1]);
	(void)close(out[0]);
	(void)close(out[1]);
	return s;
}

/* Microseconds of processor time that the one in the middle took. */
static double stop(const struct session *s)
{
	const pid_t all[] = {s->server, s->keeper, s->middle};
	struct rusage u = {0};

	for (size_t i = 0; i < ELEMENTS(all); i++)
		if (all[i] > 0) {
			(void)kill(all[i], SIGKILL);
			(void)wait4(all[i], NULL, 0, &u);
		}
	close_all_but(NULL, 0);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e6 +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

static double now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void send_call(const struct session *s, char *call, size_t len, int id)
{
	char digits[ID_LEN + 1];

	(void)snprintf(
		digits, sizeof(digits), "%07d", (ID_FIRST + id) % 10000000);
	memcpy(call + ID_AT, digits, ID_LEN);
	check(fd_write_all(s->out, call, len), "write");
}

/* Reads until as many newlines were there. */
static void await(const struct session *s, unsigned lines)
{
	static char bytes[1 << 20];

	while (lines) {
		ssize_t n = read(s->in, bytes, sizeof(bytes));

		check(n > 0 ? 0 : -1, "read");
		/* A refused call would be a fine figure for nothing. */
		check(memmem(bytes, (size_t)n, "isError", 7) ? -1 : 0,
			"a call was refused");
		for (const char *p = bytes;
			(p = memchr(p, '\n', (size_t)(bytes + n - p))); p++)
			lines--;
	}
}

/* The list is there before the first call, so that nothing has to be looked at
 * first. */
static struct session start(enum kind k, const struct load *l)
{
	struct session s = begin(k, l);

	check(fd_write_all(s.out, LIST_CALL, sizeof(LIST_CALL) - 1), "write");
	await(&s, 1);
	return s;
}

static void trips(enum kind k, double *ret_us)
{
	struct session s = start(k, &small);
	char *call = call_new(300);

	for (int i = 0; i < TRIPS + 200; i++) {
		double t = now_us();

		send_call(&s, call, 300, i);
		await(&s, 1);
		if (i >= 200)
			ret_us[i - 200] = now_us() - t;
	}
	(void)stop(&s);
	free(call);
}

/* MB/s, and of processor time */
static double stream(enum kind k, const struct load *l, double *ret_cpu)
{
	struct session s = start(k, l);
	char *call = call_new(300);
	double t;

	for (int i = 0; i < AHEAD; i++)
		send_call(&s, call, 300, i);
	await(&s, 1);
	t = now_us();
	for (int i = AHEAD; i < l->calls; i++) {
		send_call(&s, call, 300, i);
		await(&s, 1);
	}
	t = now_us() - t;
	*ret_cpu = (double)l->size * l->calls / stop(&s);
	free(call);
	return (double)l->size * (l->calls - AHEAD) / t;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void print_trips(double us[_KIND_N][ALL_TRIPS])
{
	const size_t n = ALL_TRIPS;
	double p50[_KIND_N], p99[_KIND_N];

	for (int k = 0; k < _KIND_N; k++) {
		qsort(us[k], n, sizeof(double), compare);
		p50[k] = us[k][n / 2];
		p99[k] = us[k][n * 99 / 100];
		printf("round trip %-12s p50 %6.1f us  p99 %6.1f us\n",
			kind_name[k], p50[k], p99[k]);
	}
	printf("round trip: added %.1f us, with 200 patterns %.1f, with 5000 "
	       "rules %.1f (plain relay %.1f); whole p50 %.2f x plain, p99 "
	       "%.2f x\n",
		p50[RELAY] - p50[DIRECT], p50[RULES] - p50[DIRECT],
		p50[MANY] - p50[DIRECT], p50[PLAIN] - p50[DIRECT],
		p50[RELAY] / p50[PLAIN], p99[RELAY] / p99[PLAIN]);
}

static void one_processor(cpu_set_t *was)
{
	cpu_set_t one;

	check(sched_getaffinity(0, sizeof(*was), was), "sched_getaffinity");
	CPU_ZERO(&one);
	for (size_t i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, was)) {
			CPU_SET(i, &one);
			break;
		}
	check(sched_setaffinity(0, sizeof(one), &one), "sched_setaffinity");
}

static void bench_trips(void)
{
	static double us[_KIND_N][ALL_TRIPS];
	cpu_set_t was;

	one_processor(&was);
	for (size_t i = 0; i < ROUNDS; i++)
		for (int k = 0; k < _KIND_N; k++)
			trips((enum kind)k, &us[k][i * TRIPS]);
	print_trips(us);
	check(sched_setaffinity(0, sizeof(was), &was), "sched_setaffinity");
}

static void bench_stream(const struct load *l)
{
	double mbs[RULES][ROUNDS], cpu[RULES][ROUNDS];

	for (int i = 0; i < ROUNDS; i++)
		for (int k = 0; k < RULES; k++)
			mbs[k][i] = stream((enum kind)k, l, &cpu[k][i]);
	for (int k = 0; k < RULES; k++) {
		qsort(mbs[k], ROUNDS, sizeof(double), compare);
		qsort(cpu[k], ROUNDS, sizeof(double), compare);
		printf("stream, %s: %-12s median %6.0f MB/s", l->name,
			kind_name[k], mbs[k][ROUNDS / 2]);
		/* What it would be on a processor of its own. */
		if (k != DIRECT)
			printf(", %6.0f MB a second of processor time",
				cpu[k][ROUNDS / 2]);
		printf("\n");
	}
}

static int remove_one(
	const char *path, const struct stat *st, int type, struct FTW *f)
{
	(void)st;
	(void)type;
	(void)f;
	return remove(path);
}

/* Both, or the one that is named: trips or stream. */
int main(int argc, char **argv)
{
	char folder[] = "/tmp/stockade-bench-XXXXXX";

	(void)signal(SIGPIPE, SIG_IGN);
	if (!mkdtemp(folder) || setenv("XDG_STATE_HOME", folder, 1) < 0)
		return 1;
	if (argc < 2 || strcmp(argv[1], "trips") == 0)
		bench_trips();
	if (argc < 2 || strcmp(argv[1], "stream") == 0)
		for (size_t i = 0; i < ELEMENTS(loads); i++)
			bench_stream(&loads[i]);
	(void)nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	return 0;
}
