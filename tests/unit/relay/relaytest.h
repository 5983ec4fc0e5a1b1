/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What cmocka wants to be included before it, and helpers of these tests.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <unistd.h>

#include "base/record.h"
#include "policy/json.h"

static inline void pipe_open(int p[2], int flags)
{
	assert_int_equal(pipe2(p, O_CLOEXEC | flags), 0);
}

static inline void pipe_close(const int p[2])
{
	(void)close(p[0]);
	(void)close(p[1]);
}

/* What is in a pipe now, as text. */
static inline const char *pipe_text(int fd, char *text, size_t size)
{
	int flags = fcntl(fd, F_GETFL);
	ssize_t n;

	assert_int_equal(fcntl(fd, F_SETFL, flags | O_NONBLOCK), 0);
	n = read(fd, text, size - 1);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

/* An id as it stands in a message. */
static inline struct json_value id_of(const char *text)
{
	return (struct json_value){
		.text = text,
		.end = strlen(text),
		.type = text[0] == '"' ? JSON_STRING : JSON_NUMBER,
	};
}

/* The field @id of a record that was read; false if it has none. */
static inline bool field_of(
	const struct record_view *v, enum record_field id, struct field_view *f)
{
	size_t pos = 0;

	while (record_next(v, &pos, f))
		if (f->id == id)
			return true;
	return false;
}

static inline uint64_t number_of(
	const struct record_view *v, enum record_field id)
{
	struct field_view f;
	uint64_t n;

	assert_true(field_of(v, id, &f));
	memcpy(&n, f.data, sizeof(n));
	return n;
}

static inline void assert_text(
	const struct record_view *v, enum record_field id, const char *text)
{
	struct field_view f;

	assert_true(field_of(v, id, &f));
	assert_int_equal(f.len, strlen(text));
	assert_memory_equal(f.data, text, f.len);
}
