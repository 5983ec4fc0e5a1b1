/* SPDX-License-Identifier: Apache-2.0 */
/* Names of records, as the keeper writes them and as people see them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/record.h"
#include "cli/log_table.h"
#include "keeper/line.h"

static void every_type_of_record_has_a_row(void **state)
{
	(void)state;
	for (enum record_type i = RECORD_NONE + 1; i < _RECORD_N; i++) {
		const char *name = record_type_name(i);

		if (!name)
			fail_msg("type %u has no name", (unsigned)i);
		if (!log_table_knows(name))
			fail_msg("%s has no row in launcher/cli/log_table.c",
				name);
	}
}

static void what_is_no_type_has_none(void **state)
{
	(void)state;
	assert_null(record_type_name(RECORD_NONE));
	assert_null(record_type_name(_RECORD_N));
	assert_false(log_table_knows(""));
	assert_false(log_table_knows("token"));
	assert_false(log_table_knows("token.minted.x"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_type_of_record_has_a_row),
		cmocka_unit_test(what_is_no_type_has_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
