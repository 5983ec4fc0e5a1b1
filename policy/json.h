/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A strict JSON scanner that builds no tree: it says whether bytes are
 * unambiguous JSON (RFC 8259, plus the rules below) and where values lie, so
 * that the original bytes can be forwarded, cut and pointed at.
 *
 * Pure: no system call; the only memory is a work area made once per
 * json_scanner. Used by the relay for messages, by the profile loader for
 * line and column. Offsets are bytes from the start of the text.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum json_type {
	JSON_INVALID = 0,
	JSON_NULL,
	JSON_FALSE,
	JSON_TRUE,
	JSON_NUMBER,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT,
};

/* Why a text was refused. Each has a fixed phrase, json_fault_text(). */
enum json_fault {
	JSON_FAULT_NONE = 0,
	JSON_FAULT_EMPTY, /* nothing but white space */
	JSON_FAULT_BOM,   /* begins with U+FEFF */
	JSON_FAULT_SYNTAX,
	JSON_FAULT_UTF8,      /* ill-formed, overlong, surrogate, > U+10FFFF */
	JSON_FAULT_CONTROL,   /* a control character inside a string */
	JSON_FAULT_ESCAPE,    /* an unknown or broken escape */
	JSON_FAULT_SURROGATE, /* half a surrogate pair: in a name, or where
				 not allowed (see limits) */
	JSON_FAULT_NUL_NAME,  /* \u0000 in a member's name */
	JSON_FAULT_NUL_VALUE, /* \u0000 in a value, where not allowed */
	JSON_FAULT_DUPLICATE, /* two members of one name after unescaping */
	JSON_FAULT_DEPTH,
	JSON_FAULT_KEYS, /* more members in one object than allowed */
	JSON_FAULT_SIZE,
	JSON_FAULT_TRAILING, /* more than white space after the value */
	_JSON_FAULT_N
};

struct json_limits {
	size_t max_bytes;   /* at most 2 GiB - 1, more is taken as that */
	unsigned max_depth; /* containers inside each other */
	unsigned max_keys;  /* members of one object; of all open objects
			       together four times as many */
	bool allow_nul;     /* \u0000 inside string values */
	bool allow_half_surrogate; /* in values; reported, see json_scan() */
	/* Key of the hash over names. Random for what strangers write (this
	 * folder calls no system); zeros do for files that are trusted. */
	uint64_t hash_key[2];
};

/*
 * A value inside an accepted text. Of a member of the top object the scan also
 * says where the longest container in it lies, so that a walk over its members
 * need not read through that: a message has most of its bytes there.
 */
struct json_value {
	const char *text;
	size_t begin, end; /* text[begin..end) is exactly the value */
	enum json_type type;
	uint32_t long_begin, long_end; /* 0: not known */
};

static inline struct json_value json_value_of(
	const char *text, size_t begin, size_t end, enum json_type type)
{
	return (struct json_value){
		.text = text, .begin = begin, .end = end, .type = type};
}

struct json_member {
	struct json_value name; /* JSON_STRING; empty for array elements */
	struct json_value value;
	size_t begin, end; /* of `"name": value`, without commas; for elements
			      the same as value */
};

struct json_scanner; /* the work area: open objects, hashes of their names */

/* NULL when out of memory. @limits is copied. */
struct json_scanner *json_scanner_new(const struct json_limits *limits);
void json_scanner_free(struct json_scanner *s);

#define JSON_TOP_MEMBERS 6

struct json_scan_result {
	enum json_fault fault;    /* NONE when the text is accepted */
	size_t offset;            /* where the fault is */
	enum json_type type;      /* of the top value */
	size_t begin, end;        /* of the top value, without white space */
	size_t n_half_surrogates; /* \uD800–\uDFFF escapes without a partner */
	size_t half_surrogate;    /* offset of the first of them */
	/* Of a top object: how many members, and the first few of them, so
	 * that an envelope needs no second look. */
	size_t n_members;
	struct json_member members[JSON_TOP_MEMBERS];
};

/*
 * Scans the whole text. 0 accepted; 1 refused, ret->fault says why; -ENOMEM.
 * One pass, no recursion; duplicate names are found by hash and confirmed by
 * comparing unescaped bytes, so that no flood of colliding names is quadratic
 * (the hash is keyed).
 */
int json_scan(struct json_scanner *s, const char *text, size_t len,
	struct json_scan_result *ret);

/*
 * Replaces each escape that is half a surrogate pair by \ufffd in place (the
 * same six bytes). Only for a text that was accepted. Returns how many.
 */
size_t json_mend_surrogates(char *text, size_t len);

/*
 * The functions below may only be given values of texts that json_scan()
 * accepted; they do not check again.
 */

/* The value of a whole accepted text. */
struct json_value json_top(const char *text, const struct json_scan_result *r);

struct json_iter { /* over members or elements, in the order of the text */
	struct json_value container;
	size_t pos;
	bool first;
};

struct json_iter json_iter(const struct json_value *container);
bool json_next(struct json_iter *i, struct json_member *ret);

/* The member @name (compared after unescaping): true if it is there. */
bool json_get(const struct json_value *object, const char *name,
	struct json_value *ret);

/*
 * RFC 6901. 0 found, 1 not there, -EINVAL for a malformed pointer. (No `*`:
 * that belongs to the rules.)
 */
int json_pointer(const struct json_value *root, const char *pointer,
	struct json_value *ret);

/* Whether a string value unescapes to exactly these bytes. */
bool json_string_is(const struct json_value *v, const char *bytes, size_t len);
bool json_string_eq(const struct json_value *v, const char *s);

/*
 * Unescapes a string value into @dst as UTF-8 (a half surrogate gives
 * U+FFFD). Returns the length of the whole, which may exceed @size: then only
 * the first @size bytes were written. No terminator.
 */
size_t json_string_copy(const struct json_value *v, char *dst, size_t size);

/* An integer without fraction or exponent that fits. */
bool json_to_int64(const struct json_value *v, int64_t *ret);

/* 1-based; the column counts characters (code points), not bytes. */
void json_position(const char *text, size_t offset, unsigned *ret_line,
	unsigned *ret_column);

const char *json_fault_text(enum json_fault f);
const char *json_type_text(enum json_type t); /* "an object", "a string", … */
