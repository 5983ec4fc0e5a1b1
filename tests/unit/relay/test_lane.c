/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/lane.h"
#include "relaytest.h"

/* A lane between two pipes; what a line is decides by its first letter. */
struct rig {
	int in[2], out[2];
	struct port from, to;
	struct sink sink;
	struct lane lane;
	unsigned n_lines, n_excess;
	uint64_t excess_bytes;
	char excess_id[32];
	bool hold;
	char text[1 << 17];
};

static struct rig g;

static enum lane_step on_line(void *ctx, char *line, size_t len)
{
	struct rig *r = ctx;

	assert_ptr_equal(memchr(line, '\n', len), NULL);
	if (r->hold) {
		out_str(&r->lane.instead, "begun");
		return LANE_HOLD;
	}
	r->n_lines++;
	if (len && line[0] == 'd')
		return LANE_DROP;
	if (len && line[0] == 'i') {
		out_str(&r->lane.instead, "instead\n");
		return LANE_INSTEAD;
	}
	return LANE_PASS;
}

static void on_excess(void *ctx, const struct lane_excess *x)
{
	struct rig *r = ctx;

	r->n_excess++;
	r->excess_bytes = x->bytes;
	memcpy(r->excess_id, x->id ? x->id : "", x->id_len);
	r->excess_id[x->id_len] = '\0';
}

static const struct lane_ops ops = {.line = on_line, .excess = on_excess};

static int setup(void **state)
{
	(void)state;
	memset(&g, 0, sizeof(g));
	pipe_open(g.in, O_NONBLOCK);
	pipe_open(g.out, O_NONBLOCK);
	(void)fcntl(g.in[1], F_SETPIPE_SZ, 1 << 20);
	g.from = (struct port){.fd = g.in[0], .kind = PORT_OWN};
	g.to = (struct port){.fd = g.out[1], .kind = PORT_OWN};
	sink_init(&g.sink, &g.to);
	lane_init(&g.lane, &g.from, &g.sink, &ops, &g);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	lane_deinit(&g.lane);
	sink_deinit(&g.sink);
	pipe_close(g.in);
	pipe_close(g.out);
	return 0;
}

static void feed(const char *text, size_t len)
{
	assert_int_equal(write(g.in[1], text, len), len);
	while (lane_reads(&g.lane) && lane_read(&g.lane) && !g.lane.eof)
		lane_pump(&g.lane);
}

static const char *got(void)
{
	return pipe_text(g.out[0], g.text, sizeof(g.text));
}

static void whole_lines_pass_and_parts_wait(void **state)
{
	(void)state;
	feed("one\ntwo\nthr", 11);
	assert_string_equal(got(), "one\ntwo\n");
	feed("e", 1);
	assert_string_equal(got(), "");
	assert_int_equal(lane_rest(&g.lane), 4);
	feed("e\n", 2);
	assert_string_equal(got(), "three\n");
	assert_int_equal(lane_rest(&g.lane), 0);
	assert_int_equal(g.lane.offset, 14);
}

static void dropped_and_replaced_lines_keep_their_place(void **state)
{
	(void)state;
	feed("a\nd\nb\ni\n\r\nd\nd\ni\nc\n", 19);
	assert_string_equal(got(), "a\nb\ninstead\n\r\ninstead\nc\n");
	assert_int_equal(g.n_lines, 9);
}

static void a_held_line_is_asked_for_again(void **state)
{
	(void)state;
	g.hold = true;
	feed("a\nd\n", 4);
	assert_true(g.lane.held);
	assert_false(lane_reads(&g.lane));
	lane_pump(&g.lane);
	assert_string_equal(got(), "");
	g.hold = false;
	lane_pump(&g.lane);
	assert_false(g.lane.held);
	assert_string_equal(got(), "a\n");
	assert_int_equal(g.n_lines, 2);
}

