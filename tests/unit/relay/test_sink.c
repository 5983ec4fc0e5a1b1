/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>

#include "relay/sink.h"
#include "relaytest.h"

struct rig {
	int p[2];
	struct port port;
	struct sink sink;
	char text[1 << 17];
};

static void rig_init(struct rig *g)
{
	pipe_open(g->p, O_NONBLOCK);
	(void)fcntl(g->p[1], F_SETPIPE_SZ, 4096);
	g->port = (struct port){.fd = g->p[1], .kind = PORT_OWN};
	sink_init(&g->sink, &g->port);
}

static void rig_deinit(struct rig *g)
{
	sink_deinit(&g->sink);
	pipe_close(g->p);
}

static const char *rig_text(struct rig *g)
{
	return pipe_text(g->p[0], g->text, sizeof(g->text));
}

static struct rig g;

static void an_answer_goes_out_at_once(void **state)
{
	(void)state;
	rig_init(&g);
	assert_int_equal(sink_answer(&g.sink, "answer\n", 7), 0);
	assert_string_equal(rig_text(&g), "answer\n");
	rig_deinit(&g);
}

static void an_answer_waits_for_the_end_of_a_forwarded_line(void **state)
{
	(void)state;
	rig_init(&g);
	assert_int_equal(sink_forward(&g.sink, "half", 4), 4);
	assert_int_equal(sink_answer(&g.sink, "answer\n", 7), 0);
	assert_string_equal(rig_text(&g), "half");
	assert_int_equal(sink_forward(&g.sink, " line\n", 6), 6);
	sink_flush(&g.sink);
	assert_string_equal(rig_text(&g), " line\nanswer\n");
	rig_deinit(&g);
}

static void a_forwarded_line_waits_for_the_end_of_an_answer(void **state)
{
	static char line[6000];

	(void)state;
	memset(line, 'a', sizeof(line));
	line[sizeof(line) - 1] = '\n';
	rig_init(&g);
	assert_int_equal(sink_answer(&g.sink, line, sizeof(line)), 0);
	assert_true(g.sink.blocked);
	assert_int_equal(sink_forward(&g.sink, "x\n", 2), 0);
	assert_int_equal(strlen(rig_text(&g)), 4096);
	assert_int_equal(sink_forward(&g.sink, "x\n", 2), 2);
	assert_int_equal(strlen(rig_text(&g)), sizeof(line) - 4096 + 2);
	rig_deinit(&g);
}

static void a_sink_without_reader_takes_everything(void **state)
{
	(void)state;
	rig_init(&g);
	(void)close(g.p[0]);
	assert_int_equal(sink_forward(&g.sink, "x\n", 2), 2);
	assert_true(g.sink.gone);
	assert_int_equal(sink_answer(&g.sink, "x\n", 2), 0);
	assert_int_equal(buf_len(&g.sink.queue), 0);
	assert_int_equal(sink_forward(&g.sink, "x\n", 2), 2);
	assert_int_equal(g.sink.bytes, 0);
	g.p[0] = -1;
	rig_deinit(&g);
}

static void the_queue_is_bounded(void **state)
{
	static char line[65536];
	int n = 0;

	(void)state;
	line[sizeof(line) - 1] = '\n';
	rig_init(&g);
	while (sink_answer(&g.sink, line, sizeof(line)) == 0)
		n++;
	assert_in_range(n, 100, 200);
	assert_true(sink_high(&g.sink));
	rig_deinit(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_goes_out_at_once),
		cmocka_unit_test(
			an_answer_waits_for_the_end_of_a_forwarded_line),
		cmocka_unit_test(
			a_forwarded_line_waits_for_the_end_of_an_answer),
		cmocka_unit_test(a_sink_without_reader_takes_everything),
		cmocka_unit_test(the_queue_is_bounded),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
