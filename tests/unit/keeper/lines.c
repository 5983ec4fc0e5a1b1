/* SPDX-License-Identifier: Apache-2.0 */
#include "lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "copy.h"
#include "rig.h"

void assert_intact(unsigned sessions)
{
	struct copy c = {.dir = audit_open()};
	struct said said = copy_verify(&c);

	assert_int_equal(said.findings, 0);
	assert_int_equal(said.states[AUDIT_INTACT], sessions);
	(void)close(c.dir);
}

json_t *lines_load(const char *session)
{
	_free_ char *text = NULL;
	json_t *list = json_array();
	char name[64] = "ledger.jsonl";
	char *p, *save = NULL;

	if (strcmp(session, name) != 0)
		audit_name(session, name);
	text = audit_text(name, NULL);
	for (p = strtok_r(text, "\n", &save); p;
		p = strtok_r(NULL, "\n", &save)) {
		json_t *line = json_loads(p, JSON_REJECT_DUPLICATES, NULL);

		assert_non_null(line);
		assert_int_equal(json_array_append_new(list, line), 0);
	}
	return list;
}

const char *text_of(const json_t *line, const char *name)
{
	const char *text = json_string_value(json_object_get(line, name));

	return text ? text : "";
}

const json_t *line_of_type(const json_t *list, const char *type)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (strcmp(text_of(json_array_get(list, i), "type"), type) == 0)
			return json_array_get(list, i);
	return NULL;
}

const json_t *last_line(const json_t *list)
{
	return json_array_get(list, json_array_size(list) - 1);
}