static void what_passed_goes_out_before_the_hold(void **state)
{
	(void)state;
	feed("a\n", 2);
	g.hold = true;
	feed("b\n", 2);
	assert_string_equal(got(), "a\n");
}

static void nothing_is_read_while_the_reader_is_slow(void **state)
{
	static char line[5000];

	(void)state;
	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = '\n';
	(void)fcntl(g.out[1], F_SETPIPE_SZ, 4096);
	feed(line, sizeof(line));
	assert_false(lane_clear(&g.lane));
	assert_false(lane_reads(&g.lane));
	assert_int_equal(strlen(got()), 4096);
	lane_pump(&g.lane);
	assert_true(lane_clear(&g.lane));
	assert_int_equal(strlen(got()), sizeof(line) - 4096);
}

static void dropping_waits_behind_what_passed(void **state)
{
	static char line[5000];

	(void)state;
	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = '\n';
	(void)fcntl(g.out[1], F_SETPIPE_SZ, 4096);
	assert_int_equal(write(g.in[1], line, sizeof(line)), sizeof(line));
	feed("d\ni\nz\n", 6);
	assert_int_equal(strlen(got()), 4096);
	lane_pump(&g.lane);
	got();
	assert_string_equal(g.text + sizeof(line) - 4096 - 1, "\ninstead\nz\n");
}

static void feed_excess(size_t bytes)
{
	static char block[65536];
	size_t n;

	memset(block, 'x', sizeof(block));
	for (; bytes; bytes -= n) {
		n = bytes < sizeof(block) ? bytes : sizeof(block);
		feed(block, n);
	}
}

static void a_line_over_the_limit_passes_by(void **state)
{
	static const char head[] = "{\"jsonrpc\":\"2.0\",\"result\":\"";
	static const char tail[] = "\",\"id\":\"q7\"}";
	size_t len = 20U << 20;

	(void)state;
	feed(head, strlen(head));
	feed_excess(len);
	feed(tail, strlen(tail));
	assert_int_equal(g.n_excess, 0);
	assert_true(lane_rest(&g.lane) > len);
	feed("\nnext\n", 6);
	assert_int_equal(g.n_excess, 1);
	assert_string_equal(g.excess_id, "\"q7\"");
	assert_int_equal(g.excess_bytes, strlen(head) + len + strlen(tail));
	assert_string_equal(got(), "next\n");
	assert_true(g.lane.in.size <= MESSAGE_LINE_MAX + 1);
	lane_shrink(&g.lane);
	assert_int_equal(g.lane.in.size, LANE_SMALL);
}

static void the_longest_line_is_kept_whole(void **state)
{
	size_t len = 0;
	int n;

	(void)state;
	feed_excess(MESSAGE_LINE_MAX);
	feed("\n", 1);
	do {
		n = (int)strlen(got());
		len += (size_t)n;
		lane_pump(&g.lane);
	} while (n);
	assert_int_equal(len, MESSAGE_LINE_MAX + 1);
	assert_int_equal(g.n_excess, 0);
	feed_excess(MESSAGE_LINE_MAX + 1);
	feed("\n", 1);
	assert_int_equal(g.n_excess, 1);
}

static void the_end_is_noticed(void **state)
{
	(void)state;
	feed("half", 4);
	(void)close(g.in[1]);
	g.in[1] = -1;
	assert_true(lane_read(&g.lane));
	assert_true(g.lane.eof);
	assert_int_equal(lane_rest(&g.lane), 4);
	lane_discard(&g.lane);
	assert_int_equal(lane_rest(&g.lane), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(whole_lines_pass_and_parts_wait),
		TEST(dropped_and_replaced_lines_keep_their_place),
		TEST(a_held_line_is_asked_for_again),
		TEST(what_passed_goes_out_before_the_hold),
		TEST(nothing_is_read_while_the_reader_is_slow),
		TEST(dropping_waits_behind_what_passed),
		TEST(a_line_over_the_limit_passes_by),
		TEST(the_longest_line_is_kept_whole),
		TEST(the_end_is_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
