/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/fault_text.h"

#include <string.h>

void fault_text_put(char *dst, size_t size, const char *const *parts)
{
	size_t used = 0;

	for (; *parts != NULL; parts++) {
		size_t n = strlen(*parts), room = size - 1 - used;

		n = n < room ? n : room;
		memcpy(dst + used, *parts, n);
		used += n;
	}
	dst[used] = '\0';
}

const char *fault_text_shown(
	const struct json_value *name, char ret[static FAULT_SHOWN + 1])
{
	size_t n = json_string_copy(name, ret, FAULT_SHOWN);

	ret[n < FAULT_SHOWN ? n : FAULT_SHOWN] = '\0';
	for (char *c = ret; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || (unsigned char)*c > '~')
			*c = '?';
	return ret;
}
