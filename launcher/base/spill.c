/* SPDX-License-Identifier: Apache-2.0 */
#include "base/spill.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

static const char *const suffixes[] = {"txt", "json", "bin", "b64", "png",
	"jpg", "gif", "webp", "wav", "mp3", "ogg", "pdf", "csv"};

const char *spill_suffix(unsigned i)
{
	return i < ELEMENTS(suffixes) ? suffixes[i] : NULL;
}

int spill_suffix_find(const char *suffix)
{
	for (size_t i = 0; i < ELEMENTS(suffixes); i++)
		if (strcmp(suffixes[i], suffix) == 0)
			return (int)i;
	return -1;
}

bool spill_name(uint64_t call, uint64_t file, char ret[SPILL_NAME_SIZE])
{
	uint64_t nth = file >> 8;
	const char *suffix = spill_suffix((unsigned)(file & 0xff));

	if (!suffix || nth >= SPILL_FILES_MAX)
		return false;
	if (nth == 0)
		(void)snprintf(
			ret, SPILL_NAME_SIZE, "%" PRIu64 ".%s", call, suffix);
	else
		(void)snprintf(ret, SPILL_NAME_SIZE, "%" PRIu64 "-%u.%s", call,
			(unsigned)nth, suffix);
	return true;
}
