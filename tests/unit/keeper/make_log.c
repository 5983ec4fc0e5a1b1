/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes sessions into the audit folder of HOME with a real keeper:
 *
 *	make_log SESSION CALLS [SESSION CALLS]...
 *	make_log --held SESSION CALLS	stays until its standard input ends
 *	make_log --killed SESSION CALLS	kills the keeper in the end
 *
 * The third call of a session is refused, the fourth is of an odd name.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "rig.h"

static void refused_call(struct rig *r)
{
	static struct record record;

	record_init(&record, RECORD_CALL);
	record_put_u64(&record, FIELD_CALL, ++r->calls);
	record_put_str(&record, FIELD_DIR, "c2s");
	record_put_str(&record, FIELD_METHOD, "tools/call");
	record_put_str(&record, FIELD_TOOL, "write_file");
	record_put_str(&record, FIELD_DECISION, "deny");
	record_put_str(&record, FIELD_REASON,
		"the policy lists no tool of this name, and what it does not "
		"list is not called");
	assert_true(rig_send(r, &record, 1000));
}

static void begin(struct rig *r, const char *session, long calls)
{
	*r = (struct rig){.cgroup_fd = -1};
	assert_true(rig_start(r, session));
	for (long i = 0; i < calls; i++) {
		if (i == 2)
			refused_call(r);
		else
			assert_true(
				rig_call(r, i == 3 ? "\x1b[31m\xe2\x80\xae odd"
						   : "read_file"));
	}
}

static void end(struct rig *r)
{
	assert_int_equal(rig_end(r), 0);
	assert_int_equal(rig_wait(r), 0);
}

static void wait_for_input(void)
{
	(void)printf("ready\n");
	(void)fflush(stdout);
	while (getchar() != EOF)
		;
}

int main(int argc, char **argv)
{
	const char *option = argc > 1 && argv[1][0] == '-' ? argv[1] : "";
	struct rig r;

	for (int i = option[0] ? 2 : 1; i + 1 < argc; i += 2) {
		begin(&r, argv[i], strtol(argv[i + 1], NULL, 10));
		if (strcmp(option, "--held") == 0)
			wait_for_input();
		if (strcmp(option, "--killed") == 0) {
			/* Two ticks: what was sent is in the file. */
			(void)usleep(30000);
			assert_int_equal(kill(r.pid, SIGKILL), 0);
			assert_int_equal(rig_wait(&r), -SIGKILL);
		} else {
			end(&r);
		}
	}
	return 0;
}
