/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of a result that is over its caps is kept in files, and what goes into
 * each. The files are the caller's: policy names what is in them.
 *
 * Pure; lives for one result.
 *
 *   text    one file with the whole text: each text item unescaped, each link
 *           as it is written, a newline between two where there is none
 *   binary  one file for each item that does not fit, decoded; as it is
 *           written, where that is not strict base64. No more than
 *           OUTPUT_FILES_MAX in all, what comes then is lost.
 *   result  the result as it is written, where it cannot be cut
 */
#pragma once

#include "policy/message.h"
#include "policy/out.h"
#include "policy/output_caps.h"

#define OUTPUT_FILES_MAX 8
/* A longer path is not told: the file is of no use then. */
#define OUTPUT_PATH_MAX 1024

enum output_file_kind {
	FILE_NONE = 0,
	FILE_TEXT,
	FILE_BINARY,
	FILE_RESULT,
};

struct output_file {
	enum output_file_kind kind;
	unsigned nth;       /* of the binary items that do not fit, from 0 */
	const char *suffix; /* of its name: "txt", "png", … */
	/* The caller's: it was written, under that path. */
	bool kept;
	char path[OUTPUT_PATH_MAX + 1];
	uint64_t bytes;
	char sha256[64 + 1]; /* hex */
};

struct output_spill {
	size_t n;
	struct output_file files[OUTPUT_FILES_MAX];
};

/*
 * Which files the caps ask for; none where nothing is over, or is not to be
 * kept. -EINVAL for a @result of another text.
 */
int output_spill(const struct output_caps *caps, enum method method,
	const char *line, const struct json_value *result,
	struct output_spill *ret);

/* Writes the contents of one of them. 0; -ENOMEM. */
int output_spill_write(const struct output_caps *caps, enum method method,
	const struct json_value *result, const struct output_file *file,
	struct out *out);
