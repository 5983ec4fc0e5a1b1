/* SPDX-License-Identifier: Apache-2.0 */
/* What is said of a text: faults, types, positions. */
#include "policy/json.h"

#include "policy/utf8.h"

const char *json_fault_text(enum json_fault f)
{
	static const char *const text[_JSON_FAULT_N] = {
		[JSON_FAULT_NONE] = "no fault",
		[JSON_FAULT_EMPTY] = "nothing but white space",
		[JSON_FAULT_BOM] = "a byte order mark",
		[JSON_FAULT_SYNTAX] = "not JSON",
		[JSON_FAULT_UTF8] = "not UTF-8",
		[JSON_FAULT_CONTROL] = "a control character in a string",
		[JSON_FAULT_ESCAPE] = "an unknown escape in a string",
		[JSON_FAULT_SURROGATE] = "half a surrogate pair",
		[JSON_FAULT_NUL_NAME] = "a NUL in a name",
		[JSON_FAULT_NUL_VALUE] = "a NUL in a string",
		[JSON_FAULT_DUPLICATE] = "a name that is there twice",
		[JSON_FAULT_DEPTH] = "nested too deeply",
		[JSON_FAULT_KEYS] = "too many members",
		[JSON_FAULT_SIZE] = "too long",
		[JSON_FAULT_TRAILING] = "more after the value",
	};

	return (unsigned)f < _JSON_FAULT_N ? text[f] : "unknown fault";
}

const char *json_type_text(enum json_type t)
{
	static const char *const text[] = {
		[JSON_INVALID] = "nothing",
		[JSON_NULL] = "null",
		[JSON_FALSE] = "false",
		[JSON_TRUE] = "true",
		[JSON_NUMBER] = "a number",
		[JSON_STRING] = "a string",
		[JSON_ARRAY] = "an array",
		[JSON_OBJECT] = "an object",
	};

	return (unsigned)t < sizeof(text) / sizeof(text[0]) ? text[t]
							    : "nothing";
}

void json_position(const char *text, size_t offset, unsigned *ret_line,
	unsigned *ret_column)
{
	unsigned line = 1, column = 1;

	for (size_t i = 0; i < offset; i++) {
		if (text[i] == '\n') {
			line++;
			column = 1;
		} else if (!utf8_is_tail((unsigned char)text[i])) {
			column++;
		}
	}
	*ret_line = line;
	*ret_column = column;
}
